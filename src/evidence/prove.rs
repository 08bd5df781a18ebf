//! Proofs for others: that a row is in the log, and that the log continues what it was. Each is verified before anyone gets it.

use super::{
    keep::{self, Kept},
    nodes::{Missing, Source, assemble},
};
use crate::{
    id::Seq,
    merkle::{self, Hash},
    sql,
    store::Reader,
    tlog::{
        Fault,
        checkpoint::Checkpoint,
        note::Note,
        proof::{Plan, verify_consistency, verify_inclusion},
        receipt::Receipt,
    },
};

/// A row with its receipt.
#[derive(Debug)]
pub(crate) struct Proven {
    pub receipt: Receipt,
    /// The bytes that the receipt is for.
    pub body: Vec<u8>,
    /// The number of rows of the checkpoint.
    pub size: u64,
}

/// Why nothing is proven.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unproven {
    #[error("the log has no row {0}")]
    Row(Seq),
    #[error("no checkpoint is signed yet: set INGAM_AUDIT_KEY_FILE, or run `ingam audit sign`")]
    Unsigned,
    #[error("row {seq} is newer than the last checkpoint, which holds {size} rows; it is proven with the next one")]
    TooNew { seq: Seq, size: i64 },
    #[error("no checkpoint of {0} rows was signed")]
    Checkpoint(i64),
    #[error("the rows do not lead to the checkpoint of {size} rows: {why}")]
    Unfit { size: u64, why: Fault },
    #[error("{0}")]
    Missing(#[from] Missing),
}

impl From<sqlx::Error> for Unproven {
    fn from(error: sqlx::Error) -> Self {
        Self::Missing(error.into())
    }
}

/// The receipt of a row, for the newest checkpoint.
pub(crate) async fn receipt(reader: &Reader, seq: Seq) -> Result<Proven, Unproven> {
    let row: Option<(Vec<u8>,)> =
        reader.query(sql!("select body from audit where seq = $1")).bind(seq).optional().await?;
    let (body,) = row.ok_or(Unproven::Row(seq))?;
    let kept = keep::last(&mut &*reader).await?.ok_or(Unproven::Unsigned)?;
    let kept = Kept { note: keep::cosigned(&mut &*reader, &kept).await?, ..kept };
    receipt_in(reader, &kept, seq, body).await
}

/// The receipt of a row with these bytes, for this checkpoint with the signatures that its note has.
pub(crate) async fn receipt_in(reader: &Reader, kept: &Kept, seq: Seq, body: Vec<u8>) -> Result<Proven, Unproven> {
    let index = u64::try_from(seq.get()).map_err(|_| Unproven::Row(seq))?;
    if kept.size <= seq.get() {
        return Err(Unproven::TooNew { seq, size: kept.size });
    }
    let (note, checkpoint) = read(kept)?;
    let (size, root, leaf) = (checkpoint.size(), checkpoint.root(), merkle::leaf(&body));
    let unfit = |why| Unproven::Unfit { size, why };
    let plan = Plan::inclusion(index, size).map_err(unfit)?;
    let fits = |proof: &[Hash]| verify_inclusion(leaf, index, size, proof, root);
    let proof = verified(reader, &plan, fits).await?.map_err(unfit)?;
    let receipt = Receipt::new(index, proof, note).map_err(unfit)?;
    Ok(Proven { receipt, body, size })
}

/// The proof that the log with `new` rows begins with the one of `old` rows; both were signed.
pub(crate) async fn growth(reader: &Reader, old: i64, new: i64) -> Result<Vec<Hash>, Unproven> {
    let (from, to) = (signed(reader, old).await?, signed(reader, new).await?);
    let unfit = |why| Unproven::Unfit { size: to.size(), why };
    let plan = Plan::consistency(from.size(), to.size()).map_err(unfit)?;
    let fits = |proof: &[Hash]| verify_consistency(from.size(), from.root(), to.size(), to.root(), proof);
    verified(reader, &plan, fits).await?.map_err(unfit)
}

async fn signed(reader: &Reader, size: i64) -> Result<Checkpoint, Unproven> {
    let kept = keep::of_size(&mut &*reader, size).await?.ok_or(Unproven::Checkpoint(size))?;
    Ok(read(&kept)?.1)
}

fn read(kept: &Kept) -> Result<(Note, Checkpoint), Unproven> {
    kept.read().map_err(|why| Unproven::Unfit { size: kept.size.unsigned_abs(), why })
}

/// A proof that fits: from what is kept, and where that is wrong from the leaves alone.
async fn verified(
    reader: &Reader,
    plan: &Plan,
    fits: impl Fn(&[Hash]) -> Result<(), Fault>,
) -> Result<Result<Vec<Hash>, Fault>, Missing> {
    let proof = assemble(reader, plan, Source::Kept).await?;
    if fits(&proof).is_ok() {
        return Ok(Ok(proof));
    }
    tracing::warn!(
        "subtrees of the audit log that are kept do not fit its leaves; the proof is computed from the leaves"
    );
    let proof = assemble(reader, plan, Source::Leaves).await?;
    Ok(fits(&proof).map(|()| proof))
}
