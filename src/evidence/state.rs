//! What a signer signed last: its checkpoint, and the right edge of the tree it is of. The signature holds for both, so that a file
//! that was altered is none.

use crate::{
    merkle::Frontier,
    store::backup::Partial,
    tlog::{Fault, checkpoint::Checkpoint, note::Note, signer::Signer, verifier::Verifier},
};
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

/// A checkpoint with the tree it is of.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub note: Note,
    pub checkpoint: Checkpoint,
    pub frontier: Frontier,
}

/// As it is in the file.
#[derive(Serialize, Deserialize)]
struct Written {
    checkpoint: String,
    /// The peaks of the tree, as hexadecimal digits.
    frontier: String,
}

/// Held by the one process that signs. It ends with the process.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "the lock is on the open file")] File);

impl Lock {
    /// Nothing where another process signs just now.
    pub(crate) fn take(path: &Path) -> std::io::Result<Option<Self>> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(name)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Why a file is no state.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the file with what was signed last, {path}, cannot be read: {why}")]
    File { path: String, why: std::io::Error },
    #[error("the file with what was signed last, {path}, was altered or belongs to another key: {why}")]
    Content { path: String, why: String },
}

impl State {
    /// That of a signer that has signed nothing.
    pub(crate) fn new(signer: &Signer) -> Result<Self, Fault> {
        Self::of(signer, Frontier::default())
    }

    /// Signs the checkpoint of a tree.
    pub(crate) fn of(signer: &Signer, frontier: Frontier) -> Result<Self, Fault> {
        let checkpoint = Checkpoint::new(signer.verifier().name(), frontier.size(), frontier.root())?;
        Ok(Self { note: checkpoint.sign(signer)?, checkpoint, frontier })
    }

    pub(crate) fn read(path: &Path, verifier: &Verifier) -> Result<Self, Unreadable> {
        let shown = || path.display().to_string();
        let text = fs::read_to_string(path).map_err(|why| Unreadable::File { path: shown(), why })?;
        Self::parse(&text, verifier).map_err(|why| Unreadable::Content { path: shown(), why })
    }

    fn parse(text: &str, verifier: &Verifier) -> Result<Self, String> {
        let written: Written = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let note = Note::read(written.checkpoint.as_bytes()).map_err(|fault| fault.to_string())?;
        let checkpoint = Checkpoint::verify(&note, verifier).map_err(|fault| fault.to_string())?;
        let frontier = i64::try_from(checkpoint.size())
            .ok()
            .zip(hex::decode(&written.frontier).ok())
            .and_then(|(size, bytes)| Frontier::read(size, &bytes))
            .filter(|frontier| frontier.root() == checkpoint.root());
        let frontier = frontier.ok_or("its tree does not fit its checkpoint")?;
        Ok(Self { note, checkpoint, frontier })
    }

    /// Puts it into its file, in one step.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let partial = Partial::begin(path)?;
        let written = Written { checkpoint: self.note.to_string(), frontier: hex::encode(self.frontier.bytes()) };
        let text = serde_json::to_string_pretty(&written)?;
        partial
            .file()
            .and_then(|mut file| writeln!(file, "{text}"))
            .with_context(|| format!("{} cannot be written", path.display()))?;
        partial.finish(path)
    }
}
