//! Roots of perfect subtrees: those of 256, 65,536 and 16,777,216 rows are kept, and the others follow from at most 255 hashes. What
//! is kept is computed from the leaves, and a proof that it gives is verified before anyone gets it.

use super::rows::place;
use crate::{
    gate::{Gate, Housekeeping, Tx},
    merkle::{self, Hash},
    sql,
    store::Reader,
    tlog::{
        Fault,
        proof::{Node, Plan},
        tile::HEIGHT,
    },
};
use std::{collections::BTreeMap, pin::Pin};

/// Above this level there is no subtree of the number of rows that a database holds.
const TOP: u32 = 32;
/// Subtrees that are computed in one transaction.
const AT_ONCE: u64 = 64;

/// Where hashes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// What is kept, and the leaves where nothing is.
    Kept,
    /// The leaves alone.
    Leaves,
    /// The leaves of the tree of the access records, of which nothing else is kept.
    Access,
}

/// Why there are no hashes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Missing {
    #[error("row {0} is missing, or its leaf has another length")]
    Leaf(u64),
    #[error("{0}")]
    Fault(#[from] Fault),
    #[error(transparent)]
    Store(#[from] sqlx::Error),
}

/// The hashes of a proof.
pub(crate) async fn assemble(reader: &Reader, plan: &Plan, source: Source) -> Result<Vec<Hash>, Missing> {
    // Nodes of one block, which is as wide as a tile, are read together.
    let mut blocks: BTreeMap<(u32, u64), (u64, u64)> = BTreeMap::new();
    for node in plan.nodes() {
        let (base, from, to) = range(node);
        let block = blocks.entry((base, from >> HEIGHT)).or_insert((from, to));
        *block = (block.0.min(from), block.1.max(to));
    }
    let mut found: BTreeMap<(u32, u64), Hash> = BTreeMap::new();
    for ((base, _), (from, to)) in blocks {
        let read = hashes(reader, base, from, to, source).await?;
        found.extend((from..to).zip(read).map(|(n, hash)| ((base, n), hash)));
    }
    let hash = |node: Node| {
        let (base, from, to) = range(node);
        (from..to).map(|n| found.get(&(base, n)).copied()).collect::<Option<Vec<_>>>().and_then(root)
    };
    Ok(plan.assemble(hash)?)
}

/// The hashes of its base level that a node consists of.
fn range(node: Node) -> (u32, u64, u64) {
    let base = node.level / HEIGHT * HEIGHT;
    let height = node.level - base;
    (base, node.index << height, (node.index + 1) << height)
}

/// Hashes of a base level, each the root of 2^level rows: from the one at `from` up to the one before `to`.
pub(crate) fn hashes<'r>(
    reader: &'r Reader,
    level: u32,
    from: u64,
    to: u64,
    source: Source,
) -> Pin<Box<dyn Future<Output = Result<Vec<Hash>, Missing>> + Send + 'r>> {
    Box::pin(async move {
        if level == 0 {
            return leaves(reader, from, to, source).await;
        }
        let kept = if source == Source::Kept { kept(reader, level, from, to).await? } else { BTreeMap::new() };
        let mut all = Vec::new();
        for n in from..to {
            match kept.get(&n) {
                Some(hash) => all.push(*hash),
                None => all.push(computed(reader, level, n, source).await?),
            }
        }
        Ok(all)
    })
}

/// The root of 256 hashes of the level below.
async fn computed(reader: &Reader, level: u32, n: u64, source: Source) -> Result<Hash, Missing> {
    let below = hashes(reader, level - HEIGHT, n << HEIGHT, (n + 1) << HEIGHT, source).await?;
    root(below).ok_or(Missing::Leaf(n << level))
}

/// The hashes of leaves with their places, joined by the database: a value for each row would take several times as long.
macro_rules! leaves_of {
    ($place:literal, $table:literal) => {
        sql!(
            sqlite: concat!("select group_concat(", $place, " || ':' || hex(leaf), ' ' order by ", $place, ") from ", $table,
                " where ", $place, " >= $1 and ", $place, " < $2"),
            postgres: concat!("select string_agg(", $place, " || ':' || encode(leaf, 'hex'), ' ' order by ", $place, ") from ", $table,
                " where ", $place, " >= $1 and ", $place, " < $2"),
        )
    };
}

