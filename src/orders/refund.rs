//! Refunding an order, whole or in part.

use super::{
    OrderDetail, State,
    booking::{Grounds, book, lock_customer},
    contact_of, detail, lock_version,
    pages::{Panel, RefundForm, RefundPanel},
    plan::{Part, Units, Wanted},
    show, target,
};
use crate::{
    gate::{Admits, Change, Fault, Reason, Role, Target, Tx},
    web::{
        Answer, Desk, Stop,
        desk::seal_of,
        form::Form,
        number,
        refused::{self, Refused, reason_error},
        shell::{
            field::{FieldErrors, wrong},
            seal::Seal as Shape,
        },
    },
};
use actix_web::web;
use serde::{Deserialize, Serialize};

/// Gives money back for lines, shipping, or an amount of its own, and with it points in proportion.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefundOrder {
    pub order: i64,
    pub wanted: Wanted,
    /// One of [`REASON_KINDS`].
    pub reason_kind: String,
    /// Why the money is not what lines and shipping come to.
    pub override_reason: Option<String>,
}

/// Why money is given back, as posted in `reason_kind`; their names stand under `refund-kind.`
pub const REASON_KINDS: [&str; 8] =
    ["returned", "damaged", "missing_item", "wrong_item", "late_delivery", "price_adjustment", "goodwill", "other"];

/// The refund that was booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booked {
    pub refund: i64,
}

impl Change for RefundOrder {
    const KIND: &'static str = "orders.refund";
    const ADMITS: Admits = Admits::sealed(&[Role::Operator]);
    const QUANTITIES: &'static [&'static str] = &["amount", "points_returned"];
    const MAKES: &'static [&'static str] = &["refund"];
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
        let plan = detail.plan(&self.wanted)?;
        if plan.amount != plan.computed && self.override_reason.is_none() {
            return Err(Fault::invalid("override_reason", "override-reason"));
        }
        Ok(())
    }

    async fn contact(&self, tx: &mut Tx<'_>) -> Result<Option<String>, Fault> {
        contact_of(tx, self.order).await
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<Booked, Fault> {
        let detail = lock_customer(tx, self.order).await?;
        let plan = detail.plan(&self.wanted)?;
        let grounds = Grounds {
            reason_kind: &self.reason_kind,
            override_reason: self.override_reason.as_deref().filter(|_| plan.amount != plan.computed),
            retry_of: None,
        };
        Ok(Booked { refund: book(tx, &detail, &plan, grounds).await? })
    }
}

/// Whether anything was paid that could be given back.
pub(super) fn refundable(detail: &OrderDetail) -> Result<(), Fault> {
    match detail.order.state {
        State::Placed => Err(Fault::conflict("order-unpaid")),
        _ if !detail.can_be_refunded() => Err(Fault::conflict("order-refunded")),
        _ => Ok(()),
    }
}

/// `POST /orders/{id}/refunds`
pub async fn refund(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let detail = show::detail(&desk, path.into_inner()).await?;
    let form = read_fields(&desk, &detail, &body).await?;
    let (change, reason) = match (read(&detail, &form), refused::read_reason(&form)) {
        (Ok(change), Ok(reason)) => (change, reason),
        (change, reason) => {
            let mut errors = change.err().unwrap_or_default();
            errors.extend(reason.err().unwrap_or_default());
            return show_again(&desk, detail.order.id, &form, errors.into()).await;
        }
    };
    match desk.submit(&change, &seal_of(&form, reason)?).await {
        Ok(sealed) => Ok(desk.see_sealed(&sealed, &format!("/orders/{}", change.order))),
        Err(refusal) => {
            let refused = refused::explain(&desk, refusal, &change.target()).await?;
            show_again(&desk, change.order, &form, refused).await
        }
    }
}

