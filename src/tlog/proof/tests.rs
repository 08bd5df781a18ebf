use super::*;
use crate::tlog::{MAX_SIZE, tests::log::Log};
use proptest::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// All trees up to this size are tried.
const LARGEST: u64 = 130;
/// In those up to this size, every hash of every proof is altered too.
const ALTERED: u64 = 40;

/// MTH, PATH and PROOF as RFC 9162 defines them, by recursion.
mod naive {
    use super::*;

    fn halves(leaves: &[Hash]) -> (&[Hash], &[Hash]) {
        leaves.split_at(leaves.len().next_power_of_two() / 2)
    }

    pub(super) fn root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Frontier::default().root(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = halves(leaves);
                merkle::node(&root(left), &root(right))
            }
        }
    }

    pub(super) fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
        if leaves.len() == 1 {
            return Vec::new();
        }
        let (left, right) = halves(leaves);
        let (mut path, other) = match index.checked_sub(left.len()) {
            None => (path(index, left), root(right)),
            Some(index) => (path(index, right), root(left)),
        };
        path.push(other);
        path
    }

    pub(super) fn subproof(old: usize, leaves: &[Hash], is_known: bool) -> Vec<Hash> {
        if old == leaves.len() {
            return if is_known { Vec::new() } else { vec![root(leaves)] };
        }
        let (left, right) = halves(leaves);
        let (mut proof, other) = match old.checked_sub(left.len()) {
            None | Some(0) => (subproof(old, left, is_known), root(right)),
            Some(old) => (subproof(old, right, false), root(left)),
        };
        proof.push(other);
        proof
    }
}

/// Proofs that differ from a good one by one bit, or by a hash more or less.
fn altered(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = vec![[proof, &[[7; 32]]].concat(), [&[[7; 32]], proof].concat()];
    for at in 0..proof.len() {
        let mut flipped = proof.to_vec();
        flipped[at][at % 32] ^= 1 << (at % 8);
        let mut cut = proof.to_vec();
        cut.remove(at);
        all.extend([flipped, cut]);
    }
    all
}

fn flip(hash: Hash) -> Hash {
    let mut flipped = hash;
    flipped[31] ^= 0x80;
    flipped
}

fn at(index: u64) -> usize {
    usize::try_from(index).unwrap()
}

#[test]
fn every_entry_of_every_small_tree_has_the_path_that_the_rfc_defines() {
    let log = Log::new(LARGEST);
    let leaves: Vec<Hash> = (0..LARGEST).map(|index| log.leaf(index)).collect();
    for size in 1..=LARGEST {
        let root = naive::root(&leaves[..at(size)]);
        assert_eq!(root, log.root(size));
        for index in 0..size {
            let (leaf, proof) = (log.leaf(index), log.inclusion(index, size));
            assert_eq!(proof, naive::path(at(index), &leaves[..at(size)]), "entry {index} of {size}");
            assert_eq!(verify_inclusion(leaf, index, size, &proof, root), Ok(()));
            for altered in altered(&proof).into_iter().filter(|_| size <= ALTERED) {
                assert_eq!(verify_inclusion(leaf, index, size, &altered, root), Err(Fault::Inclusion));
            }
            assert!(verify_inclusion(flip(leaf), index, size, &proof, root).is_err());
            assert!(verify_inclusion(leaf, index, size, &proof, flip(root)).is_err());
            assert!(verify_inclusion(leaf, index + 1, size, &proof, root).is_err());
        }
    }
}

#[test]
fn between_all_small_trees_there_is_the_proof_that_the_rfc_defines() {
    let log = Log::new(LARGEST);
    let leaves: Vec<Hash> = (0..LARGEST).map(|index| log.leaf(index)).collect();
    for new in 1..=LARGEST {
        for old in 1..=new {
            let (proof, old_root, root) = (log.consistency(old, new), log.root(old), log.root(new));
            assert_eq!(proof, naive::subproof(at(old), &leaves[..at(new)], true), "from {old} to {new}");
            assert_eq!(verify_consistency(old, old_root, new, root, &proof), Ok(()));
            for altered in altered(&proof).into_iter().filter(|_| new <= ALTERED) {
                assert_eq!(verify_consistency(old, old_root, new, root, &altered), Err(Fault::Consistency));
            }
            assert!(verify_consistency(old, flip(old_root), new, root, &proof).is_err());
            assert!(verify_consistency(old, old_root, new, flip(root), &proof).is_err());
            assert!(verify_consistency(old - 1, old_root, new, root, &proof).is_err());
        }
    }
}

