//! Batches: jobs, their schedules and runs, and rerunning them by hand. Failed runs are never retried by themselves.
//!
//! A job is declared in the configuration file ([`definition`]) and taken over at every start ([`define`]). Its schedule
//! ([`schedule`]) or a person ([`start`]) makes a run; the worker takes it and runs it ([`crate::supervise`]); how it ends is a change
//! of the system ([`finish`]), as is what is noticed meanwhile ([`watch`], [`baseline`]). What runs elsewhere reports by
//! [`ping`]. What people decide is in a file each: [`rerun`], [`rerun_all`], [`cancel`], [`resolve`], [`accept_normal`],
//! [`pause`], [`pause_owner`], [`resolve_lapses`]. What did not happen is a [`lapse`] of the job.

pub(crate) mod accept_normal;
mod arguments;
pub(crate) mod bars;
pub(crate) mod baseline;
pub(crate) mod cancel;
pub(crate) mod claim;
mod cron;
pub mod define;
pub mod definition;
pub(crate) mod detail;
pub(crate) mod eligible;
pub(crate) mod event;
pub(crate) mod finish;
pub(crate) mod job;
pub(crate) mod kind;
pub(crate) mod lapse;
pub(crate) mod list;
pub(crate) mod list_pages;
pub(crate) mod live;
pub(crate) mod log;
mod parameter;
pub(crate) mod params;
pub(crate) mod pause;
pub(crate) mod pause_owner;
pub mod ping;
pub(crate) mod program;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod rerun;
pub(crate) mod rerun_all;
pub(crate) mod resolve;
pub(crate) mod resolve_lapses;
pub(crate) mod runs;
pub(crate) mod schedule;
pub(crate) mod show;
pub(crate) mod start;
pub(crate) mod state;
mod tone;
pub(crate) mod watch;

use crate::{gate::Target, id::RunId, web::panel::Entry};

crate::gate::refusal_words! {
    /// The job is not in the configuration any more.
    pub(crate) JOB_RETIRED = "job-retired";
    /// The run has ended already.
    pub(crate) RUN_ENDED = "run-ended";
    /// The outcome of the run is unknown; it is resolved first.
    pub(crate) RUN_LOST = "run-lost";
    /// Nothing about the run is left to resolve.
    pub(crate) RUN_SETTLED = "run-settled";
}

/// What can be done beside the page of a job.
const JOB_PANELS: &[Entry<detail::JobDetail>] =
    &[Entry::of::<start::StartPanel>(), Entry::of::<resolve_lapses::LapsesPanel>(), Entry::of::<pause::PausePanel>()];

/// What can be done beside the page of a run.
const RUN_PANELS: &[Entry<detail::RunDetail>] = &[
    Entry::of::<rerun::RerunPanel>(),
    Entry::of::<resolve::ResolvePanel>(),
    Entry::of::<accept_normal::NormalPanel>(),
    Entry::of::<cancel::CancelPanel>(),
];

/// What can be done beside the list of jobs.
const JOBS_PANELS: &[Entry<list::JobList>] = &[Entry::of::<pause_owner::PauseOwnerPanel>()];

/// What can be done beside the list of runs.
const LIST_PANELS: &[Entry<runs::RunList>] = &[Entry::of::<rerun_all::RerunAllPanel>()];

/// `batch/daily-settlement`
pub fn target(job: &str) -> Target {
    Target::new("batch", job)
}

/// A share from 0 to 1 as it is stored.
#[expect(clippy::cast_possible_truncation, reason = "a share is between 0 and 1")]
pub(crate) fn to_permille(share: f64) -> i64 {
    (share * 1000.0).round() as i64
}

/// `run/1842`
pub fn run_target(run: RunId) -> Target {
    Target::new("run", run)
}
