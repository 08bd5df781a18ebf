//! Taking a record: what it does and that the partition moves on are one transaction.

use super::{Consumed, place::move_on, reject};
use crate::{
    batches::finish::FinishRun,
    batches::ping::{self, Effect, RefuseReport, Unread},
    batches::report::{AcceptRun, ReportRun},
    clock::Clock,
    gate::{Actor, Gate, Housekeeping, Refusal, Tx},
    kafka::Incoming,
    secret,
    store::Reader,
};

/// With what records are taken.
#[derive(Clone, Debug)]
pub(crate) struct Taking {
    pub gate: Gate,
    pub reader: Reader,
    pub clock: Clock,
    /// The process, in its leases.
    pub owner: String,
}

/// Moves a partition on behind a record, with what the record did.
#[derive(Clone, Debug)]
pub(crate) struct TakeRecord {
    topic: String,
    partition: i32,
    offset: i64,
    owner: String,
    does: Does,
}

#[derive(Clone, Debug)]
enum Does {
    Nothing,
    Accept(Box<AcceptRun>),
    News(Box<ReportRun>),
    Reject { why: &'static str, job: Option<String>, is_declared: bool, body: String },
}

impl Housekeeping for TakeRecord {
    const NAME: &'static str = "queues.take";
    /// Whether the record was still to be taken, by this process.
    type Output = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<bool> {
        // This locks the place: of two processes one takes the record.
        if !move_on(tx, &self.topic, self.partition, self.offset, &self.owner).await? {
            return Ok(false);
        }
        match &self.does {
            Does::Nothing => {}
            // None where the run is there already, which is as good.
            Does::Accept(accept) => drop(accept.run(tx).await?),
            Does::News(report) => drop(report.run(tx).await?),
            Does::Reject { why, job, is_declared, body } => {
                let place = (self.topic.as_str(), self.partition, self.offset);
                reject::keep(tx, place, why, job.as_deref(), body).await?;
                // The job's own people should learn of it: its program believes that it has reported.
                if let Some(job) = job.as_ref().filter(|_| *is_declared) {
                    RefuseReport { job: job.clone(), why }.run(tx).await?;
                }
            }
        }
        Ok(true)
    }
}

impl Taking {
    /// Takes a record, and says whether it was still to be taken.
    ///
    /// # Errors
    /// The database fails; then nothing was done, and the record is taken again.
    pub(crate) async fn take(&self, from: &Consumed, partition: i32, record: &Incoming) -> anyhow::Result<bool> {
        let does = match self.effect(from, partition, record).await? {
            Err(Unread { why, job }) => {
                let topic = from.topic.as_str();
                tracing::warn!(topic, partition, offset = record.offset, why, job, "a record was set aside");
                let is_declared = job.as_ref().is_some_and(|job| from.jobs.contains(job)) && why != "unknown-job";
                Does::Reject { why, job, is_declared, body: reject::shown(record) }
            }
            Ok(Effect::Nothing) => Does::Nothing,
            Ok(Effect::Accept(accept)) => Does::Accept(accept),
            Ok(Effect::News(report)) => Does::News(report),
            Ok(Effect::End { news, finish }) => return self.end(from, partition, record, news, &finish).await,
            Ok(Effect::EndUnknown { accept, end }) => {
                // Written for itself: should this process die here, the next one finds the run and ends it.
                self.gate.run_housekeeping(&*accept).await?;
                match self.effect(from, partition, record).await? {
                    Ok(Effect::End { news, finish }) => {
                        let finish = FinishRun { end, ..finish };
                        return self.end(from, partition, record, news, &finish).await;
                    }
                    // Another process was faster.
                    _ => Does::Nothing,
                }
            }
        };
        Ok(self.gate.run_housekeeping(&self.record(from, partition, record, does)).await?)
    }

    async fn effect(&self, from: &Consumed, partition: i32, record: &Incoming) -> sqlx::Result<Result<Effect, Unread>> {
        let report = match ping::read_record(record.value.as_deref()) {
            Ok(report) => report,
            Err(unread) => return Ok(Err(unread)),
        };
        if !from.jobs.contains(&report.job) {
            return Ok(Err(Unread { why: "job-not-named", job: Some(report.job) }));
        }
        let runner = format!("{} {partition}", from.topic);
        ping::effect(&self.reader, self.clock.now(), &report, runner).await
    }

    async fn end(
        &self,
        from: &Consumed,
        partition: i32,
        record: &Incoming,
        news: Option<Box<ReportRun>>,
        finish: &FinishRun,
    ) -> anyhow::Result<bool> {
        let work = self.record(from, partition, record, news.map_or(Does::Nothing, Does::News));
        let actor = Actor::system(format!("queue_{}", hex::encode(secret::random::<10>())));
        match self.gate.submit_unattended_with(&actor, finish, &work).await {
            Ok(()) => Ok(true),
            Err(Refusal::Stale { .. }) => Ok(false),
            Err(Refusal::Unrecorded(error)) => Err(error),
            // It is in the log, and the partition has moved on with it.
            Err(refusal) => {
                tracing::warn!(topic = %from.topic, partition, offset = record.offset, %refusal, "the end of a run was refused");
                Ok(true)
            }
        }
    }

    fn record(&self, from: &Consumed, partition: i32, record: &Incoming, does: Does) -> TakeRecord {
        TakeRecord {
            topic: from.topic.as_str().to_owned(),
            partition,
            offset: record.offset,
            owner: self.owner.clone(),
            does,
        }
    }

    /// Sets aside what is not in the partition any more, and goes on from where it begins.
    pub(crate) async fn pass_over(&self, from: &Consumed, partition: i32, lost: (i64, i64)) -> sqlx::Result<bool> {
        let (next, first) = lost;
        let work = TakeRecord {
            topic: from.topic.as_str().to_owned(),
            partition,
            offset: first.saturating_sub(1),
            owner: self.owner.clone(),
            does: Does::Reject {
                why: "deleted",
                job: None,
                is_declared: false,
                body: format!("{next} … {}", first.saturating_sub(1)),
            },
        };
        tracing::error!(topic = %from.topic, partition, from = next, until = first, "records were deleted before they were read");
        self.gate.run_housekeeping(&work).await
    }
}
