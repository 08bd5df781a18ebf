//! Adding a way to be reached, which sends the message that proves it.

use super::{
    LASTS, MOST, WAY_CHANNEL, WAYS_MANY,
    list::{Ways, has},
    record,
};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx, key_check},
    id::{StaffId, WayId},
    notify::{
        Facts, Message, Severity, What,
        deliver::{About, enqueue},
        health::{self, Health},
        personal::{AddressFault, AddressRule},
        way,
    },
    secret::{Purpose, salt},
    sql, staff,
    web::{
        Desk, PageError, PageResult,
        form::Form,
        panel::{Button, Made, Opened, Opening, Panel, Part as _, Subject as _, Unread, View},
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
        words,
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// Adds an address at which the person is reached once they have proven it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AddWay {
    pub staff: StaffId,
    pub channel: String,
    /// A keyed hash of the address, so that the same form with another one is seen to be another change.
    pub told_apart_by: String,
    /// The address, encrypted, and what its owner is shown of it.
    #[serde(skip)]
    pub address: Vec<u8>,
    #[serde(skip)]
    pub hint: String,
}

impl Change for AddWay {
    const KIND: &'static str = "ways.add";
    const ADMITS: Admits = Admits::own();
    /// The address is not written down with a request.
    const MAY_WAIT: bool = false;
    type Output = WayId;

    fn target(&self) -> Target {
        staff::target(self.staff)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let is_there = |channel: &Health| channel.name == self.channel && channel.is_personal();
        if !health::all(tx).await?.iter().any(is_there) {
            return Err(Fault::invalid("channel", WAY_CHANNEL));
        }
        if record::of(tx, self.staff).await?.len() >= MOST {
            return Err(Fault::conflict(WAYS_MANY));
        }
        Ok(())
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<WayId, Fault> {
        self.check(tx).await?;
        key_check::hold(tx).await?;
        let now = tx.now();
        let (id,): (WayId,) = tx
            .query(sql!(
                "insert into ways (staff, channel, address, hint, salt, made_at, code_until)
                 values ($1, $2, $3, $4, $5, $6, $7) returning id"
            ))
            .bind(self.staff)
            .bind(self.channel.as_str())
            .bind(self.address.as_slice())
            .bind(self.hint.as_str())
            .bind(salt())
            .bind(now)
            .bind(now.plus(LASTS))
            .one()
            .await?;
        let message = Message {
            what: What::Test,
            kind: way::PROOF.to_owned(),
            severity: Severity::Warning,
            key: format!("ingam:way:{id}"),
            title: self.channel.clone(),
            since: now,
            at: now,
            n: 1,
            path: Ways::PAGE.to_owned(),
            facts: Facts::default(),
        };
        enqueue(tx, &way::recipient(self.channel.clone(), id), About::Channel, &message).await?;
        tx.note("way_channel", None::<&str>, self.channel.as_str());
        Ok(id)
    }
}

/// The form.
pub(crate) struct AddPanel {
    /// As chosen and as typed.
    pub(crate) channel: String,
    pub(crate) address: String,
}

impl Panel for AddPanel {
    type On = Ways;
    type Part = ();
    type Asks = AddWay;
    const NAME: &'static str = "add";
    const ROUTE: &'static str = "/account/ways";
    const FIELDS: &'static [&'static str] = &["channel", "address"];
    const KIND: &'static str = "";
    const CLOSED: &'static str = "add-way";

    fn button(desk: &Desk, _: &Ways) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "plus", label: desk.words().get("ways.add").to_owned() })
    }

    async fn obstacle(desk: &Desk, on: &Ways) -> Result<Option<String>, PageError> {
        let why = match (on.channels.is_empty(), on.rows.len() >= MOST) {
            (true, _) => "ways.no-channels",
            (false, true) => "refused-state.ways-many",
            (false, false) => return Ok(None),
        };
        Ok(Some(desk.words().get(why).to_owned()))
    }

    async fn open(desk: &Desk, on: &Ways, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        if let (Some(why), None) = (Self::obstacle(desk, on).await?, opening.form()) {
            return Ok(Opened::Closed(why));
        }
        let only = match on.channels.as_slice() {
            [only] => only.name.as_str(),
            _ => "",
        };
        Ok(Opened::Form(Self { channel: opening.typed("channel", only), address: opening.typed("address", "") }))
    }

    async fn read(desk: &Desk, on: &Ways, (): &(), form: &Form) -> Result<AddWay, Unread> {
        let (chosen, typed) = (form.trimmed("channel"), form.trimmed("address"));
        let mut errors = FieldErrors::new();
        let rule = on.channels.iter().find(|channel| channel.name == chosen).and_then(Health::rule);
        if rule.is_none() {
            errors.add("channel", if chosen.is_empty() { wrong::required() } else { wrong::not_a_choice() });
        }
        if typed.is_empty() {
            errors.add("address", wrong::required());
        }
        let address = rule.as_ref().filter(|_| !typed.is_empty()).and_then(|rule| match rule.address(typed) {
            Ok(address) => Some((rule, address)),
            Err(fault) => {
                errors.add("address", said(fault, rule));
                None
            }
        });
        let Some((rule, address)) = address.filter(|_| errors.is_empty()) else { return Err(errors.into()) };
        let (key, staff) = (&desk.console().key, desk.person().id);
        if has(desk.reader(), key, staff, chosen, &address).await? {
            return Err(FieldErrors::one("address", words::Message::new("field-error.way-twice")).into());
        }
        let told_apart_by = hex::encode(key.mac(Purpose::Lookup, format!("way/{staff}/{address}").as_bytes()));
        Ok(AddWay {
            staff,
            channel: chosen.to_owned(),
            told_apart_by,
            address: way::seal(key, staff, &address),
            hint: rule.hint(&address),
        })
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        AddForm { shell, on, panel: self, seal }.render()
    }

    /// The form for the code, which is on its way.
    async fn answer(desk: &Desk, _: &Ways, made: Made<AddWay>) -> PageResult {
        let opened = made.outputs.first().map(|way| way.open_name(super::prove::ProvePanel::NAME));
        Ok(desk.see_other(&format!("{}?panel={}", Ways::PAGE, opened.unwrap_or_default())))
    }
}

/// What is wrong with an address, in words.
fn said(fault: AddressFault, rule: &AddressRule) -> words::Message {
    match fault {
        AddressFault::Form => words::Message::new("field-error.way-address"),
        AddressFault::Host => words::Message::new("field-error.way-host").arg("hosts", rule.hosts()),
    }
}

#[derive(Template)]
#[template(path = "ways/add.html")]
struct AddForm<'a> {
    shell: &'a Shell,
    on: &'a Ways,
    panel: &'a AddPanel,
    seal: &'a SealForm,
}
