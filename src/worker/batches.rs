//! Runs jobs: makes the runs that schedules ask for, takes those whose turn it is, and watches over all of them.
//!
//! Several processes do all of this at once on one database, and none of them leads: whose tick it is, who has a run and
//! whether it is still believed is decided there, row by row.

mod ahead;
mod command;
mod elsewhere;
mod tick;
mod watch;

use super::heartbeat::Pulse;
use crate::{
    batches::{
        claim::{ClaimRun, ClaimedRun, Normal},
        finish::{End, FinishRun, Outcome},
        record,
    },
    clock::Clock,
    gate::{Actor, Gate, Refusal},
    payments::SigningSecret,
    secret, sql,
    store::Reader,
    supervise::{Allowed, Hidden, Launcher},
};
use chrono::TimeDelta;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch as signal,
    task::JoinSet,
    time::{sleep, timeout},
};

/// With what jobs are run.
#[derive(Clone, Debug)]
pub(crate) struct Runner {
    pub gate: Gate,
    pub reader: Reader,
    pub clock: Clock,
    /// The programs that may be started.
    pub allowed: Allowed,
    /// The process that starts them.
    pub launcher: Launcher,
    /// What is hidden in the log of every run.
    pub own_secrets: Hidden,
    /// This machine and process: `batch-02/4711/8812345`.
    pub name: String,
    pub host: String,
    /// How long a run is believed to be alive without word of it.
    pub lease: TimeDelta,
    /// The number of runs at once in this process.
    pub slots: usize,
    /// How long runs may go on when the console is told to stop.
    pub drain: Duration,
    /// What triggers are signed with.
    pub signing: Option<SigningSecret>,
    /// What services that run elsewhere call this console.
    pub origin: String,
}

/// How often it is looked for something to do.
const TURN: Duration = Duration::from_millis(250);
/// How often what is under way is looked at.
const WATCH: Duration = Duration::from_secs(1);

/// Runs until it is stopped, and then until the runs in hand have ended.
pub(super) async fn run(runner: Runner, pulse: Pulse, mut stopped: signal::Receiver<bool>) {
    let runner = Arc::new(runner);
    let watching = tokio::spawn(watch_over(Arc::clone(&runner), stopped.clone()));
    let mut runs = JoinSet::new();
    while super::turn_after(TURN, &mut stopped).await {
        match tick::tick(&runner).await {
            Ok(()) => pulse.beat(),
            Err(error) => tracing::warn!(%error, "schedules could not be read; trying again"),
        }
        while runs.try_join_next().is_some() {}
        while runs.len() < runner.slots && !*stopped.borrow() {
            match claim(&runner).await {
                Ok(Some(claimed)) => {
                    runs.spawn(attend(Arc::clone(&runner), claimed, stopped.clone()));
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!(%error, "no run could be claimed; trying again");
                    break;
                }
            }
        }
    }
    if !runs.is_empty() {
        tracing::info!(runs = runs.len(), "stopping: runs under way may finish first");
    }
    while runs.join_next().await.is_some() {}
    let _ = watching.await;
}

async fn watch_over(runner: Arc<Runner>, mut stopped: signal::Receiver<bool>) {
    let mut judged = ahead::Judged::default();
    while super::turn_after(WATCH, &mut stopped).await {
        if let Err(error) = ahead::judge(&runner, &mut judged).await {
            tracing::warn!(%error, "schedules could not be judged; trying again");
        }
        if let Err(error) = watch::watch(&runner).await {
            tracing::warn!(%error, "what is under way could not be looked at; trying again");
        }
    }
}

/// The next run, if there is one for this process.
async fn claim(runner: &Runner) -> sqlx::Result<Option<ClaimedRun>> {
    // Most of the time there is none, and looking does not take the place of a writer.
    let (waits,): (bool,) =
        runner.reader.query(sql!("select exists (select 1 from batch_runs where state = 'queued')")).one().await?;
    if !waits {
        return Ok(None);
    }
    let claim = ClaimRun { runner: runner.name.clone(), lease_seconds: runner.lease.num_seconds() };
    match runner.gate.run_housekeeping(&claim).await {
        // Another process took a run of the same job in the same moment: the next turn sees it.
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(None),
        outcome => outcome,
    }
}

/// Sees one run through to its end.
async fn attend(runner: Arc<Runner>, claimed: ClaimedRun, stopped: signal::Receiver<bool>) {
    let definition = match record::definition(&mut &runner.reader, &claimed.job, claimed.version).await {
        Ok(Some(definition)) => definition,
        Ok(None) => return runner.finish(&claimed, failed("its definition is gone")).await,
        // Nothing was begun, so nothing is lost but the turn: the lease runs out and that is reported.
        Err(error) => return tracing::error!(run = claimed.id.get(), %error, "a claimed run could not be begun"),
    };
    if definition.kind().is_a_process() {
        command::run(&runner, &claimed, &definition, stopped).await;
    } else {
        elsewhere::trigger(&runner, &claimed, &definition).await;
    }
}

fn failed(why: &str) -> End {
    End { outcome: Outcome::Failed, failure: Some(why.to_owned()), ..End::default() }
}

/// How long the end of a run is kept to be written down, where the database does not take it.
const RETRY_WINDOW: Duration = Duration::from_mins(10);

impl Runner {
    fn actor() -> Actor {
        Actor::system(format!("job_{}", hex::encode(secret::random::<10>())))
    }

    async fn normal(&self, job: &str) -> sqlx::Result<Normal> {
        let normal = record::normal(&mut &self.reader, job, self.clock.now()).await?;
        Ok(Normal { duration: normal.duration, processed: normal.processed, runs: normal.runs })
    }

    /// Writes down how a run ended, and tries for a while where that fails: the run will not end a second time.
    async fn finish(&self, claimed: &ClaimedRun, end: End) {
        let change = FinishRun { run: claimed.id, fence: Some(claimed.fence), end };
        let recorded = timeout(RETRY_WINDOW, async {
            loop {
                match self.gate.submit_unattended(&Self::actor(), &change).await {
                    Ok(sealed) if sealed.output => {
                        return tracing::warn!(run = claimed.id.get(), "a run ended that was given up before");
                    }
                    Ok(_) => return,
                    Err(Refusal::Unrecorded(error)) => {
                        tracing::error!(
                            run = claimed.id.get(),
                            error = format!("{error:#}"),
                            "the end of a run could not be recorded; trying again"
                        );
                        sleep(Duration::from_secs(1)).await;
                    }
                    Err(refusal) => {
                        return tracing::error!(run = claimed.id.get(), %refusal, "the end of a run was refused");
                    }
                }
            }
        });
        if recorded.await.is_err() {
            tracing::error!(run = claimed.id.get(), end = ?change.end.outcome, "the end of a run was never recorded");
        }
    }
}
