//! A demo's data directory.

use crate::{
    config::Config,
    evidence::signing::{self, Signing},
    gate::Kind,
    secret::{SecretKey, random},
};
use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// What the files of a data directory mean. Raised when a newer program could not use an older directory.
const VERSION: &str = "3";

const MARK: &str = "ingam-demo.version";
const KEY: &str = "secret-key";
const DATABASE: &str = "ingam.db";
const STAFF: &str = "staff.json";
/// Everything that a demo writes, and so all that `--fresh` removes.
const FILES: [&str; 10] = [
    MARK,
    KEY,
    DATABASE,
    "ingam.db-wal",
    "ingam.db-shm",
    STAFF,
    LOG_KEY,
    "log.key.state",
    "log.key.state.lock",
    LOG_VKEY,
];
/// The key that signs the log, and its name. A real one does not lie beside the database.
const LOG_KEY: &str = "log.key";
/// Its public key, which verifies what is taken out of the demo.
const LOG_VKEY: &str = "log.vkey";
const LOG: &str = "localhost/ingam-demo";

/// An account of the demo, as scripts read it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) roles: Vec<String>,
    pub(crate) password: String,
    /// Base32.
    pub(crate) totp_secret: String,
}

impl Account {
    /// The secret that its authenticator holds; none where the file is not as the demo wrote it.
    pub(crate) fn secret(&self) -> Option<Vec<u8>> {
        let secret = totp_rs::Secret::try_from_base32(&self.totp_secret).ok()?;
        Some(secret.as_ref().to_vec())
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Data(PathBuf);

impl Data {
    /// The directory, made where it is not there, and whether it holds a complete demo already.
    pub(crate) fn prepare(directory: &Path, fresh: bool) -> anyhow::Result<(Self, bool)> {
        let data = Self(directory.to_owned());
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .with_context(|| cannot(directory, "made"))?;
        let mark = data.mark()?;
        match mark.as_deref() {
            Some(VERSION) if !fresh => return Ok((data, true)),
            // Half made by a run that was interrupted.
            Some("" | VERSION) => data.clear()?,
            Some(_) if fresh => data.clear()?,
            Some(other) => bail!(
                "{} holds the data of another version of the demo ({other}, this is {VERSION}); start with --fresh to replace it, or use another --data",
                directory.display()
            ),
            None if !data.is_empty()? => {
                bail!("{} holds files that are not from a demo; use another --data", directory.display())
            }
            None => {}
        }
        data.write(MARK, "")?;
        data.write(KEY, &hex::encode(random::<32>()))?;
        let key = directory.join(LOG_KEY);
        let verifier = signing::make(LOG, &key, &signing::beside(&key))?;
        data.write(LOG_VKEY, &format!("{verifier}\n"))?;
        // SQLite takes an empty file for a new database, and no other account may read this one.
        data.write(DATABASE, "")?;
        Ok((data, false))
    }

    /// The directory of a demo that is there.
    pub(crate) fn existing(directory: &Path) -> anyhow::Result<Self> {
        let data = Self(directory.to_owned());
        match data.mark()?.as_deref() {
            Some(VERSION) => Ok(data),
            Some(_) => bail!("{} holds the data of another version of the demo", directory.display()),
            None => bail!("{} holds no demo; start one with `ingam demo`", directory.display()),
        }
    }

    /// Says that everything is in place.
    pub(crate) fn complete(&self, staff: &[Account]) -> anyhow::Result<()> {
        self.write(STAFF, &serde_json::to_string_pretty(staff)?)?;
        self.write(MARK, VERSION)
    }

    pub(crate) fn staff(&self) -> anyhow::Result<Vec<Account>> {
        let path = self.0.join(STAFF);
        let text = fs::read_to_string(&path).with_context(|| cannot(&path, "read"))?;
        serde_json::from_str(&text).with_context(|| format!("{} is not what the demo wrote", path.display()))
    }

    /// A configuration for this directory: this machine only. `kinds` are those that approval rules can name.
    pub(crate) fn config(&self, kinds: &'static [Kind]) -> anyhow::Result<Config> {
        let path = self.0.join(KEY);
        let key = fs::read_to_string(&path).with_context(|| cannot(&path, "read"))?;
        let key = SecretKey::parse(&key).with_context(|| format!("{} holds no key", path.display()))?;
        let log_key = self.0.join(LOG_KEY);
        // One that was made by an earlier version has none.
        let signing =
            log_key.exists().then(|| Signing::read(&log_key, None)).transpose().map_err(anyhow::Error::msg)?;
        let url = format!("sqlite://{}", self.0.join(DATABASE).display());
        Ok(Config { signing, ..Config::local(kinds, url, key) })
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.0
    }

    fn mark(&self) -> anyhow::Result<Option<String>> {
        let path = self.0.join(MARK);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error).with_context(|| cannot(&path, "read")),
        }
    }

    fn is_empty(&self) -> anyhow::Result<bool> {
        Ok(fs::read_dir(&self.0).with_context(|| cannot(&self.0, "read"))?.next().is_none())
    }

    fn clear(&self) -> anyhow::Result<()> {
        for name in FILES {
            let path = self.0.join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| cannot(&path, "removed"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes a file that no other account may read.
    fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.0.join(name);
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes())).with_context(|| cannot(&path, "written"))
    }
}

fn cannot(path: &Path, done: &str) -> String {
    format!("{} cannot be {done}", path.display())
}
