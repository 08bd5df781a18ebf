//! What stands beside a job or a run: the form of each change, why it cannot be made, or one that was made.

use super::{decide::Resolution, params::ParamField, record::Run, state::State};
use crate::{
    audit::pages::Changed,
    web::{
        desk::Desk,
        shell::seal::{Seal, Sealed},
    },
};

#[derive(Clone, Debug)]
pub enum Panel {
    /// `POST /batches/{job}/runs`
    Start(StartPanel),
    /// `POST /runs/{id}/rerun`
    Rerun(RerunPanel),
    /// `POST /runs/{id}/cancellation`
    Cancel(PlainPanel),
    /// `POST /runs/{id}/resolution`
    Resolve(ResolvePanel),
    /// `POST /runs/{id}/baseline`
    Normal(PlainPanel),
    /// `POST /batches/{job}/pause`
    Pause(PausePanel),
    /// What was asked for cannot be done now: the panel's name, and the sentence that says why.
    Closed { name: &'static str, why: String },
    /// A change was made.
    Done(Done),
}

impl Panel {
    /// As in `?panel=`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Start(_) => "run",
            Self::Rerun(_) => "rerun",
            Self::Cancel(_) => "cancel",
            Self::Resolve(_) => "resolve",
            Self::Normal(_) => "normal",
            Self::Pause(_) => "pause",
            Self::Closed { name, .. } => name,
            Self::Done(_) => "done",
        }
    }
}

/// Running a job by hand.
#[derive(Clone, Debug, Default)]
pub struct StartPanel {
    pub seal: Seal,
    pub version: i64,
    pub fields: Vec<ParamField>,
    pub reason: String,
}

/// Running again what failed.
#[derive(Clone, Debug, Default)]
pub struct RerunPanel {
    pub seal: Seal,
    /// The definition that the run used, the newest one, and which of them is chosen.
    pub used: i64,
    pub newest: i64,
    pub chosen: i64,
    /// What differs between the two: field, then, now.
    pub differences: Vec<(String, String, String)>,
    pub fields: Vec<ParamField>,
    pub reason: String,
}

/// A change with nothing but a reason.
#[derive(Clone, Debug, Default)]
pub struct PlainPanel {
    pub seal: Seal,
    pub reason: String,
}

#[derive(Clone, Debug, Default)]
pub struct ResolvePanel {
    pub seal: Seal,
    pub choices: &'static [Resolution],
    /// As typed.
    pub resolution: String,
    pub reason: String,
}

#[derive(Clone, Debug, Default)]
pub struct PausePanel {
    pub seal: Seal,
    /// Whether it is paused, so that it can also go on at once.
    pub is_paused: bool,
    /// As typed: how many hours.
    pub hours: String,
    pub reason: String,
}

impl PausePanel {
    /// What is offered: an hour to two weeks.
    pub fn choices(&self) -> [i64; 6] {
        [1, 4, 12, 24, 72, 336]
    }
}

/// A change that was made here.
#[derive(Clone, Debug)]
pub struct Done {
    pub sealed: Sealed,
    pub action: String,
    pub changed: Vec<Changed>,
}

impl Done {
    pub fn has_effect(&self) -> bool {
        self.changed.iter().any(|changed| changed.before.is_some())
    }

    /// What the person just changed here, read from the row that sealed it.
    pub async fn read(desk: &Desk, target: &crate::gate::Target, seq: i64) -> sqlx::Result<Option<Self>> {
        let entry = crate::audit::own(desk, target, seq).await?;
        Ok(entry.map(|entry| Self {
            changed: Changed::between(&entry.before, &entry.after),
            sealed: Sealed { seq: entry.seq, at: entry.at, by: entry.staff_name, reason: entry.reason },
            action: entry.action,
        }))
    }
}

/// What can be done with a run in the state it is in, in the order of the buttons.
pub fn offered(run: &Run, is_elsewhere: bool, rerun: Option<i64>) -> Vec<&'static str> {
    let mut panels = Vec::new();
    if run.state.may_rerun() && rerun.is_none() && !is_elsewhere {
        panels.push("rerun");
    }
    if !Resolution::of(run).is_empty() {
        panels.push("resolve");
    }
    if run.state == State::Succeeded && run.is_unusual() {
        panels.push("normal");
    }
    // What runs elsewhere is stopped there.
    if matches!(run.state, State::Queued | State::Starting | State::Running) && run.deadline_at.is_none() {
        panels.push("cancel");
    }
    panels
}
