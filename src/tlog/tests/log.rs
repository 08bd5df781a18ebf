//! A log in memory, for tests.

use crate::{
    merkle::{self, Frontier, Hash},
    tlog::{
        checkpoint::Checkpoint,
        note::Note,
        proof::{Node, Plan},
        receipt::Receipt,
        signer::Signer,
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::signature::Ed25519KeyPair;

pub(in crate::tlog) const ORIGIN: &str = "audit.example.com/ingam";
const SEED: [u8; 32] = [9; 32];

/// The log's key.
pub(in crate::tlog) fn signer() -> Signer {
    Signer::new(ORIGIN, SEED).unwrap()
}

/// Signs bytes that our own signer would refuse.
pub(in crate::tlog) fn sign_anything(text: &[u8]) -> Vec<u8> {
    let pair = Ed25519KeyPair::from_seed_unchecked(&SEED).unwrap();
    let bytes = [signer().verifier().id().as_slice(), pair.sign(text).as_ref()].concat();
    let line = format!("\u{2014} {ORIGIN} {}\n", STANDARD.encode(bytes));
    [text, b"\n", line.as_bytes()].concat()
}

/// The text of an entry.
pub(in crate::tlog) fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

/// The hashes of all perfect subtrees of a log, and the root at each of its sizes.
pub(in crate::tlog) struct Log {
    levels: Vec<Vec<Hash>>,
    roots: Vec<Hash>,
}

impl Log {
    pub(in crate::tlog) fn new(size: u64) -> Self {
        let leaves: Vec<Hash> = (0..size).map(|index| merkle::leaf(&entry(index))).collect();
        let mut frontier = Frontier::default();
        let mut roots = vec![frontier.root()];
        for leaf in &leaves {
            frontier.push(*leaf);
            roots.push(frontier.root());
        }
        let mut levels = vec![leaves];
        while levels.last().unwrap().len() > 1 {
            let below = levels.last().unwrap();
            let level = below.as_chunks::<2>().0.iter().map(|[left, right]| merkle::node(left, right)).collect();
            levels.push(level);
        }
        Self { levels, roots }
    }

    pub(in crate::tlog) fn hash(&self, node: Node) -> Option<Hash> {
        self.levels.get(node.level as usize)?.get(usize::try_from(node.index).unwrap()).copied()
    }

    pub(in crate::tlog) fn leaf(&self, index: u64) -> Hash {
        self.hash(Node { level: 0, index }).unwrap()
    }

    pub(in crate::tlog) fn root(&self, size: u64) -> Hash {
        self.roots[usize::try_from(size).unwrap()]
    }

    pub(in crate::tlog) fn inclusion(&self, index: u64, size: u64) -> Vec<Hash> {
        Plan::inclusion(index, size).unwrap().assemble(|node| self.hash(node)).unwrap()
    }

    pub(in crate::tlog) fn consistency(&self, old: u64, new: u64) -> Vec<Hash> {
        Plan::consistency(old, new).unwrap().assemble(|node| self.hash(node)).unwrap()
    }

    pub(in crate::tlog) fn checkpoint(&self, size: u64) -> Note {
        Checkpoint::new(ORIGIN, size, self.root(size)).unwrap().sign(&signer()).unwrap()
    }

    pub(in crate::tlog) fn receipt(&self, index: u64, size: u64) -> Receipt {
        Receipt::new(index, self.inclusion(index, size), self.checkpoint(size)).unwrap()
    }
}
