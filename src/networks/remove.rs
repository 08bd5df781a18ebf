//! Closing the console to a network.

use super::{
    change::find,
    open::{self, Network},
    rules, target,
};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    sql,
};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// Takes a network off the list. The next request from there is refused, by every process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RemoveNetwork {
    pub id: i64,
    /// The network that the row is about.
    pub net: IpNet,
}

impl Change for RemoveNetwork {
    const KIND: &'static str = "networks.remove";
    const ADMITS: Admits = Admits::owners();
    type Output = ();

    fn target(&self) -> Target {
        target(self.net)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        let rows = open::lock(tx).await?;
        Ok(Some(find(&rows, self.id, self.net)?.version))
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.judge(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let row = self.judge(tx).await?;
        tx.query(sql!("delete from networks where id = $1")).bind(self.id).run().await?;
        tx.note("net", row.net.to_string(), None::<&str>);
        if !row.note.is_empty() {
            tx.note("note", row.note, None::<&str>);
        }
        if let Some(at) = row.expires_at {
            tx.note("expires_at", at.to_string(), None::<&str>);
        }
        tx.emit("networks.changed", serde_json::json!({ "network": row.net.to_string(), "what": "removed" }));
        Ok(())
    }
}

impl RemoveNetwork {
    /// The row as it is, where nothing speaks against removing it.
    async fn judge(&self, tx: &mut Tx<'_>) -> Result<Network, Fault> {
        let rows = open::lock(tx).await?;
        let row = find(&rows, self.id, self.net)?.clone();
        let after: Vec<_> = rows.iter().filter(|row| row.id != self.id).cloned().collect();
        if rules::shuts_out(tx, &rows, &after) { Err(Fault::conflict("network-yours")) } else { Ok(row) }
    }
}
