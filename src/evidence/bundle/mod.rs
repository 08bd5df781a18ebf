//! Bundles: rows of the log with what proves them, as a directory or a tar file that is verified without the console.
//!
//! | kind | rows | what proves them |
//! |---|---|---|
//! | whole | all of a checkpoint | every tile of the log, with its entries: a log after <https://c2sp.org/tlog-tiles> |
//! | range | all between two | the tiles of hashes: the rows are there, and none between them is missing |
//! | selection | those that fit a filter | a receipt for each row. That no other row fits is not proven |

mod files;
mod manifest;
mod verify;

pub(crate) use files::{Files, is_bundle};
pub(crate) use manifest::{Exported, FORMAT, FileHash, Kind, Manifest, Rows, Tree};
pub(crate) use verify::{Held, StampHeld, hash_of, verify};

use crate::id::Seq;

/// What the bundle is.
pub(crate) const MANIFEST: &str = "manifest.json";
/// The bytes of each row as they are hashed, and LF.
pub(crate) const LINES: &str = "audit.jsonl";
/// The checkpoint that holds the rows.
pub(crate) const CHECKPOINT: &str = "checkpoint";
/// The newest checkpoint that has a time stamp, as it was stamped.
pub(crate) const STAMPED: &str = "timestamp/checkpoint";
/// The response of the authority (RFC 3161).
pub(crate) const STAMP: &str = "timestamp/response.tsr";
/// The directory of tiles, with the checkpoint beside them.
pub(crate) const LOG: &str = "log";

/// The receipt of a row of a selection.
pub(crate) fn receipt(seq: Seq) -> String {
    format!("receipts/{seq}.tlog-proof")
}
