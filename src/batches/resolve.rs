//! Saying what is to be thought of a run that a person had to look at.

use super::{
    detail::RunDetail,
    event, lapse,
    record::{self, Run},
    run_target,
    start::ACTS,
    state::State,
};
use crate::{
    batches::{RUN_LOST, RUN_SETTLED},
    gate::{Admits, Change, Fault, Target, Tx},
    id::RunId,
    sql,
    supervise::{Alive, host, is_alive},
    web::{
        Desk, PageError,
        form::Form,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The process of the run is alive.
    PROCESS_ALIVE = "process-alive";
    /// This console cannot tell whether the process of the run is dead.
    PROCESS_UNKNOWN = "process-unknown";
    /// The run is not lost.
    RUN_NOT_LOST = "run-not-lost";
}

/// Says what is to be thought of a run that a person had to look at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResolveRun {
    pub run: RunId,
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
    /// A lost run: the machine of its process has been switched off or restarted since. The same as dead, and asked for only
    /// where no console can look.
    MachineOff,
    /// A lost run: it did finish its work.
    Finished,
}

impl Resolution {
    const ALL: [Self; 5] = [Self::Accepted, Self::FalseAlarm, Self::Dead, Self::MachineOff, Self::Finished];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::FalseAlarm => "false_alarm",
            Self::Dead => "dead",
            Self::MachineOff => "machine_off",
            Self::Finished => "finished",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resolution| resolution.as_str() == text)
    }

    /// What can be said of a run in this state.
    fn of(run: &Run) -> &'static [Self] {
        match run.state {
            State::Lost if fate(run) == Fate::Unknown => &[Self::Dead, Self::MachineOff, Self::Finished],
            State::Lost => &[Self::Dead, Self::Finished],
            _ if run.needs_attention() && !run.state.is_open() => &[Self::Accepted, Self::FalseAlarm],
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
            return Err(Fault::conflict(RUN_SETTLED));
        }
        if !choices.contains(&self.resolution) {
            return Err(match run.state {
                State::Lost => Fault::conflict(RUN_LOST),
                _ => Fault::conflict(RUN_NOT_LOST),
            });
        }
        match (self.resolution, fate(&run)) {
            (Resolution::Dead, Fate::Alive) => {
                Err(Fault::conflict(PROCESS_ALIVE).with("pid", run.pid.unwrap_or_default()))
            }
            (Resolution::Dead, Fate::Unknown) => {
                Err(Fault::conflict(PROCESS_UNKNOWN).with("host", machine(&run).unwrap_or_default()))
            }
            _ => Ok(()),
        }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let run = record::lock_run(tx, self.run).await?;
        let (now, by) = (tx.now(), tx.by().to_owned());
        let state = match self.resolution {
            Resolution::Dead | Resolution::MachineOff => State::Failed,
            Resolution::Finished => State::Succeeded,
            _ => run.state,
        };
        // A dead one still waits for a person to rerun it or to let it be.
        let settled = match self.resolution {
            Resolution::Dead | Resolution::MachineOff => None,
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
        if state == State::Succeeded && run.state != state {
            lapse::make_good(tx, &run.job).await?;
        }
        let kind = if self.resolution == Resolution::MachineOff { Resolution::Dead } else { self.resolution };
        event::append(tx, &run.job, Some(run.id), kind.as_str(), None).await
    }
}

/// What is known of the process of a run that is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It is dead, or never began, or was no process of a console: then the person says what they found out.
    Dead,
    Alive,
    /// It may live: on another machine, or without a pid because an earlier version lost it between starting and noting it.
    Unknown,
}

fn fate(run: &Run) -> Fate {
    let never_began = run.pid.is_none() && run.waits_for_pid;
    let is_elsewhere = run.runner.is_none() || run.deadline_at.is_some();
    match process(run) {
        _ if never_began || is_elsewhere || run.is_process_gone => Fate::Dead,
        Some(Alive::No) => Fate::Dead,
        Some(Alive::Yes) => Fate::Alive,
        Some(Alive::Unknown) | None => Fate::Unknown,
    }
}

/// Whether the process of a run lives, where it was one of this machine.
pub(super) fn process(run: &Run) -> Option<Alive> {
    let (pid, start) = (u32::try_from(run.pid?).ok()?, run.pid_started?);
    (machine(run)? == host()).then(|| is_alive(pid, start))
}

/// The machine that a run was on.
fn machine(run: &Run) -> Option<&str> {
    run.runner.as_deref()?.rsplitn(3, '/').nth(2)
}

/// The form.
pub(crate) struct ResolvePanel {
    /// As chosen.
    pub(crate) resolution: String,
}

impl Panel for ResolvePanel {
    type On = RunDetail;
    type Part = ();
    type Asks = ResolveRun;
    const NAME: &'static str = "resolve";
    const ROUTE: &'static str = "/runs/{id}/resolution";
    const FIELDS: &'static [&'static str] = &["resolution"];

    fn may(desk: &Desk, on: &RunDetail) -> bool {
        on.may(desk, Self::ROUTE)
    }

    fn button(desk: &Desk, on: &RunDetail) -> Option<Button> {
        let can = !Resolution::of(&on.run).is_empty();
        can.then(|| RunDetail::button(desk, Self::NAME, "check"))
    }

    async fn open(desk: &Desk, on: &RunDetail, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let first = Resolution::of(&on.run).first();
        if first.is_none() && opening.form().is_none() {
            return Ok(Opened::Closed(desk.words().get("refused-state.run-settled").to_owned()));
        }
        let resolution = opening.typed("resolution", first.map_or("", |first| first.as_str()));
        Ok(Opened::Form(Self { resolution }))
    }

    async fn read(_: &Desk, on: &RunDetail, (): &(), form: &Form) -> Result<ResolveRun, Unread> {
        match Resolution::parse(form.get("resolution")) {
            Some(resolution) => Ok(ResolveRun { run: on.run.id, resolution }),
            None => Err(FieldErrors::one("resolution", wrong::not_a_choice()).into()),
        }
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        ResolveForm { shell, choices: Resolution::of(&on.run), resolution: &self.resolution, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "batches/resolve.html")]
struct ResolveForm<'a> {
    shell: &'a Shell,
    choices: &'static [Resolution],
    resolution: &'a str,
    seal: &'a SealForm,
}
