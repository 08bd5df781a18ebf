//! Running a job by hand, and what running it again has in common with that.

use super::{
    definition::{Definition, Overlap, Values},
    detail::JobDetail,
    event,
    params::{self, ParamField},
    record::{self, Job, Run},
    target,
};
use crate::{
    batches::JOB_RETIRED,
    gate::{Admits, Change, Fault, NOT_A_CHOICE, Role, Target, Tx},
    id::RunId,
    sql,
    store::Queries,
    web::{
        Desk, PageError, PageResult,
        form::Form,
        panel::{Button, Made, Opened, Opening, Panel, Subject as _, Unread, View},
        shell::{Shell, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// Another run of the job is in progress.
    JOB_BUSY = "job-busy";
    /// The job is started outside the console.
    JOB_ELSEWHERE = "job-elsewhere";
    /// A parameter of the run is not as its definition demands.
    PARAM_WRONG = "param-wrong";
}

/// Who may act on jobs at all; each job says which of them may act on it.
pub(crate) const ACTS: &[Role] = &[Role::Operator, Role::Oncall, Role::Owner];

/// Runs a job by hand.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunJob {
    pub job: String,
    /// The definition that was looked at.
    pub version: i64,
    pub params: Values,
}

impl Change for RunJob {
    const KIND: &'static str = "batches.run";
    const ADMITS: Admits = Admits::sealed(ACTS);
    const MAY_CLOSE: bool = true;
    const CREATED_IDS: &'static [&'static str] = &["run"];
    /// The run that waits for its turn.
    type Output = RunId;

    fn target(&self) -> Target {
        target(&self.job)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        record::lock_job(tx, &self.job).await.map(|job| Some(job.changed))
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let job = record::lock_job(tx, &self.job).await?;
        let definition = record::permitted(tx, &job).await?;
        startable(tx, &job, &definition).await?;
        let wanted = wanted(tx, &job, self.version).await?;
        values(&wanted, &self.params).map(drop)
    }

    async fn is_marked(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        wants_approval(tx, &self.job, self.version).await
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<RunId, Fault> {
        let definition = wanted_by_name(tx, &self.job, self.version).await?;
        let values = values(&definition, &self.params)?;
        let id = insert(tx, &self.job, self.version, &definition, &values, None).await?;
        tx.note("run", None::<i64>, id);
        tx.note("version", None::<i64>, self.version);
        for (name, value) in &values {
            tx.note(format!("param.{name}"), None::<&str>, value.as_str());
        }
        event::append(tx, &self.job, Some(id), "requested", None).await?;
        Ok(id)
    }
}

/// Whether the job can be started here, and has room for one more run. A change asks under the lock of the job.
pub(super) async fn startable(db: &mut impl Queries, job: &Job, definition: &Definition) -> Result<(), Fault> {
    let open = record::open_run(db, &job.name).await?;
    has_room(job.is_retired, definition, open)
}

/// The same of a job whose oldest open run is `open`.
pub(super) fn has_room(is_retired: bool, definition: &Definition, open: Option<RunId>) -> Result<(), Fault> {
    match open {
        _ if is_retired => Err(Fault::conflict(JOB_RETIRED)),
        _ if !definition.kind().starts_here() => Err(Fault::conflict(JOB_ELSEWHERE)),
        Some(n) if definition.overlap == Overlap::Skip => Err(Fault::conflict(JOB_BUSY).with("n", n)),
        _ => Ok(()),
    }
}

/// The definition that was chosen: the job's newest, or the one that the failed run used.
pub(super) async fn wanted(tx: &mut Tx<'_>, job: &Job, version: i64) -> Result<Definition, Fault> {
    let definition = wanted_by_name(tx, &job.name, version).await?;
    if definition.kind().starts_here() { Ok(definition) } else { Err(Fault::conflict(JOB_ELSEWHERE)) }
}

pub(super) async fn wanted_by_name(tx: &mut Tx<'_>, job: &str, version: i64) -> Result<Definition, Fault> {
    record::definition(tx, job, version).await?.ok_or_else(|| Fault::invalid("version", NOT_A_CHOICE))
}

/// Whether a second person has to agree: by the definition that is to be run, or by the one that holds now, so that no one
/// goes back to an older one to be alone.
pub(super) async fn wants_approval(tx: &mut Tx<'_>, job: &str, version: i64) -> Result<bool, Fault> {
    if wanted_by_name(tx, job, version).await?.approval {
        return Ok(true);
    }
    let now = record::lock_job(tx, job).await?;
    Ok(record::definition(tx, job, now.version).await?.is_some_and(|definition| definition.approval))
}

/// The values in their normal form. What the form showed may be wrong; what it did not show is no parameter.
pub(super) fn values(definition: &Definition, typed: &Values) -> Result<Values, Fault> {
    definition.read(typed).map_err(|name| Fault::invalid("param", PARAM_WRONG).with("name", name))
}

pub(super) async fn insert(
    tx: &mut Tx<'_>,
    job: &str,
    version: i64,
    definition: &Definition,
    values: &Values,
    rerun_of: Option<&Run>,
) -> Result<RunId, Fault> {
    let (now, by, change) = (tx.now(), tx.by().to_owned(), tx.change_id().to_owned());
    let params = serde_json::to_string(values).unwrap_or_else(|_| "{}".to_owned());
    let (id,): (RunId,) = tx
        .query(sql!(
            "insert into batch_runs (job, version, state, cause, is_single, params, staff_name, change_id, rerun_of, root_id, attempt, queued_at)
             values ($1, $2, 'queued', $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id"
        ))
        .bind(job)
        .bind(version)
        .bind(if rerun_of.is_some() { "rerun" } else { "manual" })
        .bind(definition.overlap != Overlap::Allow)
        .bind(params)
        .bind(by)
        .bind(change)
        .bind(rerun_of.map(|run| run.id))
        .bind(rerun_of.map(|run| run.root_id.unwrap_or(run.id)))
        .bind(rerun_of.map_or(1, |run| run.attempt + 1))
        .bind(now)
        .one()
        .await?;
    Ok(id)
}

/// The form.
pub(crate) struct StartPanel {
    pub(crate) fields: Vec<ParamField>,
}

impl Panel for StartPanel {
    type On = JobDetail;
    type Part = ();
    type Asks = RunJob;
    const NAME: &'static str = "run";
    const ROUTE: &'static str = "/batches/{job}/runs";
    const FIELDS: &'static [&'static str] = &["version"];

    fn numbered_fields(on: &JobDetail) -> Vec<String> {
        params::field_names(&on.definition)
    }

    fn may(desk: &Desk, on: &JobDetail) -> bool {
        on.may(desk, Self::ROUTE)
    }

    fn button(desk: &Desk, _: &JobDetail) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "play", label: desk.words().get("start.title").to_owned() })
    }

    async fn obstacle(desk: &Desk, on: &JobDetail) -> Result<Option<String>, PageError> {
        desk.obstacle(startable(&mut desk.reader(), &on.job, &on.definition).await)
    }

    async fn open(desk: &Desk, on: &JobDetail, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let defaults = params::defaults(desk, &on.definition);
        let (values, wrong) = match opening.form() {
            Some(form) => params::read(&on.definition, form, &defaults),
            None => (defaults, None),
        };
        Ok(Opened::Form(Self { fields: params::fields(&on.definition, &values, None, wrong.as_deref()) }))
    }

    async fn read(desk: &Desk, on: &JobDetail, (): &(), form: &Form) -> Result<RunJob, Unread> {
        let (values, wrong) = params::read(&on.definition, form, &params::defaults(desk, &on.definition));
        match wrong {
            None => Ok(RunJob { job: on.job.name.clone(), version: on.job.version, params: values }),
            Some(_) => Err(params::errors().into()),
        }
    }

    fn seal(&self, on: &JobDetail, seal: SealForm) -> SealForm {
        seal.marked(on.definition.approval)
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        StartForm { shell, version: on.job.version, fields: &self.fields, seal }.render()
    }

    async fn answer(desk: &Desk, on: &JobDetail, made: Made<RunJob>) -> PageResult {
        Ok(desk.see_other(&made.outputs.first().map_or_else(|| on.path(), |run| format!("/runs/{run}"))))
    }
}

#[derive(Template)]
#[template(path = "batches/start.html")]
struct StartForm<'a> {
    shell: &'a Shell,
    version: i64,
    fields: &'a [ParamField],
    seal: &'a SealForm,
}
