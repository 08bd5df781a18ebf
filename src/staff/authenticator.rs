//! A person's authenticator and recovery codes at rest.

use super::account_state;
use crate::{
    clock::Instant,
    gate::{Fault, Tx, code, key_check},
    id::StaffId,
    secret::{SecretKey, fingerprint, random},
    sql,
    staff::STAFF_CREDENTIAL_CHANGED,
};
use serde::{Deserialize, Serialize};

/// The alphabet of recovery codes: base32 without letters that are taken for digits (Crockford).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODES: usize = 10;

/// Replaces the authenticator, if there is one. `spent` is the step of the code that proved it, which is used up.
pub(super) async fn replace(tx: &mut Tx<'_>, staff: StaffId, sealed: &[u8], spent: i64) -> Result<(), Fault> {
    key_check::hold(tx).await?;
    let now = tx.now();
    tx.query(sql!(
        "insert into authenticators (staff_id, secret, last_step, enrolled_at) values ($1, $2, $3, $4)
         on conflict (staff_id) do update
            set secret = excluded.secret, last_step = excluded.last_step, enrolled_at = excluded.enrolled_at,
                failures = 0, waits_until = null, locked = false"
    ))
    .bind(staff)
    .bind(sealed)
    .bind(spent)
    .bind(now)
    .run()
    .await?;
    tx.note("authenticator_sha256", None::<&str>, fingerprint(sealed));
    Ok(())
}

/// Replaces the authenticator of a person who works with the console already: what was requested about the former one does not
/// apply to this one, the log has when each was set up, and the person is told.
pub(super) async fn exchange(tx: &mut Tx<'_>, staff: StaffId, sealed: &[u8], spent: i64) -> Result<(), Fault> {
    let before: Option<(Instant,)> =
        tx.query(sql!("select enrolled_at from authenticators where staff_id = $1")).bind(staff).optional().await?;
    replace(tx, staff, sealed, spent).await?;
    account_state::bump(tx, staff).await?;
    let now = tx.now();
    tx.note("authenticator_at", before.map(|(at,)| at.to_string()), now.to_string());
    tx.emit(STAFF_CREDENTIAL_CHANGED, serde_json::json!({ "staff": staff, "credential": "authenticator" }));
    Ok(())
}

/// Ten fresh recovery codes and how they are stored. The codes themselves are shown once and kept nowhere.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RecoveryCodes {
    hashes: Vec<Vec<u8>>,
}

impl RecoveryCodes {
    /// 80 bits each, as `7G2K-M0QX-9TRA-B4CE`.
    pub fn generate(key: &SecretKey, staff: StaffId) -> (Vec<String>, Self) {
        let plain: Vec<String> = (0..CODES).map(|_| one()).collect();
        let hashes = plain.iter().map(|plain| code::recovery_hash(key, staff, plain).to_vec()).collect();
        (plain, Self { hashes })
    }

    /// Stores them in place of the old ones.
    pub(super) async fn store(&self, tx: &mut Tx<'_>, staff: StaffId) -> Result<(), Fault> {
        tx.query(sql!("delete from recovery_codes where staff_id = $1")).bind(staff).run().await?;
        for hash in &self.hashes {
            tx.query(sql!("insert into recovery_codes (hash, staff_id) values ($1, $2)"))
                .bind(hash.as_slice())
                .bind(staff)
                .run()
                .await?;
        }
        let mut hashes = self.hashes.clone();
        hashes.sort();
        tx.note("recovery_sha256", None::<&str>, fingerprint(&hashes.concat()));
        Ok(())
    }
}

fn one() -> String {
    let letters: Vec<u8> =
        random::<16>().iter().map(|byte| ALPHABET.get(usize::from(byte % 32)).copied().unwrap_or(b'0')).collect();
    letters.chunks(4).map(|four| String::from_utf8_lossy(four).into_owned()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::SecretKey;

    #[test]
    fn recovery_codes_are_ten_different_ones_and_read_without_care_for_case_and_dashes() {
        let key = SecretKey::new(random());
        let (plain, stored) = RecoveryCodes::generate(&key, StaffId::new(7));
        let mut different = plain.clone();
        different.sort();
        different.dedup();
        assert_eq!((plain.len(), different.len(), plain[0].len()), (10, 10, 19));
        let typed = plain[0].to_lowercase().replace('-', " ");
        assert_eq!(code::recovery_hash(&key, StaffId::new(7), &typed).to_vec(), stored.hashes[0]);
        assert_ne!(
            code::recovery_hash(&key, StaffId::new(8), &typed).to_vec(),
            stored.hashes[0],
            "a code belongs to one person"
        );
    }
}
