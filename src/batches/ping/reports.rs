//! What a report does, whichever way it comes: to which run it belongs, and what becomes of that.

use super::report_params::ReportParams;
use crate::{
    batches::{
        claim::Normal,
        definition::Definition,
        finish::{End, Outcome},
        record::{self, Job, Run},
        report::{AcceptRun, Missing, ReportRun},
    },
    clock::Instant,
    sql,
    store::Reader,
};
use chrono::TimeDelta;

/// How early a run may begin and still be the one that its schedule asked for.
const EARLY: TimeDelta = TimeDelta::minutes(1);

/// A report of a job.
pub(crate) struct Reports<'a> {
    pub reader: &'a Reader,
    pub job: &'a Job,
    pub definition: &'a Definition,
    pub params: &'a ReportParams,
}

impl Reports<'_> {
    /// The run that it is about.
    pub(crate) async fn find(&self) -> sqlx::Result<Option<Run>> {
        let query = match &self.params.rid {
            Some(rid) => self
                .reader
                .query(sql!("select ", record::run_columns!(), " from batch_runs where job = $1 and rid = $2"))
                .bind(self.job.name.as_str())
                .bind(rid.as_str()),
            None => self
                .reader
                .query(sql!(
                    "select ",
                    record::run_columns!(),
                    " from batch_runs
                      where job = $1 and state in ('running', 'cancelling') and rid is null order by id desc limit 1"
                ))
                .bind(self.job.name.as_str()),
        };
        query.optional().await
    }

    /// The same for the end of a run or a part of its log: without a rid it is about the one run that is open.
    pub(crate) async fn find_open(&self) -> sqlx::Result<Option<Run>> {
        let known = self.find().await?;
        if known.is_some() || self.params.rid.is_some() {
            return Ok(known);
        }
        let mut open: Vec<Run> = self
            .reader
            .query(sql!(
                "select ",
                record::run_columns!(),
                " from batch_runs where job = $1 and state in ('running', 'cancelling') order by id limit 2"
            ))
            .bind(self.job.name.as_str())
            .all()
            .await?;
        Ok(open.pop().filter(|_| open.is_empty()))
    }

    /// A run that was not asked for here, which is reported from this place.
    pub(crate) async fn acceptance(&self, now: Instant, runner: String) -> sqlx::Result<AcceptRun> {
        let definition = self.definition;
        let grace = TimeDelta::seconds(i64::from(definition.start_grace_seconds));
        let due = self.job.next_at.filter(|due| now >= due.minus(EARLY) && now <= due.plus(grace));
        let normal = record::normal(&mut &*self.reader, &self.job.name, now).await?;
        Ok(AcceptRun {
            job: self.job.name.clone(),
            version: self.job.version,
            rid: self.params.rid.clone(),
            scheduled_for: due,
            next: due.and_then(|due| definition.schedule.as_ref()?.next(due)),
            deadline: now.plus(TimeDelta::seconds(i64::from(definition.timeout_seconds))),
            is_late: false,
            runner,
            normal: Normal { duration: normal.duration, processed: normal.processed, runs: normal.runs },
            lease_seconds: self.params.alive,
        })
    }

    /// The news of a run that goes on, with these lines of its log.
    pub(crate) async fn news(&self, run: &Run, appended: Option<(i64, String)>) -> sqlx::Result<ReportRun> {
        Ok(ReportRun {
            id: run.id,
            lease_seconds: self.params.alive,
            progress: self.params.progress,
            processed: self.params.processed,
            failed: self.params.failed,
            skipped: self.params.skipped,
            appended,
            gap: self.gap(run).await?,
            ..ReportRun::default()
        })
    }

    /// How a run ended. Alone where its start was never reported, so that its duration is unknown.
    pub(crate) fn end(&self, outcome: Outcome, code: Option<i64>, alone: bool) -> End {
        End {
            outcome,
            exit_code: code,
            processed: self.params.processed,
            failed: self.params.failed,
            skipped: self.params.skipped,
            duration_ms: alone.then_some(0),
            ..End::default()
        }
    }

    /// What has to go from the middle of a log that has grown beyond its limit.
    async fn gap(&self, run: &Run) -> sqlx::Result<Option<Missing>> {
        let rows: Vec<(i64, i64, i64)> = self
            .reader
            .query(sql!("select n, until, cast(length(lines) as bigint) from batch_log where run_id = $1 order by n"))
            .bind(run.id)
            .all()
            .await?;
        let limit = i64::from(self.definition.log_kilobytes) * 1024;
        let mut size: i64 = rows.iter().map(|(.., bytes)| bytes).sum();
        let mut head = 0;
        let mut gap: Option<Missing> = None;
        for (n, until, bytes) in rows {
            head += bytes;
            if head <= limit / 4 || size <= limit {
                continue;
            }
            size -= bytes;
            let missing = gap.get_or_insert(Missing { from: run.gap_from.unwrap_or(n), until, bytes: run.gap_bytes });
            missing.until = until;
            missing.bytes += bytes;
        }
        Ok(gap)
    }
}
