//! Where a record is on its way into a signed log, and the receipt that follows from it.

use super::{AccessReceipt, SEAL, Unfit};
use crate::{
    evidence::{
        keep,
        nodes::{Missing, Source, assemble},
        prove,
    },
    id::Seq,
    sql,
    store::{Queries, Reader},
    tlog::proof::Plan,
};

/// How far a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a chain alone.
    Waiting,
    /// A leaf, of which the log knows nothing yet.
    Leaf { n: i64 },
    /// In the tree of `size` leaves, whose root is in a row of the log that no checkpoint holds yet. `is_signed`: whether there are any.
    Tied { n: i64, size: i64, row: Seq, is_signed: bool },
    /// Provable.
    Signed { n: i64, size: i64, row: Seq },
}

/// The newest tree of which a row of the log has the root, that a checkpoint holds.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct Tied {
    pub size: i64,
    #[sqlx(rename = "sealed_by")]
    pub row: Seq,
}

/// Nothing where there is none.
pub(crate) async fn provable(db: &mut impl Queries) -> sqlx::Result<Option<Tied>> {
    let Some(kept) = keep::last(db).await? else { return Ok(None) };
    db.query(sql!(
        "select cast(after ->> 'access_size' as bigint) as size, seq as sealed_by from audit
          where action = $1 and outcome = 'applied' and seq < $2 order by seq desc limit 1"
    ))
    .bind(SEAL)
    .bind(kept.size)
    .optional()
    .await
}

/// Why there is no receipt.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unproven {
    #[error("the record is in no tree that a signed log knows of yet")]
    TooNew,
    #[error(transparent)]
    Missing(#[from] Missing),
    #[error(transparent)]
    Row(#[from] prove::Unproven),
    #[error("the leaves do not lead to the root that the log has: {0}")]
    Unfit(#[from] Unfit),
    #[error(transparent)]
    Store(#[from] sqlx::Error),
}

pub(crate) async fn place(reader: &Reader, record: i64) -> sqlx::Result<Place> {
    let leaf: Option<(i64,)> =
        reader.query(sql!("select n from access_leaves where record_id = $1")).bind(record).optional().await?;
    let Some((n,)) = leaf else { return Ok(Place::Waiting) };
    // The first one: it is the one that the log has had for the longest time, and it stays the same.
    let tie: Option<(Seq, i64)> = reader
        .query(sql!(
            "select seq, cast(after ->> 'access_size' as bigint) as size from audit
              where action = $1 and outcome = 'applied' and cast(after ->> 'access_size' as bigint) > $2
              order by seq limit 1"
        ))
        .bind(SEAL)
        .bind(n)
        .optional()
        .await?;
    let Some((row, size)) = tie else { return Ok(Place::Leaf { n }) };
    Ok(match keep::last(&mut &*reader).await? {
        Some(kept) if kept.size > row.get() => Place::Signed { n, size, row },
        kept => Place::Tied { n, size, row, is_signed: kept.is_some() },
    })
}

/// The receipt of a record, verified but for the signature.
pub(crate) async fn prove(reader: &Reader, record: i64) -> Result<AccessReceipt, Unproven> {
    let Place::Signed { n, size, row } = place(reader, record).await? else { return Err(Unproven::TooNew) };
    let body: Option<(Vec<u8>,)> = reader
        .query(sql!("select body from access_leaves where n = $1 and body is not null"))
        .bind(n)
        .optional()
        .await?;
    let (body,) = body.ok_or(Unproven::TooNew)?;
    let prove::Proven { receipt, body: seal, .. } = prove::receipt(reader, row).await?;
    let (index, leaves) = (n.unsigned_abs(), size.unsigned_abs());
    let plan = Plan::inclusion(index, leaves).map_err(Unfit::from)?;
    let proof = assemble(reader, &plan, Source::Access).await?;
    let receipt = AccessReceipt::new(body, seal, index, proof, receipt)?;
    receipt.fits()?;
    Ok(receipt)
}
