//! Reading the audit log, through HTTP: filters, pages, and a row by itself.

mod background;
mod chains;
mod floods;
mod log;
mod reading;
