//! The rows of a database against checkpoints that were kept elsewhere: a log that was rewritten, and one whose end was cut off, has
//! another root or fewer rows than was signed.

use super::rows::{Unfit, extend};
use crate::{
    merkle::Frontier,
    store::Reader,
    tlog::{Fault, checkpoint::Checkpoint, note::Note, verifier::Verifier},
};

/// Why a log and a checkpoint do not fit.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Differs {
    #[error(
        "a log of {size} rows was signed, and row {missing} is missing: rows were cut off, or an older copy was put in its place"
    )]
    Shorter { size: u64, missing: u64 },
    #[error(
        "the first {size} rows are not those that were signed: they were rewritten, or another log is in their place"
    )]
    Rewritten { size: u64 },
    #[error("{0}")]
    Unfit(#[from] Unfit),
}

/// Reads a checkpoint that the key signed.
pub(crate) fn read(bytes: &[u8], verifier: &Verifier) -> Result<Checkpoint, Fault> {
    Checkpoint::verify(&Note::read(bytes)?, verifier)
}

/// Recomputes the tree once, and holds it against each of the checkpoints.
pub(crate) async fn compare(reader: &Reader, mut checkpoints: Vec<Checkpoint>) -> Result<(), Differs> {
    checkpoints.sort_by_key(Checkpoint::size);
    let mut frontier = Frontier::default();
    for checkpoint in &checkpoints {
        let size = checkpoint.size();
        match extend(reader, &mut frontier, size).await {
            Err(Unfit::Missing(seq)) => return Err(Differs::Shorter { size, missing: seq.unsigned_abs() }),
            extended => extended?,
        }
        if frontier.root() != checkpoint.root() {
            return Err(Differs::Rewritten { size });
        }
    }
    Ok(())
}
