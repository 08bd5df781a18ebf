//! Moving an order on its way: prepared, shipped, delivered, and undoing a wrong "delivered".

use super::{
    OrderDetail, State,
    carrier::{self, CARRIERS},
    contact_of, detail, event, lock_version, target,
};
use crate::{
    gate::{Admits, Change, Fault, Role, Target, Tx},
    id::OrderId,
    orders::ORDER_REFUNDED,
    sql,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The order is in a state in which this cannot be done.
    ORDER_STATE = "order-state";
    /// The text is no tracking number of this carrier.
    TRACKING_NUMBER = "tracking-number";
    /// The parcel has this tracking number already.
    TRACKING_SAME = "tracking-same";
}

crate::gate::topics! {
    /// The carrier or the tracking number of a parcel was changed.
    ORDERS_SHIPPING_CHANGED = "orders.shipping-changed";
}

/// Gives an order its next state. Who carries it is said when it goes out, or corrected while it is on its way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ShipOrder {
    pub order: OrderId,
    pub state: State,
    pub parcel: Option<Parcel>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// The code of a carrier, such as `hanjin`.
    pub carrier: String,
    pub tracking_number: String,
}

impl Change for ShipOrder {
    const KIND: &'static str = "orders.ship";
    const ADMITS: Admits = Admits::sealed(&[Role::Operator]);
    const MAY_CLOSE: bool = true;
    type Output = ();

    fn target(&self) -> Target {
        target(self.order)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        lock_version(tx, self.order).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let detail = detail(tx, self.order).await?;
        shippable(&detail)?;
        let now = detail.order.state;
        if !now.may_become(self.state) {
            return Err(Fault::conflict(ORDER_STATE).with("state", now));
        }
        if self.is_correction(&detail) && self.parcel == detail.parcel() {
            return Err(Fault::invalid("tracking_number", TRACKING_SAME));
        }
        let is_undone = now == State::Delivered;
        if self.state == State::Shipped && self.parcel.is_none() && !is_undone {
            return Err(Fault::invalid("tracking_number", TRACKING_NUMBER));
        }
        Ok(())
    }

    async fn contact(&self, tx: &mut Tx<'_>) -> Result<Option<String>, Fault> {
        contact_of(tx, self.order).await
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let detail = detail(tx, self.order).await?;
        let (now, order) = (tx.now(), &detail.order);
        let parcel = self.parcel.clone().filter(|_| self.state == State::Shipped).or_else(|| detail.parcel());
        tx.query(sql!(
            "update orders set state = $2, carrier = $3, tracking_number = $4,
                    preparing_at = case when $2 = 'preparing' then $5 else preparing_at end,
                    shipped_at = case when $2 = 'shipped' then coalesce(shipped_at, $5) else shipped_at end,
                    delivered_at = case when $2 = 'delivered' then $5 end,
                    version = version + 1
              where id = $1"
        ))
        .bind(self.order)
        .bind(self.state.as_str())
        .bind(parcel.as_ref().map(|parcel| parcel.carrier.as_str()))
        .bind(parcel.as_ref().map(|parcel| parcel.tracking_number.as_str()))
        .bind(now)
        .run()
        .await?;
        if order.state != self.state {
            tx.note("state", order.state.as_str(), self.state.as_str());
        }
        if let Some(parcel) = &parcel {
            note_new(tx, "carrier", order.carrier.as_ref(), &parcel.carrier);
            note_new(tx, "tracking_number", order.tracking_number.as_ref(), &parcel.tracking_number);
        }
        let kind = self.event(order.state);
        let text = parcel.filter(|_| self.state == State::Shipped);
        let text = text.map(|parcel| format!("{} {}", parcel.carrier, parcel.tracking_number));
        event::append(tx, self.order, kind, None, text.as_deref()).await?;
        tx.emit(ORDERS_SHIPPING_CHANGED, serde_json::json!({ "order": self.order, "state": self.state }));
        Ok(())
    }
}

/// Whether the order can go any further by hand.
fn shippable(detail: &OrderDetail) -> Result<(), Fault> {
    match detail.order.state {
        state if state.next().is_empty() => Err(Fault::conflict(ORDER_STATE).with("state", state)),
        State::Paid | State::Preparing if !detail.has_goods() => Err(Fault::conflict(ORDER_REFUNDED)),
        _ => Ok(()),
    }
}

/// Notes what was not so before.
fn note_new(tx: &mut Tx<'_>, field: &'static str, before: Option<&String>, now: &String) {
    if before != Some(now) {
        tx.note(field, before.cloned(), now.as_str());
    }
}

impl ShipOrder {
    fn is_correction(&self, detail: &OrderDetail) -> bool {
        (detail.order.state, self.state) == (State::Shipped, State::Shipped)
    }

