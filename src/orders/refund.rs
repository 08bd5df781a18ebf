//! Refunding an order, whole or in part.

mod form;

use super::{
    OrderDetail, Plan, State,
    booking::{Grounds, book, lock_customer},
    contact_of, detail,
    effect::{self, Effect},
    lock_version,
    plan::{Part, RefundSpec, Units},
    target,
};
use crate::{
    gate::{Admits, Change, Fault, Reason, Role, Target, Tx},
    id::{LineId, OrderId, PaymentId, RefundId},
    orders::ORDER_REFUNDED,
    web::{
        Desk, PageError,
        form::Form,
        number,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        refused::{field_errors, reason_error},
        shell::{
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use askama::Template as _;
use form::RefundForm;
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The order is not paid.
    ORDER_UNPAID = "order-unpaid";
    /// The amount differs from the calculated one, and no reason is given.
    OVERRIDE_REASON = "override-reason";
}

/// Gives money back for lines, shipping, or an amount of its own, and with it points in proportion.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefundOrder {
    pub order: OrderId,
    #[serde(rename = "wanted")]
    pub spec: RefundSpec,
    /// One of [`REASON_KINDS`].
    pub reason_kind: String,
    /// Why the money is not what lines and shipping come to.
    pub override_reason: Option<String>,
}

/// Why money is refunded, as posted in `reason_kind`; their names are under `refund-kind.`
pub(crate) const REASON_KINDS: [&str; 8] =
    ["returned", "damaged", "missing_item", "wrong_item", "late_delivery", "price_adjustment", "goodwill", "other"];

/// The refund that was booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booked {
    pub refund: RefundId,
}

impl Change for RefundOrder {
    const KIND: &'static str = "orders.refund";
    const ADMITS: Admits = Admits::sealed(&[Role::Operator]);
    const MAY_CLOSE: bool = true;
    const QUANTITIES: &'static [&'static str] = &["amount", "points_returned"];
    const CREATED_IDS: &'static [&'static str] = &["refund"];
    type Output = Booked;

    fn target(&self) -> Target {
        target(self.order)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        lock_version(tx, self.order).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let detail = detail(tx, self.order).await?;
        refundable(&detail)?;
        let plan = detail.plan(&self.spec)?;
        if plan.amount != plan.computed && self.override_reason.is_none() {
            return Err(Fault::invalid("override_reason", OVERRIDE_REASON));
        }
        Ok(())
    }

    async fn contact(&self, tx: &mut Tx<'_>) -> Result<Option<String>, Fault> {
        contact_of(tx, self.order).await
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<Booked, Fault> {
        let detail = lock_customer(tx, self.order).await?;
        let plan = detail.plan(&self.spec)?;
        let grounds = Grounds {
            reason_kind: &self.reason_kind,
            override_reason: self.override_reason.as_deref().filter(|_| plan.amount != plan.computed),
            retry_of: None,
        };
        Ok(Booked { refund: book(tx, &detail, &plan, grounds).await? })
    }
}

/// Whether anything was paid that could be refunded.
fn refundable(detail: &OrderDetail) -> Result<(), Fault> {
    match detail.order.state {
        State::Placed => Err(Fault::conflict(ORDER_UNPAID)),
        _ if !detail.can_be_refunded() => Err(Fault::conflict(ORDER_REFUNDED)),
        _ => Ok(()),
    }
}

/// The form, as typed; lines and payments by their numbers.
#[derive(Clone, Default)]
pub(crate) struct RefundPanel {
    pub(crate) units: Vec<(LineId, String)>,
    pub(crate) shipping: bool,
    pub(crate) amount: String,
    pub(crate) override_reason: String,
    pub(crate) split: Vec<(PaymentId, String)>,
    pub(crate) reason_kind: String,
    /// The refund, where it can be worked out.
    pub(crate) plan: Option<Plan>,
    /// Why it cannot be worked out for the order as it is now.
    pub(crate) errors: FieldErrors,
}