#[test]
fn from_an_empty_tree_there_is_nothing_to_prove() {
    let (empty, log) = (Frontier::default().root(), Log::new(3));
    assert_eq!(log.consistency(0, 0), [[0; 32]; 0]);
    assert_eq!(log.consistency(0, 3), [[0; 32]; 0]);
    assert_eq!(verify_consistency(0, empty, 0, empty, &[]), Ok(()));
    assert_eq!(verify_consistency(0, empty, 3, log.root(3), &[]), Ok(()));
    assert_eq!(verify_consistency(0, empty, 3, log.root(3), &[[7; 32]]), Err(Fault::Consistency));
    assert_eq!(verify_consistency(0, [0; 32], 3, log.root(3), &[]), Err(Fault::Consistency));
    assert_eq!(verify_consistency(0, empty, 0, log.root(3), &[]), Err(Fault::Consistency));
    assert_eq!(verify_consistency(0, log.root(3), 0, log.root(3), &[]), Err(Fault::Consistency));
}

#[test]
fn what_is_not_in_the_tree_has_no_proof() {
    let (log, fault) = (Log::new(3), Fault::Index { index: 3, size: 3 });
    assert_eq!(Plan::inclusion(3, 3), Err(fault.clone()));
    assert_eq!(Plan::inclusion(0, 0), Err(Fault::Index { index: 0, size: 0 }));
    assert_eq!(verify_inclusion([0; 32], 3, 3, &[], [0; 32]), Err(fault));
    assert_eq!(Plan::consistency(4, 3), Err(Fault::Shrunk { old: 4, new: 3 }));
    assert_eq!(verify_consistency(4, [0; 32], 3, [0; 32], &[]), Err(Fault::Shrunk { old: 4, new: 3 }));
    let plan = Plan::inclusion(0, 3).unwrap();
    assert_eq!(plan.nodes().collect::<Vec<_>>(), [Node { level: 0, index: 1 }, Node { level: 0, index: 2 }]);
    let missing = plan.assemble(|node| log.hash(node).filter(|_| node.index != 2));
    assert_eq!(missing, Err(Fault::NodeMissing { level: 0, index: 2 }));
}

/// A proof that ends below the root proves nothing, even where the hash is that of the root.
#[test]
fn the_root_is_not_taken_for_an_entry() {
    let log = Log::new(5);
    for index in 0..5 {
        assert_eq!(verify_inclusion(log.root(5), index, 5, &[], log.root(5)), Err(Fault::Inclusion));
    }
}

/// A tree of equal leaves, of which only the hash of each level has to be known: it may be of any size.
struct Equal(Vec<Hash>);

impl Equal {
    fn new() -> Self {
        let level = |hash: &Hash| Some(merkle::node(hash, hash));
        Self(std::iter::successors(Some(merkle::leaf(b"")), level).take(64).collect())
    }

    fn root(&self, size: u64) -> Hash {
        let peaks: Vec<Hash> = (0..64).rev().filter(|bit| size >> bit & 1 == 1).map(|bit| self.0[bit]).collect();
        Frontier::read(i64::try_from(size).unwrap(), &peaks.concat()).unwrap().root()
    }

    fn proof(&self, plan: &Plan) -> Vec<Hash> {
        plan.assemble(|node| self.0.get(node.level as usize).copied()).unwrap()
    }
}

