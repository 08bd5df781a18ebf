//! What witnesses signed and what they said, in the database: copies for pages, receipts and alerts.

use super::wait;
use crate::{
    clock::Instant,
    evidence::{
        nodes::{Source, assemble},
        prove::growth,
        rows::place,
    },
    gate::{Housekeeping, Tx},
    id::CheckpointId,
    merkle::Hash,
    sql,
    store::{Queries, Reader},
    tlog::{checkpoint::Checkpoint, proof::Plan},
};
use chrono::TimeDelta;

/// A witness that refuses is asked again after this time, in case that what it refused is repaired.
const REFUSED: TimeDelta = TimeDelta::hours(1);

/// The newest checkpoint, which a witness has not signed yet.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Pending {
    pub id: CheckpointId,
    pub note: String,
    /// The rows of the largest checkpoint of the same log that it has signed; 0 where there is none.
    pub cosigned: i64,
    /// How often it was asked in vain.
    pub attempts: i64,
}

pub(super) async fn pending(reader: &Reader, witness: &str, now: Instant) -> sqlx::Result<Option<Pending>> {
    reader
        .query(sql!(
            "select c.id, c.note, coalesce(w.attempts, 0) as attempts,
                    coalesce((select max(o.size) from cosignatures s join checkpoints o on o.id = s.checkpoint_id
                               where s.witness = $1 and o.origin = c.origin), 0) as cosigned
               from checkpoints c left join witnesses w on w.name = $1
              where c.id = (select max(n.id) from checkpoints n) and coalesce(w.next_at, $2) <= $2
                and not exists (select 1 from cosignatures s where s.checkpoint_id = c.id and s.witness = $1)"
        ))
        .bind(witness)
        .bind(now)
        .optional()
        .await
}

/// The proof that a checkpoint continues the log that had `old` rows. A witness verifies it; nothing here knows what it has signed.
pub(super) async fn proof(reader: &Reader, old: u64, checkpoint: &Checkpoint) -> anyhow::Result<Vec<Hash>> {
    if old == 0 || old == checkpoint.size() {
        return Ok(Vec::new());
    }
    let (from, to) = (place(old), place(checkpoint.size()));
    if let Ok(proof) = growth(reader, from, to).await {
        return Ok(proof);
    }
    let plan = Plan::consistency(old, checkpoint.size())?;
    // Not what was signed here: what the witness makes of the rows is for it to say.
    Ok(assemble(reader, &plan, Source::Leaves).await?)
}

/// Whether this log has a checkpoint of this size.
pub(super) async fn is_signed(reader: &Reader, size: u64) -> sqlx::Result<bool> {
    let (is_signed,): (bool,) =
        reader.query(sql!("select exists (select 1 from checkpoints where size = $1)")).bind(place(size)).one().await?;
    Ok(is_signed)
}

/// The signature of a witness on a checkpoint.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Cosignature {
    pub checkpoint_id: CheckpointId,
    pub witness: String,
    /// As in the note.
    pub line: String,
}

/// Those of the checkpoints from one to another.
pub(crate) async fn of(db: &mut impl Queries, from: CheckpointId, to: CheckpointId) -> sqlx::Result<Vec<Cosignature>> {
    db.query(sql!(
        "select checkpoint_id, witness, line from cosignatures
          where checkpoint_id >= $1 and checkpoint_id <= $2 order by checkpoint_id, witness"
    ))
    .bind(from)
    .bind(to)
    .all()
    .await
}

/// A witness that refuses the history of this log.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Refusal {
    pub name: String,
    #[sqlx(rename = "refusal")]
    pub why: String,
    pub since: Instant,
}

pub(crate) async fn refusals(db: &mut impl Queries) -> sqlx::Result<Vec<Refusal>> {
    db.query(sql!("select name, refusal, since from witnesses where refusal is not null order by name limit 100"))
        .all()
        .await
}

/// A witness that has not answered, or not as a witness does, since a time.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Away {
    pub name: String,
    pub error: Option<String>,
    #[sqlx(rename = "away_since")]
    pub since: Instant,
}

/// Those for which it has been so since `before`.
pub(crate) async fn away(db: &mut impl Queries, before: Instant) -> sqlx::Result<Vec<Away>> {
    db.query(sql!("select name, error, away_since from witnesses where away_since <= $1 order by name limit 100"))
        .bind(before)
        .all()
        .await
}

/// Keeps a signature; what was wrong with the witness is over.
#[derive(Clone, Debug)]
pub(crate) struct KeepCosignature {
    pub cosignature: Cosignature,
}

impl Housekeeping for KeepCosignature {
    const NAME: &'static str = "cosignatures.keep";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        let Cosignature { checkpoint_id, witness, line } = &self.cosignature;
        tx.query(sql!(
            "insert into cosignatures (checkpoint_id, witness, line, at) values ($1, $2, $3, $4) on conflict do nothing"
        ))
        .bind(*checkpoint_id)
        .bind(witness.as_str())
        .bind(line.as_str())
        .bind(now)
        .run()
        .await?;
        tx.query(sql!("delete from witnesses where name = $1")).bind(witness.as_str()).run().await.map(drop)
    }
}

/// Keeps that a witness could not be asked.
#[derive(Clone, Debug)]
pub(crate) struct KeepTrouble {
    pub witness: String,
    pub error: String,
    pub attempts: i64,
}

impl Housekeeping for KeepTrouble {
    const NAME: &'static str = "witnesses.trouble";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        let next = now.plus(wait(self.attempts));
        tx.query(sql!(
            "insert into witnesses (name, attempts, error, next_at, away_since) values ($1, $2, $3, $4, $5)
             on conflict (name) do update set attempts = excluded.attempts, error = excluded.error, next_at = excluded.next_at,
                away_since = coalesce(witnesses.away_since, excluded.away_since)"
        ))
        .bind(self.witness.as_str())
        .bind(self.attempts)
        .bind(self.error.as_str())
        .bind(next)
        .bind(now)
        .run()
        .await
        .map(drop)
    }
}

/// Keeps that a witness refuses the history of this log.
#[derive(Clone, Debug)]
pub(crate) struct KeepRefusal {
    pub witness: String,
    pub text: String,
}

impl Housekeeping for KeepRefusal {
    const NAME: &'static str = "witnesses.refusal";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        tx.query(sql!(
            "insert into witnesses (name, attempts, next_at, refusal, since) values ($1, 1, $2, $3, $4)
             on conflict (name) do update set attempts = 1, error = null, away_since = null, next_at = excluded.next_at, refusal = excluded.refusal,
                since = coalesce(witnesses.since, excluded.since)"
        ))
        .bind(self.witness.as_str())
        .bind(now.plus(REFUSED))
        .bind(self.text.as_str())
        .bind(now)
        .run()
        .await
        .map(drop)
    }
}

/// Forgets what was wrong with witnesses that are not asked any more. What they signed stays.
#[derive(Clone, Debug)]
pub(crate) struct DeclareWitnesses {
    pub names: Vec<String>,
}

impl Housekeeping for DeclareWitnesses {
    const NAME: &'static str = "witnesses.declare";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let stored: Vec<(String,)> = tx.query(sql!("select name from witnesses order by name")).all().await?;
        for (name,) in stored.into_iter().filter(|(name,)| !self.names.contains(name)) {
            tx.query(sql!("delete from witnesses where name = $1")).bind(name).run().await?;
        }
        Ok(())
    }
}
