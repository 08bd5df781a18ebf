//! The tree of the access records: each leaf is a record with the customers whom it names, the leaves give the root of the head, and each
//! row of the log that seals a size has the root of that size. Where the time of records was over, the hashes of their leaves are what is left.

use super::{
    AT_ONCE, Unfit,
    gone::{self, Gone, Purge},
    pause,
};
use crate::{
    access_columns,
    clock::Instant,
    gate::access::{AccessRecord, LANES, by_record},
    id::{CustomerId, Seq},
    merkle::{self, Frontier, Hash},
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
    /// The number of leaves whose records were removed when their time was over.
    pub purged: i64,
    /// The first and the last row of the log that removed some.
    pub removals: Option<(Purge, Purge)>,
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
    body: Option<Vec<u8>>,
    #[sqlx(rename = "leaf")]
    hash: Vec<u8>,
    id: i64,
    #[sqlx(flatten)]
    record: AccessRecord,
    #[sqlx(rename = "hash")]
    link: Vec<u8>,
}

/// A record that gives the bytes and the hash of its leaf.
pub(crate) struct Sealed {
    pub(crate) id: i64,
    pub(crate) record: AccessRecord,
    /// Its hash in its chain.
    pub(crate) link: Vec<u8>,
    leaf: Hash,
}

/// A size and its root, from a row of the log.
#[derive(Clone)]
pub(super) struct Tie {
    pub(super) seq: Seq,
    pub(super) at: Instant,
    pub(super) size: i64,
    pub(super) root: String,
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
    let places = heads.iter().map(|head| (head.lane, head.starts)).collect();
    let mut walk = Walk { ties: &ties, frontier: Frontier::default(), next: 0, first: None, places };
    let gone = walk.through(reader, head.size).await?;
    let Walk { frontier, first, places, .. } = walk;
    if frontier.bytes() != head.frontier || frontier.root().as_slice() != head.root {
        return unfit("the leaves of their tree do not give its root");
    }
    if heads.iter().any(|head| places.get(&head.lane) != Some(&head.next)) {
        return unfit("there are records that count as sealed and are not in their tree");
    }
    no_leaf_beyond(reader).await?;
    gone::none_is_back(reader).await?;
    match ties.iter().find(|tie| tie.size > head.size) {
        Some(tie) => {
            unfit(format!("row {} of the log has a tree of {} of them: there were more than now", tie.seq, tie.size))
        }
        None => Ok(AccessTree {
            leaves: head.size,
            root: frontier.root(),
            first,
            tied: ties.iter().map(|tie| tie.size).max().unwrap_or_default(),
            purged: gone.purged,
            removals: gone.first.zip(gone.newest),
        }),
    }
}

/// The way through the leaves, in their order.
struct Walk<'t> {
    ties: &'t [Tie],
    frontier: Frontier,
    next: i64,
    /// The id of the record of the first leaf.
    first: Option<i64>,
    /// The places that come next in the chains.
    places: HashMap<i64, i64>,
}

