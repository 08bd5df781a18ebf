//! A new secret key in place of one that was lost.

use crate::{
    gate::{Admits, Change, Fault, Target, Tx, key_check},
    secret::SecretKey,
    sql,
    staff::STAFF_CREDENTIAL_CHANGED,
};
use serde::{Deserialize, Serialize};

/// Takes the key that the console starts with as the database's key. What the lost one protected cannot be read any more:
/// authenticators and recovery codes are removed, and every session ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReplaceKey {
    key_check: String,
}

impl ReplaceKey {
    pub fn new(key: &SecretKey) -> Self {
        Self { key_check: key_check::value(key) }
    }
}

impl Change for ReplaceKey {
    const KIND: &'static str = "installation.key";
    const ADMITS: Admits = Admits::host_only();
    type Output = ();

    fn target(&self) -> Target {
        Target::new("installation", 1)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let before = key_check::replace(tx, &self.key_check).await?;
        let people = tx.query(sql!("delete from authenticators")).run().await?;
        let sessions = tx.query(sql!("delete from sessions")).run().await?;
        tx.query(sql!("delete from recovery_codes")).run().await?;
        tx.query(sql!("update staff set version = version + 1")).run().await?;
        tx.note("key_check", before, self.key_check.as_str());
        tx.note("authenticators_removed", None::<i64>, i64::try_from(people).unwrap_or(i64::MAX));
        tx.note("sessions_ended", None::<i64>, i64::try_from(sessions).unwrap_or(i64::MAX));
        tx.emit(STAFF_CREDENTIAL_CHANGED, serde_json::json!({ "staff": null, "credential": "key-replaced" }));
        Ok(())
    }
}
