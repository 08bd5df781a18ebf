//! Jobs and runs as they are stored, for pages to read and for changes to lock.

use super::{
    baseline::{Baseline, SAMPLE},
    definition::{Definition, Values, is_name},
    kind::Kind,
    state::State,
};
use crate::{
    clock::Instant,
    gate::{Fault, Tx},
    id::RunId,
    sql,
    store::Queries,
};
use chrono::TimeDelta;

crate::gate::refusal_words! {
    /// There is no such job.
    pub(crate) JOB = "job";
    /// The job is for people of other roles.
    JOB_NOT_YOURS = "job-not-yours";
    /// There is no such run.
    pub(crate) RUN = "run";
}

/// A job, with what its newest definition says of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Job {
    pub name: String,
    pub title: String,
    pub owner: String,
    #[sqlx(try_from = "String")]
    pub kind: Kind,
    pub version: i64,
    pub is_retired: bool,
    pub next_at: Option<Instant>,
    pub paused_until: Option<Instant>,
    pub baseline_from: Option<Instant>,
    pub changed: i64,
}

/// One run.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column")]
pub(crate) struct Run {
    pub id: RunId,
    pub job: String,
    pub version: i64,
    #[sqlx(try_from = "String")]
    pub state: State,
    pub cause: String,
    /// The values of its parameters as JSON.
    pub params: String,
    pub staff_name: Option<String>,
    pub rerun_of: Option<RunId>,
    pub root_id: Option<RunId>,
    pub attempt: i64,
    pub runner: Option<String>,
    pub fence: i64,
    pub pid: Option<i64>,
    pub pid_started: Option<i64>,
    /// Whether its process begins only when it is named here.
    pub waits_for_pid: bool,
    /// Whether a console on its machine has seen that its process is dead.
    pub is_process_gone: bool,
    pub deadline_at: Option<Instant>,
    pub queued_at: Instant,
    pub started_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    pub duration_ms: Option<i64>,
    /// In thousandths.
    pub progress: Option<i64>,
    pub processed: Option<i64>,
    pub failed: Option<i64>,
    pub skipped: Option<i64>,
    pub exit_code: Option<i64>,
    pub failure: Option<String>,
    pub baseline_ms: Option<i64>,
    pub baseline_count: Option<i64>,
    pub baseline_runs: i64,
    pub is_slow: bool,
    pub is_low: bool,
    pub is_late: bool,
    pub gap_from: Option<i64>,
    pub gap_until: Option<i64>,
    pub gap_bytes: i64,
    pub resolution: Option<String>,
    pub resolved_by: Option<String>,
    pub resolved_at: Option<Instant>,
    pub changed: i64,
}

macro_rules! job_columns {
    () => {
        "name, title, owner, kind, version, is_retired, next_at, paused_until, baseline_from, changed"
    };
}
pub(crate) use job_columns;

macro_rules! run_columns {
    () => {
        "id, job, version, state, cause, params, staff_name, rerun_of, root_id, attempt, runner, fence, pid, \
         pid_started, waits_for_pid, is_process_gone, deadline_at, queued_at, started_at, ended_at, duration_ms, progress, processed, failed, skipped, exit_code, \
         failure, baseline_ms, baseline_count, baseline_runs, is_slow, is_low, is_late, gap_from, gap_until, gap_bytes, \
         resolution, resolved_by, resolved_at, changed"
    };
}
pub(crate) use run_columns;

/// [`Run::needs_attention`] as a condition, word for word that of the index `batch_runs_attention`.
macro_rules! needs_attention {
    () => {
        "resolution is null and (state in ('failed', 'timed_out', 'lost') or is_slow or is_low)"
    };
}
pub(crate) use needs_attention;

/// The jobs of the newest runs that a person should look at, each with the newest of these.
macro_rules! attention {
    () => {
        concat!(
            "select job, max(id) as id from (select job, id from batch_runs where ",
            $crate::batches::record::needs_attention!(),
            " order by id desc limit 2000) newest group by job"
        )
    };
}
pub(crate) use attention;

impl Run {
    pub(crate) fn values(&self) -> Values {
        serde_json::from_str(&self.params).unwrap_or_default()
    }

    /// The baseline when it started.
    pub(crate) fn baseline(&self) -> Baseline {
        Baseline { duration: self.baseline_ms, processed: self.baseline_count, runs: self.baseline_runs }
    }

    /// Whether it took twice its usual time, did half of the usual, or came late.
    pub(crate) fn is_unusual(&self) -> bool {
        self.is_slow || self.is_low
    }

    /// Whether a person should look at it, and no one has said that they did.
    pub(crate) fn needs_attention(&self) -> bool {
        self.resolution.is_none() && (self.state.is_bad() || self.is_unusual())
    }

    /// How long it took, or has taken by `now`, in milliseconds.
    pub(crate) fn took(&self, now: Instant) -> Option<i64> {
        self.duration_ms.or_else(|| {
            let started = self.started_at?;
            Some(self.ended_at.unwrap_or(now).since(started).num_milliseconds().max(0))
        })
    }
}

impl Job {
    pub(crate) fn is_paused(&self, now: Instant) -> bool {
        self.paused_until.is_some_and(|until| until > now)
    }
}

pub(crate) async fn job(db: &mut impl Queries, name: &str) -> sqlx::Result<Option<Job>> {
    // What no job can be called is not asked for: PostgreSQL's text refuses NUL.
    if !is_name(name) {
        return Ok(None);
    }
    db.query(sql!("select ", job_columns!(), " from batch_jobs where name = $1")).bind(name.to_owned()).optional().await
}

