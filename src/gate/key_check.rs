//! Whether the secret key is the one that this database's secrets are under. With another one every right code would count
//! as a wrong one, and ten of them lock an authenticator.
//!
//! While a key is rotated there are two of them: the database's and the former one, until nothing is left under that.

use super::{Gate, Housekeeping, Tx, code};
use crate::{
    clock::Instant,
    id::StaffId,
    secret::{Purpose, SecretKey},
    sql,
    store::Reader,
};

/// The key is not the one of this database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongKey {
    #[error(
        "INGAM_SECRET_KEY is not the key that this database was set up with; start with that one, or, if it is lost, see \
         `ingam key replace --help`"
    )]
    Other,
    #[error(
        "INGAM_SECRET_KEY is a former key of this database, which was rotated at {0}; start with the new key in its place"
    )]
    Former(Instant),
    #[error(
        "the rotation of the secret key that began at {0} has not come to its end; set INGAM_SECRET_KEY_OLD to the former key until \
         `ingam rotate-key` says that it can go"
    )]
    NeedsFormer(Instant),
}

/// What a database says about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyFits {
    /// It is the key of this database, and nothing is under any other.
    Yes,
    /// No key is stored yet, and no secret contradicts this one. What is to be stored of it.
    Unrecorded(String),
    /// The former key is the one of this database: nothing was rotated yet.
    NotRotated,
    /// It is the key of this database, and some of it may still be under the former one.
    Rotating,
    No(WrongKey),
}

/// Compares `key` with what is stored, or, in a database from before keys were compared, with the authenticators.
pub async fn key_fits(reader: &Reader, key: &SecretKey) -> sqlx::Result<KeyFits> {
    let (own, former) = (value(key), key.former().as_ref().map(value));
    let stored: Option<(Option<String>,)> =
        reader.query(sql!("select key_check from installation where id = 1")).optional().await?;
    let Some(stored) = stored.and_then(|(stored,)| stored) else { return by_authenticators(reader, key).await };
    let rotated: Vec<(String, Instant, Option<Instant>)> = reader
        .query(sql!("select key_check, began_at, ended_at from former_keys order by began_at desc"))
        .all()
        .await?;
    if let Some((_, began, _)) = rotated.iter().find(|(was, ..)| *was == own && own != stored) {
        return Ok(KeyFits::No(WrongKey::Former(*began)));
    }
    let unfinished = rotated.iter().find(|(.., ended)| ended.is_none());
    Ok(match unfinished {
        Some((was, ..)) if stored == own && former.as_ref() == Some(was) => KeyFits::Rotating,
        Some((_, began, _)) if stored == own || former.as_ref() == Some(&stored) => {
            KeyFits::No(WrongKey::NeedsFormer(*began))
        }
        None if stored == own => KeyFits::Yes,
        None if former == Some(stored) => KeyFits::NotRotated,
        _ => KeyFits::No(WrongKey::Other),
    })
}

async fn by_authenticators(reader: &Reader, key: &SecretKey) -> sqlx::Result<KeyFits> {
    // A person's secret may be damaged by itself; that all of them are is the key's doing.
    let secrets: Vec<(StaffId, Vec<u8>)> =
        reader.query(sql!("select staff_id, secret from authenticators order by staff_id limit 100")).all().await?;
    let opens =
        |key: &SecretKey| secrets.iter().any(|(staff, secret)| key.open(&code::context(*staff), secret).is_some());
    let known = if secrets.is_empty() { Some(key.alone()) } else { key.each().find(opens) };
    Ok(known.map_or(KeyFits::No(WrongKey::Other), |key| KeyFits::Unrecorded(value(&key))))
}

impl Gate {
    /// Refuses a key that is not this database's, and stores the first one.
    pub(crate) async fn check_key(&self, reader: &Reader) -> anyhow::Result<()> {
        let mut fits = key_fits(reader, &self.key).await?;
        if let KeyFits::Unrecorded(key_check) = fits {
            self.run_housekeeping(&KeepKeyCheck { key_check }).await?;
            // Read again: of two processes that start for the first time with different keys, one is refused.
            fits = key_fits(reader, &self.key).await?;
        }
        if let KeyFits::No(why) = fits { Err(why.into()) } else { Ok(()) }
    }
}

/// Refuses to store what is encrypted under a key that is not the database's any more: this process was started before it was rotated. The
/// row is locked, so that a rotation that begins finds what was stored before it.
pub(crate) async fn hold(tx: &mut Tx<'_>) -> sqlx::Result<()> {
    let stored: Option<(Option<String>,)> = tx
        .query(sql!(
            sqlite: "select key_check from installation where id = 1",
            postgres: "select key_check from installation where id = 1 for share",
        ))
        .optional()
        .await?;
    match stored.and_then(|(stored,)| stored) {
        Some(stored) if !tx.is_own_key(&stored) => Err(sqlx::Error::Configuration(
            "the secret key was rotated since this console started; restart it with the new key".into(),
        )),
        _ => Ok(()),
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
    let before: Option<(Option<String>,)> = tx
        .query(sql!(
            sqlite: "select key_check from installation where id = 1",
            postgres: "select key_check from installation where id = 1 for update",
        ))
        .optional()
        .await?;
    tx.query(sql!("update installation set key_check = $1 where id = 1")).bind(key_check).run().await?;
    Ok(before.and_then(|(before,)| before))
}

/// What is stored of a key. It does not tell the key.
pub(crate) fn value(key: &SecretKey) -> String {
    hex::encode(key.mac(Purpose::Check, b"installation"))
}
