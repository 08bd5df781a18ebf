//! Asking payment providers: claiming refunds to ask about, and asking again later. What a provider answers is a change.

use crate::{
    clock::Instant,
    gate::{Housekeeping, Tx},
    id::{OrderId, PaymentId, RefundId},
    sql,
};
use chrono::TimeDelta;

/// Claims the refunds that the payment provider is to be asked about next and that no other process has claimed. A process
/// that dies loses the claim after `lease`; the count of attempts, which is written before anything is sent, then tells the
/// next one that the provider may have received the refund already.
#[derive(Clone, Debug)]
pub(crate) struct ClaimRefunds {
    /// Which provider is going to be asked. What another one was asked for is left to it: this one has never heard of it
    /// and would pay a second time.
    pub provider: &'static str,
    pub limit: i64,
    pub lease: TimeDelta,
}

/// A part of a refund, claimed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct ClaimedRefund {
    pub refund_id: RefundId,
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    /// The idempotency key.
    pub key: String,
    /// In minor units of the currency.
    pub amount: i64,
    pub currency: String,
    /// What the provider calls the payment.
    pub payment: String,
    /// How often it was claimed, this time included.
    pub attempts: i64,
}

macro_rules! claim {
    ($locking:literal) => {
        concat!(
            "update refund_payments set attempts = attempts + 1, ask_at = $2, provider = $4
              where (refund_id, payment_id) in (
                      select refund_id, payment_id from refund_payments
                       where state = 'requested' and key is not null and ask_at <= $1 and coalesce(provider, $4) = $4
                       order by ask_at limit $3",
            $locking,
            ") and state = 'requested' and ask_at <= $1
             returning refund_id, payment_id, order_id, key, amount, attempts,
                       (select o.currency from orders o where o.id = order_id) as currency,
                       (select p.reference from payments p where p.id = payment_id) as payment"
        )
    };
}

impl Housekeeping for ClaimRefunds {
    const NAME: &'static str = "refunds.claim";
    type Output = Vec<ClaimedRefund>;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<Vec<ClaimedRefund>> {
        let now = tx.now();
        tx.query(sql!(
            sqlite: claim!(""),
            // Two processes take different ones, instead of one of them waiting for the other's and getting nothing.
            postgres: claim!(" for update skip locked"),
        ))
        .bind(now)
        .bind(now.plus(self.lease))
        .bind(self.limit)
        .bind(self.provider)
        .all()
        .await
    }
}

/// The provider has no answer yet, so it is asked again at `until`.
#[derive(Clone, Debug)]
pub(crate) struct PostponeRefund {
    pub refund: RefundId,
    pub payment: PaymentId,
    pub until: Instant,
}

impl Housekeeping for PostponeRefund {
    const NAME: &'static str = "refunds.postpone";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        tx.query(sql!(
            "update refund_payments set ask_at = $3 where refund_id = $1 and payment_id = $2 and state = 'requested'"
        ))
        .bind(self.refund)
        .bind(self.payment)
        .bind(self.until)
        .run()
        .await
        .map(drop)
    }
}
