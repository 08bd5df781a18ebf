//! Running again what failed.

use super::{
    definition::{Definition, Values},
    detail::RunDetail,
    event,
    params::{self, ParamField},
    record::{self, Run},
    run_target,
    start::{ACTS, has_room, insert, startable, values, wanted, wanted_by_name, wants_approval},
    state::State,
};
use crate::{
    batches::RUN_LOST,
    gate::{Admits, Change, Fault, Target, Tx},
    id::RunId,
    sql,
    web::{
        Desk, PageError, PageResult,
        form::Form,
        panel::{Button, Made, Opened, Opening, Panel, Subject as _, Unread, View},
        problem_page::Problem,
        shell::{Shell, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The run has not ended yet.
    RUN_OPEN = "run-open";
    /// The run has been rerun already.
    RUN_RERUN = "run-rerun";
    /// The run succeeded.
    RUN_SUCCEEDED = "run-succeeded";
}

/// Runs again what failed, as it was or with what is said here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RerunRun {
    pub run: RunId,
    pub version: i64,
    pub params: Values,
}

impl Change for RerunRun {
    const KIND: &'static str = "runs.rerun";
    const ADMITS: Admits = Admits::sealed(ACTS);
    const MAY_CLOSE: bool = true;
    const CREATED_IDS: &'static [&'static str] = &["rerun"];
    /// The run that waits for its turn.
    type Output = RunId;

    fn target(&self) -> Target {
        run_target(self.run)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        record::run_version(tx, self.run).await
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (job, run) = record::lock_both(tx, self.run).await?;
        let definition = record::permitted(tx, &job).await?;
        rerunnable(run.state, rerun_of(tx, run.id).await?)?;
        startable(tx, &job, &definition).await?;
        let wanted = wanted(tx, &job, self.version).await?;
        values(&wanted, &self.params).map(drop)
    }

    async fn is_marked(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let run = record::lock_run(tx, self.run).await?;
        wants_approval(tx, &run.job, self.version).await
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<RunId, Fault> {
        let run = record::lock_run(tx, self.run).await?;
        let definition = wanted_by_name(tx, &run.job, self.version).await?;
        let values = values(&definition, &self.params)?;
        let id = insert(tx, &run.job, self.version, &definition, &values, Some(&run)).await?;
        record::resolve(tx, self.run, "rerun").await?;
        self.note(tx, &run, &values, id);
        event::append(tx, &run.job, Some(run.id), "rerun", Some(&id.to_string())).await?;
        event::append(tx, &run.job, Some(id), "requested", None).await?;
        Ok(id)
    }
}

impl RerunRun {
    fn note(&self, tx: &mut Tx<'_>, run: &Run, values: &Values, id: RunId) {
        tx.note("job", None::<&str>, run.job.as_str());
        tx.note("rerun", None::<i64>, id);
        if run.version != self.version {
            tx.note("version", run.version, self.version);
        }
        let before = run.values();
        for (name, value) in values {
            let former = before.get(name);
            if former != Some(value) {
                tx.note(format!("param.{name}"), former.map(String::as_str), value.as_str());
            }
        }
    }
}

/// The run that a run was rerun as.
async fn rerun_of(tx: &mut Tx<'_>, run: RunId) -> sqlx::Result<Option<RunId>> {
    let rerun: Option<(RunId,)> =
        tx.query(sql!("select id from batch_runs where rerun_of = $1")).bind(run).optional().await?;
    Ok(rerun.map(|(id,)| id))
}

/// A run that came to no good end, and that was not rerun.
pub(super) fn rerunnable(state: State, rerun: Option<RunId>) -> Result<(), Fault> {
    if let Some(rerun) = rerun {
        return Err(Fault::conflict(RUN_RERUN).with("n", rerun));
    }
    match state {
        State::Succeeded => Err(Fault::conflict(RUN_SUCCEEDED)),
        State::Lost => Err(Fault::conflict(RUN_LOST)),
        state if state.may_rerun() => Ok(()),
        _ => Err(Fault::conflict(RUN_OPEN)),
    }
}

/// The form.
pub(crate) struct RerunPanel {
    /// The version that is chosen: that of the definition the run used, or of the newest one.
    pub(crate) chosen: i64,
    /// What differs between the two: field, then, now.
    pub(crate) differences: Vec<(String, String, String)>,
    pub(crate) fields: Vec<ParamField>,
}

impl Panel for RerunPanel {
    type On = RunDetail;
    type Part = ();
    type Asks = RerunRun;
    const NAME: &'static str = "rerun";
    const ROUTE: &'static str = "/runs/{id}/rerun";
    const FIELDS: &'static [&'static str] = &["version"];

    fn numbered_fields(on: &RunDetail) -> Vec<String> {
        [&on.used, &on.definition].into_iter().flat_map(params::field_names).collect()
    }

    fn may(desk: &Desk, on: &RunDetail) -> bool {
        on.may(desk, Self::ROUTE)
    }

    /// A run that failed offers to be run again: that is what one comes for.
    fn is_default(_: &Desk, on: &RunDetail) -> bool {
        on.run.needs_attention() && can(on)
    }

    fn button(desk: &Desk, on: &RunDetail) -> Option<Button> {
        can(on).then(|| RunDetail::button(desk, Self::NAME, "rerun"))
    }

    async fn obstacle(desk: &Desk, on: &RunDetail) -> Result<Option<String>, PageError> {
        let rule = match rerunnable(on.run.state, on.rerun) {
            Ok(()) => startable(&mut desk.reader(), &on.job, &on.definition).await,
            refused => refused,
        };
        desk.obstacle(rule)
    }

    async fn open(desk: &Desk, on: &RunDetail, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let had = on.run.values();
        let (chosen, (values, wrong)) = match opening.form() {
            Some(form) => {
                let chosen = version(on, form)?;
                (chosen, typed(desk, on, chosen, form))
            }
            None => (on.run.version, (had.clone(), None)),
        };
        Ok(Opened::Form(Self {
            chosen,
            differences: differences(&on.used, &on.definition),
            fields: params::fields(&on.used, &values, Some(&had), wrong.as_deref()),
        }))
    }

    async fn read(desk: &Desk, on: &RunDetail, (): &(), form: &Form) -> Result<RerunRun, Unread> {
        let version = version(on, form)?;
        match typed(desk, on, version, form) {
            (params, None) => Ok(RerunRun { run: on.run.id, version, params }),
            (_, Some(_)) => Err(params::errors().into()),
        }
    }

    fn seal(&self, on: &RunDetail, seal: SealForm) -> SealForm {
        seal.marked(on.used.approval || on.definition.approval)
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        RerunForm { shell, used: on.run.version, newest: on.job.version, panel: self, seal }.render()
    }

    async fn answer(desk: &Desk, on: &RunDetail, made: Made<RerunRun>) -> PageResult {
        Ok(desk.see_other(&made.outputs.first().map_or_else(|| on.path(), |run| format!("/runs/{run}"))))
    }
}