impl Panel for RefundPanel {
    type On = OrderDetail;
    type Part = ();
    type Asks = RefundOrder;
    const NAME: &'static str = "refund";
    const ROUTE: &'static str = "/orders/{id}/refunds";
    const FIELDS: &'static [&'static str] = &["shipping", "amount", "override_reason", "reason_kind"];
    const HAS_PREVIEW: bool = true;

    fn numbered_fields(on: &OrderDetail) -> Vec<String> {
        let lines = on.lines.iter().map(|line| units_field(line.n));
        lines.chain(on.payments.iter().map(|payment| payment_field(payment.id))).collect()
    }

    fn button(desk: &Desk, _: &OrderDetail) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "undo", label: desk.words().get("refund.title").to_owned() })
    }

    async fn obstacle(desk: &Desk, on: &OrderDetail) -> Result<Option<String>, PageError> {
        Ok(why_closed(on).map(|why| desk.words().get(why).to_owned()))
    }

    async fn open(_: &Desk, on: &OrderDetail, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(Opened::Form(opening.form().map_or_else(Self::default, |form| Self::typed(on, form))))
    }

    async fn read(_: &Desk, on: &OrderDetail, (): &(), form: &Form) -> Result<RefundOrder, Unread> {
        Ok(read(on, form)?)
    }

    fn seal(&self, _: &OrderDetail, mut seal: SealForm) -> SealForm {
        seal.errors.extend(self.errors.clone());
        seal
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        let foreseen = &seal.foreseen;
        let effect =
            self.plan.as_ref().map(|plan| Effect { shell, on, plan, kind: Self::KIND, is_whole: false, foreseen });
        let seal = &effect.as_ref().map_or_else(|| seal.clone(), |effect| effect.sealed(seal));
        RefundForm { shell, on, panel: self, effect, fine: effect::fine(shell, on), seal }.render()
    }
}

impl RefundPanel {
    /// The form as it was filled in, and what it comes to for the order as it is now.
    fn typed(on: &OrderDetail, form: &Form) -> Self {
        let spec = read(on, form).map(|change| change.spec).unwrap_or_default();
        let (plan, errors) = match on.plan(&spec) {
            Ok(plan) => (Some(plan), FieldErrors::new()),
            // What was possible when the page was opened may be too much now. Nothing chosen is nothing wrong.
            Err(Fault::Rejected(rejection)) if spec != RefundSpec::default() => (None, field_errors(&rejection)),
            Err(_) => (None, FieldErrors::new()),
        };
        let typed = |field: String| form.get(&field).to_owned();
        Self {
            units: on.lines.iter().map(|line| (line.n, typed(units_field(line.n)))).collect(),
            shipping: form.get("shipping") == "yes",
            amount: form.get("amount").to_owned(),
            override_reason: form.get("override_reason").to_owned(),
            split: on.payments.iter().map(|payment| (payment.id, typed(payment_field(payment.id)))).collect(),
            reason_kind: form.or("reason_kind", "other").to_owned(),
            plan,
            errors,
        }
    }
}

/// Why nothing can be refunded: the key of a sentence.
fn why_closed(on: &OrderDetail) -> Option<&'static str> {
    refundable(on).err()?;
    let is_unpaid = on.captured() == 0 && on.order.points_used == 0;
    Some(match on.order.state {
        _ if on.is_free() => "refund.free",
        State::Cancelled if is_unpaid => "refund.cancelled-unpaid",
        _ if is_unpaid => "refund.unpaid",
        State::Placed => "refund.unpaid",
        _ => "refund.all-refunded",
    })
}

fn units_field(n: LineId) -> String {
    format!("units-{n}")
}

fn payment_field(payment: PaymentId) -> String {
    format!("payment-{payment}")
}

/// The refund that the form asks for.
fn read(on: &OrderDetail, form: &Form) -> Result<RefundOrder, FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut spec = RefundSpec { shipping: form.get("shipping") == "yes", ..RefundSpec::default() };
    for line in &on.lines {
        match number::count(form.get(&units_field(line.n))) {
            Ok(0) => {}
            Ok(quantity) => spec.lines.push(Units { n: line.n, quantity }),
            Err(message) => errors.add("lines", message),
        }
    }
    let currency = on.order.currency;
    let mut money = |field: &'static str, text: &str| match text.trim() {
        "" => None,
        text => number::money(text, currency).map_err(|message| errors.add(field, message)).ok(),
    };
    spec.amount = money("amount", form.get("amount"));
    for payment in &on.payments {
        if let Some(amount) = money("split", form.get(&payment_field(payment.id))) {
            spec.split.push(Part { payment: payment.id, amount });
        }
    }
    if !matches!(form.get("shipping"), "" | "yes") {
        errors.add("shipping", wrong::not_a_choice());
    }
    let reason_kind = form.or("reason_kind", "other");
    if !REASON_KINDS.contains(&reason_kind) {
        errors.add("reason_kind", wrong::not_a_choice());
    }
    let override_reason = match form.trimmed("override_reason") {
        "" => None,
        text => Reason::parse(text).map_err(|error| errors.add("override_reason", reason_error(error))).ok(),
    };
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(RefundOrder {
        order: on.order.id,
        spec,
        reason_kind: reason_kind.to_owned(),
        override_reason: override_reason.map(|reason| reason.as_str().to_owned()),
    })
}
