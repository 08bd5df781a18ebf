//! On-call: rotas, and who is on duty.

mod calendar;
mod changing;
mod standing_in;
pub(crate) mod support;
mod telling;