pub(crate) async fn run(db: &mut impl Queries, id: RunId) -> sqlx::Result<Option<Run>> {
    db.query(sql!("select ", run_columns!(), " from batch_runs where id = $1")).bind(id).optional().await
}

/// The definition that a run uses, or that is to be used.
pub(crate) async fn definition(db: &mut impl Queries, job: &str, n: i64) -> sqlx::Result<Option<Definition>> {
    let found: Option<(String,)> = db
        .query(sql!("select definition from batch_versions where job = $1 and n = $2"))
        .bind(job.to_owned())
        .bind(n)
        .optional()
        .await?;
    found.map(|(text,)| serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(error.into()))).transpose()
}

/// The names of the jobs that run elsewhere and report with a token that they keep.
pub(crate) async fn external(db: &mut impl Queries) -> sqlx::Result<Vec<String>> {
    let names: Vec<(String,)> = db
        .query(sql!("select name from batch_jobs where kind = 'external' and not is_retired order by name"))
        .all()
        .await?;
    Ok(names.into_iter().map(|(name,)| name).collect())
}

/// The oldest run of a job that has still to come, is under way, or is held until a person states its outcome.
pub(crate) async fn open_run(db: &mut impl Queries, job: &str) -> sqlx::Result<Option<RunId>> {
    let open: Option<(RunId,)> = db
        .query(sql!(
            "select id from batch_runs where job = $1 and state in ('queued', 'starting', 'running', 'cancelling', 'lost')
              order by id limit 1"
        ))
        .bind(job.to_owned())
        .optional()
        .await?;
    Ok(open.map(|(id,)| id))
}

/// What is normal for a job now: of its last successes that are not reruns.
pub(crate) async fn normal(db: &mut impl Queries, job: &str, now: Instant) -> sqlx::Result<Baseline> {
    let successes: Vec<(i64, Option<i64>)> = db
        .query(sql!(
            "select duration_ms, processed from batch_runs
              where job = $1 and state = 'succeeded' and rerun_of is null and duration_ms is not null and ended_at > $2
                and started_at >= coalesce((select baseline_from from batch_jobs where name = $1), $2)
              order by id desc limit $3"
        ))
        .bind(job.to_owned())
        .bind(now.minus(TimeDelta::days(90)))
        .bind(SAMPLE)
        .all()
        .await?;
    Ok(Baseline::of(&successes))
}

/// Locks a job, before its runs are looked at: every process that adds one holds this lock.
pub(super) async fn lock_job(tx: &mut Tx<'_>, name: &str) -> Result<Job, Fault> {
    let job: Option<Job> = tx
        .query(sql!(
            sqlite: concat!("select ", job_columns!(), " from batch_jobs where name = $1"),
            postgres: concat!("select ", job_columns!(), " from batch_jobs where name = $1 for no key update"),
        ))
        .bind(name.to_owned())
        .optional()
        .await?;
    job.ok_or_else(|| Fault::missing(JOB))
}

/// Locks a run; no other process reports, claims or ends it meanwhile.
pub(super) async fn lock_run(tx: &mut Tx<'_>, id: RunId) -> Result<Run, Fault> {
    let run: Option<Run> = tx
        .query(sql!(
            sqlite: concat!("select ", run_columns!(), " from batch_runs where id = $1"),
            postgres: concat!("select ", run_columns!(), " from batch_runs where id = $1 for no key update"),
        ))
        .bind(id)
        .optional()
        .await?;
    run.ok_or_else(|| Fault::missing(RUN))
}

/// The job of a run, locked before the run: in this order everywhere, so that two never wait for each other.
pub(super) async fn lock_both(tx: &mut Tx<'_>, id: RunId) -> Result<(Job, Run), Fault> {
    let name: Option<(String,)> =
        tx.query(sql!("select job from batch_runs where id = $1")).bind(id).optional().await?;
    let Some((name,)) = name else { return Err(Fault::missing(RUN)) };
    Ok((lock_job(tx, &name).await?, lock_run(tx, id).await?))
}

/// The version of a run that a form has shown, for [`Change::version`](crate::gate::Change::version).
pub(super) async fn run_version(tx: &mut Tx<'_>, id: RunId) -> Result<Option<i64>, Fault> {
    lock_both(tx, id).await.map(|(_, run)| Some(run.changed))
}

/// A run that a person wants to act on, locked, if they may act on it.
pub(super) async fn permitted_run(tx: &mut Tx<'_>, id: RunId) -> Result<Run, Fault> {
    let (job, run) = lock_both(tx, id).await?;
    permitted(tx, &job).await?;
    Ok(run)
}

/// Says what was done about a run, unless that has been said before.
pub(super) async fn resolve(tx: &mut Tx<'_>, id: RunId, resolution: &'static str) -> Result<(), Fault> {
    let (now, by) = (tx.now(), tx.by().to_owned());
    tx.query(sql!(
        "update batch_runs set resolution = coalesce(resolution, $4), resolved_by = coalesce(resolved_by, $2),
                resolved_at = coalesce(resolved_at, $3), changed = changed + 1 where id = $1"
    ))
    .bind(id)
    .bind(by)
    .bind(now)
    .bind(resolution)
    .run()
    .await?;
    Ok(())
}

/// Refuses a person who may not act on a job.
pub(super) async fn permitted(tx: &mut Tx<'_>, job: &Job) -> Result<Definition, Fault> {
    let definition = definition(tx, &job.name, job.version).await?.ok_or_else(|| Fault::missing(JOB))?;
    if tx.is_for(&definition.roles) { Ok(definition) } else { Err(Fault::forbidden(JOB_NOT_YOURS)) }
}
