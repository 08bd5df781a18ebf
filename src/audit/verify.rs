//! Verifying the whole audit log from its rows: bytes → leaves → root, columns against bytes, and every table against the log:
//! a column that changes note is what the last row noted of it, and rows that changes made name their row in the log.
//! [`coverage`] lists each column with how it is covered or why not.
//!
//! Constant memory: slices along an index, each asking the log along another. The first row that does not fit is named.

mod access;
mod approvals;
pub mod coverage;
mod customers;
mod daily;
mod emptied;
mod exports;
mod gone;
mod host;
mod incidents;
mod jobs;
pub(crate) mod ledger;
mod networks;
mod noted;
mod orders;
mod pause;
mod people;
mod refunds;
mod reversals;
mod reviews;
mod rows;
mod runs;
mod suspicions;
pub(crate) mod tree;

use self::rows::Depth;
use crate::{
    gate::Kind,
    id::Seq,
    merkle::Hash,
    sql,
    store::{Reader, Sql},
};

pub use gone::Purge;
pub use tree::AccessTree;

/// What a log that fits amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub rows: i64,
    pub root: [u8; 32],
    pub access: AccessTree,
}

/// Why a log does not fit.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    #[error("row {seq}: {what}")]
    Row { seq: Seq, what: &'static str },
    #[error("{0}")]
    Head(&'static str),
    #[error("the first {0} rows do not give the root of their checkpoint: rows were rewritten, or the checkpoint was")]
    Checkpoint(i64),
    #[error("the log and the point ledger differ: {0}")]
    Ledger(String),
    #[error("the log and the refunds differ: {0}")]
    Refunds(String),
    #[error("the log and the runs of batches differ: {0}")]
    Runs(String),
    #[error("the log and the approvals differ: {0}")]
    Approvals(String),
    #[error("the log and the orders differ: {0}")]
    Orders(String),
    #[error("the log and the customers differ: {0}")]
    Customers(String),
    #[error("the log and the suspicions differ: {0}")]
    Suspicions(String),
    #[error("the log and the exports differ: {0}")]
    Exports(String),
    #[error("the log and the signed reports differ: {0}")]
    Reviews(String),
    #[error("the log and the incidents differ: {0}")]
    Incidents(String),
    #[error("the log and the list of networks differ: {0}")]
    Networks(String),
    #[error("the log and the confirmations of changes from the host differ: {0}")]
    Host(String),
    #[error("the access records do not fit: {0}")]
    Access(String),
    #[error("the log and the members of staff differ: {0}")]
    People(String),
    #[error("rows of the log that take others back do not fit: {0}")]
    Reversals(String),
    #[error("the log and the totals of the day differ: {0}")]
    Totals(String),
    #[error("the log cannot be read: {0}")]
    Unreadable(#[from] sqlx::Error),
}

const AT_ONCE: i64 = 2_000;

/// Recomputes everything. What is appended while this runs is left for the next time. `kinds` are all changes there are.
pub async fn verify(reader: &Reader, kinds: &[Kind]) -> Result<Verified, Unfit> {
    let (size, root) = rows_fit(reader, Depth::Columns).await?;
    let access = tables_fit(reader, kinds).await?;
    Ok(Verified { rows: size, root, access })
}

/// Only the bytes of the rows, their leaves and the root, and the checkpoints: neither columns nor other tables. How many rows there
/// are, and the root.
///
/// # Errors
///
/// Which row does not fit, or that all of them do not give the root.
pub async fn verify_leaves(reader: &Reader) -> Result<(i64, Hash), Unfit> {
    rows_fit(reader, Depth::Leaves).await
}

async fn rows_fit(reader: &Reader, depth: Depth) -> Result<(i64, Hash), Unfit> {
    let head: Option<(i64, Vec<u8>, Vec<u8>)> =
        reader.query(sql!("select size, frontier, root from audit_head where id = 1")).optional().await?;
    let Some((size, stored_frontier, stored_root)) = head else {
        return Err(Unfit::Head("the head of the log is missing: the database was restored only in part"));
    };
    if size == 0 {
        emptied::is_new(reader).await?;
    }
    let frontier = rows::walk(reader, size, depth).await?;
    if frontier.bytes() != stored_frontier || frontier.root().as_slice() != stored_root {
        return Err(Unfit::Head(
            "the rows do not give the root that is stored: rows were altered together with their leaves, or the head was",
        ));
    }
    no_checkpoint_beyond(reader).await?;
    no_row_beyond(reader, size).await?;
    Ok((size, frontier.root()))
}

/// Every other table against the log.
async fn tables_fit(reader: &Reader, kinds: &[Kind]) -> Result<AccessTree, Unfit> {
    ledger::entries_fit(reader).await?;
    ledger::chains_fit(reader).await?;
    ledger::shop_fits(reader).await?;
    ledger::balances_fit(reader).await?;
    ledger::adjusted_sums_fit(reader).await?;
    daily::totals_fit(reader, kinds).await?;
    refunds::refunds_fit(reader).await?;
    refunds::answers_fit(reader).await?;
    refunds::counts_fit(reader).await?;
    runs::runs_fit(reader).await?;
    approvals::approvals_fit(reader).await?;
    orders::orders_fit(reader).await?;
    customers::customers_fit(reader).await?;
    exports::exports_fit(reader).await?;
    suspicions::suspicions_fit(reader).await?;
    reviews::reviews_fit(reader).await?;
    incidents::incidents_fit(reader).await?;
    networks::networks_fit(reader).await?;
    reversals::reversals_fit(reader).await?;
    access::access_fits(reader).await?;
    access::looks_fit(reader).await?;
    let access = tree::tree_fits(reader).await?;
    people::people_fit(reader).await?;
    host::host_fits(reader).await?;
    Ok(access)
}

/// As [`verify`], with a fifth of the processor: beside the work of the console.
pub(super) async fn verify_slowly(reader: &Reader, kinds: &[Kind]) -> Result<Verified, Unfit> {
    pause::slowly(verify(reader, kinds)).await
}

/// A log with fewer rows than were signed. One that is signed meanwhile has the rows that the head has by then.
async fn no_checkpoint_beyond(reader: &Reader) -> Result<(), Unfit> {
    let (beyond,): (Option<i64>,) = reader
        .query(sql!("select min(c.size) from checkpoints c, audit_head h where h.id = 1 and c.size > h.size"))
        .one()
        .await?;
    beyond.map_or(Ok(()), |size| Err(Unfit::Checkpoint(size)))
}

/// Walks through what `statement` gives, in slices so that each of them is short however long the table: ids in their
/// order with whether what is under them fits. Its `$1` is the id to go on after, `$2` how many at once, and `$3` the
/// kind of change, where one is asked for. The first that does not fit.
async fn first_unfit(reader: &Reader, statement: Sql, action: Option<&'static str>) -> sqlx::Result<Option<i64>> {
    let mut after = i64::MIN;
    loop {
        let query = reader.query(statement).bind(after).bind(AT_ONCE);
        let query = match action {
            Some(action) => query.bind(action),
            None => query,
        };
        let slice: Vec<(i64, bool)> = query.all().await?;
        if let Some((odd, _)) = slice.iter().find(|(_, fits)| !fits) {
            return Ok(Some(*odd));
        }
        pause::between_slices().await;
        let Some((last, _)) = slice.last() else { return Ok(None) };
        after = *last;
    }
}

/// A row that the head does not know of: appended around the gate. Rows that were appended properly meanwhile moved the
/// head too.
async fn no_row_beyond(reader: &Reader, size: i64) -> Result<(), Unfit> {
    let beyond: Option<(Seq,)> = reader
        .query(sql!(
            "select min(a.seq) from audit a, audit_head h where h.id = 1 and a.seq >= h.size and a.seq >= $1 having count(*) > 0"
        ))
        .bind(size)
        .optional()
        .await?;
    match beyond {
        Some((seq,)) => Err(Unfit::Row { seq, what: "is after the head of the log" }),
        None => Ok(()),
    }
}
