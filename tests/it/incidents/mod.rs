//! What went wrong, worked on step by step, with a timeline that fills itself and a postmortem that is sealed.

mod listing;
mod naming;
mod refusing;
mod reminding;
mod stepping;
pub(crate) mod support;
mod timeline;
mod timing;
