//! Asking for a run: by hand, or of one that failed once more. The rules are here; the pages are in [`job`](super::job) and
//! [`rerun`](super::rerun).

use super::{
    definition::{Definition, Kind, Overlap, Values},
    event,
    record::{self, Job, Run},
    run_target,
    state::State,
    target,
};
use crate::{
    gate::{Admits, Change, Fault, Role, Target, Tx},
    sql,
};
use serde::{Deserialize, Serialize};

/// Who may act on jobs at all; each job says which of them may act on it.
pub const ACTS: &[Role] = &[Role::Operator, Role::Oncall, Role::Owner];

/// Runs a job by hand.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunJob {
    pub job: String,
    /// The definition that was looked at.
    pub version: i64,
    pub params: Values,
}

/// Runs again what failed, as it was or with what is said here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RerunRun {
    pub run: i64,
    pub version: i64,
    pub params: Values,
}

impl Change for RunJob {
    const KIND: &'static str = "batches.run";
    const ADMITS: Admits = Admits::sealed(ACTS);
    const MAKES: &'static [&'static str] = &["run"];
    /// The run that waits for its turn.
    type Output = i64;

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

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<i64, Fault> {
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

impl Change for RerunRun {
    const KIND: &'static str = "runs.rerun";
    const ADMITS: Admits = Admits::sealed(ACTS);
    const MAKES: &'static [&'static str] = &["rerun"];
    /// The run that waits for its turn.
    type Output = i64;

    fn target(&self) -> Target {
        run_target(self.run)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        record::run_version(tx, self.run).await
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (job, run) = record::lock_both(tx, self.run).await?;
        let definition = record::permitted(tx, &job).await?;
        rerunnable(tx, &run).await?;
        startable(tx, &job, &definition).await?;
        let wanted = wanted(tx, &job, self.version).await?;
        values(&wanted, &self.params).map(drop)
    }

    async fn is_marked(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let run = record::lock_run(tx, self.run).await?;
        wants_approval(tx, &run.job, self.version).await
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<i64, Fault> {
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
    fn note(&self, tx: &mut Tx<'_>, run: &Run, values: &Values, id: i64) {
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

/// A run that came to no good end, and that nobody has rerun.
async fn rerunnable(tx: &mut Tx<'_>, run: &Run) -> Result<(), Fault> {
    let rerun: Option<(i64,)> =
        tx.query(sql!("select id from batch_runs where rerun_of = $1")).bind(run.id).optional().await?;
    if let Some((rerun,)) = rerun {
        return Err(Fault::conflict("run-rerun").with("n", rerun));
    }
    match run.state {
        State::Succeeded => Err(Fault::conflict("run-succeeded")),
        State::Lost => Err(Fault::conflict("run-lost")),
        state if state.may_rerun() => Ok(()),
        _ => Err(Fault::conflict("run-open")),
    }
}

/// Whether the job can be started here, and has room for one more run. Asked under the lock of the job.
async fn startable(tx: &mut Tx<'_>, job: &Job, definition: &Definition) -> Result<(), Fault> {
    if job.is_retired {
        return Err(Fault::conflict("job-retired"));
    }
    if definition.kind() == Kind::External {
        return Err(Fault::conflict("job-elsewhere"));
    }
    if definition.overlap != Overlap::Skip {
        return Ok(());
    }
    let open = record::open_run(tx, &job.name).await?;
    match open {
        Some(n) => Err(Fault::conflict("job-busy").with("n", n)),
        None => Ok(()),
    }
}

/// The definition that was chosen: the job's newest, or the one that the failed run used.
async fn wanted(tx: &mut Tx<'_>, job: &Job, version: i64) -> Result<Definition, Fault> {
    let definition = wanted_by_name(tx, &job.name, version).await?;
    if definition.kind() == Kind::External { Err(Fault::conflict("job-elsewhere")) } else { Ok(definition) }
}

async fn wanted_by_name(tx: &mut Tx<'_>, job: &str, version: i64) -> Result<Definition, Fault> {
    record::definition(tx, job, version).await?.ok_or_else(|| Fault::invalid("version", "not-a-choice"))
}

/// Whether a second person has to agree: by the definition that is to be run, or by the one that holds now, so that nobody
/// goes back to an older one to be alone.
async fn wants_approval(tx: &mut Tx<'_>, job: &str, version: i64) -> Result<bool, Fault> {
    if wanted_by_name(tx, job, version).await?.approval {
        return Ok(true);
    }
    let now = record::lock_job(tx, job).await?;
    Ok(record::definition(tx, job, now.version).await?.is_some_and(|definition| definition.approval))
}

/// The values in their normal form. What the form showed may be wrong; what it did not show is no parameter.
fn values(definition: &Definition, typed: &Values) -> Result<Values, Fault> {
    definition.read(typed).map_err(|name| Fault::invalid("param", "param-wrong").with("name", name))
}

async fn insert(
    tx: &mut Tx<'_>,
    job: &str,
    version: i64,
    definition: &Definition,
    values: &Values,
    rerun_of: Option<&Run>,
) -> Result<i64, Fault> {
    let (now, by, change) = (tx.now(), tx.by().to_owned(), tx.change_id().to_owned());
    let params = serde_json::to_string(values).unwrap_or_else(|_| "{}".to_owned());
    let (id,): (i64,) = tx
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
