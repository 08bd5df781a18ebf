//! What the payment provider answered: a change by the system, since it is the outcome of one that a person made.

use super::{
    booking::{Movement, hold_money, hold_units, lock_customer, move_points, note_moved},
    detail, event, lock_version, target,
};
use crate::{
    gate::{Admits, By, Change, Fault, Target, Tx},
    id::{LineId, OrderId, PaymentId, RefundId},
    sql,
};
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The refund is settled already.
    REFUND_SETTLED = "refund-settled";
}

crate::gate::topics! {
    /// The payment provider answered about a part of a refund.
    REFUNDS_SETTLED = "refunds.settled";
}

/// Settles the part of a refund that goes to one payment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SettleRefund {
    pub order: OrderId,
    pub refund: RefundId,
    pub payment: PaymentId,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Paid; what the provider calls it.
    Succeeded(String),
    /// Not paid; the provider's word for why.
    Failed(String),
}

impl Outcome {
    fn state(&self) -> &'static str {
        match self {
            Self::Succeeded(_) => "succeeded",
            Self::Failed(_) => "failed",
        }
    }
}

impl Change for SettleRefund {
    const KIND: &'static str = "refunds.settle";
    const ADMITS: Admits = Admits { by: By::SystemOnly, code: false, host: false };
    type Output = ();

    fn target(&self) -> Target {
        target(self.order)
    }

    /// Takes the order's lock; even if its version has changed, the answer of the provider counts.
    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        lock_version(tx, self.order).await.map(|_| None)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let now = tx.now();
        let (reference, failure) = match &self.outcome {
            Outcome::Succeeded(reference) => (Some(reference.as_str()), None),
            Outcome::Failed(code) => (None, Some(code.as_str())),
        };
        let part: Option<(i64,)> = tx
            .query(sql!(
                "update refund_payments set state = $3, reference = $4, failure = $5, settled_at = $6, ask_at = null
                  where refund_id = $1 and payment_id = $2 and state = 'requested'
                    and exists (select 1 from refunds r where r.id = $1 and r.order_id = $7)
                 returning amount"
            ))
            .bind(self.refund)
            .bind(self.payment)
            .bind(self.outcome.state())
            .bind(reference)
            .bind(failure)
            .bind(now)
            .bind(self.order)
            .optional()
            .await?;
        // Another process asked too and was answered first.
        let Some((amount,)) = part else { return Err(Fault::conflict(REFUND_SETTLED)) };
        let detail = detail(tx, self.order).await?;
        tx.note("refund", None::<i64>, self.refund);
        tx.note("payment_id", None::<i64>, self.payment);
        tx.note("amount", None::<i64>, detail.money(amount));
        tx.note("outcome", None::<i64>, self.outcome.state());
        if let Some(code) = failure {
            tx.note("failure", None::<i64>, code);
            hold_money(tx, &detail, self.payment, -amount).await?;
        }
        if let Some(all) = self.outcome_of_all(tx).await? {
            self.close(tx, all).await?;
        }
        // A decline changes what can be refunded, and so what an open form shows; a success only confirms it.
        if failure.is_some() {
            tx.query(sql!("update orders set version = version + 1 where id = $1")).bind(self.order).run().await?;
        }
        tx.emit(
            REFUNDS_SETTLED,
            serde_json::json!({
                "order": self.order, "refund": self.refund, "payment": self.payment, "outcome": self.outcome.state(),
                "amount": amount.to_string(), "currency": detail.order.currency.code(),
            }),
        );
        Ok(())
    }
}

/// How a refund has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum All {
    Succeeded,
    /// Some of its payments were paid and some were not.
    PartlyFailed,
    /// Nothing of it came to pass.
    Failed,
}

#[derive(sqlx::FromRow)]
struct Booked {
    shipping: i64,
    points_returned: i64,
    points_worth: i64,
    points_claimed: i64,
    points_taken: i64,
}

impl SettleRefund {
    /// How the refund has ended, once nothing of it is open.
    async fn outcome_of_all(&self, tx: &mut Tx<'_>) -> Result<Option<All>, Fault> {
        let states: Vec<(String,)> =
            tx.query(sql!("select state from refund_payments where refund_id = $1")).bind(self.refund).all().await?;
        let is = |wanted: &str| states.iter().any(|(state,)| state == wanted);
        Ok(match (is("requested"), is("succeeded"), is("failed")) {
            (true, ..) => None,
            (false, true, true) => Some(All::PartlyFailed),
            (false, false, true) => Some(All::Failed),
            (false, _, false) => Some(All::Succeeded),
        })
    }

    async fn close(&self, tx: &mut Tx<'_>, all: All) -> Result<(), Fault> {
        let now = tx.now();
        let state = if all == All::Succeeded { "succeeded" } else { "failed" };
        let booked: Booked = tx
            .query(sql!(
                "update refunds set state = $2, settled_at = $3, released = $4 where id = $1
                 returning shipping, points_returned, points_worth, points_claimed, points_taken"
            ))
            .bind(self.refund)
            .bind(state)
            .bind(now)
            .bind(all == All::Failed)
            .one()
            .await?;
        tx.query(sql!(
            "update orders set open_refunds = open_refunds - 1, failed_refunds = failed_refunds + $2 where id = $1"
        ))
        .bind(self.order)
        .bind(i64::from(all != All::Succeeded))
        .run()
        .await?;
        tx.note("refund_state", "requested", state);
        if all == All::Failed {
            self.release(tx, &booked).await?;
        }
        let kind = if all == All::Succeeded { "refund-succeeded" } else { "refund-failed" };
        event::append(tx, self.order, kind, Some(self.refund), None).await
    }

    /// Undoes what a failed refund held: units, shipping, points. Points that were returned and spent since
    /// cannot be withdrawn; they stay counted as returned, so that they are not returned a second time, but no longer
    /// as having paid for anything that came back.
    async fn release(&self, tx: &mut Tx<'_>, booked: &Booked) -> Result<(), Fault> {
        let lines: Vec<(LineId, i64)> = tx
            .query(sql!("select n, quantity from refund_lines where refund_id = $1 order by n"))
            .bind(self.refund)
            .all()
            .await?;
        for (n, quantity) in lines {
            hold_units(tx, self.order, n, -quantity).await?;
        }
        let detail = lock_customer(tx, self.order).await?;
        let balance = detail.order.balance.saturating_add(booked.points_taken);
        let withdrawn = booked.points_returned.min(balance);
        tx.query(sql!(
            "update orders set shipping_refunded = (shipping_refunded and not $2), points_returned = points_returned - $3,
                    worth_returned = worth_returned - $4, points_claimed = points_claimed - $5
              where id = $1"
        ))
        .bind(self.order)
        .bind(booked.shipping > 0)
        .bind(withdrawn)
        .bind(booked.points_worth)
        .bind(booked.points_claimed)
        .run()
        .await?;
        if booked.shipping > 0 {
            tx.note("shipping_refunded", true, false);
        }
        note_moved(tx, "points_returned", detail.order.points_returned, -withdrawn);
        note_moved(tx, "points_claimed", detail.order.points_claimed, -booked.points_claimed);
        if booked.points_returned > withdrawn {
            tx.note("points_shortfall", None::<i64>, booked.points_returned - withdrawn);
        }
        move_points(tx, &detail, Movement { returned: -withdrawn, reclaimed: booked.points_taken }).await
    }
}
