//! Time stamps and what went wrong with their authority, in the database.

use crate::{
    clock::Instant,
    evidence::{keep::Kept, witness::wait},
    gate::{Housekeeping, Tx},
    id::CheckpointId,
    sql,
    store::{Queries, Reader},
};

/// The newest checkpoint, which is to be stamped now.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Pending {
    pub id: CheckpointId,
    pub note: String,
    /// How often it was asked in vain.
    pub attempts: i64,
}

/// `last`: a checkpoint that was stamped after it leaves no other to be stamped now.
pub(super) async fn pending(
    reader: &Reader,
    authority: &str,
    now: Instant,
    last: Instant,
) -> sqlx::Result<Option<Pending>> {
    reader
        .query(sql!(
            "select c.id, c.note, coalesce(t.attempts, 0) as attempts
               from checkpoints c left join timestamp_troubles t on t.authority = $1
              where c.id = (select max(n.id) from checkpoints n) and coalesce(t.next_at, $2) <= $2
                and coalesce((select max(s.at) from timestamps s), $3) <= $3
                and not exists (select 1 from timestamps s where s.checkpoint_id = c.id)"
        ))
        .bind(authority)
        .bind(now)
        .bind(last)
        .optional()
        .await
}

/// The time stamp on a checkpoint.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct TimeStamp {
    pub checkpoint_id: CheckpointId,
    pub authority: String,
    /// When the checkpoint was there, as the authority says.
    pub time: Instant,
}

/// Those of the checkpoints from one to another.
pub(crate) async fn of(db: &mut impl Queries, from: CheckpointId, to: CheckpointId) -> sqlx::Result<Vec<TimeStamp>> {
    db.query(sql!(
        "select checkpoint_id, authority, stamped_at as time from timestamps
          where checkpoint_id >= $1 and checkpoint_id <= $2 order by checkpoint_id"
    ))
    .bind(from)
    .bind(to)
    .all()
    .await
}

/// The response of the authority, as it came.
pub(crate) async fn response(db: &mut impl Queries, checkpoint: CheckpointId) -> sqlx::Result<Option<Vec<u8>>> {
    let found: Option<(Vec<u8>,)> =
        db.query(sql!("select response from timestamps where checkpoint_id = $1")).bind(checkpoint).optional().await?;
    Ok(found.map(|(response,)| response))
}

/// A checkpoint with its time stamp, for those who verify both.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Stamped {
    /// The bytes that were stamped: the note as the log alone has signed it.
    pub note: String,
    pub response: Vec<u8>,
}

/// The newest one of the log up to a checkpoint.
pub(crate) async fn newest(db: &mut impl Queries, kept: &Kept) -> sqlx::Result<Option<Stamped>> {
    db.query(sql!(
        "select c.note, s.response from timestamps s join checkpoints c on c.id = s.checkpoint_id
          where s.checkpoint_id <= $1 and c.origin = $2 order by s.checkpoint_id desc limit 1"
    ))
    .bind(kept.id)
    .bind(kept.origin.as_str())
    .optional()
    .await
}

/// An authority that has not stamped what it was asked to, since a time.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Trouble {
    pub authority: String,
    pub error: String,
    pub since: Instant,
}

/// Those for which it has been so since `before`.
pub(crate) async fn troubles(db: &mut impl Queries, before: Instant) -> sqlx::Result<Vec<Trouble>> {
    db.query(sql!(
        "select authority, error, since from timestamp_troubles where since <= $1 order by authority limit 100"
    ))
    .bind(before)
    .all()
    .await
}

/// Keeps a time stamp; what was wrong with the authority is over.
#[derive(Clone, Debug)]
pub(crate) struct KeepTimeStamp {
    pub stamp: TimeStamp,
    pub response: Vec<u8>,
}

impl Housekeeping for KeepTimeStamp {
    const NAME: &'static str = "timestamps.keep";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        let TimeStamp { checkpoint_id, authority, time } = &self.stamp;
        // Another console may have asked at the same time.
        tx.query(sql!(
            "insert into timestamps (checkpoint_id, authority, response, stamped_at, at) values ($1, $2, $3, $4, $5)
             on conflict do nothing"
        ))
        .bind(*checkpoint_id)
        .bind(authority.as_str())
        .bind(self.response.as_slice())
        .bind(*time)
        .bind(now)
        .run()
        .await?;
        tx.query(sql!("delete from timestamp_troubles where authority = $1"))
            .bind(authority.as_str())
            .run()
            .await
            .map(drop)
    }
}

/// Keeps that an authority has not stamped.
#[derive(Clone, Debug)]
pub(crate) struct KeepDelay {
    pub authority: String,
    pub error: String,
    pub attempts: i64,
}

impl Housekeeping for KeepDelay {
    const NAME: &'static str = "timestamps.trouble";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        tx.query(sql!(
            "insert into timestamp_troubles (authority, attempts, error, next_at, since) values ($1, $2, $3, $4, $5)
             on conflict (authority) do update set attempts = excluded.attempts, error = excluded.error, next_at = excluded.next_at"
        ))
        .bind(self.authority.as_str())
        .bind(self.attempts)
        .bind(self.error.as_str())
        .bind(now.plus(wait(self.attempts)))
        .bind(now)
        .run()
        .await
        .map(drop)
    }
}

/// Forgets what was wrong with an authority that is not asked any more. What it stamped stays.
#[derive(Clone, Debug)]
pub(crate) struct DeclareAuthority {
    pub authority: Option<String>,
}

impl Housekeeping for DeclareAuthority {
    const NAME: &'static str = "timestamps.declare";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let authority = self.authority.as_deref().unwrap_or_default();
        tx.query(sql!("delete from timestamp_troubles where authority <> $1")).bind(authority).run().await.map(drop)
    }
}
