//! What people decide about runs and jobs that are there: ending one, saying what became of one, pausing, and taking a new
//! measure of what is normal.

use super::{
    event,
    record::{self, Run},
    run_target,
    start::ACTS,
    state::State,
    target,
};
use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Target, Tx},
    sql,
    supervise::{Alive, host, is_alive},
};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// Ends a run: one that waits never begins, one that runs is told to end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CancelRun {
    pub run: i64,
}

impl Change for CancelRun {
    const KIND: &'static str = "runs.cancel";
    const ADMITS: Admits = Admits::sealed(ACTS);
    type Output = ();

    fn target(&self) -> Target {
        run_target(self.run)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let run = record::permitted_run(tx, self.run).await?;
        match run.state {
            // What runs elsewhere is ended there.
            State::Starting | State::Running if run.deadline_at.is_some() => Err(Fault::conflict("run-elsewhere")),
            State::Queued | State::Starting | State::Running => Ok(()),
            State::Lost => Err(Fault::conflict("run-lost")),
            _ => Err(Fault::conflict("run-ended")),
        }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let run = record::lock_run(tx, self.run).await?;
        let now = tx.now();
        let (state, kind) = match run.state {
            State::Queued => (State::Cancelled, "cancelled"),
            _ => (State::Cancelling, "cancel-requested"),
        };
        tx.query(sql!("update batch_runs set state = $2, ended_at = $3, changed = changed + 1 where id = $1"))
            .bind(self.run)
            .bind(state.as_str())
            .bind(Some(now).filter(|_| state == State::Cancelled))
            .run()
            .await?;
        tx.note("job", None::<&str>, run.job.as_str());
        tx.note("run_state", run.state.as_str(), state.as_str());
        event::append(tx, &run.job, Some(run.id), kind, None).await
    }
}

/// Says what is to be thought of a run that somebody had to look at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResolveRun {
    pub run: i64,
    pub resolution: Resolution,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// It failed or was unusual, and that is all right.
    Accepted,
    /// Nothing was wrong with it.
    FalseAlarm,
    /// A lost run: its process is dead. It counts as failed, and its place is free.
    Dead,
    /// A lost run: it did finish its work.
    Finished,
}

impl Resolution {
    pub const ALL: [Self; 4] = [Self::Accepted, Self::FalseAlarm, Self::Dead, Self::Finished];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::FalseAlarm => "false_alarm",
            Self::Dead => "dead",
            Self::Finished => "finished",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resolution| resolution.as_str() == text)
    }

    /// What can be said of a run in this state.
    pub fn of(run: &Run) -> &'static [Self] {
        match run.state {
            State::Lost => &[Self::Dead, Self::Finished],
            _ if run.needs_a_look() && !run.state.is_open() => &[Self::Accepted, Self::FalseAlarm],
            _ => &[],
        }
    }
}

impl Change for ResolveRun {
    const KIND: &'static str = "runs.resolve";
    const ADMITS: Admits = Admits::sealed(ACTS);
    type Output = ();

    fn target(&self) -> Target {
        run_target(self.run)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        record::run_version(tx, self.run).await
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let run = record::permitted_run(tx, self.run).await?;
        let choices = Resolution::of(&run);
        if choices.is_empty() {
            return Err(Fault::conflict("run-settled"));
        }
        if !choices.contains(&self.resolution) {
            return Err(match run.state {
                State::Lost => Fault::conflict("run-lost"),
                _ => Fault::conflict("run-not-lost"),
            });
        }
        if self.resolution == Resolution::Dead && process(&run) == Some(Alive::Yes) {
            return Err(Fault::conflict("process-alive").with("pid", run.pid.unwrap_or_default()));
        }
        Ok(())
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let run = record::lock_run(tx, self.run).await?;
        let (now, by) = (tx.now(), tx.by().to_owned());
        let state = match self.resolution {
            Resolution::Dead => State::Failed,
            Resolution::Finished => State::Succeeded,
            _ => run.state,
        };
        // A dead one still waits for somebody to rerun it or to let it be.
        let settled = match self.resolution {
            Resolution::Dead => None,
            Resolution::FalseAlarm => Some("false_alarm"),
            Resolution::Accepted | Resolution::Finished => Some("accepted"),
        };
        tx.query(sql!(
            "update batch_runs set state = $2, ended_at = coalesce(ended_at, $3), resolution = $4, resolved_by = $5, resolved_at = $6,
                    lease_until = null, changed = changed + 1 where id = $1"
        ))
        .bind(self.run)
        .bind(state.as_str())
        .bind(now)
        .bind(settled)
        .bind(settled.map(|_| by))
        .bind(settled.map(|_| now))
        .run()
        .await?;
        tx.note("job", None::<&str>, run.job.as_str());
        if state != run.state {
            tx.note("run_state", run.state.as_str(), state.as_str());
        }
        tx.note("resolution", None::<&str>, self.resolution.as_str());
        event::append(tx, &run.job, Some(run.id), self.resolution.as_str(), None).await
    }
}

