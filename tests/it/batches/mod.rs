//! Batches, through HTTP: running, failing, rerunning, reporting, and what happens when something dies.

pub(crate) mod support;

mod beginning;
mod deciding;
mod demo_jobs;
mod dying;
mod exec;
mod isolation;
mod lapses;
mod logging;
mod offering;
mod parameters;
mod programs;
mod reporting;
mod rerunning;
mod running;
mod scheduling;
mod triggering;
