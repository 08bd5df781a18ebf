//! Removing a way to be reached, with its address.

use super::{
    WAY,
    list::Ways,
    record::{self, Way},
};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    id::{StaffId, WayId},
    sql, staff,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Opened, Opening, Panel, Unread, View},
        shell::{Shell, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// Removes an address at which the person is reached. What waits for it is dropped.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RemoveWay {
    pub staff: StaffId,
    pub way: WayId,
}

impl Change for RemoveWay {
    const KIND: &'static str = "ways.remove";
    const ADMITS: Admits = Admits::own();
    const MAY_WAIT: bool = false;
    type Output = ();

    fn target(&self) -> Target {
        staff::target(self.staff)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.find(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let way = self.find(tx).await?;
        let now = tx.now();
        tx.query(sql!("update ways set removed_at = $2, address = null, hint = '', error = null where id = $1"))
            .bind(self.way)
            .bind(now)
            .run()
            .await?;
        tx.note("way_channel", way.channel.as_str(), None::<&str>);
        Ok(())
    }
}

impl RemoveWay {
    async fn find(&self, tx: &mut Tx<'_>) -> Result<Way, Fault> {
        record::lock(tx, self.staff, self.way).await?.ok_or_else(|| Fault::missing(WAY))
    }
}

/// The form.
pub(crate) struct RemovePanel(pub(crate) Way);

impl Panel for RemovePanel {
    type On = Ways;
    type Part = WayId;
    type Asks = RemoveWay;
    const NAME: &'static str = "remove";
    const ROUTE: &'static str = "/account/ways/{id}/removal";
    const KIND: &'static str = "";
    const CLOSED: &'static str = "remove-way";

    async fn open(desk: &Desk, on: &Ways, id: &WayId, _: Opening<'_>) -> Result<Opened<Self>, PageError> {
        match on.rows.iter().find(|way| way.id == *id) {
            Some(way) => Ok(Opened::Form(Self(way.clone()))),
            None => Ok(Opened::Closed(desk.words().get("refused-state.way").to_owned())),
        }
    }

    async fn read(desk: &Desk, _: &Ways, id: &WayId, _: &Form) -> Result<RemoveWay, Unread> {
        Ok(RemoveWay { staff: desk.person().id, way: *id })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        RemoveForm { shell, way: &self.0, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "ways/remove.html")]
struct RemoveForm<'a> {
    shell: &'a Shell,
    way: &'a Way,
    seal: &'a SealForm,
}