/// Whether the process of a run lives, where it was one of this machine.
pub fn process(run: &Run) -> Option<Alive> {
    let (pid, start) = (u32::try_from(run.pid?).ok()?, run.pid_started?);
    let runner = run.runner.as_deref()?.rsplitn(3, '/').nth(2)?;
    (runner == host()).then(|| is_alive(pid, start))
}

/// Keeps a schedule from starting anything until a time, or lets it go on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PauseJob {
    pub job: String,
    /// In UTC; none to go on at once.
    pub until: Option<String>,
}

/// Nobody pauses a job for good; what is not wanted any more leaves the configuration.
pub const LONGEST_PAUSE: TimeDelta = TimeDelta::days(90);

impl Change for PauseJob {
    const KIND: &'static str = "batches.pause";
    const ADMITS: Admits = Admits::sealed(ACTS);
    type Output = ();

    fn target(&self) -> Target {
        target(&self.job)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        record::lock_job(tx, &self.job).await.map(|job| Some(job.changed))
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let job = record::lock_job(tx, &self.job).await?;
        record::permitted(tx, &job).await?;
        if job.is_retired {
            return Err(Fault::conflict("job-retired"));
        }
        match self.until()? {
            None if !job.is_paused(tx.now()) => Err(Fault::conflict("job-not-paused")),
            None => Ok(()),
            Some(until) if until > tx.now() && until.since(tx.now()) <= LONGEST_PAUSE => Ok(()),
            Some(_) => Err(Fault::invalid("until", "pause-until")),
        }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let job = record::lock_job(tx, &self.job).await?;
        let until = self.until()?;
        tx.query(sql!("update batch_jobs set paused_until = $2, changed = changed + 1 where name = $1"))
            .bind(self.job.as_str())
            .bind(until)
            .run()
            .await?;
        let was = job.paused_until.filter(|until| *until > tx.now());
        tx.note("paused_until_at", was.map(|at| at.to_string()), until.map(|at| at.to_string()));
        let detail = until.map(|until| until.to_string());
        event::append(tx, &self.job, None, if until.is_some() { "paused" } else { "resumed" }, detail.as_deref()).await
    }
}

impl PauseJob {
    fn until(&self) -> Result<Option<Instant>, Fault> {
        let parse = |text: &String| Instant::parse(text).map_err(|_| Fault::invalid("until", "pause-until"));
        self.until.as_ref().map(parse).transpose()
    }
}

/// Takes an unusual run for the first of a new normal: runs before it do not count any more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AcceptNormal {
    pub run: i64,
}

impl Change for AcceptNormal {
    const KIND: &'static str = "runs.accept-normal";
    const ADMITS: Admits = Admits::sealed(ACTS);
    type Output = ();

    fn target(&self) -> Target {
        run_target(self.run)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        record::run_version(tx, self.run).await
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let run = record::permitted_run(tx, self.run).await?;
        if run.state == State::Succeeded && run.is_unusual() { Ok(()) } else { Err(Fault::conflict("run-settled")) }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (job, run) = record::lock_both(tx, self.run).await?;
        let from = run.started_at.unwrap_or(run.queued_at);
        tx.query(sql!("update batch_jobs set baseline_from = $2 where name = $1"))
            .bind(run.job.as_str())
            .bind(from)
            .run()
            .await?;
        record::resolve(tx, self.run, "accepted").await?;
        tx.note("job", None::<&str>, run.job.as_str());
        tx.note("normal_from_at", job.baseline_from.map(|at| at.to_string()), from.to_string());
        event::append(tx, &run.job, Some(run.id), "new-normal", None).await
    }
}
