//! Receipts (<https://c2sp.org/tlog-proof>), in files that end in `.tlog-proof`: what proves that an entry is in a log,
//! without asking the log.

use super::{
    Fault, checkpoint::Checkpoint, note::Note, proof, read_decimal, read_hash, verifier::Verifier, write_hash,
};
use crate::merkle::{self, Hash};
use std::fmt;

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// The longest proof of a tree of 2^63 - 1 entries.
const MAX_PROOF: usize = 63;

/// The place of an entry, its proof of inclusion, and the signed checkpoint that the proof leads to. The entry itself is not
/// in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Receipt {
    index: u64,
    proof: Vec<Hash>,
    checkpoint: Note,
}

impl Receipt {
    /// The index is that of the entry, the first being 0.
    pub(crate) fn new(index: u64, proof: Vec<Hash>, checkpoint: Note) -> Result<Self, Fault> {
        let size = Checkpoint::read(checkpoint.text())?.size();
        if index >= size {
            return Err(Fault::Index { index, size });
        }
        if proof.len() > MAX_PROOF {
            return Err(Fault::ReceiptProof);
        }
        Ok(Self { index, proof, checkpoint })
    }

    /// Reads a receipt. A line of extra data, which nothing signs, is refused.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let text = str::from_utf8(bytes).map_err(|_| Fault::Encoding)?;
        let (before, checkpoint) = text.split_once("\n\n").ok_or(Fault::ReceiptSeparator)?;
        let mut lines = before.split('\n');
        if lines.next() != Some(HEADER) {
            return Err(Fault::ReceiptHeader);
        }
        let line = lines.next().ok_or(Fault::ReceiptIndex)?;
        if line.starts_with("extra ") {
            return Err(Fault::ReceiptExtra);
        }
        let index = line.strip_prefix("index ").and_then(read_decimal).ok_or(Fault::ReceiptIndex)?;
        // One more than there can be, so that too many are noticed and not kept.
        let proof: Option<_> = lines.take(MAX_PROOF + 1).map(read_hash).collect();
        Self::new(index, proof.ok_or(Fault::ReceiptProof)?, Note::read(checkpoint.as_bytes())?)
    }

    /// Verifies that the log with this key holds the entry: which checkpoint says so.
    pub(crate) fn verify(&self, entry: &[u8], verifier: &Verifier) -> Result<Checkpoint, Fault> {
        let checkpoint = Checkpoint::verify(&self.checkpoint, verifier)?;
        let leaf = merkle::leaf(entry);
        proof::verify_inclusion(leaf, self.index, checkpoint.size(), &self.proof, checkpoint.root())?;
        Ok(checkpoint)
    }

    pub(crate) fn index(&self) -> u64 {
        self.index
    }

    #[cfg(test)]
    pub(crate) fn proof(&self) -> &[Hash] {
        &self.proof
    }

    /// The signed checkpoint, of which nothing is verified yet.
    pub(crate) fn checkpoint(&self) -> &Note {
        &self.checkpoint
    }
}

/// The receipt as it is kept.
impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}\nindex {}", self.index)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", write_hash(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

#[cfg(test)]
mod tests;
