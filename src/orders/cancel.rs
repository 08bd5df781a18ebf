//! Cancelling an order that has not been shipped: everything that was paid for it is refunded.

use super::{
    OrderDetail, Plan, State,
    booking::{Grounds, book, lock_customer},
    contact_of, detail,
    effect::Effect,
    event, lock_version, target,
};
use crate::{
    gate::{Admits, Change, Fault, Role, Target, Tx},
    id::{OrderId, RefundId},
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
    /// A parcel of the order has left already.
    ORDER_LEFT = "order-left";
}

crate::gate::topics! {
    /// An order was cancelled.
    ORDERS_CANCELLED = "orders.cancelled";
}

/// Cancels an order and, in the same transaction, reserves the refund of what was captured and gives the points back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CancelOrder {
    pub order: OrderId,
    /// One of [`REASON_KINDS`].
    pub reason_kind: String,
}

/// Why orders are cancelled, as posted in `reason_kind`; their names are under `cancel-kind.`
pub(crate) const REASON_KINDS: [&str; 6] =
    ["customer_request", "out_of_stock", "payment_problem", "suspected_fraud", "duplicate", "other"];

/// The outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    /// The refund, where there was anything to refund.
    pub refund: Option<RefundId>,
}

impl Change for CancelOrder {
    const KIND: &'static str = "orders.cancel";
    const ADMITS: Admits = Admits::sealed(&[Role::Operator]);
    const MAY_CLOSE: bool = true;
    const QUANTITIES: &'static [&'static str] = &["amount", "points_returned"];
    const CREATED_IDS: &'static [&'static str] = &["refund"];
    type Output = Cancelled;

    fn target(&self) -> Target {
        target(self.order)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        lock_version(tx, self.order).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        cancellable(&detail(tx, self.order).await?)
    }

    async fn contact(&self, tx: &mut Tx<'_>) -> Result<Option<String>, Fault> {
        contact_of(tx, self.order).await
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<Cancelled, Fault> {
        let detail = lock_customer(tx, self.order).await?;
        let plan = detail.plan_cancelling()?;
        let now = tx.now();
        tx.query(sql!("update orders set state = 'cancelled', cancelled_at = $2, version = version + 1 where id = $1"))
            .bind(self.order)
            .bind(now)
            .run()
            .await?;
        tx.note("state", detail.order.state.as_str(), State::Cancelled.as_str());
        tx.note("reason_kind", None::<i64>, self.reason_kind.as_str());
        event::append(tx, self.order, "cancelled", None, None).await?;
        tx.emit(ORDERS_CANCELLED, serde_json::json!({ "order": self.order, "reason_kind": self.reason_kind }));
        // What was placed and never paid has nothing to refund, and its goods are not refunded.
        let refund = if plan.amount == 0 && plan.points_returned == 0 && plan.points_claimed == 0 {
            None
        } else {
            let grounds = Grounds { reason_kind: &self.reason_kind, override_reason: None, retry_of: None };
            Some(book(tx, &detail, &plan, grounds).await?)
        };
        Ok(Cancelled { refund })
    }
}

/// Whether the order can be cancelled as it is now.
fn cancellable(detail: &OrderDetail) -> Result<(), Fault> {
    if !detail.order.state.may_be_cancelled() {
        return Err(Fault::conflict(ORDER_LEFT).with("state", detail.order.state));
    }
    detail.plan_cancelling().map(drop)
}

/// The form.
pub(crate) struct CancelPanel {
    /// Everything that is refunded.
    pub(crate) plan: Plan,
    /// As typed.
    pub(crate) reason_kind: String,
}

impl Panel for CancelPanel {
    type On = OrderDetail;
    type Part = ();
    type Asks = CancelOrder;
    const NAME: &'static str = "cancel";
    const ROUTE: &'static str = "/orders/{id}/cancellation";
    const FIELDS: &'static [&'static str] = &["reason_kind"];

    fn button(desk: &Desk, _: &OrderDetail) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "ban", label: desk.words().get("cancel.title").to_owned() })
    }

    async fn obstacle(desk: &Desk, on: &OrderDetail) -> Result<Option<String>, PageError> {
        Ok(why_closed(on).map(|why| desk.words().get(why).to_owned()))
    }

    async fn open(_: &Desk, on: &OrderDetail, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(Opened::Form(Self {
            plan: on.plan_cancelling().unwrap_or_default(),
            reason_kind: opening.form().map_or("", reason_kind).to_owned(),
        }))
    }

    async fn read(_: &Desk, on: &OrderDetail, (): &(), form: &Form) -> Result<CancelOrder, Unread> {
        let reason_kind = reason_kind(form);
        if !REASON_KINDS.contains(&reason_kind) {
            return Err(FieldErrors::one("reason_kind", wrong::not_a_choice()).into());
        }
        Ok(CancelOrder { order: on.order.id, reason_kind: reason_kind.to_owned() })
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        let foreseen = &seal.foreseen;
        let effect = Effect { shell, on, plan: &self.plan, kind: Self::KIND, is_whole: true, foreseen };
        let seal = &effect.sealed(seal);
        CancelForm { shell, on, panel: self, effect, seal }.render()
    }
}

/// Why the order cannot be cancelled: the key of a sentence.
fn why_closed(on: &OrderDetail) -> Option<&'static str> {
    cancellable(on).err()?;
    Some(match on.order.state {
        State::Cancelled => "cancel.already",
        state if !state.may_be_cancelled() => "cancel.left",
        _ => "cancel.too-many-points",
    })
}

/// The kind of reason. A form without the field has given its reason in words alone.
fn reason_kind(form: &Form) -> &str {
    form.or("reason_kind", "other")
}

#[derive(Template)]
#[template(path = "orders/cancel.html")]
struct CancelForm<'a> {
    shell: &'a Shell,
    on: &'a OrderDetail,
    panel: &'a CancelPanel,
    effect: Effect<'a>,
    seal: &'a SealForm,
}

impl CancelForm<'_> {
    fn button(&self) -> String {
        match self.panel.plan.amount {
            0 if self.panel.plan.points_returned > 0 => {
                self.shell.with("cancel.go-points", &[("n", &self.shell.group(&self.panel.plan.points_returned))])
            }
            0 => self.shell.t("cancel.go").to_owned(),
            amount => self.shell.with("cancel.go-refund", &[("amount", &self.on.shown(&amount))]),
        }
    }
}
