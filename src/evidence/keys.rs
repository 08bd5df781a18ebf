//! Whose signatures are believed.

use crate::tlog::{Fault, checkpoint::Checkpoint, note::Note, verifier::Verifier};

/// The keys that must have signed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys<'k> {
    pub log: &'k Verifier,
    pub witnesses: &'k [Verifier],
}

impl Keys<'_> {
    /// A checkpoint that all of them signed.
    pub(super) fn verify(self, note: &Note) -> Result<Checkpoint, Fault> {
        self.witnesses.iter().try_for_each(|witness| note.verify_cosignature(witness).map(drop))?;
        Checkpoint::verify(note, self.log)
    }
}
