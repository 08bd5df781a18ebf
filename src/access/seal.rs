//! Sealing access records: some seconds after they were made they become leaves of a tree of their own, many in one transaction. Its
//! lock is on the head of that tree, for which no look and no change waits.

use crate::{
    access_columns,
    gate::{
        Gate, Housekeeping, Tx,
        access::{AccessRecord, subjects},
    },
    id::CustomerId,
    merkle::{self, Frontier, Hash},
    sql,
    store::Reader,
};
use chrono::TimeDelta;
use std::time::Duration;

/// When the records are sealed, and when the log is told of their tree.
#[derive(Clone, Copy, Debug)]
pub struct Sealing {
    /// How often to look.
    pub look: Duration,
    /// They are sealed in every turn of this number, and as soon as there are as many as one transaction seals.
    pub turns: u32,
    /// The log is told after this time, if there are new leaves.
    pub every: TimeDelta,
    /// And after this number of them.
    pub leaves: i64,
}

impl Default for Sealing {
    fn default() -> Self {
        Self { look: Duration::from_secs(1), turns: 10, every: TimeDelta::hours(1), leaves: 1_000 }
    }
}

/// The number of records that one transaction seals at most.
pub(crate) const AT_ONCE: i64 = 256;

/// Seals the records that wait, if it is time to. Returns whether it was.
pub(crate) async fn seal_if_due(reader: &Reader, gate: &Gate, sealing: Sealing, turn: u32) -> sqlx::Result<bool> {
    let waiting = waiting(reader).await?;
    if waiting == 0 || (waiting < AT_ONCE && !turn.is_multiple_of(sealing.turns)) {
        return Ok(false);
    }
    while gate.run_housekeeping(&SealRecords).await? == AT_ONCE {}
    Ok(true)
}

/// The number of records that are not in the tree yet.
pub(crate) async fn waiting(reader: &Reader) -> sqlx::Result<i64> {
    let (waiting,): (i64,) = reader
        .query(sql!(
            "select cast(coalesce(sum(h.size - s.next), 0) as bigint) from access_sealed s join access_heads h on h.lane = s.lane"
        ))
        .one()
        .await?;
    Ok(waiting)
}

/// Makes leaves of the records that wait: chain by chain, each in the order of its records. A chain is appended to under a lock that ends
/// with the transaction, so unlike an id no place in it comes late, and the leaves have no gap.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SealRecords;

impl Housekeeping for SealRecords {
    const NAME: &'static str = "access.seal-records";
    /// How many there were.
    type Output = i64;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<i64> {
        let (size, frontier): (i64, Vec<u8>) = tx
            .query(sql!(
                sqlite: "select size, frontier from access_head where id = 1",
                postgres: "select size, frontier from access_head where id = 1 for update",
            ))
            .one()
            .await?;
        let mut frontier = Frontier::read(size, &frontier).ok_or_else(|| {
            sqlx::Error::Protocol("the frontier of the access records does not fit its size".to_owned())
        })?;
        let lanes: Vec<(i64, i64, i64)> = tx
            .query(sql!(
                "select s.lane, s.next, h.size from access_sealed s join access_heads h on h.lane = s.lane
                  where h.size > s.next order by s.lane"
            ))
            .all()
            .await?;
        let mut sealed = 0;
        for (lane, next, end) in lanes {
            let end = end.min(next + AT_ONCE - sealed);
            let mut place = next;
            for waiting in waiting_in(tx, lane, next, end).await? {
                if waiting.record.place != place {
                    break;
                }
                let n = size + sealed;
                let body = waiting.record.body(n, waiting.id, &waiting.customers);
                let leaf = merkle::leaf(&body);
                frontier.push(leaf);
                insert(tx, n, waiting.id, &body, &leaf).await?;
                sealed += 1;
                place += 1;
            }
            // Verifying names the one that is missing; those after it stay as they are until it is there.
            if place < end {
                tracing::error!(lane, place, "an access record is missing; run `ingam audit verify`");
            }
            tx.query(sql!("update access_sealed set next = $2 where lane = $1 and next < $2"))
                .bind(lane)
                .bind(place)
                .run()
                .await?;
        }
        if sealed > 0 {
            tx.query(sql!("update access_head set size = $1, frontier = $2, root = $3 where id = 1"))
                .bind(size + sealed)
                .bind(frontier.bytes())
                .bind(frontier.root().to_vec())
                .run()
                .await?;
        }
        Ok(sealed)
    }
}

#[derive(sqlx::FromRow)]
struct Waiting {
    id: i64,
    #[sqlx(flatten)]
    record: AccessRecord,
    #[sqlx(skip)]
    customers: Vec<CustomerId>,
}

/// The records of a part of a chain, each with the customers whom it names.
async fn waiting_in(tx: &mut Tx<'_>, lane: i64, from: i64, to: i64) -> sqlx::Result<Vec<Waiting>> {
    let mut records: Vec<Waiting> = tx
        .query(sql!(
            "select id, ",
            access_columns!(),
            " from access_records where lane = $1 and place >= $2 and place < $3 order by place"
        ))
        .bind(lane)
        .bind(from)
        .bind(to)
        .all()
        .await?;
    let mut customers = subjects(tx, lane, from, to).await?;
    for record in &mut records {
        record.customers = customers.remove(&record.id).unwrap_or_default();
    }
    Ok(records)
}

async fn insert(tx: &mut Tx<'_>, n: i64, record: i64, body: &[u8], leaf: &Hash) -> sqlx::Result<()> {
    tx.query(sql!("insert into access_leaves (n, record_id, body, leaf) values ($1, $2, $3, $4)"))
        .bind(n)
        .bind(record)
        .bind(body)
        .bind(leaf.to_vec())
        .run()
        .await
        .map(drop)
}
