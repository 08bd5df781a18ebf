//! Opening the console to a network.

use super::{
    fields::{self, EntryForm, Filled, Typed},
    list::Networks,
    open, rules, target,
};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    id::NetworkId,
    networks::NETWORKS_CHANGED,
    sql,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Button, Opened, Opening, Panel, Unread, View},
    },
};
use askama::Template as _;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// Puts a network on the list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AddNetwork {
    pub net: IpNet,
    pub note: String,
    /// In UTC; none where it is to stay.
    pub expires_at: Option<String>,
    /// Whether the person confirmed a network that is wide or overlaps another one.
    pub wide_confirmed: bool,
}

impl Change for AddNetwork {
    const KIND: &'static str = "networks.add";
    const ADMITS: Admits = Admits::owners();
    /// The id of its row.
    type Output = NetworkId;

    fn target(&self) -> Target {
        target(self.net)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let rows = open::lock(tx).await?;
        rules::check_note(&self.note)?;
        rules::read_expiry(self.expires_at.as_deref(), tx.now())?;
        rules::check_net(tx, &rows, None, self.net, self.wide_confirmed)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<NetworkId, Fault> {
        self.check(tx).await?;
        let (now, by) = (tx.now(), tx.by().to_owned());
        let expires_at = rules::read_expiry(self.expires_at.as_deref(), now)?;
        // SQLite gives the id of a row that is gone to the next one. Versions begin where the log ends, so that a form made
        // out for the one never fits the other.
        let (id,): (NetworkId,) = tx
            .query(sql!(
                "insert into networks (net, note, expires_at, added_at, added_by, version)
                   values ($1, $2, $3, $4, $5, (select size from audit_head where id = 1)) returning id"
            ))
            .bind(self.net.to_string())
            .bind(self.note.as_str())
            .bind(expires_at)
            .bind(now)
            .bind(by)
            .one()
            .await?;
        tx.note("net", None::<&str>, self.net.to_string());
        if !self.note.is_empty() {
            tx.note("note", None::<&str>, self.note.as_str());
        }
        if let Some(at) = expires_at {
            tx.note("expires_at", None::<&str>, at.to_string());
        }
        tx.emit(NETWORKS_CHANGED, serde_json::json!({ "network": self.net.to_string(), "what": "added" }));
        Ok(id)
    }
}

/// The form.
pub(crate) struct AddPanel(pub(crate) Typed);

impl Panel for AddPanel {
    type On = Networks;
    type Part = ();
    type Asks = AddNetwork;
    const NAME: &'static str = "add";
    const ROUTE: &'static str = "/networks";
    const FIELDS: &'static [&'static str] = fields::NAMES;

    fn button(desk: &Desk, _: &Networks) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "plus", label: desk.words().get("networks.add").to_owned() })
    }

    async fn open(desk: &Desk, on: &Networks, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let typed = opening.form().map(|form| Typed::again(desk, on, None, form));
        Ok(Opened::Form(Self(typed.unwrap_or_default())))
    }

    async fn read(desk: &Desk, _: &Networks, (): &(), form: &Form) -> Result<AddNetwork, Unread> {
        let Filled { net, note, expires_at, wide_confirmed } = fields::read(desk, None, form)?;
        Ok(AddNetwork { net, note, expires_at, wide_confirmed })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        EntryForm { shell, title: "networks.add", button: "networks.add-go", typed: &self.0, seal }.render()
    }
}
