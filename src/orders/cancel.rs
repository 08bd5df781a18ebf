//! Cancelling an order that has not left the house: everything that was paid for it goes back.

use super::{
    State,
    booking::{Grounds, book, lock_customer},
    contact_of, detail, event, lock_version,
    pages::{CancelPanel, Panel},
    show, target,
};
use crate::{
    gate::{Admits, Change, Fault, Role, Target, Tx},
    sql,
    web::{
        Answer, Desk,
        desk::seal_of,
        form::Form,
        refused::{self, Refused},
        shell::{
            field::{FieldErrors, wrong},
            seal::Seal as Shape,
        },
    },
};
use actix_web::web;
use serde::{Deserialize, Serialize};

/// Cancels an order and, in the same transaction, reserves the refund of what was captured and gives the points back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CancelOrder {
    pub order: i64,
    /// One of [`REASON_KINDS`].
    pub reason_kind: String,
}

/// Why orders are cancelled, as posted in `reason_kind`; their names stand under `cancel-kind.`
pub const REASON_KINDS: [&str; 6] =
    ["customer_request", "out_of_stock", "payment_problem", "suspected_fraud", "duplicate", "other"];

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    /// The refund, where there was anything to give back.
    pub refund: Option<i64>,
}

impl Change for CancelOrder {
    const KIND: &'static str = "orders.cancel";
    const ADMITS: Admits = Admits::sealed(&[Role::Operator]);
    const QUANTITIES: &'static [&'static str] = &["amount", "points_returned"];
    const MAKES: &'static [&'static str] = &["refund"];
    type Output = Cancelled;

    fn target(&self) -> Target {
        target(self.order)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        lock_version(tx, self.order).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let detail = detail(tx, self.order).await?;
        if !detail.order.state.may_be_cancelled() {
            return Err(Fault::conflict("order-left").with("state", detail.order.state));
        }
        detail.plan_cancelling().map(drop)
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
        tx.emit("orders.cancelled", serde_json::json!({ "order": self.order, "reason_kind": self.reason_kind }));
        // What was placed and never paid has nothing to give back, and its goods are not refunded.
        let refund = if plan.amount == 0 && plan.points_returned == 0 && plan.points_claimed == 0 {
            None
        } else {
            let grounds = Grounds { reason_kind: &self.reason_kind, override_reason: None, retry_of: None };
            Some(book(tx, &detail, &plan, grounds).await?)
        };
        Ok(Cancelled { refund })
    }
}

/// `POST /orders/{id}/cancellation`
pub async fn cancel(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let order = path.into_inner();
    let form = desk.form(&body, &["reason_kind", "reason", "code", "key", "seen"]).await?;
    let reason_kind = form.or("reason_kind", "other");
    let mut errors = FieldErrors::new();
    if !REASON_KINDS.contains(&reason_kind) {
        errors.add("reason_kind", wrong::not_a_choice());
    }
    let reason = match refused::read_reason(&form) {
        Ok(reason) if errors.is_empty() => reason,
        reason => {
            errors.extend(reason.err().unwrap_or_default());
            return show_again(&desk, order, &form, errors.into()).await;
        }
    };
    let change = CancelOrder { order, reason_kind: reason_kind.to_owned() };
    match desk.submit(&change, &seal_of(&form, reason)?).await {
        Ok(sealed) => Ok(desk.see_sealed(&sealed, &format!("/orders/{order}"))),
        Err(refusal) => {
            let refused = refused::explain(&desk, refusal, &change.target()).await?;
            show_again(&desk, order, &form, refused).await
        }
    }
}

async fn show_again(desk: &Desk, order: i64, form: &Form, refused: Refused) -> Answer {
    let detail = show::detail(desk, order).await?;
    let (status, seal) = Shape::again(CancelOrder::KIND, form, detail.order.version, refused);
    let panel = CancelPanel {
        seal,
        plan: detail.plan_cancelling().unwrap_or_default(),
        reason_kind: form.or("reason_kind", "other").to_owned(),
        reason: form.get("reason").to_owned(),
    };
    show::page(desk, detail, Some(Panel::Cancel(panel)), None, status).await
}
