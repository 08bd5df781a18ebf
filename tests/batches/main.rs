//! Batches, through HTTP: running, failing, rerunning, reporting, and what happens when something dies.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

#[path = "../kit/mod.rs"]
mod kit;
mod support;

mod deciding;
mod demo_jobs;
mod dying;
mod exec;
mod reporting;
mod rerunning;
mod running;
mod scheduling;
mod triggering;
