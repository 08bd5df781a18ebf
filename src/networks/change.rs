//! Changing a network on the list: itself, what is said about it, and when it is closed again.

use super::{
    fields::{self, EntryForm, Filled, Typed},
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
    },
};
use askama::Template as _;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The network is not on the list any more.
    NETWORK_GONE = "network-gone";
    /// The entry is for another network now.
    NETWORK_OTHER = "network-other";
    /// The form changes nothing.
    NETWORK_UNCHANGED = "network-unchanged";
}

/// Changes a row of the list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChangeNetwork {
    pub id: NetworkId,
    /// The network that the row is about now.
    pub was: IpNet,
    pub net: IpNet,
    pub note: String,
    /// In UTC; none where it is to stay.
    pub expires_at: Option<String>,
    /// Whether the person confirmed a network that is wide or overlaps another one.
    pub wide_confirmed: bool,
}

impl Change for ChangeNetwork {
    const KIND: &'static str = "networks.change";
    const ADMITS: Admits = Admits::owners();
    type Output = ();

    fn target(&self) -> Target {
        target(self.was)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        let rows = open::lock(tx).await?;
        Ok(Some(find(&rows, self.id, self.was)?.version))
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.validate(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (before, after) = self.validate(tx).await?;
        tx.query(sql!("update networks set net = $2, note = $3, expires_at = $4, version = version + 1 where id = $1"))
            .bind(self.id)
            .bind(after.net.to_string())
            .bind(after.note.as_str())
            .bind(after.expires_at)
            .run()
            .await?;
        if after.net != before.net {
            tx.note("net", before.net.to_string(), after.net.to_string());
        }
        if after.note != before.note {
            tx.note("note", before.note, after.note);
        }
        if after.expires_at != before.expires_at {
            let text = |row: Option<crate::clock::Instant>| row.map(|at| at.to_string());
            tx.note("expires_at", text(before.expires_at), text(after.expires_at));
        }
        let event =
            serde_json::json!({ "network": after.net.to_string(), "was": before.net.to_string(), "what": "changed" });
        tx.emit(NETWORKS_CHANGED, event);
        Ok(())
    }
}

impl ChangeNetwork {
    /// The row as it is and as it will be, where nothing speaks against it.
    async fn validate(&self, tx: &mut Tx<'_>) -> Result<(Network, Network), Fault> {
        let rows = open::lock(tx).await?;
        let before = find(&rows, self.id, self.was)?.clone();
        rules::check_note(&self.note)?;
        let expires_at = rules::read_expiry(self.expires_at.as_deref(), tx.now())?;
        // A person who corrects a note does not confirm the network again.
        rules::check_net(tx, &rows, Some(self.id), self.net, self.wide_confirmed || self.net == before.net)?;
        let after = Network { net: self.net, note: self.note.clone(), expires_at, ..before.clone() };
        if after == before {
            return Err(Fault::invalid("net", NETWORK_UNCHANGED));
        }
        let mut rows_after = rows.clone();
        rows_after.iter_mut().filter(|row| row.id == self.id).for_each(|row| row.clone_from(&after));
        if rules::shuts_out(tx, &rows, &rows_after) {
            let field = if after.net == before.net { "expires_at" } else { "net" };
            return Err(Fault::invalid(field, NETWORK_YOURS));
        }
        Ok((before, after))
    }
}

/// The row with this id, where it is still about this network.
pub(super) fn find(rows: &[Network], id: NetworkId, net: IpNet) -> Result<&Network, Fault> {
    let row = rows.iter().find(|row| row.id == id).ok_or_else(|| Fault::missing(NETWORK_GONE))?;
    if row.net == net { Ok(row) } else { Err(Fault::conflict(NETWORK_OTHER)) }
}

/// The form.
pub(crate) struct ChangePanel(pub(crate) Typed);

impl Panel for ChangePanel {
    type On = Networks;
    type Part = NetworkId;
    type Asks = ChangeNetwork;
    const NAME: &'static str = "change";
    const ROUTE: &'static str = "/networks/{id}";
    const FIELDS: &'static [&'static str] = fields::NAMES;

    fn version(on: &Networks, id: &NetworkId) -> Option<i64> {
        on.row(*id).map(|row| row.version)
    }

    async fn open(desk: &Desk, on: &Networks, id: &NetworkId, opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let Some(row) = on.row(*id) else {
            return Ok(Opened::Closed(desk.words().get("networks.gone").to_owned()));
        };
        Ok(Opened::Form(Self(match opening.form() {
            Some(form) => Typed::again(desk, on, Some(row), form),
            None => Typed::of(row, desk.zone()),
        })))
    }

    async fn read(desk: &Desk, on: &Networks, id: &NetworkId, form: &Form) -> Result<ChangeNetwork, Unread> {
        let row = on.row(*id).ok_or(Unread::Gone)?;
        let Filled { net, note, expires_at, wide_confirmed } = fields::read(desk, Some(row), form)?;
        Ok(ChangeNetwork { id: row.id, was: row.net, net, note, expires_at, wide_confirmed })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        EntryForm { shell, title: "networks.change-title", button: "networks.change-go", typed: &self.0, seal }.render()
    }
}