/// Whether it is a run to be run again, busy as its job may be.
fn can(on: &RunDetail) -> bool {
    rerunnable(on.run.state, on.rerun).is_ok() && has_room(on.job.is_retired, &on.definition, None).is_ok()
}

/// The version that a form asks for.
fn version(on: &RunDetail, form: &Form) -> Result<i64, Problem> {
    match form.get("version") {
        "" => Ok(on.run.version),
        text => text.parse().map_err(|_| Problem::Unprocessable),
    }
}

/// The parameters as typed, and the first that cannot be taken so.
fn typed(desk: &Desk, on: &RunDetail, version: i64, form: &Form) -> (Values, Option<String>) {
    let definition = on.definition_of(version);
    params::read(definition, form, &on.values_for(desk, definition))
}

/// The fields in which two definitions differ, as they are in the configuration; of the environment only the names,
/// because one of them may be a secret.
fn differences(then: &Definition, now: &Definition) -> Vec<(String, String, String)> {
    let fields = |definition: &Definition| {
        let mut fields = serde_json::to_value(definition).unwrap_or_default();
        if let Some(env) = fields.get_mut("env") {
            *env = definition.env.keys().cloned().collect::<Vec<_>>().into();
        }
        fields
    };
    let (then, now) = (fields(then), fields(now));
    let names = [&then, &now].into_iter().filter_map(|value| value.as_object()).flat_map(|object| object.keys());
    let mut names: Vec<String> = names.cloned().collect();
    names.sort();
    names.dedup();
    let text = |value: Option<&serde_json::Value>| value.map(ToString::to_string).unwrap_or_default();
    names
        .into_iter()
        .map(|name| (text(then.get(&name)), text(now.get(&name)), name))
        .filter(|(then, now, _)| then != now)
        .map(|(then, now, name)| (name, then, now))
        .collect()
}

#[derive(Template)]
#[template(path = "batches/rerun.html")]
struct RerunForm<'a> {
    shell: &'a Shell,
    /// The version that the run used, and the newest one.
    used: i64,
    newest: i64,
    panel: &'a RerunPanel,
    seal: &'a SealForm,
}
