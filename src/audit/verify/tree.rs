//! The tree of the access records: each leaf is a record with the customers whom it names, the leaves give the root of the head, and each
//! row of the log that seals a size has the root of that size.

use super::{AT_ONCE, Unfit, pause};
use crate::{
    access_columns,
    gate::access::{AccessRecord, LANES, by_record},
    id::{CustomerId, Seq},
    merkle::{self, Frontier},
    sql,
    store::Reader,
};
use serde_json::Value;
use std::collections::HashMap;

/// The kind of the change that seals a size of the tree; the slice that has it is above this one.
const SEAL: &str = "access.seal";

/// How far the access records are in their tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessTree {
    pub leaves: i64,
    pub root: [u8; 32],
    /// The record that is the first leaf: those before it are in chains alone.
    pub first: Option<i64>,
    /// Of how many leaves the log has the root.
    pub tied: i64,
}

#[derive(sqlx::FromRow)]
struct Head {
    lane: i64,
    starts: i64,
    next: i64,
    size: i64,
    frontier: Vec<u8>,
    root: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct Leaf {
    n: i64,
    body: Vec<u8>,
    #[sqlx(rename = "leaf")]
    hash: Vec<u8>,
    id: i64,
    #[sqlx(flatten)]
    record: AccessRecord,
}

/// A size and its root, from a row of the log.
struct Tie {
    seq: Seq,
    size: i64,
    root: String,
}

/// What is sealed while this runs is left for the next time: the rows of the log are read before the head.
pub(super) async fn tree_fits(reader: &Reader) -> Result<AccessTree, Unfit> {
    let ties = ties(reader).await?;
    let heads: Vec<Head> = reader
        .query(sql!(
            "select s.lane, s.starts, s.next, h.size, h.frontier, h.root from access_sealed s cross join access_head h where h.id = 1 order by s.lane"
        ))
        .all()
        .await?;
    let (true, Some(head)) = (heads.iter().map(|head| head.lane).eq(0..LANES), heads.first()) else {
        return unfit("the head of their tree, or of a chain in it, is missing");
    };
    let mut places: HashMap<i64, i64> = heads.iter().map(|head| (head.lane, head.starts)).collect();
    let (mut frontier, mut next, mut first) = (Frontier::default(), 0, None);
    fits_ties(&frontier, &ties)?;
    while next < head.size {
        let end = head.size.min(next + AT_ONCE);
        let mut customers = customers(reader, next, end).await?;
        let leaves = leaves(reader, next, end).await?;
        if leaves.is_empty() {
            return unfit(format!("leaf {next} of their tree, or its record, is missing"));
        }
        for leaf in leaves {
            if leaf.n != next {
                return unfit(format!("leaf {next} of their tree, or its record, is missing"));
            }
            let named = customers.remove(&leaf.id).unwrap_or_default();
            if leaf.record.body(next, leaf.id, &named) != leaf.body {
                return unfit(format!("record {} is not what was sealed as leaf {next} of their tree", leaf.id));
            }
            let hash = merkle::leaf(&leaf.body);
            if hash.as_slice() != leaf.hash {
                return unfit(format!("the bytes of leaf {next} of their tree do not give its hash"));
            }
            let place = places.get_mut(&leaf.record.lane).filter(|place| **place == leaf.record.place);
            let Some(place) = place else {
                return unfit(format!("leaf {next} of their tree is not the next one of its chain"));
            };
            *place += 1;
            first.get_or_insert(leaf.id);
            frontier.push(hash);
            next += 1;
            fits_ties(&frontier, &ties)?;
        }
        pause::between_slices().await;
    }
    if frontier.bytes() != head.frontier || frontier.root().as_slice() != head.root {
        return unfit("the leaves of their tree do not give its root");
    }
    if heads.iter().any(|head| places.get(&head.lane) != Some(&head.next)) {
        return unfit("there are records that count as sealed and are not in their tree");
    }
    no_leaf_beyond(reader).await?;
    match ties.iter().find(|tie| tie.size > head.size) {
        Some(tie) => {
            unfit(format!("row {} of the log has a tree of {} of them: there were more than now", tie.seq, tie.size))
        }
        None => Ok(AccessTree {
            leaves: head.size,
            root: frontier.root(),
            first,
            tied: ties.iter().map(|tie| tie.size).max().unwrap_or_default(),
        }),
    }
}

fn unfit<T>(what: impl Into<String>) -> Result<T, Unfit> {
    Err(Unfit::Access(what.into()))
}

/// The sizes and roots that rows of the log have.
async fn ties(reader: &Reader) -> Result<Vec<Tie>, Unfit> {
    let rows: Vec<(Seq, sqlx::types::Json<Value>)> = reader
        .query(sql!("select seq, after from audit where action = $1 and outcome = 'applied' order by seq"))
        .bind(SEAL)
        .all()
        .await?;
    let tie = |(seq, sqlx::types::Json(after)): (Seq, sqlx::types::Json<Value>)| {
        let size = after.get("access_size").and_then(Value::as_str).and_then(|size| size.parse().ok());
        let root = after.get("access_root").and_then(Value::as_str).map(str::to_owned);
        let (Some(size), Some(root)) = (size, root) else {
            return unfit(format!("row {seq} of the log has no size and root of their tree"));
        };
        Ok(Tie { seq, size, root })
    };
    rows.into_iter().map(tie).collect()
}

/// The tree so far against the rows of the log that have its size.
fn fits_ties(frontier: &Frontier, ties: &[Tie]) -> Result<(), Unfit> {
    let size = i64::try_from(frontier.size()).unwrap_or(i64::MAX);
    let from = ties.partition_point(|tie| tie.size < size);
    let of_size = ties.iter().skip(from).take_while(|tie| tie.size == size);
    let root = || hex::encode(frontier.root());
    match of_size.into_iter().find(|tie| tie.root != root()) {
        Some(tie) => unfit(format!(
            "the first {size} of them do not give the root that row {} of the log has: records were rewritten with their tree",
            tie.seq
        )),
        None => Ok(()),
    }
}

async fn leaves(reader: &Reader, from: i64, to: i64) -> sqlx::Result<Vec<Leaf>> {
    reader
        .query(sql!(
            "select n, body, leaf, id, ",
            access_columns!(),
            " from access_leaves cross join access_records where id = record_id and n >= $1 and n < $2 order by n"
        ))
        .bind(from)
        .bind(to)
        .all()
        .await
}

/// The customers whom the records of these leaves name.
async fn customers(reader: &Reader, from: i64, to: i64) -> sqlx::Result<HashMap<i64, Vec<CustomerId>>> {
    let rows: Vec<(i64, CustomerId)> = reader
        .query(sql!(
            "select s.record_id, s.customer from access_leaves l cross join access_subjects s
              where s.record_id = l.record_id and l.n >= $1 and l.n < $2 order by s.record_id, s.customer"
        ))
        .bind(from)
        .bind(to)
        .all()
        .await?;
    Ok(by_record(rows))
}

/// A leaf that the head does not know of.
async fn no_leaf_beyond(reader: &Reader) -> Result<(), Unfit> {
    let (beyond,): (Option<i64>,) = reader
        .query(sql!(
            "select min(l.n) from access_leaves l, access_head h where h.id = 1 and (l.n >= h.size or l.n < 0)"
        ))
        .one()
        .await?;
    beyond.map_or(Ok(()), |n| unfit(format!("leaf {n} is not in their tree")))
}
