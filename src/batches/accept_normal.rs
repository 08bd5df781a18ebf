//! Taking an unusual run for a new normal.

use super::{detail::RunDetail, event, record, run_target, start::ACTS, state::State};
use crate::{
    batches::RUN_SETTLED,
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

/// Takes an unusual run for the first of a new normal: runs before it do not count any more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AcceptNormal {
    pub run: RunId,
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
        if run.state == State::Succeeded && run.is_unusual() { Ok(()) } else { Err(Fault::conflict(RUN_SETTLED)) }
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

/// The form.
pub(crate) struct NormalPanel;

impl Panel for NormalPanel {
    type On = RunDetail;
    type Part = ();
    type Asks = AcceptNormal;
    const NAME: &'static str = "normal";
    const ROUTE: &'static str = "/runs/{id}/baseline";

    fn may(desk: &Desk, on: &RunDetail) -> bool {
        on.may(desk, Self::ROUTE)
    }

    fn button(desk: &Desk, on: &RunDetail) -> Option<Button> {
        can(on).then(|| RunDetail::button(desk, Self::NAME, "flag"))
    }

    async fn open(desk: &Desk, on: &RunDetail, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(if can(on) || opening.form().is_some() {
            Opened::Form(Self)
        } else {
            Opened::Closed(desk.words().get("refused-state.run-settled").to_owned())
        })
    }

    async fn read(_: &Desk, on: &RunDetail, (): &(), _: &Form) -> Result<AcceptNormal, Unread> {
        Ok(AcceptNormal { run: on.run.id })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        NormalForm { shell, seal }.render()
    }
}

/// Whether the run is one that could be normal.
fn can(on: &RunDetail) -> bool {
    on.run.state == State::Succeeded && on.run.is_unusual()
}

#[derive(Template)]
#[template(path = "batches/accept_normal.html")]
struct NormalForm<'a> {
    shell: &'a Shell,
    seal: &'a SealForm,
}
