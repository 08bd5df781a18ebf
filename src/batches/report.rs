//! Reports of runs that are under way, from here or from elsewhere. How a run ends is a change.

use super::claim::{Normal, seconds_from_now};
use crate::{
    clock::Instant,
    gate::{Housekeeping, Tx},
    id::RunId,
    sql,
};

/// A report that a run is still under way, with its news if there are any.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReportRun {
    pub id: RunId,
    /// Under which claim; none where the report comes from elsewhere.
    pub fence: Option<i64>,
    /// None where no further report is promised.
    pub lease_seconds: Option<i64>,
    /// In thousandths of the whole.
    pub progress: Option<i64>,
    pub processed: Option<i64>,
    pub failed: Option<i64>,
    pub skipped: Option<i64>,
    /// Lines that are new, in stretches without a gap.
    pub log: Vec<Stretch>,
    /// From this number on, lines were stored that had not ended: they are void.
    pub replaces: Option<i64>,
    /// Count and JSON of lines to append after the last stored one, for reporters that do not number lines.
    pub appended: Option<(i64, String)>,
    /// What is missing by now between the beginning and the end.
    pub gap: Option<Missing>,
}

/// Lines that follow each other, as they are stored: `[["2026-11-20T02:30:19.000000Z","out","begun"], …]`.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    pub from: i64,
    pub until: i64,
    pub lines: String,
}

/// The missing lines `from..until`, and their size in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Missing {
    pub from: i64,
    pub until: i64,
    pub bytes: i64,
}

/// What the reporter should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reported {
    GoOn,
    /// A person has cancelled the run.
    Cancel,
    /// The report is not accepted: the run was given up for lost, or has ended.
    Gone,
}

macro_rules! report_run {
    ($until:expr) => {
        concat!(
            "update batch_runs set progress = coalesce($3, progress), processed = coalesce($4, processed),
                    failed = coalesce($5, failed), skipped = coalesce($6, skipped),
                    lease_until = case when cast($7 as bigint) is null then lease_until else ",
            $until,
            " end where id = $1 and fence = coalesce($2, fence) and state in ('starting', 'running', 'cancelling')
             returning state"
        )
    };
}

impl Housekeeping for ReportRun {
    const NAME: &'static str = "runs.report";
    type Output = Reported;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<Reported> {
        let state: Option<(String,)> = tx
            .query(sql!(
                sqlite: report_run!(seconds_from_now!(sqlite: "$7")),
                postgres: report_run!(seconds_from_now!(postgres: "$7")),
            ))
            .bind(self.id)
            .bind(self.fence)
            .bind(self.progress)
            .bind(self.processed)
            .bind(self.failed)
            .bind(self.skipped)
            .bind(self.lease_seconds)
            .optional()
            .await?;
        let Some((state,)) = state else { return Ok(Reported::Gone) };
        self.store_log(tx).await?;
        Ok(if state == "cancelling" { Reported::Cancel } else { Reported::GoOn })
    }
}

impl ReportRun {
    /// Appends what is new and removes what has fallen into the gap.
    async fn store_log(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        if let Some(from) = self.replaces {
            tx.query(sql!("delete from batch_log where run_id = $1 and n >= $2"))
                .bind(self.id)
                .bind(from)
                .run()
                .await?;
        }
        for stretch in &self.log {
            tx.query(sql!(
                "insert into batch_log (run_id, n, until, lines) values ($1, $2, $3, $4) on conflict do nothing"
            ))
            .bind(self.id)
            .bind(stretch.from)
            .bind(stretch.until)
            .bind(stretch.lines.as_str())
            .run()
            .await?;
        }
        if let Some((count, lines)) = &self.appended {
            let (until,): (i64,) = tx
                .query(sql!("update batch_runs set next_line = next_line + $2 where id = $1 returning next_line"))
                .bind(self.id)
                .bind(*count)
                .one()
                .await?;
            tx.query(sql!("insert into batch_log (run_id, n, until, lines) values ($1, $2, $3, $4)"))
                .bind(self.id)
                .bind(until - count)
                .bind(until)
                .bind(lines.as_str())
                .run()
                .await?;
        }
        if let Some(last) = self.log.last() {
            tx.query(sql!("update batch_runs set next_line = $2 where id = $1"))
                .bind(self.id)
                .bind(last.until)
                .run()
                .await?;
        }
        let Some(gap) = self.gap else { return Ok(()) };
        tx.query(sql!("delete from batch_log where run_id = $1 and n >= $2 and until <= $3"))
            .bind(self.id)
            .bind(gap.from)
            .bind(gap.until)
            .run()
            .await?;
        tx.query(sql!("update batch_runs set gap_from = $2, gap_until = $3, gap_bytes = $4 where id = $1"))
            .bind(self.id)
            .bind(gap.from)
            .bind(gap.until)
            .bind(gap.bytes)
            .run()
            .await
            .map(drop)
    }
}

/// Records that a run of an external job has begun elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct AcceptRun {
    pub job: String,
    pub version: i64,
    pub rid: Option<String>,
    pub scheduled_for: Option<Instant>,
    pub next: Option<Instant>,
    pub deadline: Instant,
    pub is_late: bool,
    /// Where it comes from, for people.
    pub runner: String,
    pub normal: Normal,
    /// Seconds within which the next report is promised, if it is.
    pub lease_seconds: Option<i64>,
}

macro_rules! accept_run {
    ($until:expr) => {
        concat!(
            "insert into batch_runs (job, version, state, cause, is_single, rid, scheduled_for, params, runner, deadline_at, queued_at,
                                     started_at, baseline_ms, baseline_count, baseline_runs, is_late, lease_until)
             values ($1, $2, 'running', 'report', false, $3, $4, '{}', $5, $6, $7, $7, $8, $9, $10, $11, ",
            $until,
            ") on conflict do nothing returning id"
        )
    };
}

impl Housekeeping for AcceptRun {
    const NAME: &'static str = "runs.accept";
    /// The run; none where one with this `rid` is there already.
    type Output = Option<RunId>;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<Option<RunId>> {
        let now = tx.now();
        let normal = self.normal;
        // The tick of this run is not missed any more.
        if let Some(due) = self.scheduled_for {
            tx.query(sql!("update batch_jobs set next_at = $3 where name = $1 and next_at = $2"))
                .bind(self.job.as_str())
                .bind(due)
                .bind(self.next)
                .run()
                .await?;
        }
        let run: Option<(RunId,)> = tx
            .query(sql!(
                sqlite: accept_run!(seconds_from_now!(sqlite: "$12")),
                postgres: accept_run!(seconds_from_now!(postgres: "$12")),
            ))
            .bind(self.job.as_str())
            .bind(self.version)
            .bind(self.rid.as_deref())
            .bind(self.scheduled_for)
            .bind(self.runner.as_str())
            .bind(self.deadline)
            .bind(now)
            .bind(normal.duration)
            .bind(normal.processed)
            .bind(normal.runs)
            .bind(self.is_late)
            .bind(self.lease_seconds)
            .optional()
            .await?;
        Ok(run.map(|(id,)| id))
    }
}
