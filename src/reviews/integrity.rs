//! What proves that log and access records of a period are as they were: the checkpoint that holds them, and what it continues.

use super::lines::{Cosigned, Covering, Integrity, Previous, Sealed, Shipped, Verified, Whole};
use crate::{
    access::tie::SealAccess,
    audit::background::last,
    clock::Instant,
    evidence::{
        keep::{self, Kept},
        prove::growth,
        ship,
    },
    gate::{Change as _, audit::first_since},
    id::{ReviewId, Seq},
    sql,
    store::{Queries, Reader},
};

/// The rows of the log of a period: time never runs backwards in it.
pub(super) struct Rows {
    pub first: Seq,
    pub end: Seq,
}

pub(super) async fn rows(db: &mut impl Queries, from: Instant, to: Instant) -> sqlx::Result<Rows> {
    let (size,): (Seq,) = db.query(sql!("select size from audit_head where id = 1")).one().await?;
    let first = first_since(db, from).await?.unwrap_or(size);
    let end = first_since(db, to).await?.unwrap_or(size);
    Ok(Rows { first, end })
}

pub(super) async fn of(db: &mut impl Queries, from: Instant, to: Instant, rows: &Rows) -> sqlx::Result<Integrity> {
    let (unsealed, last_leaf): (i64, Option<i64>) = db
        .query(sql!(
            "select count(*) - count(l.n), max(l.n) from access_records r left join access_leaves l on l.record_id = r.id
              where r.at >= $1 and r.at < $2"
        ))
        .bind(from)
        .bind(to)
        .one()
        .await?;
    let sealed = match last_leaf {
        Some(leaf) if unsealed == 0 => sealed(db, rows, leaf).await?,
        _ => None,
    };
    let needed = sealed.as_ref().map_or(rows.end.get(), |sealed| rows.end.get().max(sealed.row.0 + 1));
    Ok(Integrity {
        checkpoint: covering(db, needed).await?,
        end: Whole(rows.end.get()),
        first: Whole(rows.first.get()),
        previous: previous(db, from).await?,
        sealed,
        unsealed: Whole(unsealed),
        verified: verified(db).await?,
    })
}

/// The first row of the log that seals a tree with this leaf.
async fn sealed(db: &mut impl Queries, rows: &Rows, leaf: i64) -> sqlx::Result<Option<Sealed>> {
    let found: Option<(i64, i64, String)> = db
        .query(sql!(
            "select seq, cast(after ->> 'access_size' as bigint), after ->> 'access_root' from audit
              where action = $1 and seq >= $2 and outcome = 'applied' and cast(after ->> 'access_size' as bigint) > $3
              order by seq limit 1"
        ))
        .bind(SealAccess::KIND)
        .bind(rows.first)
        .bind(leaf)
        .optional()
        .await?;
    Ok(found.map(|(row, size, root)| Sealed { root, row: Whole(row), size: Whole(size) }))
}

/// The smallest checkpoint with this many rows, which stays the same when others follow.
async fn covering(db: &mut impl Queries, needed: i64) -> sqlx::Result<Option<Covering>> {
    let size: Option<(i64,)> = db
        .query(sql!("select size from checkpoints where size >= $1 order by size limit 1"))
        .bind(needed)
        .optional()
        .await?;
    let Some((size,)) = size else { return Ok(None) };
    let Some(kept) = keep::of_size(db, size).await? else { return Ok(None) };
    let shipments = ship::record::of(db, kept.id, kept.id).await?;
    let shipped =
        shipments.into_iter().map(|it| Shipped { state: it.state, target: it.target, until: it.retain_until });
    let witnesses: Vec<(Instant, String)> = db
        .query(sql!("select at, witness from cosignatures where checkpoint_id = $1 order by witness"))
        .bind(kept.id)
        .all()
        .await?;
    Ok(Some(Covering {
        key: key(&kept),
        log: kept.origin.clone(),
        root: hex::encode(&kept.root),
        rows: Whole(kept.size),
        shipped: shipped.collect(),
        signed_at: kept.signed_at,
        witnesses: witnesses.into_iter().map(|(at, name)| Cosigned { at, name }).collect(),
    }))
}

/// The id of the key that signed a checkpoint.
fn key(kept: &Kept) -> String {
    kept.read().ok().and_then(|(note, _)| note.key_of(&kept.origin)).map(hex::encode).unwrap_or_default()
}

/// The report that was signed last about a period that ended before.
async fn previous(db: &mut impl Queries, from: Instant) -> sqlx::Result<Option<Previous>> {
    let found: Option<(ReviewId, String, String, Option<i64>)> = db
        .query(sql!(
            "select id, period, sha256, checkpoint_size from reviews where to_at <= $1 order by to_at desc, id desc limit 1"
        ))
        .bind(from)
        .optional()
        .await?;
    Ok(found.and_then(|(id, period, sha256, checkpoint)| {
        let period = period.parse().ok()?;
        Some(Previous { checkpoint: checkpoint.map(Whole), id: Whole(id.get()), period, sha256 })
    }))
}

async fn verified(db: &mut impl Queries) -> sqlx::Result<Option<Verified>> {
    let last = last(db).await?;
    Ok(last.finished_at.map(|at| Verified { at, finding: last.finding, rows: last.size.map(Whole) }))
}

/// Whether the log of a report's checkpoint continues that of the report before, proved now from the rows; nothing where one of them
/// has no checkpoint.
pub(super) async fn continues(reader: &Reader, integrity: &Integrity) -> Option<bool> {
    let old = integrity.previous.as_ref()?.checkpoint?;
    let new = integrity.checkpoint.as_ref()?.rows;
    if old > new {
        return Some(false);
    }
    if old == new {
        return Some(true);
    }
    match growth(reader, old.0, new.0).await {
        Ok(_) => Some(true),
        Err(error) => {
            tracing::warn!(%error, "the checkpoints of two reports could not be proved to continue each other");
            Some(false)
        }
    }
}