    fn event(&self, before: State) -> &'static str {
        match (before, self.state) {
            (State::Delivered, _) => "delivery-undone",
            (State::Shipped, State::Shipped) => "tracking-corrected",
            (_, State::Delivered) => "delivered",
            (_, State::Preparing) => "preparing",
            _ => "shipped",
        }
    }
}

impl OrderDetail {
    /// The parcel, once the order is on its way.
    pub(crate) fn parcel(&self) -> Option<Parcel> {
        let (carrier, tracking_number) = (self.order.carrier.clone()?, self.order.tracking_number.clone()?);
        Some(Parcel { carrier, tracking_number })
    }
}

/// The form, as typed.
pub(crate) struct ShippingPanel {
    pub(crate) state: String,
    pub(crate) carrier: String,
    pub(crate) tracking_number: String,
}

impl Panel for ShippingPanel {
    type On = OrderDetail;
    type Part = ();
    type Asks = ShipOrder;
    const NAME: &'static str = "shipping";
    const ROUTE: &'static str = "/orders/{id}/shipping";
    const FIELDS: &'static [&'static str] = &["state", "carrier", "tracking_number"];

    fn button(desk: &Desk, _: &OrderDetail) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "truck", label: desk.words().get("shipping.title").to_owned() })
    }

    async fn obstacle(desk: &Desk, on: &OrderDetail) -> Result<Option<String>, PageError> {
        Ok(why_closed(on).map(|why| desk.words().get(why).to_owned()))
    }

    async fn open(_: &Desk, on: &OrderDetail, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let next = on.order.state.next().first().map_or("", |next| next.as_str());
        Ok(Opened::Form(Self {
            state: opening.typed("state", next),
            carrier: opening.typed("carrier", on.order.carrier.as_deref().unwrap_or_default()),
            tracking_number: opening.typed("tracking_number", on.order.tracking_number.as_deref().unwrap_or_default()),
        }))
    }

    async fn read(_: &Desk, on: &OrderDetail, (): &(), form: &Form) -> Result<ShipOrder, Unread> {
        Ok(read(on.order.id, form)?)
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        ShippingForm { shell, state: on.order.state, panel: self, seal }.render()
    }
}

/// Why there is nothing to ship: the key of a sentence.
fn why_closed(on: &OrderDetail) -> Option<&'static str> {
    shippable(on).err()?;
    Some(match on.order.state {
        State::Placed => "shipping.unpaid",
        State::Cancelled => "shipping.cancelled",
        _ => "shipping.no-goods",
    })
}

fn read(order: OrderId, form: &Form) -> Result<ShipOrder, FieldErrors> {
    let mut errors = FieldErrors::new();
    let state = form.get("state").parse().map_err(|_| errors.add("state", wrong::not_a_choice())).ok();
    // Only what goes out has a parcel. Undoing "delivered" posts the one it has, or none.
    let is_asked =
        state == Some(State::Shipped) && !(form.get("carrier").is_empty() && form.get("tracking_number").is_empty());
    let mut parcel = None;
    if is_asked {
        match carrier::find(form.get("carrier")) {
            None => errors.add("carrier", wrong::not_a_choice()),
            Some(carrier) => match carrier.tracking_number(form.get("tracking_number")) {
                None => errors.add("tracking_number", wrong::refused(TRACKING_NUMBER)),
                Some(tracking_number) => parcel = Some(Parcel { carrier: carrier.code.to_owned(), tracking_number }),
            },
        }
    }
    match state {
        Some(state) if errors.is_empty() => Ok(ShipOrder { order, state, parcel }),
        _ => Err(errors),
    }
}

#[derive(Template)]
#[template(path = "orders/shipping.html")]
struct ShippingForm<'a> {
    shell: &'a Shell,
    /// The state of the order.
    state: State,
    panel: &'a ShippingPanel,
    seal: &'a SealForm,
}

impl ShippingForm<'_> {
    /// What the one thing to do is called, or where there are several, only that something is done.
    fn button(&self) -> &str {
        match self.choices().as_slice() {
            [(_, only)] => only,
            _ => self.shell.t("shipping.title"),
        }
    }

    /// The states that the order may be given by hand, and what giving it each of them is called.
    fn choices(&self) -> Vec<(State, &str)> {
        let label = |next| match (self.state, next) {
            (State::Delivered, _) => "shipping.undo",
            (State::Shipped, State::Shipped) => "shipping.correct",
            (_, State::Preparing) => "shipping.prepare",
            (_, State::Delivered) => "shipping.deliver",
            _ => "shipping.ship",
        };
        self.state.next().iter().map(|next| (*next, self.shell.t(label(*next)))).collect()
    }

    /// The codes of all carriers.
    fn carriers() -> [&'static str; CARRIERS.len()] {
        CARRIERS.map(|carrier| carrier.code)
    }
}
