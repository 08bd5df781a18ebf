//! Batches: what runs when, what came of it, and rerunning it by hand. Failed runs are never retried by themselves.
//!
//! A job is declared in the configuration file ([`definition`]) and taken over at every start ([`define`]). Its schedule
//! ([`schedule`]) or a person ([`start`]) makes a run; the worker takes it and runs it ([`crate::supervise`]); how it ends is a change
//! of the system ([`finish`]), as is what is noticed meanwhile ([`watch`], [`baseline`]). What runs elsewhere reports by
//! [`ping`]. What people decide about runs is in [`decide`].

pub mod act;
pub mod bars;
pub mod baseline;
pub mod claim;
pub mod decide;
pub mod define;
pub mod definition;
mod event;
pub mod finish;
pub mod job;
pub mod job_pages;
pub mod list;
pub mod list_pages;
pub mod log;
pub mod panels;
pub mod params;
pub mod ping;
pub mod record;
pub mod report;
pub mod rerun;
pub mod runs;
pub mod runs_pages;
pub mod schedule;
pub mod show;
pub mod show_pages;
pub mod start;
pub mod state;
pub mod watch;

use crate::gate::Target;

/// `batch/daily-settlement`
pub fn target(job: &str) -> Target {
    Target::new("batch", job)
}

/// A share from 0 to 1 as it is stored.
#[expect(clippy::cast_possible_truncation, reason = "a share is between 0 and 1")]
pub(crate) fn thousandths(share: f64) -> i64 {
    (share * 1000.0).round() as i64
}

/// `run/1842`
pub fn run_target(run: i64) -> Target {
    Target::new("run", run)
}
