//! Whether the secret key is the one that this database's secrets are under. With another one every right code would count
//! as a wrong one, and ten of them lock an authenticator.

use super::{Gate, Housekeeping, Tx, code};
use crate::{
    id::StaffId,
    secret::{Purpose, SecretKey},
    sql,
    store::Reader,
};

/// The database belongs to another key.
#[derive(Debug, thiserror::Error)]
#[error(
    "INGAM_SECRET_KEY is not the key that this database was set up with; start with that one, or, if it is lost, see \
     `ingam key replace --help`"
)]
pub struct WrongKey;

/// What a database says about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFits {
    /// It is the key of this database.
    Yes,
    /// No key is stored yet, and no secret contradicts this one.
    Unrecorded,
    No,
}

/// Compares `key` with what is stored, or, in a database from before keys were compared, with the authenticators.
pub async fn key_fits(reader: &Reader, key: &SecretKey) -> sqlx::Result<KeyFits> {
    let stored: Option<(Option<String>,)> =
        reader.query(sql!("select key_check from installation where id = 1")).optional().await?;
    if let Some((Some(stored),)) = stored {
        return Ok(if stored == value(key) { KeyFits::Yes } else { KeyFits::No });
    }
    // A person's secret may be damaged by itself; that all of them are is the key's doing.
    let secrets: Vec<(StaffId, Vec<u8>)> =
        reader.query(sql!("select staff_id, secret from authenticators order by staff_id limit 100")).all().await?;
    let opens = |(staff, secret): &(StaffId, Vec<u8>)| key.open(&code::context(*staff), secret).is_some();
    Ok(if secrets.is_empty() || secrets.iter().any(opens) { KeyFits::Unrecorded } else { KeyFits::No })
}

impl Gate {
    /// Refuses a key that is not this database's, and stores the first one.
    pub(crate) async fn check_key(&self, reader: &Reader) -> anyhow::Result<()> {
        let mut fits = key_fits(reader, &self.key).await?;
        if fits == KeyFits::Unrecorded {
            self.run_housekeeping(&KeepKeyCheck { key_check: value(&self.key) }).await?;
            // Read again: of two processes that start for the first time with different keys, one is refused.
            fits = key_fits(reader, &self.key).await?;
        }
        if fits == KeyFits::No { Err(WrongKey.into()) } else { Ok(()) }
    }
}

/// Stores the value of the first key that a process starts with.
#[derive(Clone, Debug)]
pub struct KeepKeyCheck {
    key_check: String,
}

impl Housekeeping for KeepKeyCheck {
    const NAME: &'static str = "installation.keep-key-check";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        tx.query(sql!("update installation set key_check = $1 where id = 1 and key_check is null"))
            .bind(self.key_check.as_str())
            .run()
            .await
            .map(drop)
    }
}

/// Stores `key` as the one of this database, and returns what was stored before.
pub(crate) async fn replace(tx: &mut Tx<'_>, key_check: &str) -> sqlx::Result<Option<String>> {
    let before: Option<(Option<String>,)> =
        tx.query(sql!("select key_check from installation where id = 1")).optional().await?;
    tx.query(sql!("update installation set key_check = $1 where id = 1")).bind(key_check).run().await?;
    Ok(before.and_then(|(before,)| before))
}

/// What is stored of a key. It does not tell the key.
pub(crate) fn value(key: &SecretKey) -> String {
    hex::encode(key.mac(Purpose::Check, b"installation"))
}
