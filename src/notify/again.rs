//! Sending a message again, telling after all what was dropped with its channel, and giving one up.

use super::{
    DELIVERY, DELIVERY_SETTLED, Message,
    deliver::{self, Recipient},
    list::{Deliveries, Delivery, State, find_one},
    target,
};
use crate::{
    gate::{Admits, Change, Fault, Role, Target, Tx},
    id::{AlertEventId, DeliveryId},
    sql,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Opened, Opening, Panel, Unread, View},
        shell::{Shell, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// Who mends what could not be told.
pub(crate) const MENDS: &[Role] = &[Role::Oncall, Role::Owner];

/// Sends a message that failed, was dropped or waits for its next attempt: at once, and for a whole day from now.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SendAgain {
    pub delivery: DeliveryId,
}

impl Change for SendAgain {
    const KIND: &'static str = "deliveries.send-again";
    const ADMITS: Admits = Admits::sealed(MENDS);
    type Output = ();

    fn target(&self) -> Target {
        target(self.delivery)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let delivery = lock(tx, self.delivery).await?;
        if delivery.can_be_sent_again() { Ok(()) } else { Err(Fault::conflict(DELIVERY_SETTLED)) }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let delivery = lock(tx, self.delivery).await?;
        let now = tx.now();
        // What the attempts so far have told stays in `attempts`, and the day begins again.
        tx.query(sql!("update deliveries set state = 'waiting', created_at = $2, next_at = $2 where id = $1"))
            .bind(self.delivery)
            .bind(now)
            .run()
            .await?;
        note(tx, &delivery, State::WAITING);
        Ok(())
    }
}

/// Whether a message of `deliveries d` was dropped because its channel was declared no more.
macro_rules! lost_its_channel {
    () => {
        "d.state = 'dropped' and coalesce(d.error, '') = 'channel-gone'"
    };
}
pub(crate) use lost_its_channel;

/// Tells what was dropped because the channel was declared no more: the same message, as it reads now, for a whole day from now.
/// Returns whether there was one.
pub(crate) async fn take_up(
    tx: &mut Tx<'_>,
    to: &Recipient,
    event: AlertEventId,
    message: &Message,
) -> sqlx::Result<bool> {
    let now = tx.now();
    let taken_up = tx
        .query(sql!(
            "update deliveries set state = 'waiting', error = null, message = $4, created_at = $5, next_at = $5
              where id in (select d.id from deliveries d where d.alert_event = $3 and d.channel = $1 and d.recipient = $2 and ",
            lost_its_channel!(),
            ")"
        ))
        .bind(to.channel.as_str())
        .bind(to.address.as_str())
        .bind(event)
        .bind(deliver::written(message)?)
        .bind(now)
        .run()
        .await?;
    Ok(taken_up > 0)
}

/// Gives up a message that waits: it is not tried any more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GiveUp {
    pub delivery: DeliveryId,
}

impl Change for GiveUp {
    const KIND: &'static str = "deliveries.give-up";
    const ADMITS: Admits = Admits::sealed(MENDS);
    type Output = ();

    fn target(&self) -> Target {
        target(self.delivery)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let delivery = lock(tx, self.delivery).await?;
        if delivery.can_be_given_up() { Ok(()) } else { Err(Fault::conflict(DELIVERY_SETTLED)) }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let delivery = lock(tx, self.delivery).await?;
        tx.query(sql!("update deliveries set state = 'dropped', error = 'given-up' where id = $1"))
            .bind(self.delivery)
            .run()
            .await?;
        note(tx, &delivery, "dropped");
        Ok(())
    }
}

fn note(tx: &mut Tx<'_>, delivery: &Delivery, state: &'static str) {
    tx.note("channel", None::<&str>, delivery.channel.as_str());
    tx.note("delivery_state", delivery.state.as_str(), state);
}

async fn lock(tx: &mut Tx<'_>, id: DeliveryId) -> Result<Delivery, Fault> {
    tx.query(sql!(
        sqlite: "select id from deliveries where id = $1",
        postgres: "select id from deliveries where id = $1 for update",
    ))
    .bind(id)
    .optional::<(DeliveryId,)>()
    .await?;
    find_one(tx, id).await?.ok_or_else(|| Fault::missing(DELIVERY))
}

/// The message of a panel, or why it has none.
async fn opened<P>(
    desk: &Desk,
    id: DeliveryId,
    opening: Opening<'_>,
    can: fn(&Delivery) -> bool,
    panel: fn(Delivery) -> P,
) -> Result<Opened<P>, PageError> {
    let closed = |key| Ok(Opened::Closed(desk.words().get(key).to_owned()));
    match find_one(&mut desk.reader(), id).await? {
        None => closed("deliveries.gone"),
        Some(delivery) if opening.form().is_none() && !can(&delivery) => closed("refused-state.delivery-settled"),
        Some(delivery) => Ok(Opened::Form(panel(delivery))),
    }
}

/// The form that sends one again.
pub(crate) struct AgainPanel(pub(crate) Delivery);

impl Panel for AgainPanel {
    type On = Deliveries;
    type Part = DeliveryId;
    type Asks = SendAgain;
    const NAME: &'static str = "again";
    const ROUTE: &'static str = "/deliveries/{id}/repetition";

    async fn open(
        desk: &Desk,
        _: &Deliveries,
        id: &DeliveryId,
        opening: Opening<'_>,
    ) -> Result<Opened<Self>, PageError> {
        opened(desk, *id, opening, Delivery::can_be_sent_again, Self).await
    }

    async fn read(_: &Desk, _: &Deliveries, id: &DeliveryId, _: &Form) -> Result<SendAgain, Unread> {
        Ok(SendAgain { delivery: *id })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        AgainForm { shell, delivery: &self.0, seal, is_again: true }.render()
    }
}

/// The form that gives one up.
pub(crate) struct GiveUpPanel(pub(crate) Delivery);

impl Panel for GiveUpPanel {
    type On = Deliveries;
    type Part = DeliveryId;
    type Asks = GiveUp;
    const NAME: &'static str = "give-up";
    const ROUTE: &'static str = "/deliveries/{id}/abandonment";

    async fn open(
        desk: &Desk,
        _: &Deliveries,
        id: &DeliveryId,
        opening: Opening<'_>,
    ) -> Result<Opened<Self>, PageError> {
        opened(desk, *id, opening, Delivery::can_be_given_up, Self).await
    }

    async fn read(_: &Desk, _: &Deliveries, id: &DeliveryId, _: &Form) -> Result<GiveUp, Unread> {
        Ok(GiveUp { delivery: *id })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        AgainForm { shell, delivery: &self.0, seal, is_again: false }.render()
    }
}

#[derive(Template)]
#[template(path = "notify/again.html")]
struct AgainForm<'a> {
    shell: &'a Shell,
    delivery: &'a Delivery,
    seal: &'a SealForm,
    is_again: bool,
}

impl AgainForm<'_> {
    fn word(&self, name: &'static str) -> &str {
        self.shell.name(if self.is_again { "send-again" } else { "give-up" }, name)
    }
}
