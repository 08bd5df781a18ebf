//! Proofs of the Merkle tree (RFC 9162, sections 2.1.3 and 2.1.4): that an entry is in a tree, and that a tree continues a
//! smaller one.

use super::Fault;
use crate::merkle::{self, Frontier, Hash};

/// The root of a perfect subtree: of the 2^level entries from index · 2^level on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Node {
    pub(crate) level: u32,
    pub(crate) index: u64,
}

/// Which nodes a proof is made of. Each of its hashes is that of a range of entries, which is one perfect subtree, or at the
/// right edge of the tree several, the largest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    ranges: Vec<Vec<Node>>,
}

impl Plan {
    /// The proof that the entry at `index` is in the tree of `size` entries: PATH of RFC 9162, section 2.1.3.1.
    pub(crate) fn inclusion(index: u64, size: u64) -> Result<Self, Fault> {
        if index >= size {
            return Err(Fault::Index { index, size });
        }
        let (mut low, mut high) = (0, size);
        let mut ranges = Vec::new();
        while high - low > 1 {
            let middle = low + split(high - low);
            if index < middle {
                ranges.push(subtrees(middle, high));
                high = middle;
            } else {
                ranges.push(subtrees(low, middle));
                low = middle;
            }
        }
        ranges.reverse();
        Ok(Self { ranges })
    }

    /// The proof that the tree of `new` entries begins with the tree of `old`: PROOF of RFC 9162, section 2.1.4.1. It is
    /// empty where there is nothing to prove: from a tree of no entries, and between trees of the same size.
    pub(crate) fn consistency(old: u64, new: u64) -> Result<Self, Fault> {
        if old > new {
            return Err(Fault::Shrunk { old, new });
        }
        let mut ranges = Vec::new();
        if old == 0 {
            return Ok(Self { ranges });
        }
        let (mut low, mut high) = (0, new);
        while old < high {
            let middle = low + split(high - low);
            if old <= middle {
                ranges.push(subtrees(middle, high));
                high = middle;
            } else {
                ranges.push(subtrees(low, middle));
                low = middle;
            }
        }
        // What is left is the end of the old tree. If it is all of it, its hash is the old root, which is known.
        if low > 0 {
            ranges.push(subtrees(low, high));
        }
        ranges.reverse();
        Ok(Self { ranges })
    }

    /// The nodes whose hashes are needed, each once.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = Node> {
        self.ranges.iter().flatten().copied()
    }

    /// The proof, from the hashes of its nodes.
    pub(crate) fn assemble(&self, hash: impl Fn(Node) -> Option<Hash>) -> Result<Vec<Hash>, Fault> {
        let find = |node: Node| hash(node).ok_or(Fault::NodeMissing { level: node.level, index: node.index });
        let mut proof = Vec::with_capacity(self.ranges.len());
        for range in &self.ranges {
            let mut right = None;
            for node in range.iter().rev() {
                let left = find(*node)?;
                right = Some(right.map_or(left, |right| merkle::node(&left, &right)));
            }
            proof.extend(right);
        }
        Ok(proof)
    }
}

/// The largest power of two below `count`, which is at least 2: where the RFC splits a tree.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The perfect subtrees that the entries from `low` up to `high` consist of, the largest first. `low` is a multiple of the
/// largest.
fn subtrees(mut low: u64, high: u64) -> Vec<Node> {
    let mut nodes = Vec::new();
    while low < high {
        let level = (high - low).ilog2();
        nodes.push(Node { level, index: low >> level });
        low += 1 << level;
    }
    nodes
}

/// Verifies that the entry with this leaf hash is at `index` in the tree of `size` entries: RFC 9162, section 2.1.3.2.
pub(crate) fn verify_inclusion(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: Hash) -> Result<(), Fault> {
    if index >= size {
        return Err(Fault::Index { index, size });
    }
    let mut climb = Climb { node: index, last: size - 1 };
    let mut hash = leaf;
    for other in proof {
        hash = match climb.step().ok_or(Fault::Inclusion)? {
            Side::Left => merkle::node(other, &hash),
            Side::Right => merkle::node(&hash, other),
        };
    }
    if climb.is_at_root() && hash == root { Ok(()) } else { Err(Fault::Inclusion) }
}

/// Verifies that the tree of `new_size` entries begins with the tree of `old_size`: RFC 9162, section 2.1.4.2.
///
/// For an `old_size` of 0 there is nothing to prove: the proof is empty, and the old root that of the empty tree.
pub(crate) fn verify_consistency(
    old_size: u64,
    old_root: Hash,
    new_size: u64,
    new_root: Hash,
    proof: &[Hash],
) -> Result<(), Fault> {
    if old_size > new_size {
        return Err(Fault::Shrunk { old: old_size, new: new_size });
    }
    if old_size == 0 || old_size == new_size {
        let is_old_known = old_size > 0 || old_root == Frontier::default().root();
        let is_same = old_size < new_size || old_root == new_root;
        return if proof.is_empty() && is_old_known && is_same { Ok(()) } else { Err(Fault::Consistency) };
    }
    // The climb begins at the largest perfect subtree that ends where the old tree ends.
    let level = old_size.trailing_zeros();
    let mut climb = Climb { node: (old_size - 1) >> level, last: (new_size - 1) >> level };
    // If that subtree is all of the old tree, its root is known, and the proof does not hold it.
    let (first, rest) = match proof.split_first() {
        _ if old_size.is_power_of_two() => (&old_root, proof),
        Some(split) => split,
        None => return Err(Fault::Consistency),
    };
    let (mut old, mut new) = (*first, *first);
    for other in rest {
        match climb.step().ok_or(Fault::Consistency)? {
            Side::Left => {
                old = merkle::node(other, &old);
                new = merkle::node(other, &new);
            }
            Side::Right => new = merkle::node(&new, other),
        }
    }
    let fits = climb.is_at_root() && old == old_root && new == new_root;
    if fits { Ok(()) } else { Err(Fault::Consistency) }
}

/// The way from a node up to the root: `fn` and `sn` of RFC 9162, the positions of the node and of the last one at its level.
struct Climb {
    node: u64,
    last: u64,
}

/// On which side of the node its next sibling is.
enum Side {
    Left,
    Right,
}

impl Climb {
    /// Goes up to the next level at which the node has a sibling, and past it. `None` at the root.
    fn step(&mut self) -> Option<Side> {
        if self.is_at_root() {
            return None;
        }
        // The last node of a level may have no sibling: it is the same node a level higher.
        while self.node == self.last && self.node & 1 == 0 {
            self.rise();
        }
        let side = if self.node & 1 == 1 { Side::Left } else { Side::Right };
        self.rise();
        Some(side)
    }

    fn rise(&mut self) {
        self.node >>= 1;
        self.last >>= 1;
    }

    fn is_at_root(&self) -> bool {
        self.last == 0
    }
}

#[cfg(test)]
mod tests;
