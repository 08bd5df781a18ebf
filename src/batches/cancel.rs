//! Ending a run.

use super::{detail::RunDetail, event, record, run_target, start::ACTS, state::State};
use crate::{
    batches::{RUN_ENDED, RUN_LOST},
    gate::{Admits, Change, Fault, Target, Tx},
    id::RunId,
    sql,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        shell::{Shell, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The run is outside the console and can only be stopped there.
    RUN_ELSEWHERE = "run-elsewhere";
}

/// Ends a run: one that waits never begins, one that runs is told to end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CancelRun {
    pub run: RunId,
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
            State::Starting | State::Running if run.deadline_at.is_some() => Err(Fault::conflict(RUN_ELSEWHERE)),
            State::Queued | State::Starting | State::Running => Ok(()),
            State::Lost => Err(Fault::conflict(RUN_LOST)),
            _ => Err(Fault::conflict(RUN_ENDED)),
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

/// The form.
pub(crate) struct CancelPanel;

impl Panel for CancelPanel {
    type On = RunDetail;
    type Part = ();
    type Asks = CancelRun;
    const NAME: &'static str = "cancel";
    const ROUTE: &'static str = "/runs/{id}/cancellation";
    const CLOSED: &'static str = "cancel-run";

    fn may(desk: &Desk, on: &RunDetail) -> bool {
        on.may(desk, Self::ROUTE)
    }

    fn button(desk: &Desk, on: &RunDetail) -> Option<Button> {
        why_not(on).is_none().then(|| RunDetail::button(desk, Self::NAME, "ban"))
    }

    async fn open(desk: &Desk, on: &RunDetail, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(match why_not(on) {
            Some(why) if opening.form().is_none() => Opened::Closed(desk.words().get(why).to_owned()),
            _ => Opened::Form(Self),
        })
    }

    async fn read(_: &Desk, on: &RunDetail, (): &(), _: &Form) -> Result<CancelRun, Unread> {
        Ok(CancelRun { run: on.run.id })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        CancelForm { shell, seal }.render()
    }
}

/// Why a run cannot be ended; what runs elsewhere is ended there.
fn why_not(on: &RunDetail) -> Option<&'static str> {
    let is_elsewhere = on.run.deadline_at.is_some();
    match on.run.state {
        State::Lost => Some("refused-state.run-lost"),
        State::Queued | State::Starting | State::Running if !is_elsewhere => None,
        state if state.is_open() => Some("refused-state.run-elsewhere"),
        _ => Some("refused-state.run-ended"),
    }
}

#[derive(Template)]
#[template(path = "batches/cancel.html")]
struct CancelForm<'a> {
    shell: &'a Shell,
    seal: &'a SealForm,
}
