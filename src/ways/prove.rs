//! Proving a way to be reached with the code that was sent over it.

use super::{
    WAY, WAY_CODE, WAY_OVER, WAY_PROVEN,
    list::Ways,
    record::{self, Way},
};
use crate::{
    gate::{Admits, Change, Fault, Refusal, Target, Tx},
    id::{StaffId, WayId},
    notify::way,
    secret::Purpose,
    sql, staff, text,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Opened, Opening, Panel, RowPart, Unread, View},
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// Proves that messages over a way reach the person, who has read the code in one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProveWay {
    pub staff: StaffId,
    pub way: WayId,
    /// A keyed hash of the code, so that the same form with another one is seen to be another change.
    pub told_apart_by: String,
    #[serde(skip)]
    pub is_right: bool,
}

impl Change for ProveWay {
    const KIND: &'static str = "ways.prove";
    const ADMITS: Admits = Admits::own();
    const MAY_WAIT: bool = false;
    type Output = ();

    fn target(&self) -> Target {
        staff::target(self.staff)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.validate(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let way = self.validate(tx).await?;
        let now = tx.now();
        tx.query(sql!("update ways set proven_at = $2 where id = $1")).bind(self.way).bind(now).run().await?;
        tx.note("way_channel", None::<&str>, way.channel.as_str());
        tx.note("way_proven", false, true);
        Ok(())
    }

    async fn count_refusal(&self, tx: &mut Tx<'_>, refusal: &Refusal) -> Result<(), Fault> {
        let is_guess = matches!(refusal, Refusal::Rejected(rejection) if rejection.word == WAY_CODE);
        if !is_guess {
            return Ok(());
        }
        tx.query(sql!("update ways set tries = tries + 1 where id = $1 and staff = $2"))
            .bind(self.way)
            .bind(self.staff)
            .run()
            .await?;
        Ok(())
    }
}

impl ProveWay {
    /// The way as it is, where it can be proven and the code is right.
    async fn validate(&self, tx: &mut Tx<'_>) -> Result<Way, Fault> {
        let now = tx.now();
        let way = record::lock(tx, self.staff, self.way).await?.ok_or_else(|| Fault::missing(WAY))?;
        match &way {
            way if way.failed_at.is_none() && way.proven_at.is_some() => Err(Fault::conflict(WAY_PROVEN)),
            way if !way.waits(now) => Err(Fault::conflict(WAY_OVER)),
            _ if !self.is_right => Err(Fault::invalid("way_code", WAY_CODE)),
            _ => Ok(way),
        }
    }
}

/// The form.
pub(crate) struct ProvePanel(pub(crate) Way);

impl RowPart for WayId {}

impl Panel for ProvePanel {
    type On = Ways;
    type Part = WayId;
    type Asks = ProveWay;
    const NAME: &'static str = "prove";
    const ROUTE: &'static str = "/account/ways/{id}/proof";
    const FIELDS: &'static [&'static str] = &["way_code"];
    const KIND: &'static str = "";
    const CLOSED: &'static str = "prove-way";

    async fn open(desk: &Desk, on: &Ways, id: &WayId, opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let closed = |key| Ok(Opened::Closed(desk.words().get(key).to_owned()));
        match on.rows.iter().find(|way| way.id == *id) {
            None => closed("refused-state.way"),
            Some(way) if way.waits(desk.now()) || opening.form().is_some() => Ok(Opened::Form(Self(way.clone()))),
            Some(way) if way.state(desk.now()) == "proven" => closed("refused-state.way-proven"),
            Some(_) => closed("refused-state.way-over"),
        }
    }

    async fn read(desk: &Desk, _: &Ways, id: &WayId, form: &Form) -> Result<ProveWay, Unread> {
        let typed = text::typed(form.get("way_code")).replace([' ', '-'], "");
        if typed.is_empty() {
            return Err(FieldErrors::one("way_code", wrong::required()).into());
        }
        let (key, staff) = (&desk.console().key, desk.person().id);
        let salt: Option<(String,)> = desk
            .reader()
            .query(sql!("select salt from ways where id = $1 and staff = $2"))
            .bind(*id)
            .bind(staff)
            .optional()
            .await?;
        let (salt,) = salt.ok_or(Unread::Gone)?;
        Ok(ProveWay {
            staff,
            way: *id,
            told_apart_by: hex::encode(key.mac(Purpose::Lookup, format!("way-code/{id}/{typed}").as_bytes())),
            is_right: way::codes(key, *id, &salt).any(|code| code == typed),
        })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        ProveForm { shell, way: &self.0, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "ways/prove.html")]
struct ProveForm<'a> {
    shell: &'a Shell,
    way: &'a Way,
    seal: &'a SealForm,
}
