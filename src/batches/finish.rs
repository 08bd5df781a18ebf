//! How a run ends: a change by the system, since a person may have to act on it.

use super::{event, lapse, record, record::Run, run_target, state::State};
use crate::{
    gate::{Admits, By, Change, Fault, Target, Tx},
    id::RunId,
    sql,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

crate::gate::topics! {
    /// A run failed, timed out or was lost.
    pub(crate) RUNS_FAILED = "runs.failed";
    /// A run succeeded.
    RUNS_FINISHED = "runs.finished";
    /// A run that was given up reported its end.
    RUNS_LATE_REPORT = "runs.late-report";
    /// A run succeeded with far less than it usually processes.
    pub(crate) RUNS_LOW = "runs.low";
}

pub(super) const BY_SYSTEM: Admits = Admits { by: By::SystemOnly, code: false, host: false };

/// Writes down how a run ended. Where that is no longer awaited, because the run was given up for lost or has ended
/// otherwise, it becomes an event and changes nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FinishRun {
    pub run: RunId,
    /// Under which claim it ran; none where the report comes from elsewhere.
    pub fence: Option<i64>,
    pub end: End,
}

/// The end of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    pub outcome: Outcome,
    pub exit_code: Option<i64>,
    /// Why it failed, for people.
    pub failure: Option<String>,
    /// As measured by the process that ran it; otherwise from its start until now.
    pub duration_ms: Option<i64>,
    pub processed: Option<i64>,
    pub failed: Option<i64>,
    pub skipped: Option<i64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Succeeded,
    #[default]
    Failed,
    TimedOut,
    Cancelled,
    /// It began, and its outcome is unknown.
    Lost,
}

impl Outcome {
    pub const fn state(self) -> State {
        match self {
            Self::Succeeded => State::Succeeded,
            Self::Failed => State::Failed,
            Self::TimedOut => State::TimedOut,
            Self::Cancelled => State::Cancelled,
            Self::Lost => State::Lost,
        }
    }
}

impl Change for FinishRun {
    const KIND: &'static str = "runs.finish";
    const ADMITS: Admits = BY_SYSTEM;
    /// Whether it came too late to count.
    type Output = bool;

    fn target(&self) -> Target {
        run_target(self.run)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let run = record::lock_run(tx, self.run).await?;
        if !run.state.is_under_way() || self.fence.is_some_and(|fence| fence != run.fence) {
            return self.come_late(tx, &run).await.map(|()| true);
        }
        let now = tx.now();
        let (end, state) = (&self.end, self.end.outcome.state());
        let duration = match state {
            State::Lost => None,
            _ => end.duration_ms.or_else(|| run.started_at.map(|at| now.since(at).num_milliseconds().max(0))),
        };
        let processed = end.processed.or(run.processed);
        let baseline = run.baseline();
        let is_low =
            state == State::Succeeded && run.rerun_of.is_none() && processed.is_some_and(|n| baseline.is_low(n));
        let took_long = run.is_slow || (state == State::Succeeded && duration.is_some_and(|ms| baseline.is_slow(ms)));
        tx.query(sql!(
            "update batch_runs set state = $2, ended_at = $3, duration_ms = $4, exit_code = $5, failure = $6, processed = $7,
                    failed = coalesce($8, failed), skipped = coalesce($9, skipped), is_low = $10, is_slow = $11, lease_until = null,
                    changed = changed + 1 where id = $1"
        ))
        .bind(self.run)
        .bind(state.as_str())
        .bind(Some(now).filter(|_| state != State::Lost))
        .bind(duration)
        .bind(end.exit_code)
        .bind(end.failure.as_deref())
        .bind(processed)
        .bind(end.failed)
        .bind(end.skipped)
        .bind(is_low)
        .bind(took_long)
        .run()
        .await?;
        tx.note("job", None::<&str>, run.job.as_str());
        tx.note("run_state", run.state.as_str(), state.as_str());
        for (field, value) in [("exit_code", end.exit_code), ("processed", processed), ("duration_ms", duration)] {
            if value.is_some() {
                tx.note(field, None::<i64>, value);
            }
        }
        event::append(tx, &run.job, Some(run.id), state.as_str(), end.failure.as_deref()).await?;
        if state == State::Succeeded {
            lapse::make_good(tx, &run.job).await?;
        }
        if is_low {
            tx.note("low", false, true);
            event::append(tx, &run.job, Some(run.id), "low", None).await?;
        }
        self.tell(tx, &run, state, processed, duration, is_low);
        Ok(false)
    }
}

impl FinishRun {
    async fn come_late(&self, tx: &mut Tx<'_>, run: &Run) -> Result<(), Fault> {
        let state = self.end.outcome.state();
        tx.note("job", None::<&str>, run.job.as_str());
        tx.note("late_report", None::<&str>, state.as_str());
        if let Some(code) = self.end.exit_code {
            tx.note("exit_code", None::<i64>, code);
        }
        let detail = match self.end.exit_code {
            Some(code) => format!("{} {code}", state.as_str()),
            None => state.as_str().to_owned(),
        };
        tx.emit(
            RUNS_LATE_REPORT,
            json!({ "run": run.id, "job": run.job, "state": run.state.as_str(), "reported": state.as_str() }),
        );
        event::append(tx, &run.job, Some(run.id), "late-report", Some(&detail)).await
    }

    fn tell(
        &self,
        tx: &mut Tx<'_>,
        run: &Run,
        state: State,
        processed: Option<i64>,
        duration: Option<i64>,
        is_low: bool,
    ) {
        let mut body = json!({
            "run": run.id, "job": run.job, "state": state.as_str(), "exit_code": self.end.exit_code, "duration_ms": duration,
            "processed": processed, "attempt": run.attempt,
        });
        if is_low && let Some(body) = body.as_object_mut() {
            body.insert("usually_processed".to_owned(), json!(run.baseline_count));
        }
        let topic = match (state.is_bad(), is_low) {
            (true, _) => RUNS_FAILED,
            (false, true) => RUNS_LOW,
            (false, false) => RUNS_FINISHED,
        };
        tx.emit(topic, body);
    }
}