#[test]
fn the_largest_tree_has_proofs() {
    let equal = Equal::new();
    for (index, length) in [(0, 63), (MAX_SIZE - 1, 62), (MAX_SIZE / 2, 63)] {
        let proof = equal.proof(&Plan::inclusion(index, MAX_SIZE).unwrap());
        assert_eq!(proof.len(), length);
        assert_eq!(verify_inclusion(equal.0[0], index, MAX_SIZE, &proof, equal.root(MAX_SIZE)), Ok(()));
    }
    // Sizes beyond it come from outside, and are refused without a panic.
    for size in [u64::MAX - 1, u64::MAX] {
        assert!(verify_inclusion([0; 32], size - 1, size, &[[0; 32]; 64], [0; 32]).is_err());
        assert!(verify_inclusion([0; 32], 0, size, &[[0; 32]; 65], [0; 32]).is_err());
        assert!(verify_consistency(1, [0; 32], size, [0; 32], &[[0; 32]; 65]).is_err());
        assert!(verify_consistency(size - 1, [0; 32], size, [0; 32], &[[0; 32]; 64]).is_err());
        assert!(Plan::inclusion(0, size).is_ok() && Plan::consistency(size - 1, size).is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_large_tree_has_the_proofs_that_the_rfc_defines(new in 1..3000_u64, old in any::<prop::sample::Index>(), index in any::<prop::sample::Index>()) {
        let (log, leaves) = (Log::new(new), (0..new).map(|index| merkle::leaf(&crate::tlog::tests::log::entry(index))).collect::<Vec<_>>());
        let (old, index) = (1 + old.index(at(new)), index.index(at(new)));
        prop_assert_eq!(log.inclusion(index as u64, new), naive::path(index, &leaves));
        prop_assert_eq!(log.consistency(old as u64, new), naive::subproof(old, &leaves, true));
    }

    #[test]
    fn proofs_of_trees_of_any_size_are_verified(new in 1..=MAX_SIZE, old in 0..=MAX_SIZE, index in 0..=MAX_SIZE) {
        let (equal, old, index) = (Equal::new(), old % new + 1, index % new);
        let (plan, root) = (Plan::inclusion(index, new).unwrap(), equal.root(new));
        let proof = equal.proof(&plan);
        prop_assert_eq!(verify_inclusion(equal.0[0], index, new, &proof, root), Ok(()));
        for altered in altered(&proof) {
            // Equal leaves have proofs that are equal but for their length.
            prop_assert!(altered == proof || verify_inclusion(equal.0[0], index, new, &altered, root).is_err());
        }
        let plan = Plan::consistency(old, new).unwrap();
        let proof = equal.proof(&plan);
        prop_assert_eq!(verify_consistency(old, equal.root(old), new, root, &proof), Ok(()));
        for altered in altered(&proof) {
            prop_assert!(altered == proof || verify_consistency(old, equal.root(old), new, root, &altered).is_err());
        }
    }
}

proptest! {
    #[test]
    fn each_node_is_asked_for_once_and_lies_in_the_tree(new in 1..=MAX_SIZE, old in 0..=MAX_SIZE, index in 0..=MAX_SIZE) {
        let (old, index) = (old % new + 1, index % new);
        for plan in [Plan::inclusion(index, new).unwrap(), Plan::consistency(old, new).unwrap()] {
            let nodes: Vec<Node> = plan.nodes().collect();
            prop_assert_eq!(nodes.iter().collect::<BTreeSet<_>>().len(), nodes.len());
            for node in &nodes {
                prop_assert!((u128::from(node.index) + 1) << node.level <= u128::from(new));
            }
            // In any order that they have in the database.
            let found: HashMap<Node, Hash> = nodes.iter().rev().map(|node| (*node, [0; 32])).collect();
            prop_assert!(plan.assemble(|node| found.get(&node).copied()).is_ok());
        }
    }

    #[test]
    fn any_proof_is_verified_without_a_panic(a in any::<u64>(), b in any::<u64>(), shift in 0..64_u32, proof in prop::collection::vec(any::<Hash>(), 0..70)) {
        let (a, b) = (a >> shift, b >> shift);
        prop_assert!(verify_inclusion([1; 32], a, b, &proof, [2; 32]).is_err());
        prop_assert!(verify_consistency(a, [1; 32], b, [2; 32], &proof).is_err());
    }
}
