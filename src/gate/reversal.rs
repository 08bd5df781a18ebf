//! A change that takes another one back: which row of the log it names, and whether it is the opposite of what that row says.
//!
//! What is the opposite of what is a table that the gate is given with the catalog of changes. The gate asks it again in the transaction of
//! the change and compares, so that the link in the log is no claim of the form that was posted.

use super::{DynChange, Fault, Reason, Role, Tx, audit::Entry, policy::Need};
use crate::{clock::Instant, entry_columns, id::Seq, sql, store::Queries};

crate::gate::refusal_words! {
    /// The row was taken back before.
    pub(crate) REVERSAL_DONE = "reversal-done";
    /// What the row is about is not there any more.
    pub(crate) REVERSAL_GONE = "reversal-gone";
    /// There is no such row.
    REVERSAL_MISSING = "reversal-missing";
    /// What the row is about is not any more what the row left.
    pub(crate) REVERSAL_MOVED = "reversal-moved";
    /// The row changed nothing: it asked for a change, or was refused.
    REVERSAL_NOTHING = "reversal-nothing";
    /// The row took back another one itself.
    REVERSAL_OF_REVERSAL = "reversal-of-reversal";
    /// The change is not the opposite of the one in the row.
    pub(super) REVERSAL_OTHER = "reversal-other";
}

/// The row that is to be taken back.
pub(super) async fn original(tx: &mut Tx<'_>, of: Seq) -> Result<Entry, Fault> {
    let row: Option<Entry> =
        tx.query(sql!("select ", entry_columns!(), " from audit where seq = $1")).bind(of).optional().await?;
    row.ok_or_else(|| Fault::missing(REVERSAL_MISSING))
}

/// Checks that `change` takes row `of` back, and has its own row say so, also where it is refused.
pub(super) async fn begin(tx: &mut Tx<'_>, of: Seq, change: &dyn DynChange, reason: &Reason) -> Result<(), Fault> {
    let row = original(tx, of).await?;
    tx.ledger.reverses = Some(of);
    check(tx, &row, change, reason).await
}

/// Checks that `change` is the opposite of the change in `row` as things are now, and that the row was not taken back before.
pub(super) async fn check(tx: &mut Tx<'_>, row: &Entry, change: &dyn DynChange, reason: &Reason) -> Result<(), Fault> {
    // Not every change locks its target. Who takes the same row back meanwhile waits here, and then sees that it was done.
    tx.query(sql!(
        sqlite: "select $1",
        postgres: "select pg_advisory_xact_lock(hashtextextended('ingam reversal ' || cast(cast($1 as bigint) as text), 0))",
    ))
    .bind(row.seq)
    .run()
    .await?;
    can_be_reversed(tx, row).await?;
    let opposite = (tx.catalog().reversals.opposite)(tx, row, reason).await?;
    let payload = |change: &dyn DynChange| change.payload().map_err(|error| sqlx::Error::Encode(error.into()));
    let is_opposite = opposite.kind() == change.kind() && payload(opposite.as_ref())? == payload(change)?;
    if is_opposite { Ok(()) } else { Err(Fault::conflict(REVERSAL_OTHER)) }
}

/// Refuses a row that changed nothing, that takes back another one, or that was taken back.
pub(crate) async fn can_be_reversed(db: &mut impl Queries, row: &Entry) -> Result<(), Fault> {
    if row.outcome != "applied" {
        return Err(Fault::conflict(REVERSAL_NOTHING));
    }
    if let Some(of) = row.reversal_of {
        return Err(Fault::conflict(REVERSAL_OF_REVERSAL).with("of", of));
    }
    match reversed_by(db, row.seq).await? {
        Some(by) => Err(Fault::conflict(REVERSAL_DONE).with("by", by)),
        None => Ok(()),
    }
}

/// The row that took this one back.
pub(crate) async fn reversed_by(db: &mut impl Queries, of: Seq) -> sqlx::Result<Option<Seq>> {
    let by: Option<(Seq,)> = db
        .query(sql!("select seq from audit where reversal_of = $1 and outcome = 'applied'"))
        .bind(of)
        .optional()
        .await?;
    Ok(by.map(|(seq,)| seq))
}

/// The role and the number of approvers that the change of a row needed, and how long its request could wait.
#[derive(sqlx::FromRow)]
struct Needed {
    role: String,
    needs: i64,
    at: Instant,
    expires_at: Instant,
}

/// The approval that the change of row `of` needed, for what takes it back.
pub(super) async fn need_of(tx: &mut Tx<'_>, of: Seq) -> Result<Option<Need>, Fault> {
    let needed: Option<Needed> = tx
        .query(sql!(
            "select r.role, r.needs, r.at, r.expires_at from audit a join approval_requests r on r.id = a.approval_id where a.seq = $1"
        ))
        .bind(of)
        .optional()
        .await?;
    Ok(needed.map(|Needed { role, needs, at, expires_at }| Need {
        rule: "marked",
        beyond: None,
        role: role.parse().unwrap_or(Role::Approver),
        approvers: needs,
        expires: expires_at.since(at),
        urgent: None,
    }))
}
