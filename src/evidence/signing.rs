//! The key of the signer, and where its state is.

use super::state::{State, Unreadable};
use crate::{
    secret,
    store::backup::Partial,
    tlog::{Fault, signer::Signer, verifier::Verifier},
};
use anyhow::{Context as _, bail};
use chrono::TimeDelta;
use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// What signs, and when.
#[derive(Clone, Debug)]
pub struct Signing {
    pub(crate) signer: Arc<Signer>,
    /// The file with what was signed last. It lies outside the database, or it would be rewritten with it.
    pub(crate) state: PathBuf,
    /// A checkpoint is signed after this time, if the log has grown.
    pub every: TimeDelta,
    /// And after this number of rows.
    pub rows: i64,
    /// How often to look whether it is time.
    pub look: Duration,
}

impl Signing {
    /// Reads the key. The state is beside it where nothing else is said.
    ///
    /// # Errors
    ///
    /// The file cannot be read, can be read by everybody, or holds no key.
    pub fn read(key: &Path, state: Option<&Path>) -> Result<Self, String> {
        let cannot = |error: std::io::Error| format!("{} cannot be read: {error}", key.display());
        let mode = fs::metadata(key).map_err(cannot)?.permissions().mode();
        if mode & 0o007 != 0 {
            return Err(format!("{} can be read by everybody on this machine; chmod 600 it", key.display()));
        }
        let text = fs::read_to_string(key).map_err(cannot)?;
        let signer =
            Signer::read(text.trim()).map_err(|fault| format!("{} holds no key of a log: {fault}", key.display()))?;
        Ok(Self {
            signer: Arc::new(signer),
            state: state.map_or_else(|| beside(key), Path::to_owned),
            every: TimeDelta::hours(1),
            rows: 1_000,
            look: Duration::from_secs(10),
        })
    }

    /// What was signed last.
    pub(crate) fn last(&self) -> Result<State, Unreadable> {
        State::read(&self.state, self.verifier())
    }

    /// The name of the log, which its checkpoints begin with.
    pub(crate) fn origin(&self) -> &str {
        self.signer.verifier().name()
    }

    /// The same signer at other times.
    #[must_use]
    pub fn with_turns(self, rows: i64, look: Duration) -> Self {
        Self { rows, look, ..self }
    }

    /// The public key, as `NAME+ID+BASE64`.
    pub(crate) fn verifier(&self) -> &Verifier {
        self.signer.verifier()
    }
}

/// The state of a key, where no other place is named.
pub(crate) fn beside(key: &Path) -> PathBuf {
    let mut name = key.as_os_str().to_owned();
    name.push(".state");
    name.into()
}

/// Makes a key of a new log and the state of a signer that has signed nothing. Neither file is there before.
pub(crate) fn make(name: &str, key: &Path, state: &Path) -> anyhow::Result<Verifier> {
    for file in [key, state] {
        if file.exists() {
            bail!("{} is there already; a key is never replaced, take another name", file.display());
        }
    }
    let signer = Signer::new(name, secret::random()).map_err(|fault| name_fault(&fault))?;
    let partial = Partial::begin(key)?;
    partial
        .file()
        .and_then(|mut file| writeln!(file, "{}", signer.private_text()))
        .with_context(|| format!("{} cannot be written", key.display()))?;
    State::new(&signer)?.write(state)?;
    partial.finish(key)?;
    Ok(signer.verifier().clone())
}

fn name_fault(fault: &Fault) -> anyhow::Error {
    anyhow::anyhow!("the name cannot be that of a log, such as audit.example.com/ingam: {fault}")
}
