//! Closing the console to a network.

use super::{
    change::find,
    list::Networks,
    open::{self, Network},
    rules, target,
};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    id::NetworkId,
    networks::{NETWORK_YOURS, NETWORKS_CHANGED},
    sql,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Opened, Opening, Panel, Unread, View},
        shell::{Shell, seal::SealForm},
    },
};
use askama::Template;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// Takes a network off the list. The next request from there is refused, by every process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RemoveNetwork {
    pub id: NetworkId,
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
        self.validate(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let row = self.validate(tx).await?;
        tx.query(sql!("delete from networks where id = $1")).bind(self.id).run().await?;
        tx.note("net", row.net.to_string(), None::<&str>);
        if !row.note.is_empty() {
            tx.note("note", row.note, None::<&str>);
        }
        if let Some(at) = row.expires_at {
            tx.note("expires_at", at.to_string(), None::<&str>);
        }
        tx.emit(NETWORKS_CHANGED, serde_json::json!({ "network": row.net.to_string(), "what": "removed" }));
        Ok(())
    }
}

impl RemoveNetwork {
    /// The row as it is, where nothing speaks against removing it.
    async fn validate(&self, tx: &mut Tx<'_>) -> Result<Network, Fault> {
        let rows = open::lock(tx).await?;
        let row = find(&rows, self.id, self.net)?.clone();
        let after: Vec<_> = rows.iter().filter(|row| row.id != self.id).cloned().collect();
        if rules::shuts_out(tx, &rows, &after) { Err(Fault::conflict(NETWORK_YOURS)) } else { Ok(row) }
    }
}

/// The form. It shows the row that goes.
pub(crate) struct RemovePanel(pub(crate) Network);

impl Panel for RemovePanel {
    type On = Networks;
    type Part = NetworkId;
    type Asks = RemoveNetwork;
    const NAME: &'static str = "remove";
    const ROUTE: &'static str = "/networks/{id}/removal";

    fn version(on: &Networks, id: &NetworkId) -> Option<i64> {
        on.row(*id).map(|row| row.version)
    }

    async fn open(desk: &Desk, on: &Networks, id: &NetworkId, opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let closed = |key| Ok(Opened::Closed(desk.words().get(key).to_owned()));
        match on.row(*id) {
            None => closed("networks.gone"),
            Some(row) if opening.form().is_none() && shuts_out(desk, on, row) => closed("refused-state.network-yours"),
            Some(row) => Ok(Opened::Form(Self(row.clone()))),
        }
    }

    async fn read(_: &Desk, on: &Networks, id: &NetworkId, _: &Form) -> Result<RemoveNetwork, Unread> {
        let row = on.row(*id).ok_or(Unread::Gone)?;
        Ok(RemoveNetwork { id: row.id, net: row.net })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        RemoveForm { shell, row: &self.0, seal }.render()
    }
}

/// Whether the reader could no longer come in without this row, or not as long.
pub(super) fn shuts_out(desk: &Desk, on: &Networks, without: &Network) -> bool {
    let environment = desk.console().gate.networks();
    let until = |ip, rows| rules::open_until(ip, environment, rows, desk.now());
    let others: Vec<_> = on.rows.iter().filter(|row| row.id != without.id).cloned().collect();
    on.address.is_some_and(|ip| until(ip, &others) < until(ip, &on.rows))
}

#[derive(Template)]
#[template(path = "networks/remove.html")]
struct RemoveForm<'a> {
    shell: &'a Shell,
    row: &'a Network,
    seal: &'a SealForm,
}
