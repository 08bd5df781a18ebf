//! An order as it is now, with everything that decides what can be done with it.

use super::State;
use crate::{
    clock::Instant,
    id::{CustomerId, LineId, OrderId, PaymentId},
    money::{Currency, Money},
    sql,
    store::Queries,
    web::words::Words,
};

/// An order with its lines and payments.
#[derive(Clone, Debug)]
pub(crate) struct OrderDetail {
    pub order: Order,
    pub lines: Vec<Line>,
    pub payments: Vec<Payment>,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Order {
    pub id: OrderId,
    pub number: String,
    pub user_id: CustomerId,
    #[sqlx(try_from = "String")]
    pub state: State,
    #[sqlx(try_from = "String")]
    pub currency: Currency,
    /// Goods and shipping, before points, in minor units like every amount here.
    pub total: i64,
    pub shipping_fee: i64,
    pub shipping_refunded: bool,
    /// Points that paid a part of it, and what they were worth.
    pub points_used: i64,
    pub points_worth: i64,
    pub points_returned: i64,
    /// The amount that points returned by refunds had paid.
    pub worth_returned: i64,
    /// Points it earned, and how many of them refunds have claimed.
    pub points_earned: i64,
    pub points_claimed: i64,
    pub carrier: Option<String>,
    pub tracking_number: Option<String>,
    pub placed_at: Instant,
    pub paid_at: Option<Instant>,
    pub preparing_at: Option<Instant>,
    pub shipped_at: Option<Instant>,
    pub delivered_at: Option<Instant>,
    pub cancelled_at: Option<Instant>,
    pub version: i64,
    /// The customer, as of now.
    pub customer: String,
    /// Their e-mail.
    pub contact: String,
    pub balance: i64,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Line {
    /// Its place in the order, from 1.
    pub n: LineId,
    pub sku: String,
    pub title: String,
    pub variant: Option<String>,
    pub quantity: i64,
    pub unit_price: i64,
    /// Units that refunds hold, asked for or done.
    pub refunded: i64,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Payment {
    pub id: PaymentId,
    /// `card` or `transfer`.
    pub method: String,
    pub label: String,
    pub reference: String,
    pub captured: i64,
    pub captured_at: Instant,
    /// What refunds hold of it, asked for or done.
    pub refunded: i64,
}

impl Line {
    /// Units that can still be refunded.
    pub(crate) fn left(&self) -> i64 {
        self.quantity - self.refunded
    }
}

impl Payment {
    /// "Card •••• 2208"
    pub(crate) fn name(&self, words: &Words) -> String {
        format!("{} {}", words.name("payment-method", &self.method), self.label)
    }

    /// What can still be refunded of it.
    pub(crate) fn left(&self) -> i64 {
        self.captured - self.refunded
    }
}

impl OrderDetail {
    /// Reads the order with this id.
    pub(crate) async fn read(db: &mut impl Queries, id: OrderId) -> sqlx::Result<Option<Self>> {
        let order: Option<Order> = db
            .query(sql!(
                "select o.id, o.number, o.user_id, o.state, o.currency, o.total, o.shipping_fee, o.shipping_refunded,
                        o.points_used, o.points_worth, o.points_returned, o.worth_returned, o.points_earned, o.points_claimed,
                        o.carrier, o.tracking_number, o.placed_at, o.paid_at, o.preparing_at, o.shipped_at,
                        o.delivered_at, o.cancelled_at, o.version,
                        u.name as customer, u.email as contact, u.points as balance
                   from orders o join users u on u.id = o.user_id where o.id = $1"
            ))
            .bind(id)
            .optional()
            .await?;
        let Some(order) = order else { return Ok(None) };
        let lines = db
            .query(sql!(
                "select n, sku, title, variant, quantity, unit_price, refunded from order_lines
                  where order_id = $1 order by n"
            ))
            .bind(id)
            .all()
            .await?;
        let payments = db
            .query(sql!(
                "select id, method, label, reference, captured, captured_at, refunded from payments
                  where order_id = $1 order by id"
            ))
            .bind(id)
            .all()
            .await?;
        Ok(Some(Self { order, lines, payments }))
    }

    pub(crate) fn money(&self, minor: i64) -> Money {
        self.order.currency.amount(minor)
    }

    /// An amount of this order as pages show it.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    pub(crate) fn shown(&self, minor: &i64) -> String {
        self.money(*minor).shown()
    }

    pub(crate) fn captured(&self) -> i64 {
        self.payments.iter().map(|payment| payment.captured).fold(0, i64::saturating_add)
    }

    /// What refunds hold of all payments, asked for or done.
    pub(crate) fn refunded(&self) -> i64 {
        self.payments.iter().map(|payment| payment.refunded).fold(0, i64::saturating_add)
    }

    /// What can still be refunded in money.
    pub(crate) fn refundable(&self) -> i64 {
        self.payments.iter().map(Payment::left).fold(0, i64::saturating_add)
    }

    /// What the goods are worth that refunds hold, with the shipping fee where it was refunded.
    pub(crate) fn value_refunded(&self) -> i64 {
        let goods = self.lines.iter().map(|line| line.refunded.saturating_mul(line.unit_price));
        goods.fold(self.shipping_refunded(), i64::saturating_add)
    }

    fn shipping_refunded(&self) -> i64 {
        if self.order.shipping_refunded { self.order.shipping_fee } else { 0 }
    }

    /// The shipping fee, while it can still be refunded.
    pub(crate) fn shipping_left(&self) -> i64 {
        self.order.shipping_fee - self.shipping_refunded()
    }

    /// Whether there is anything left to send: not where every unit was refunded.
    pub(crate) fn has_goods(&self) -> bool {
        self.lines.iter().any(|line| line.left() > 0)
    }

    /// Whether there was nothing to pay, so that nothing can be given back.
    pub(crate) fn is_free(&self) -> bool {
        self.order.total == 0 && self.captured() == 0 && self.order.points_used == 0
    }

    /// Whether a refund could give anything back: money, or points that paid.
    pub(crate) fn can_be_refunded(&self) -> bool {
        self.order.state != State::Placed
            && (self.refundable() > 0 || self.order.points_returned < self.order.points_used)
    }
}
