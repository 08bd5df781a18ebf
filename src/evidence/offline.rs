//! Checkpoints and receipts without a database: what an auditor verifies elsewhere.

use super::{
    access::{self, AccessReceipt},
    keys::Keys,
};
use crate::tlog::{Fault, note::Note, receipt::Receipt};
use std::path::{Path, PathBuf};

/// What the name of a receipt ends in. The bytes of its row are beside it, in a file that ends in `.json`.
const RECEIPT: &str = "tlog-proof";
/// What the name of a receipt of an access record ends in.
const ACCESS_RECEIPT: &str = "access-proof";

/// What a file proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proven {
    Checkpoint { size: u64 },
    Row { index: u64, size: u64 },
    Record(access::Held),
}

/// Why a file proves nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unproven {
    #[error("{path} cannot be read: {why}", path = .path.display())]
    Unreadable { path: PathBuf, why: std::io::Error },
    #[error("{path}: {why}", path = .path.display())]
    Fault { path: PathBuf, why: Fault },
    #[error("{path}: {why}", path = .path.display())]
    Record { path: PathBuf, why: access::Unfit },
    #[error("{path} holds no checkpoint and no receipt", path = .0.display())]
    Nothing(PathBuf),
}

impl Unproven {
    /// Whether it could not be read, so that nothing is said about the log.
    pub(crate) fn is_unreadable(&self) -> bool {
        match self {
            Self::Unreadable { .. } | Self::Nothing(_) => true,
            Self::Fault { why, .. } => why.is_malformed(),
            Self::Record { why, .. } => why.is_malformed(),
        }
    }
}

/// Verifies a file, or all checkpoints and receipts of a directory.
pub(crate) fn verify(path: &Path, entry: Option<&Path>, keys: Keys<'_>) -> Result<Vec<Proven>, Unproven> {
    if !path.is_dir() {
        return verify_file(path, entry, keys).map(|proven| vec![proven]);
    }
    let files = files(path, |file| ends_in(file, RECEIPT) || ends_in(file, ACCESS_RECEIPT) || is_checkpoint(file))?;
    files.iter().map(|file| verify_file(file, None, keys)).collect()
}

/// The checkpoints of a directory.
pub(crate) fn checkpoints(directory: &Path) -> Result<Vec<PathBuf>, Unproven> {
    files(directory, is_checkpoint)
}

/// The files of a directory that are wanted, in the order of their names.
fn files(directory: &Path, is_wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, Unproven> {
    let unreadable = |why| Unproven::Unreadable { path: directory.to_owned(), why };
    let mut files = Vec::new();
    for file in directory.read_dir().map_err(unreadable)? {
        let file = file.map_err(unreadable)?.path();
        if is_wanted(&file) {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(Unproven::Nothing(directory.to_owned()));
    }
    files.sort();
    Ok(files)
}

/// One that is being written has another name until it is whole.
fn is_checkpoint(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with("checkpoint") && path.extension().is_none_or(|end| end != "part")
}

fn verify_file(path: &Path, entry: Option<&Path>, keys: Keys<'_>) -> Result<Proven, Unproven> {
    let fault = |why| Unproven::Fault { path: path.to_owned(), why };
    let bytes = read(path)?;
    if ends_in(path, ACCESS_RECEIPT) {
        let held = AccessReceipt::read(&bytes).and_then(|receipt| receipt.verify(keys));
        return held.map(Proven::Record).map_err(|why| Unproven::Record { path: path.to_owned(), why });
    }
    if !ends_in(path, RECEIPT) {
        let checkpoint = Note::read(&bytes).and_then(|note| keys.verify(&note)).map_err(fault)?;
        return Ok(Proven::Checkpoint { size: checkpoint.size() });
    }
    let receipt = Receipt::read(&bytes).map_err(fault)?;
    let body = read(&entry.map_or_else(|| path.with_extension("json"), Path::to_owned))?;
    keys.verify(receipt.checkpoint()).map_err(fault)?;
    let checkpoint = receipt.verify(&body, keys.log).map_err(fault)?;
    Ok(Proven::Row { index: receipt.index(), size: checkpoint.size() })
}

fn ends_in(path: &Path, end: &str) -> bool {
    path.extension().is_some_and(|found| found == end)
}

fn read(path: &Path) -> Result<Vec<u8>, Unproven> {
    std::fs::read(path).map_err(|why| Unproven::Unreadable { path: path.to_owned(), why })
}
