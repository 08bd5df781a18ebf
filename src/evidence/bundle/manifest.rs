//! What a bundle says of itself. Nothing signs it: the log has the hash of the whole file, and the checkpoint proves the rows.

use crate::{
    clock::Instant,
    id::{ExportId, Seq},
    secret::sha256,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The layout of a bundle, with its version.
pub(crate) const FORMAT: &str = "ingam-bundle/1";

/// Which rows a bundle holds, and so what proves them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// All rows of the checkpoint.
    Whole,
    /// All rows between two.
    Range,
    /// Those that fit a filter.
    Selection,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// The program that wrote it, and its version.
    pub writer: String,
    /// The name of the log.
    pub log: String,
    pub kind: Kind,
    pub rows: Rows,
    pub checkpoint: Tree,
    pub export: Exported,
    /// The files that no hash of the log covers. Tiles and receipts are not among them: the checkpoint proves those.
    pub files: BTreeMap<String, FileHash>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Rows {
    pub first: Seq,
    pub last: Seq,
    pub count: i64,
    /// The filters of the list of the log, as in its address.
    pub filter: Option<String>,
}

/// The tree of the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tree {
    pub size: u64,
    /// In base64.
    pub root: String,
}

/// The export that the bundle was made for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Exported {
    pub number: ExportId,
    /// Its row in the log.
    pub row: Seq,
    pub purpose: String,
    /// The person who asked for it.
    pub by: String,
    pub at: Instant,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileHash {
    pub bytes: u64,
    /// In hexadecimal digits.
    pub sha256: String,
}

impl FileHash {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len() as u64, sha256: hex::encode(sha256(bytes)) }
    }
}