impl Walk<'_> {
    /// Returns which records are gone. Some may go while this runs: then the hashes of their leaves are walked through instead.
    async fn through(&mut self, reader: &Reader, size: i64) -> Result<Gone, Unfit> {
        fits_ties(&self.frontier, self.ties)?;
        let mut gone = gone::gone(reader, self.ties).await?;
        while self.next < size {
            let end = size.min(self.next + AT_ONCE);
            if self.next < gone.purged {
                self.hashes(reader, end.min(gone.purged)).await?;
                if self.next == gone.purged {
                    self.places.clone_from(&gone.kept);
                }
            } else {
                match sealed(reader, self.next, end).await {
                    Ok(sealed) => self.records(sealed)?,
                    Err(unfit) => {
                        gone = gone::gone(reader, self.ties).await?;
                        if gone.purged <= self.next {
                            return Err(unfit);
                        }
                    }
                }
            }
            pause::between_slices().await;
        }
        Ok(gone)
    }

    /// Leaves without records.
    async fn hashes(&mut self, reader: &Reader, end: i64) -> Result<(), Unfit> {
        let leaves: Vec<(i64, i64, Vec<u8>, bool)> = reader
            .query(sql!(
                "select n, record_id, leaf, body is null from access_leaves where n >= $1 and n < $2 order by n"
            ))
            .bind(self.next)
            .bind(end)
            .all()
            .await?;
        for (n, id, leaf, is_gone) in leaves {
            let Ok(leaf) = Hash::try_from(leaf.as_slice()) else {
                return unfit(format!("the hash of leaf {n} of their tree is none"));
            };
            if n != self.next {
                break;
            }
            if !is_gone {
                return unfit(format!("the record of leaf {n} of their tree was removed, and its bytes are there"));
            }
            self.push(id, leaf)?;
        }
        if self.next < end { missing(self.next) } else { Ok(()) }
    }

    fn records(&mut self, sealed: Vec<Sealed>) -> Result<(), Unfit> {
        for Sealed { id, record, leaf, .. } in sealed {
            let next = self.next;
            let Some(place) = self.places.get_mut(&record.lane).filter(|place| **place == record.place) else {
                return unfit(format!("leaf {next} of their tree is not the next one of its chain"));
            };
            *place += 1;
            self.push(id, leaf)?;
        }
        Ok(())
    }

    fn push(&mut self, id: i64, leaf: Hash) -> Result<(), Unfit> {
        self.first.get_or_insert(id);
        self.frontier.push(leaf);
        self.next += 1;
        fits_ties(&self.frontier, self.ties)
    }
}

/// The records of leaves `from` up to `to`, each of which gives the bytes and the hash of its leaf.
pub(crate) async fn sealed(reader: &Reader, from: i64, to: i64) -> Result<Vec<Sealed>, Unfit> {
    let mut customers = customers(reader, from, to).await?;
    let mut sealed = Vec::new();
    let mut next = from;
    for Leaf { n, body, hash, id, record, link } in leaves(reader, from, to).await? {
        if n != next {
            return missing(next);
        }
        let named = customers.remove(&id).unwrap_or_default();
        let given = record.body(n, id, &named);
        if body.as_ref() != Some(&given) {
            return unfit(format!("record {id} is not what was sealed as leaf {n} of their tree"));
        }
        let leaf = merkle::leaf(&given);
        if leaf.as_slice() != hash {
            return unfit(format!("the bytes of leaf {n} of their tree do not give its hash"));
        }
        sealed.push(Sealed { id, record, link, leaf });
        next += 1;
    }
    if next < to { missing(next) } else { Ok(sealed) }
}

fn missing<T>(n: i64) -> Result<T, Unfit> {
    unfit(format!("leaf {n} of their tree, or its record, is missing"))
}

pub(super) fn unfit<T>(what: impl Into<String>) -> Result<T, Unfit> {
    Err(Unfit::Access(what.into()))
}

/// The sizes and roots that rows of the log have.
async fn ties(reader: &Reader) -> Result<Vec<Tie>, Unfit> {
    let rows: Vec<(Seq, Instant, sqlx::types::Json<Value>)> = reader
        .query(sql!("select seq, at, after from audit where action = $1 and outcome = 'applied' order by seq"))
        .bind(SEAL)
        .all()
        .await?;
    let tie = |(seq, at, sqlx::types::Json(after)): (Seq, Instant, sqlx::types::Json<Value>)| {
        let size = after.get("access_size").and_then(Value::as_str).and_then(|size| size.parse().ok());
        let root = after.get("access_root").and_then(Value::as_str).map(str::to_owned);
        let (Some(size), Some(root)) = (size, root) else {
            return unfit(format!("row {seq} of the log has no size and root of their tree"));
        };
        Ok(Tie { seq, at, size, root })
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
            ", hash from access_leaves cross join access_records where id = record_id and n >= $1 and n < $2 order by n"
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
