//! Taking over what the configuration declares: at every start, as a change of the system where something differs.

use super::{
    definition::Definition,
    event,
    lapse::{self, LapseKind},
    record::{self, Job},
    target,
};
use crate::{
    clock::Instant,
    gate::{Actor, Admits, By, Change, Fault, Gate, Refusal, Target, Tx},
    secret, sql,
    store::Reader,
};
use serde::{Deserialize, Serialize};

/// Makes this the job's definition. One that was there before gets its number back, so that the versions count definitions
/// and not starts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DefineJob {
    pub definition: Definition,
}

/// No definition names the job any more: nothing starts it, and its runs stay.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RetireJob {
    pub job: String,
}

const BY_SYSTEM: Admits = Admits { by: By::SystemOnly, code: false, host: true };

impl Change for DefineJob {
    const KIND: &'static str = "batches.define";
    const ADMITS: Admits = BY_SYSTEM;
    type Output = ();

    fn target(&self) -> Target {
        target(&self.definition.name)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (definition, now) = (&self.definition, tx.now());
        let name = definition.name.as_str();
        // Before anything else, so that of two processes that start together one waits here for the other.
        tx.query(sql!(
            "insert into batch_jobs (name, title, owner, kind, version) values ($1, $2, $3, $4, 0) on conflict (name) do nothing"
        ))
        .bind(name)
        .bind(definition.title.as_str())
        .bind(definition.owner.as_str())
        .bind(definition.kind().as_str())
        .run()
        .await?;
        let job = record::lock_job(tx, name).await?;
        let version = self.version(tx, now).await?;
        let former = record::definition(tx, name, job.version).await?;
        let is_same_schedule = !job.is_retired && former.is_some_and(|former| former.schedule == definition.schedule);
        let next = match &definition.schedule {
            Some(_) if is_same_schedule && job.next_at.is_some() => job.next_at,
            schedule => schedule.as_ref().and_then(|schedule| schedule.next(now)),
        };
        tx.query(sql!(
            "update batch_jobs set title = $2, owner = $3, kind = $4, version = $5, is_retired = false, next_at = $6,
                    changed = changed + 1 where name = $1"
        ))
        .bind(name)
        .bind(definition.title.as_str())
        .bind(definition.owner.as_str())
        .bind(definition.kind().as_str())
        .bind(version)
        .bind(next)
        .run()
        .await?;
        if definition.schedule.is_some() && next.is_none() {
            lapse::note_never(tx, name).await?;
        } else {
            lapse::end(tx, name, LapseKind::Never).await?;
        }
        if job.version != version || job.is_retired {
            tx.note("version", Some(job.version).filter(|n| *n > 0), version);
            tx.note("sha256", None::<&str>, hex::encode(definition.digest()));
            event::append(tx, name, None, "defined", Some(&version.to_string())).await?;
        }
        Ok(())
    }
}

impl DefineJob {
    /// The number of this definition, new or not.
    async fn version(&self, tx: &mut Tx<'_>, now: Instant) -> Result<i64, Fault> {
        let (name, digest) = (self.definition.name.as_str(), self.definition.digest().to_vec());
        let known: Option<(i64,)> = tx
            .query(sql!("select n from batch_versions where job = $1 and sha256 = $2"))
            .bind(name)
            .bind(digest.clone())
            .optional()
            .await?;
        if let Some((n,)) = known {
            return Ok(n);
        }
        let text = serde_json::to_string(&self.definition).unwrap_or_default();
        let (n,): (i64,) = tx
            .query(sql!(
                "insert into batch_versions (job, n, definition, sha256, at)
                 select $1, coalesce(max(n), 0) + 1, $2, $3, $4 from batch_versions where job = $1 returning n"
            ))
            .bind(name)
            .bind(text)
            .bind(digest)
            .bind(now)
            .one()
            .await?;
        Ok(n)
    }
}

impl Change for RetireJob {
    const KIND: &'static str = "batches.retire";
    const ADMITS: Admits = BY_SYSTEM;
    type Output = ();

    fn target(&self) -> Target {
        target(&self.job)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let job = record::lock_job(tx, &self.job).await?;
        if job.is_retired {
            return Ok(());
        }
        tx.query(sql!(
            "update batch_jobs set is_retired = true, next_at = null, changed = changed + 1 where name = $1"
        ))
        .bind(self.job.as_str())
        .run()
        .await?;
        lapse::forget(tx, &self.job).await?;
        tx.note("retired", false, true);
        event::append(tx, &self.job, None, "retired", None).await
    }
}

/// Brings the registry up to date with `definitions`. What is as it should be is left alone, so that an ordinary start writes
/// nothing into the log. Where none are declared at all, nothing is retired: it is more likely that an operator forgot
/// the configuration file.
pub async fn take_over(reader: &Reader, gate: &Gate, definitions: &[Definition]) -> Result<(), Refusal> {
    if definitions.is_empty() {
        return Ok(());
    }
    let actor = Actor::system(format!("start_{}", hex::encode(secret::random::<10>())));
    let there: Vec<(String, Vec<u8>, bool)> = reader
        .query(sql!(
            "select j.name, v.sha256, j.is_retired from batch_jobs j join batch_versions v on v.job = j.name and v.n = j.version"
        ))
        .all()
        .await?;
    for definition in definitions {
        let digest = definition.digest();
        if !there.iter().any(|(name, sha256, retired)| *name == definition.name && *sha256 == digest && !retired) {
            gate.submit_unattended(&actor, &DefineJob { definition: definition.clone() }).await?;
        }
    }
    for (name, _, retired) in there {
        if !retired && !definitions.iter().any(|definition| definition.name == name) {
            gate.submit_unattended(&actor, &RetireJob { job: name }).await?;
        }
    }
    Ok(())
}

/// What is due by its schedule, for the worker.
pub(crate) async fn due(reader: &Reader, now: Instant, limit: i64) -> sqlx::Result<Vec<Job>> {
    reader
        .query(sql!(
            "select ",
            record::job_columns!(),
            " from batch_jobs where next_at is not null and next_at <= $1 order by next_at limit $2"
        ))
        .bind(now)
        .bind(limit)
        .all()
        .await
}

/// What has a next time that has not come, for the worker.
pub(crate) async fn ahead(reader: &Reader, now: Instant) -> sqlx::Result<Vec<Job>> {
    reader
        .query(sql!(
            "select ",
            record::job_columns!(),
            " from batch_jobs where next_at is not null and next_at > $1 order by next_at"
        ))
        .bind(now)
        .all()
        .await
}
