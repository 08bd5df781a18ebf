//! Unattended checks of runs and schedules: changes by the system, so that they are reported and can be read later.

use super::{
    event,
    finish::{BY_SYSTEM, End, FinishRun, Outcome},
    lapse::{self, COUNTED, LapseKind, Noted},
    record, run_target,
    state::State,
    target,
};
use crate::{
    batches::RUN_ENDED,
    clock::Instant,
    gate::{Admits, Change, Fault, Housekeeping, Target, Tx},
    id::RunId,
    sql,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

crate::gate::topics! {
    /// A job was due and was not started in time.
    pub(crate) BATCHES_MISSED = "batches.missed";
    /// A run has waited too long to begin.
    pub(crate) RUNS_LATE = "runs.late";
    /// A run takes far longer than usual.
    pub(crate) RUNS_SLOW = "runs.slow";
}

/// Gives a run up for lost. It keeps its place until a person states its outcome, and nothing is started in its stead.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoseRun {
    pub run: RunId,
    pub fence: i64,
    pub why: Why,
}

/// How it is known that no process watches over a run any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Its runner has not been heard of for its lease and half as long again.
    LeaseOver,
    /// Its runner was a process of this machine, which is dead.
    RunnerGone,
    /// It runs elsewhere and has not reported in time.
    NoReport,
}

impl Why {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LeaseOver => "lease-over",
            Self::RunnerGone => "runner-gone",
            Self::NoReport => "no-report",
        }
    }
}

impl Change for LoseRun {
    const KIND: &'static str = "runs.lose";
    const ADMITS: Admits = BY_SYSTEM;
    /// Whether it was lost, and not heard of after all.
    type Output = bool;

    fn target(&self) -> Target {
        run_target(self.run)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let run = record::lock_run(tx, self.run).await?;
        if !run.state.is_under_way() || run.fence != self.fence {
            return Err(Fault::conflict(RUN_ENDED));
        }
        if self.why != Why::LeaseOver {
            return Ok(());
        }
        // It may have been heard of since it was looked for.
        let (over,): (bool,) = tx
            .query(sql!(
                sqlite: "select coalesce(lease_until < strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z', false) from batch_runs where id = $1",
                postgres: "select coalesce(lease_until < clock_timestamp(), false) from batch_runs where id = $1",
            ))
            .bind(self.run)
            .one()
            .await?;
        if over { Ok(()) } else { Err(Fault::conflict(RUN_ENDED)) }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let end = End { outcome: Outcome::Lost, failure: Some(self.why.as_str().to_owned()), ..End::default() };
        FinishRun { run: self.run, fence: Some(self.fence), end }.apply(tx).await.map(|late| !late)
    }
}

/// A console on the machine of a lost run has seen that its process is dead. So a person can say so at any console.
#[derive(Clone, Debug)]
pub(crate) struct NoteGone {
    pub run: RunId,
    pub fence: i64,
}

impl Housekeeping for NoteGone {
    const NAME: &'static str = "runs.gone";
    type Output = ();

    /// Forms that show the run stay good: nothing that they show has changed.
    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        tx.query(sql!("update batch_runs set is_process_gone = true where id = $1 and fence = $2 and state = 'lost'"))
            .bind(self.run)
            .bind(self.fence)
            .run()
            .await?;
        Ok(())
    }
}

/// Notes that a job has been paused for long, or removes that where it is so no longer.
#[derive(Clone, Debug)]
pub(crate) struct NoteLongPause {
    pub job: String,
    /// When the pause began; none where it has ended.
    pub since: Option<Instant>,
}

impl Housekeeping for NoteLongPause {
    const NAME: &'static str = "batches.long-pause";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        match self.since {
            Some(since) => lapse::note(tx, &self.job, Noted::once(LapseKind::Paused, since)).await,
            None => lapse::end(tx, &self.job, LapseKind::Paused).await,
        }
    }
}

/// A run that is under way takes twice its usual time, or one that should have begun has not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FlagRun {
    pub run: RunId,
    pub flag: Flag,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flag {
    Slow,
    Late,
}

