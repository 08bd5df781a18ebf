//! Reading the audit log, through HTTP: filters, pages, and a row by itself.

mod floods;
mod log;
mod reading;
