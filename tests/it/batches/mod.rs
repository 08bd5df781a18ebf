//! Batches, through HTTP: running, failing, rerunning, reporting, and what happens when something dies.

pub(crate) mod support;

mod deciding;
mod demo_jobs;
mod dying;
mod exec;
mod reporting;
mod rerunning;
mod running;
mod scheduling;
mod triggering;