impl Change for FlagRun {
    const KIND: &'static str = "runs.flag";
    const ADMITS: Admits = BY_SYSTEM;
    type Output = ();

    fn target(&self) -> Target {
        run_target(self.run)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let run = record::lock_run(tx, self.run).await?;
        let stands = match self.flag {
            Flag::Slow => run.state.is_under_way() && !run.is_slow,
            Flag::Late => run.state == State::Queued && !run.is_late,
        };
        if stands { Ok(()) } else { Err(Fault::conflict(RUN_ENDED)) }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let run = record::lock_run(tx, self.run).await?;
        let (slow, kind) = (self.flag == Flag::Slow, if self.flag == Flag::Slow { "slow" } else { "late" });
        tx.query(sql!(
            "update batch_runs set is_slow = (is_slow or $2), is_late = (is_late or $3), changed = changed + 1 where id = $1"
        ))
        .bind(self.run)
        .bind(slow)
        .bind(!slow)
        .run()
        .await?;
        tx.note("job", None::<&str>, run.job.as_str());
        tx.note(kind, false, true);
        if slow {
            tx.note("usual_ms", None::<i64>, run.baseline_ms);
        }
        tx.emit(
            if slow { RUNS_SLOW } else { RUNS_LATE },
            json!({ "run": run.id, "job": run.job, "usual_ms": run.baseline_ms }),
        );
        event::append(tx, &run.job, Some(run.id), kind, None).await
    }
}

/// Ticks of a schedule for which no process was running, or no run was reported.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MissTicks {
    pub job: String,
    /// The first of them: what the schedule said.
    pub due: String,
    /// The last of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// How many there were, or [`COUNTED`] where there were at least that many.
    pub count: i64,
    /// What is due after them.
    pub next: Option<String>,
}

impl MissTicks {
    pub fn new(job: &str, due: Instant, until: Instant, count: usize, next: Option<Instant>) -> Self {
        Self {
            job: job.to_owned(),
            due: due.to_string(),
            until: Some(until.to_string()),
            count: i64::try_from(count).unwrap_or(i64::MAX),
            next: next.map(|at| at.to_string()),
        }
    }

    /// Whether there may have been more than are counted.
    fn is_more(&self) -> bool {
        usize::try_from(self.count).is_ok_and(|count| count >= COUNTED)
    }
}

impl Change for MissTicks {
    const KIND: &'static str = "batches.miss";
    const ADMITS: Admits = BY_SYSTEM;
    type Output = ();

    fn target(&self) -> Target {
        target(&self.job)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let job = record::lock_job(tx, &self.job).await?;
        let is_due = job.next_at.is_some_and(|at| at.to_string() == self.due);
        // Otherwise another process was faster.
        if is_due { Ok(()) } else { Err(Fault::conflict(RUN_ENDED)) }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let instant = |text: &str| Instant::parse(text).ok();
        let next = self.next.as_deref().and_then(instant);
        tx.query(sql!("update batch_jobs set next_at = $2 where name = $1"))
            .bind(self.job.as_str())
            .bind(next)
            .run()
            .await?;
        let since = instant(&self.due).unwrap_or(tx.now());
        let newest_at = self.until.as_deref().and_then(instant).unwrap_or(since);
        let missed = Noted { kind: LapseKind::Missed, since, newest_at, n: self.count, detail: None };
        lapse::note(tx, &self.job, missed).await?;
        if next.is_none() {
            lapse::note_never(tx, &self.job).await?;
        }
        let more = if self.is_more() { "+" } else { "" };
        tx.note("missed", None::<i64>, self.count);
        tx.note("due_at", None::<&str>, self.due.as_str());
        tx.note("until_at", None::<&str>, newest_at.to_string());
        if self.is_more() {
            tx.note("at_least", false, true);
        }
        tx.emit(
            BATCHES_MISSED,
            json!({
                "job": self.job, "due": self.due, "until": newest_at.to_string(), "count": self.count, "at_least": self.is_more(),
            }),
        );
        event::append(tx, &self.job, None, "missed", Some(&format!("{}{more} {}", self.count, self.due))).await
    }
}