/// `POST /orders/{id}/refunds/preview`: everything worked out that the form says so far. Changes nothing. A page that asks
/// while somebody is typing gets the panel alone, and never an error page.
pub async fn preview(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let detail = show::detail(&desk, path.into_inner()).await?;
    let form = read_fields(&desk, &detail, &body).await?;
    let errors = read(&detail, &form).err().unwrap_or_default();
    let (_, panel) = panel(&detail, &form, errors.into());
    let status = if panel.seal.errors.is_empty() { 200 } else { 422 };
    let panel = Panel::Refund(panel);
    if desk.visit().is_htmx {
        show::panel_alone(&desk, detail, panel).await
    } else {
        show::page(&desk, detail, Some(panel), None, status).await
    }
}

/// The form of this order: a field for each line and each payment.
async fn read_fields(desk: &Desk, detail: &OrderDetail, body: &[u8]) -> Result<Form, Stop> {
    let lines = detail.lines.iter().map(|line| units_field(line.n));
    let payments = detail.payments.iter().map(|payment| payment_field(payment.id));
    let numbered: Vec<String> = lines.chain(payments).collect();
    let mut fields = vec!["shipping", "amount", "override_reason", "reason_kind", "reason", "code", "key", "seen"];
    fields.extend(numbered.iter().map(String::as_str));
    desk.form(body, &fields).await
}

pub(super) fn units_field(n: i64) -> String {
    format!("units-{n}")
}

pub(super) fn payment_field(payment: i64) -> String {
    format!("payment-{payment}")
}

/// The refund that the form asks for.
fn read(detail: &OrderDetail, form: &Form) -> Result<RefundOrder, FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut wanted = Wanted { shipping: form.get("shipping") == "yes", ..Wanted::default() };
    for line in &detail.lines {
        match number::count(form.get(&units_field(line.n))) {
            Ok(0) => {}
            Ok(quantity) => wanted.lines.push(Units { n: line.n, quantity }),
            Err(message) => errors.add("lines", message),
        }
    }
    let currency = detail.order.currency;
    let mut money = |field: &'static str, text: &str| match text.trim() {
        "" => None,
        text => number::money(text, currency).map_err(|message| errors.add(field, message)).ok(),
    };
    wanted.amount = money("amount", form.get("amount"));
    for payment in &detail.payments {
        if let Some(amount) = money("split", form.get(&payment_field(payment.id))) {
            wanted.split.push(Part { payment: payment.id, amount });
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
        text => Reason::parse(text).map_err(|word| errors.add("override_reason", reason_error(word))).ok(),
    };
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(RefundOrder {
        order: detail.order.id,
        wanted,
        reason_kind: reason_kind.to_owned(),
        override_reason: override_reason.map(|reason| reason.as_str().to_owned()),
    })
}

/// The page with the form as it was typed, and what it comes to as things stand now.
async fn show_again(desk: &Desk, order: i64, form: &Form, refused: Refused) -> Answer {
    let detail = show::detail(desk, order).await?;
    let (status, panel) = panel(&detail, form, refused);
    show::page(desk, detail, Some(Panel::Refund(panel)), None, status).await
}

fn panel(detail: &OrderDetail, form: &Form, refused: Refused) -> (u16, RefundPanel) {
    let (status, mut seal) = Shape::again(RefundOrder::KIND, form, detail.order.version, refused);
    let wanted = read(detail, form).map(|change| change.wanted).unwrap_or_default();
    let plan = match detail.plan(&wanted) {
        Ok(plan) => Some(plan),
        // What was possible when the page was opened may be too much as things stand now. Nothing chosen is nothing wrong.
        Err(Fault::Rejected(rejection)) if wanted != Wanted::default() => {
            seal.errors.extend(refused::field_errors(&rejection));
            None
        }
        Err(_) => None,
    };
    let typed = |field: String| form.get(&field).to_owned();
    let form = RefundForm {
        units: detail.lines.iter().map(|line| (line.n, typed(units_field(line.n)))).collect(),
        shipping: form.get("shipping") == "yes",
        amount: form.get("amount").to_owned(),
        override_reason: form.get("override_reason").to_owned(),
        split: detail.payments.iter().map(|payment| (payment.id, typed(payment_field(payment.id)))).collect(),
        reason_kind: form.or("reason_kind", "other").to_owned(),
        reason: form.get("reason").to_owned(),
    };
    (status, RefundPanel { seal, form, plan })
}
