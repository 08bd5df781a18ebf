//! The file: bytes in, bytes out.

use super::SEAL;
use crate::{
    evidence::keys::Keys,
    merkle::{self, Hash},
    tlog::{Fault, proof::verify_inclusion, read_decimal, read_hash, receipt::Receipt, write_hash},
};
use serde::Deserialize;
use std::fmt;

const HEADER: &str = "ingam/access-proof@v1";
/// The longest proof of a tree of 2^63 - 1 leaves.
const MAX_PROOF: usize = 63;

/// A record, its place in the tree of the access records, and the row of the log that has the root of that tree, with its own receipt.
#[derive(Clone, Debug)]
pub(crate) struct AccessReceipt {
    record: String,
    seal: String,
    index: u64,
    proof: Vec<Hash>,
    receipt: Receipt,
}

/// What such a file proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// The number of the leaf.
    pub index: u64,
    /// The number of leaves of the tree.
    pub leaves: u64,
    /// The row of the log that has the root of the tree.
    pub row: u64,
    /// The number of rows of the log that was signed.
    pub size: u64,
}

/// Why a file proves nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("this is no receipt of an access record: {0}")]
    Form(&'static str),
    #[error("{0}")]
    Fault(#[from] Fault),
    #[error("the row of the log is none that has the size and the root of the tree")]
    Seal,
    #[error("the record is not leaf {0} of its tree, as it says itself")]
    Index(u64),
    #[error("the record is not in the tree of which the log has the root")]
    Tree,
}

impl Unfit {
    /// Whether it could not be read, so that nothing is said about the record.
    pub(crate) fn is_malformed(&self) -> bool {
        match self {
            Self::Form(_) => true,
            Self::Fault(fault) => fault.is_malformed(),
            Self::Seal | Self::Index(_) | Self::Tree => false,
        }
    }
}

/// What the row of the log says of the tree.
#[derive(Deserialize)]
struct Seal {
    action: String,
    outcome: String,
    seq: String,
    after: Tree,
}

#[derive(Deserialize)]
struct Tree {
    access_size: String,
    access_root: String,
}

/// The number of a leaf, as the bytes of its record say it.
#[derive(Deserialize)]
struct Numbered {
    n: String,
}

/// Size and root of the tree that the row of the log with these bytes and this number seals.
pub(crate) fn sealed_tree(row: &[u8], seq: u64) -> Result<(u64, Hash), Unfit> {
    let row: Seal = serde_json::from_slice(row).map_err(|_| Unfit::Seal)?;
    let leaves = read_decimal(&row.after.access_size).ok_or(Unfit::Seal)?;
    let root = hex::decode(&row.after.access_root).ok().and_then(|root| Hash::try_from(root).ok());
    let is_seal = row.action == SEAL && row.outcome == "applied" && read_decimal(&row.seq) == Some(seq);
    root.filter(|_| is_seal).map(|root| (leaves, root)).ok_or(Unfit::Seal)
}

impl AccessReceipt {
    /// `seal`: the bytes of the row that `receipt` is for.
    pub(super) fn new(
        record: Vec<u8>,
        seal: Vec<u8>,
        index: u64,
        proof: Vec<Hash>,
        receipt: Receipt,
    ) -> Result<Self, Unfit> {
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).map_err(|_| Unfit::Form("its bytes are not UTF-8"))?;
            if text.contains('\n') { Err(Unfit::Form("its bytes have a line break")) } else { Ok(text) }
        };
        Ok(Self { record: text(record)?, seal: text(seal)?, index, proof, receipt })
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Unfit> {
        let text = str::from_utf8(bytes).map_err(|_| Unfit::Form("it is not UTF-8"))?;
        let (head, receipt) = text.split_once("\n\n").ok_or(Unfit::Form("it has no empty line"))?;
        let mut lines = head.split('\n');
        if lines.next() != Some(HEADER) {
            return Err(Unfit::Form("its first line is another one"));
        }
        let [record, seal] = [lines.next(), lines.next()].map(|line| line.ok_or(Unfit::Form("it has no record")));
        let (record, seal) = (record?.to_owned(), seal?.to_owned());
        let index = lines.next().and_then(|line| read_decimal(line.strip_prefix("index ")?));
        let index = index.ok_or(Unfit::Form("it has no index"))?;
        // One more than there can be, so that too many are noticed and not kept.
        let proof: Option<Vec<Hash>> = lines.take(MAX_PROOF + 1).map(read_hash).collect();
        let proof = proof.filter(|proof| proof.len() <= MAX_PROOF).ok_or(Unfit::Form("its proof has another line"))?;
        Ok(Self { record, seal, index, proof, receipt: Receipt::read(receipt.as_bytes())? })
    }

    /// Verifies that a log that these keys signed has the root of a tree with this record.
    pub(crate) fn verify(&self, keys: Keys<'_>) -> Result<Held, Unfit> {
        keys.verify(self.receipt.checkpoint())?;
        let size = self.receipt.verify(self.seal.as_bytes(), keys.log)?.size();
        let held = Held { size, ..self.fits()? };
        Ok(held)
    }

    /// The same without the log: the record is in the tree of which the row has the root.
    pub(super) fn fits(&self) -> Result<Held, Unfit> {
        let (leaves, root) = sealed_tree(self.seal.as_bytes(), self.receipt.index())?;
        let leaf = merkle::leaf(self.record.as_bytes());
        verify_inclusion(leaf, self.index, leaves, &self.proof, root).map_err(|_| Unfit::Tree)?;
        let said = serde_json::from_str::<Numbered>(&self.record).ok().and_then(|record| read_decimal(&record.n));
        if said != Some(self.index) {
            return Err(Unfit::Index(self.index));
        }
        Ok(Held { index: self.index, leaves, row: self.receipt.index(), size: 0 })
    }
}

/// The file.
impl fmt::Display for AccessReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}\n{}\n{}\nindex {}", self.record, self.seal, self.index)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", write_hash(hash)))?;
        write!(f, "\n{}", self.receipt)
    }
}

#[cfg(test)]
mod tests;
