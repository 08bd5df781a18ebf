//! What is known here of the copies: what waits, how often it was tried, what is there and until when it is locked.

use crate::{
    clock::Instant,
    id::CheckpointId,
    sql,
    store::{Queries, Reader},
};

/// A checkpoint and a target.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Shipment {
    pub checkpoint_id: CheckpointId,
    pub target: String,
    pub state: String,
    pub error: Option<String>,
    pub retain_until: Option<Instant>,
}

impl Shipment {
    /// How good its state is, for its colour, with its picture.
    pub(crate) fn tone(&self) -> (&'static str, &'static str) {
        match (self.state.as_str(), &self.error) {
            ("locked", _) => ("ok", "lock"),
            ("shipped", _) => ("ok", "check"),
            ("refused", _) => ("bad", "alert"),
            (_, Some(_)) => ("warn", "alert"),
            _ => ("mute", "clock"),
        }
    }
}

/// Those of the checkpoints from one to another.
pub(crate) async fn of(db: &mut impl Queries, from: CheckpointId, to: CheckpointId) -> sqlx::Result<Vec<Shipment>> {
    db.query(sql!(
        "select checkpoint_id, target, state, error, retain_until from shipments
          where checkpoint_id >= $1 and checkpoint_id <= $2 order by checkpoint_id, target"
    ))
    .bind(from)
    .bind(to)
    .all()
    .await
}

/// The sizes of the checkpoints that were shipped to a target.
pub(crate) async fn sizes(reader: &Reader, target: &str) -> sqlx::Result<Vec<i64>> {
    let rows: Vec<(i64,)> = reader
        .query(sql!(
            "select c.size from shipments s join checkpoints c on c.id = s.checkpoint_id
              where s.target = $1 and s.object is not null order by c.size"
        ))
        .bind(target)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(size,)| size).collect())
}

/// A target to which checkpoints are late, or in which something else is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Late {
    pub target: String,
    pub since: Instant,
    /// What was said last of one of them.
    pub error: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Waiting {
    target: String,
    state: String,
    late_at: Instant,
    tried_at: Option<Instant>,
    error: Option<String>,
}

pub(crate) async fn late(reader: &Reader, now: Instant) -> sqlx::Result<Vec<Late>> {
    let rows: Vec<Waiting> = reader
        .query(sql!(
            "select target, state, late_at, tried_at, error from shipments
              where next_at is not null and (late_at <= $1 or state = 'refused') order by target, id limit 1000"
        ))
        .bind(now)
        .all()
        .await?;
    let mut found: Vec<Late> = Vec::new();
    for row in rows {
        let since = if row.state == "refused" { row.tried_at.unwrap_or(row.late_at) } else { row.late_at };
        match found.last_mut().filter(|late| late.target == row.target) {
            Some(late) => {
                late.since = late.since.min(since);
                late.error = late.error.take().or(row.error);
            }
            None => found.push(Late { target: row.target, since, error: row.error }),
        }
    }
    Ok(found)
}

/// How many checkpoints wait for a target, and what was said last of one of them.
pub(crate) async fn waiting(reader: &Reader, target: &str) -> sqlx::Result<(i64, Option<String>)> {
    reader
        .query(sql!(
            "select (select count(*) from shipments where target = $1 and next_at is not null),
                    (select error from shipments where target = $1 and next_at is not null and error is not null
                      order by tried_at desc limit 1)"
        ))
        .bind(target)
        .one()
        .await
}

/// Whether a target lacks a row for the newest checkpoint.
pub(super) async fn is_behind(reader: &Reader, target: &str) -> sqlx::Result<bool> {
    let (is_behind,): (bool,) = reader
        .query(sql!(
            "select coalesce((select max(id) from checkpoints), 0)
                  > coalesce((select max(checkpoint_id) from shipments where target = $1), 0)"
        ))
        .bind(target)
        .one()
        .await?;
    Ok(is_behind)
}

pub(super) async fn is_due(reader: &Reader, target: &str, now: Instant) -> sqlx::Result<bool> {
    let (is_due,): (bool,) = reader
        .query(sql!(
            "select exists (select 1 from shipments where target = $1 and next_at <= $2 and coalesce(claimed_until, $2) <= $2)"
        ))
        .bind(target)
        .bind(now)
        .one()
        .await?;
    Ok(is_due)
}
