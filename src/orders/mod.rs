//! Orders: finding them, cancelling, refunding, shipping and noting. The shop makes an order and its payments; the console
//! changes their state.
//!
//! A refund is decided in one transaction ([`plan`] says what it comes to, `booking` writes it down) and reserved by
//! its rows from then on; the payment provider is asked afterwards, by the worker, and its answer is a change of its own
//! ([`settle`]).

mod booking;
pub(crate) mod cancel;
mod carrier;
pub(crate) mod claim;
pub(crate) mod detail;
pub(crate) mod dismiss;
mod effect;
mod event;
pub(crate) mod filter;
pub(crate) mod find;
pub(crate) mod list;
pub(crate) mod list_pages;
pub(crate) mod note;
pub(crate) mod plan;
pub(crate) mod refund;
pub(crate) mod refunds;
pub(crate) mod retry;
pub(crate) mod settle;
pub(crate) mod ship;
pub(crate) mod show;
pub(crate) mod state;
pub(crate) mod term;
pub(crate) mod timeline;

pub(crate) use detail::OrderDetail;
pub(crate) use plan::Plan;
pub(crate) use state::State;

use crate::{
    gate::{Fault, Target, Tx},
    id::{OrderId, RefundId},
    sql,
    web::panel::{Entry, Part, Query, Segment},
};

crate::gate::refusal_words! {
    /// The refund is more than an amount can hold.
    pub(crate) AMOUNT_TOO_LARGE = "amount-too-large";
    /// There is no such order.
    pub(crate) ORDER_MISSING = "order-missing";
    /// Nothing of the order is left to refund.
    pub(crate) ORDER_REFUNDED = "order-refunded";
    /// The order has no such line.
    pub(crate) REFUND_NO_SUCH_LINE = "refund-no-such-line";
    /// The order has no such payment.
    pub(crate) REFUND_NO_SUCH_PAYMENT = "refund-no-such-payment";
    /// The refund has not failed.
    pub(crate) REFUND_NOT_FAILED = "refund-not-failed";
    /// Neither lines nor shipping nor an amount is to be refunded.
    pub(crate) REFUND_NOTHING = "refund-nothing";
    /// A part is more than its payment has left.
    pub(crate) REFUND_PAYMENT_TOO_MUCH = "refund-payment-too-much";
    /// The shipping fee is refunded already.
    pub(crate) REFUND_SHIPPING_GONE = "refund-shipping-gone";
    /// The parts for the payments do not add up to the refund.
    pub(crate) REFUND_SPLIT_DIFFERS = "refund-split-differs";
    /// A line has fewer units left.
    pub(crate) REFUND_TOO_MANY = "refund-too-many";
    /// The order has less left to refund.
    pub(crate) REFUND_TOO_MUCH = "refund-too-much";
}

/// What can be done on an order's page, in the order of the buttons.
const PANELS: &[Entry<OrderDetail>] = &[
    Entry::of::<refund::RefundPanel>(),
    Entry::of::<ship::ShippingPanel>(),
    Entry::of::<cancel::CancelPanel>(),
    Entry::of::<retry::RetryPanel>(),
    Entry::of::<dismiss::DismissPanel>(),
    Entry::of::<note::NotePanel>(),
];

/// Of a refund `r`: it failed, and was neither tried again nor set aside.
macro_rules! waits {
    () => {
        "r.state = 'failed' and r.dismissed_at is null
         and not exists (select 1 from refunds again where again.retry_of = r.id)"
    };
}
pub(crate) use waits;

/// A failed refund as the part of its order that a panel is about: `refund=5` in the query of the page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FailedRefund(pub(crate) RefundId);

impl Segment for FailedRefund {
    const COUNT: usize = 1;

    fn read(segment: Option<&str>) -> Option<Self> {
        RefundId::read(segment).map(Self)
    }
}

impl Part for FailedRefund {
    fn query(&self, name: &'static str) -> String {
        format!("panel={name}&refund={}", self.0)
    }

    fn asked(name: &'static str, query: &Query) -> Option<Self> {
        query.number("refund").filter(|_| query.get("panel") == name).map(Self)
    }

    fn segment(&self) -> String {
        self.0.to_string()
    }
}

/// An order as the target of a change.
pub(crate) fn target(id: OrderId) -> Target {
    Target::new("order", id)
}

/// The e-mail address of the customer whose order it is.
pub(crate) async fn contact_of(tx: &mut Tx<'_>, id: OrderId) -> Result<Option<String>, Fault> {
    let row: Option<(String,)> = tx
        .query(sql!("select u.email from orders o join users u on u.id = o.user_id where o.id = $1"))
        .bind(id)
        .optional()
        .await?;
    Ok(row.map(|(email,)| email))
}

/// Locks an order's row for the rest of the transaction and says which version it has. Its lines, payments and refunds are
/// written only under this lock.
pub(crate) async fn lock_version(tx: &mut Tx<'_>, id: OrderId) -> Result<i64, Fault> {
    let row: Option<(i64,)> = tx
        .query(sql!(
            sqlite: "select version from orders where id = $1",
            postgres: "select version from orders where id = $1 for update",
        ))
        .bind(id)
        .optional()
        .await?;
    row.map(|(version,)| version).ok_or_else(missing)
}

/// Reads the order as it is at this point of a change.
pub(crate) async fn detail(tx: &mut Tx<'_>, id: OrderId) -> Result<OrderDetail, Fault> {
    OrderDetail::read(tx, id).await?.ok_or_else(missing)
}

pub(crate) fn missing() -> Fault {
    Fault::missing(ORDER_MISSING)
}
