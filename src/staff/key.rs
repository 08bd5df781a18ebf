//! A new secret key in place of one that was lost.

use crate::{
    gate::{Admits, Change, Fault, Target, Tx, former, key_check},
    secret::SecretKey,
    staff::STAFF_CREDENTIAL_CHANGED,
};
use serde::{Deserialize, Serialize};

/// Takes the key that the console starts with as the database's key. What the lost one protected cannot be read any more: each
/// person's second factor is reset afterwards, one by one, and no session's cookie is valid.
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
        // Where the former key was lost while it was rotated, nothing can be done about it any more.
        former::end(tx).await?;
        tx.note("key_check", before, self.key_check.as_str());
        tx.emit(STAFF_CREDENTIAL_CHANGED, serde_json::json!({ "staff": null, "credential": "key-replaced" }));
        Ok(())
    }
}
