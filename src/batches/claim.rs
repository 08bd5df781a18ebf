//! Running jobs: moving schedules on, claiming runs, starting them. How a run ends is a change.
//!
//! Leases use the clock of the database, which all processes share; everything that people see uses the clock of the
//! process.

use super::lapse::{self, LapseKind, Noted};
use crate::{
    clock::Instant,
    gate::{Housekeeping, Tx},
    id::RunId,
    sql,
};

/// What is normal for a job when a run of it begins; kept with the run, so that it can be explained later.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Normal {
    /// Milliseconds.
    pub duration: Option<i64>,
    pub processed: Option<i64>,
    /// Out of how many runs.
    pub runs: i64,
}

/// Moves a schedule that is due on to `next`, and makes the run of its tick. The process that moves it first makes the run.
#[derive(Clone, Debug)]
pub(crate) struct TickJob {
    pub job: String,
    /// What the schedule said.
    pub due: Instant,
    pub next: Option<Instant>,
    /// Whether there is a schedule, which should name a next time.
    pub is_scheduled: bool,
    pub run: Option<Tick>,
}

/// The run of a tick.
#[derive(Clone, Debug)]
pub(crate) struct Tick {
    pub at: Instant,
    pub version: i64,
    /// The values of its parameters as JSON.
    pub params: String,
    pub is_single: bool,
    pub skips: Skips,
    pub is_late: bool,
}

/// Why a tick is skipped while another run is open, in `failure`.
const OVERLAP: &str = "overlap";

/// When the run of a tick is only written down as skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Skips {
    Never,
    /// Where another run of the job is open.
    WhileOpen,
    /// The job is paused.
    Paused,
}

impl Housekeeping for TickJob {
    const NAME: &'static str = "batches.tick";
    /// Whether it was this one that moved the schedule on.
    type Output = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<bool> {
        let moved = tx
            .query(sql!("update batch_jobs set next_at = $3 where name = $1 and next_at = $2 and not is_retired"))
            .bind(self.job.as_str())
            .bind(self.due)
            .bind(self.next)
            .run()
            .await?;
        if moved == 1 && self.is_scheduled && self.next.is_none() {
            lapse::note_never(tx, &self.job).await?;
        }
        let Some(tick) = self.run.as_ref().filter(|_| moved == 1) else { return Ok(moved == 1) };
        let now = tx.now();
        let (busy,): (bool,) = tx
            .query(sql!(
                "select exists (select 1 from batch_runs
                                 where job = $1 and state in ('queued', 'starting', 'running', 'cancelling', 'lost'))"
            ))
            .bind(self.job.as_str())
            .one()
            .await?;
        let skipped = match tick.skips {
            Skips::Paused => Some("paused"),
            Skips::WhileOpen if busy => Some(OVERLAP),
            _ => None,
        };
        tx.query(sql!(
            "insert into batch_runs (job, version, state, cause, is_single, scheduled_for, params, queued_at, ended_at, failure, is_late)
             values ($1, $2, $3, 'schedule', $4, $5, $6, $7, $8, $9, $10) on conflict do nothing"
        ))
        .bind(self.job.as_str())
        .bind(tick.version)
        .bind(if skipped.is_some() { "skipped" } else { "queued" })
        .bind(tick.is_single)
        .bind(tick.at)
        .bind(tick.params.as_str())
        .bind(now)
        .bind(skipped.map(|_| now))
        .bind(skipped)
        .bind(tick.is_late)
        .run()
        .await?;
        if skipped == Some(OVERLAP) {
            lapse::note(tx, &self.job, Noted::once(LapseKind::Skipped, tick.at)).await?;
        }
        Ok(true)
    }
}

/// Claims the next queued run, if there is one whose job is not under way.
#[derive(Clone, Debug)]
pub(crate) struct ClaimRun {
    pub runner: String,
    pub lease_seconds: i64,
}

/// A run, claimed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct ClaimedRun {
    pub id: RunId,
    pub job: String,
    pub version: i64,
    pub params: String,
    /// Every claim has a number of its own: a report under an older one is not accepted.
    pub fence: i64,
}

/// SQL for an instant some seconds from now, by the clock of the database.
macro_rules! seconds_from_now {
    (sqlite: $seconds:literal) => {
        concat!("strftime('%Y-%m-%dT%H:%M:%f', 'now', '+' || ", $seconds, " || ' seconds') || '000Z'")
    };
    (postgres: $seconds:literal) => {
        concat!("clock_timestamp() + cast(", $seconds, " as bigint) * interval '1 second'")
    };
}
pub(super) use seconds_from_now;

macro_rules! claim_run {
    ($until:expr, $locking:literal) => {
        concat!(
            "update batch_runs set state = 'starting', runner = $1, waits_for_pid = true, fence = fence + 1, changed = changed + 1, lease_until = ",
            $until,
            " where id = (select q.id from batch_runs q
                           where q.state = 'queued'
                             and not (q.is_single and exists (
                                   select 1 from batch_runs s where s.job = q.job and s.is_single
                                      and s.state in ('starting', 'running', 'cancelling', 'lost')))
                           order by q.id limit 1",
            $locking,
            ") and state = 'queued' returning id, job, version, params, fence"
        )
    };
}

impl Housekeeping for ClaimRun {
    const NAME: &'static str = "runs.claim";
    type Output = Option<ClaimedRun>;

    /// Two processes that take two runs of one job at once are told apart by the index that holds its place; the later one
    /// gets a unique violation.
    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<Option<ClaimedRun>> {
        tx.query(sql!(
            sqlite: claim_run!(seconds_from_now!(sqlite: "$2"), ""),
            postgres: claim_run!(seconds_from_now!(postgres: "$2"), " for update skip locked"),
        ))
        .bind(self.runner.as_str())
        .bind(self.lease_seconds)
        .optional()
        .await
    }
}

/// A claimed run has begun, here or elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct StartRun {
    pub id: RunId,
    pub fence: i64,
    pub pid: Option<i64>,
    pub pid_started: Option<i64>,
    /// Where it runs elsewhere: what its reports are known by, and until when they are waited for.
    pub elsewhere: Option<(String, Instant)>,
    pub normal: Normal,
}

impl Housekeeping for StartRun {
    const NAME: &'static str = "runs.start";
    /// Whether the run is still the claimant's. It may be said twice, where the answer to the first time was lost.
    type Output = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<bool> {
        let now = tx.now();
        let normal = self.normal;
        let (rid, deadline) = self.elsewhere.clone().unzip();
        // A run elsewhere has no lease: no process here would renew it.
        let started = tx
            .query(sql!(
                "update batch_runs set state = case state when 'starting' then 'running' else state end, started_at = $3, pid = $4,
                        pid_started = $5, rid = $6, deadline_at = $7, baseline_ms = $8, baseline_count = $9, baseline_runs = $10,
                        lease_until = case when cast($6 as text) is null then lease_until end, changed = changed + 1
                  where id = $1 and fence = $2 and (state in ('starting', 'cancelling') or (state = 'running' and pid = $4 and pid_started = $5))"
            ))
            .bind(self.id)
            .bind(self.fence)
            .bind(now)
            .bind(self.pid)
            .bind(self.pid_started)
            .bind(rid)
            .bind(deadline)
            .bind(normal.duration)
            .bind(normal.processed)
            .bind(normal.runs)
            .run()
            .await?;
        Ok(started == 1)
    }
}
