//! Checkpoints (<https://c2sp.org/tlog-checkpoint>): how many entries a log has, and the root of its tree.

use super::{
    Fault, MAX_SIZE, note::Note, read_decimal, read_hash, signer::Signer, verifier::Verifier, verifier::check_name,
    write_hash,
};
use crate::merkle::{Frontier, Hash};
use std::fmt;

/// The state of a log: three lines of text, of which the first names the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
}

impl Checkpoint {
    /// The origin is the name of the log's key: no scheme, spaces or pluses. The size is in entries.
    pub(crate) fn new(origin: &str, size: u64, root: Hash) -> Result<Self, Fault> {
        check_name(origin).map_err(|_| Fault::Origin)?;
        if origin.contains("://") {
            return Err(Fault::Origin);
        }
        if size > MAX_SIZE {
            return Err(Fault::Size);
        }
        if size == 0 && root != Frontier::default().root() {
            return Err(Fault::EmptyRoot);
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }

    /// Reads the text of a note: exactly three lines. Extension lines, which the specification allows and witnesses refuse,
    /// are refused.
    pub(crate) fn read(text: &str) -> Result<Self, Fault> {
        let mut lines = text.strip_suffix('\n').ok_or(Fault::TextEnd)?.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(Fault::CheckpointShort);
        };
        if lines.next().is_some() {
            return Err(Fault::CheckpointExtension);
        }
        Self::new(origin, read_decimal(size).ok_or(Fault::Size)?, read_hash(root).ok_or(Fault::Root)?)
    }

    /// Reads a note and verifies that the log has signed it: with the key whose name is the origin.
    pub(crate) fn verify(note: &Note, verifier: &Verifier) -> Result<Self, Fault> {
        note.verify(verifier)?;
        let checkpoint = Self::read(note.text())?;
        checkpoint.check_origin(verifier)?;
        Ok(checkpoint)
    }

    /// Signs it with the key whose name is the origin.
    pub(crate) fn sign(&self, signer: &Signer) -> Result<Note, Fault> {
        self.check_origin(signer.verifier())?;
        signer.sign(&self.to_string())
    }

    fn check_origin(&self, verifier: &Verifier) -> Result<(), Fault> {
        if self.origin == verifier.name() {
            return Ok(());
        }
        Err(Fault::OtherLog { origin: self.origin.clone(), name: verifier.name().to_owned() })
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// How many entries the log has.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn root(&self) -> Hash {
        self.root
    }
}

/// The text that is signed.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, write_hash(&self.root))
    }
}

#[cfg(test)]
mod tests;
