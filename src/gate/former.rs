//! Former secret keys: which there were, and what is kept of them.
//!
//! Secrets are encrypted again when a key is rotated. A recovery code cannot be hashed again, because only its owner has it, so the key derived for
//! that is kept, encrypted under the key in use. The former key does not follow from it, and 80 random bits are not found with it.

use super::{Fault, Tx, code};
use crate::{
    id::StaffId,
    secret::{Purpose, SecretKey, hmac_sha256},
    sql,
    store::Reader,
};

crate::gate::refusal_words! {
    /// The key to be rotated is not the one of the database, or was rotated before.
    pub(crate) KEY_NOT_IN_USE = "key-not-in-use";
}

/// What is kept of one former key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    key_check: String,
    lookup: Vec<u8>,
}

impl Kept {
    fn new(key: &SecretKey, key_check: String, lookup: &[u8]) -> Self {
        let lookup = key.seal_as(Purpose::Former, &context(&key_check), lookup);
        Self { key_check, lookup }
    }
}

fn context(key_check: &str) -> String {
    format!("former/{key_check}")
}

/// What is to be kept where `key` takes the place of its former one: of that, and of those before it.
pub(crate) async fn to_keep(reader: &Reader, key: &SecretKey) -> sqlx::Result<Vec<Kept>> {
    let former =
        key.former().map(|former| Kept::new(key, super::key_check::value(&former), &former.derive(Purpose::Lookup)));
    let before = all(reader, key).await?;
    let before = before.into_iter().map(|(key_check, lookup)| Kept::new(key, key_check, &lookup));
    Ok(former.into_iter().chain(before).collect())
}

/// The former keys and what hashed recovery codes under them. One that was lost with a key in between is left out.
async fn all(reader: &Reader, key: &SecretKey) -> sqlx::Result<Vec<(String, Vec<u8>)>> {
    let kept: Vec<(String, Vec<u8>)> =
        reader.query(sql!("select key_check, lookup from former_keys order by began_at desc")).all().await?;
    let open = |(key_check, sealed): (String, Vec<u8>)| {
        let lookup = key.open_as(Purpose::Former, &context(&key_check), &sealed)?;
        Some((key_check, lookup))
    };
    Ok(kept.into_iter().filter_map(open).collect())
}

/// Takes `key_check` for the key in use in place of the first of `kept`.
pub(crate) async fn begin(tx: &mut Tx<'_>, key_check: &str, kept: &[Kept]) -> Result<(), Fault> {
    let now = tx.now();
    let before = super::key_check::replace(tx, key_check).await?;
    let Some((former, earlier)) = kept.split_first().filter(|(former, _)| before.as_ref() == Some(&former.key_check))
    else {
        return Err(Fault::conflict(KEY_NOT_IN_USE));
    };
    let (known,): (i64,) = tx
        .query(sql!("select count(*) from former_keys where key_check in ($1, $2) or ended_at is null"))
        .bind(key_check)
        .bind(former.key_check.as_str())
        .one()
        .await?;
    if known > 0 {
        return Err(Fault::conflict(KEY_NOT_IN_USE));
    }
    tx.query(sql!("insert into former_keys (key_check, began_at, lookup) values ($1, $2, $3)"))
        .bind(former.key_check.as_str())
        .bind(now)
        .bind(former.lookup.as_slice())
        .run()
        .await?;
    for kept in earlier {
        tx.query(sql!("update former_keys set lookup = $2 where key_check = $1"))
            .bind(kept.key_check.as_str())
            .bind(kept.lookup.as_slice())
            .run()
            .await?;
    }
    tx.note("key_check", before, key_check);
    Ok(())
}

/// Writes down that nothing is under the former key any more, and says whether one was being rotated.
pub(crate) async fn end(tx: &mut Tx<'_>) -> sqlx::Result<bool> {
    let now = tx.now();
    let ended = tx.query(sql!("update former_keys set ended_at = $1 where ended_at is null")).bind(now).run().await?;
    Ok(ended > 0)
}

/// How this recovery code of a person is stored: under the key in use or a former one. Where it is not, as it would be.
pub(crate) async fn recovery_hash(
    reader: &Reader,
    key: &SecretKey,
    staff: StaffId,
    typed: &str,
) -> sqlx::Result<[u8; 32]> {
    let own = code::recovery_hash(key, staff, typed);
    let former = key.former().map(|key| code::recovery_hash(&key, staff, typed));
    let kept = all(reader, key).await?;
    let kept = kept.iter().map(|(_, lookup)| hmac_sha256(lookup, code::recovery_text(staff, typed).as_bytes()));
    for hash in std::iter::once(own).chain(former).chain(kept) {
        let stored: Option<(StaffId,)> = reader
            .query(sql!("select staff_id from recovery_codes where hash = $1 and staff_id = $2"))
            .bind(&hash[..])
            .bind(staff)
            .optional()
            .await?;
        if stored.is_some() {
            return Ok(hash);
        }
    }
    Ok(own)
}