async fn leaves(reader: &Reader, from: u64, to: u64, source: Source) -> Result<Vec<Hash>, Missing> {
    let statement = match source {
        Source::Access => leaves_of!("n", "access_leaves"),
        Source::Kept | Source::Leaves => leaves_of!("seq", "audit"),
    };
    let (joined,): (Option<String>,) = reader.query(statement).bind(place(from)).bind(place(to)).one().await?;
    let mut rows = joined.iter().flat_map(|joined| joined.split(' '));
    let next = |n: u64| {
        let row = rows.next().and_then(|row| row.split_once(':')).filter(|(place, _)| place.parse() == Ok(n));
        row.and_then(|(_, leaf)| hex::decode(leaf).ok()?.try_into().ok()).ok_or(Missing::Leaf(n))
    };
    (from..to).map(next).collect()
}

async fn kept(reader: &Reader, level: u32, from: u64, to: u64) -> sqlx::Result<BTreeMap<u64, Hash>> {
    let rows: Vec<(i64, Vec<u8>)> = reader
        .query(sql!("select n, hash from audit_nodes where level = $1 and n >= $2 and n < $3"))
        .bind(i64::from(level))
        .bind(place(from))
        .bind(place(to))
        .all()
        .await?;
    let read = |(n, hash): (i64, Vec<u8>)| Some((u64::try_from(n).ok()?, hash.try_into().ok()?));
    Ok(rows.into_iter().filter_map(read).collect())
}

/// The root of a perfect subtree. `None` where the hashes are no power of two.
fn root(mut hashes: Vec<Hash>) -> Option<Hash> {
    if !hashes.len().is_power_of_two() {
        return None;
    }
    while hashes.len() > 1 {
        let (pairs, _) = hashes.as_chunks::<2>();
        hashes = pairs.iter().map(|[left, right]| merkle::node(left, right)).collect();
    }
    hashes.pop()
}

/// Computes the subtrees that are whole and not kept yet, in the order in which they became so.
pub(crate) async fn fill(reader: &Reader, gate: &Gate) -> Result<(), Missing> {
    for level in (HEIGHT..=TOP).step_by(usize::try_from(HEIGHT).unwrap_or(8)) {
        loop {
            let (size, next): (i64, i64) = reader
                .query(sql!(
                    "select h.size, coalesce((select max(n) + 1 from audit_nodes where level = $1), 0) from audit_head h where h.id = 1"
                ))
                .bind(i64::from(level))
                .one()
                .await?;
            let (whole, next) = (size.unsigned_abs() >> level, next.unsigned_abs());
            if next >= whole {
                break;
            }
            let end = whole.min(next + AT_ONCE);
            let mut new = Vec::new();
            for n in next..end {
                new.push((i64::from(level), place(n), computed(reader, level, n, Source::Kept).await?));
            }
            gate.run_housekeeping(&KeepNodes { new }).await?;
        }
    }
    Ok(())
}

/// Keeps subtrees.
#[derive(Clone, Debug)]
pub(crate) struct KeepNodes {
    /// Level, number and hash.
    new: Vec<(i64, i64, Hash)>,
}

impl Housekeeping for KeepNodes {
    const NAME: &'static str = "audit.keep-nodes";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        for (level, n, hash) in &self.new {
            tx.query(sql!("insert into audit_nodes (level, n, hash) values ($1, $2, $3) on conflict do nothing"))
                .bind(*level)
                .bind(*n)
                .bind(hash.to_vec())
                .run()
                .await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_made_of_hashes_of_its_block() {
        assert_eq!(range(Node { level: 0, index: 300 }), (0, 300, 301));
        assert_eq!(range(Node { level: 7, index: 3 }), (0, 384, 512));
        assert_eq!(range(Node { level: 8, index: 3 }), (8, 3, 4));
        assert_eq!(range(Node { level: 17, index: 5 }), (16, 10, 12));
    }

    #[test]
    fn only_a_power_of_two_has_a_root() {
        assert_eq!(root(vec![[1; 32]]), Some([1; 32]));
        assert_eq!(root(vec![[1; 32], [2; 32]]), Some(merkle::node(&[1; 32], &[2; 32])));
        assert_eq!((root(Vec::new()), root(vec![[1; 32]; 3])), (None, None));
    }
}
