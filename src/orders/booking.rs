//! Writing a refund down. From then on its rows are the reservation: what they hold is counted against lines, payments and
//! points, and the database refuses a count that goes too far.

use super::{OrderDetail, Plan, detail, event, missing};
use crate::{
    customer,
    gate::{Fault, Tx},
    id::{CustomerId, LineId, OrderId, PaymentId, RefundId},
    sql,
};
use serde_json::json;

crate::gate::topics! {
    /// A refund was booked; the payment provider is asked next.
    ORDERS_REFUND_REQUESTED = "orders.refund-requested";
}

/// What a refund was given for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grounds<'a> {
    pub reason_kind: &'a str,
    /// Why the money is not what lines and shipping come to.
    pub override_reason: Option<&'a str>,
    /// The failed refund that this one takes up again.
    pub retry_of: Option<RefundId>,
}

/// Books `plan` for the order in `detail`, whose row is locked, and says which refund it is.
pub(super) async fn book(
    tx: &mut Tx<'_>,
    detail: &OrderDetail,
    plan: &Plan,
    grounds: Grounds<'_>,
) -> Result<RefundId, Fault> {
    let refund = insert(tx, detail, plan, grounds).await?;
    hold_lines(tx, detail, plan, refund).await?;
    hold_payments(tx, detail, plan, refund).await?;
    hold_order(tx, detail, plan, grounds.retry_of).await?;
    move_points(tx, detail, Movement { returned: plan.points_returned, reclaimed: -plan.points_taken }).await?;
    tx.note("refund", None::<i64>, refund);
    tx.note("amount", None::<i64>, detail.money(plan.amount));
    tx.note("reason_kind", None::<i64>, grounds.reason_kind);
    if let Some(why) = grounds.override_reason {
        tx.note("override_reason", None::<i64>, why);
    }
    if let Some(failed) = grounds.retry_of {
        tx.note("retry_of", None::<i64>, failed);
    }
    if plan.shortfall() > 0 {
        tx.note("points_shortfall", None::<i64>, plan.shortfall());
    }
    event::append(tx, detail.order.id, "refund-requested", Some(refund), None).await?;
    tx.emit(
        ORDERS_REFUND_REQUESTED,
        json!({
            "order": detail.order.id, "refund": refund, "amount": plan.amount.to_string(),
            "currency": detail.order.currency.code(), "points_returned": plan.points_returned.to_string(),
        }),
    );
    Ok(refund)
}

async fn insert(tx: &mut Tx<'_>, detail: &OrderDetail, plan: &Plan, grounds: Grounds<'_>) -> Result<RefundId, Fault> {
    let (now, by, change) = (tx.now(), tx.by().to_owned(), tx.change_id().to_owned());
    // Where only points are returned, no provider is asked: this transaction settles it.
    let is_settled = plan.parts.is_empty();
    let (refund,): (RefundId,) = tx
        .query(sql!(
            "insert into refunds (order_id, at, state, amount, shipping, points_returned, points_worth, points_claimed,
                                  points_taken, reason_kind, override_reason, retry_of, settled_at, staff_name, change_id)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) returning id"
        ))
        .bind(detail.order.id)
        .bind(now)
        .bind(if is_settled { "succeeded" } else { "requested" })
        .bind(plan.amount)
        .bind(plan.shipping)
        .bind(plan.points_returned)
        .bind(plan.points_worth)
        .bind(plan.points_claimed)
        .bind(plan.points_taken)
        .bind(grounds.reason_kind)
        .bind(grounds.override_reason)
        .bind(grounds.retry_of)
        .bind(is_settled.then_some(now))
        .bind(by)
        .bind(change)
        .one()
        .await?;
    Ok(refund)
}

async fn hold_lines(tx: &mut Tx<'_>, detail: &OrderDetail, plan: &Plan, refund: RefundId) -> Result<(), Fault> {
    for units in &plan.lines {
        tx.query(sql!("insert into refund_lines (refund_id, order_id, n, quantity) values ($1, $2, $3, $4)"))
            .bind(refund)
            .bind(detail.order.id)
            .bind(units.n)
            .bind(units.quantity)
            .run()
            .await?;
        hold_units(tx, detail.order.id, units.n, units.quantity).await?;
    }
    Ok(())
}

/// Counts units of a line as refunded, or with a negative number as free again.
pub(super) async fn hold_units(tx: &mut Tx<'_>, order: OrderId, n: LineId, quantity: i64) -> Result<(), Fault> {
    let (held,): (i64,) = tx
        .query(sql!(
            "update order_lines set refunded = refunded + $3 where order_id = $1 and n = $2 returning refunded"
        ))
        .bind(order)
        .bind(n)
        .bind(quantity)
        .one()
        .await?;
    tx.note(format!("line.{n}"), held - quantity, held);
    Ok(())
}

async fn hold_payments(tx: &mut Tx<'_>, detail: &OrderDetail, plan: &Plan, refund: RefundId) -> Result<(), Fault> {
    for part in &plan.parts {
        let now = tx.now();
        // The id says which refund it is to people; the change's own number tells it from the refunds of every other
        // database that shares the provider's account.
        let change = tx.change_id().get(..16).unwrap_or_default().to_owned();
        let key = format!("rf_{refund}_{}_{change}", part.payment);
        tx.query(sql!(
            "insert into refund_payments (refund_id, payment_id, order_id, amount, state, key, ask_at)
             values ($1, $2, $3, $4, 'requested', $5, $6)"
        ))
        .bind(refund)
        .bind(part.payment)
        .bind(detail.order.id)
        .bind(part.amount)
        .bind(key)
        .bind(now)
        .run()
        .await?;
        hold_money(tx, detail, part.payment, part.amount).await?;
    }
    Ok(())
}

/// Counts an amount of a payment as refunded, or a negative one as free again.
pub(super) async fn hold_money(
    tx: &mut Tx<'_>,
    detail: &OrderDetail,
    payment: PaymentId,
    amount: i64,
) -> Result<(), Fault> {
    let (held,): (i64,) = tx
        .query(sql!("update payments set refunded = refunded + $2 where id = $1 returning refunded"))
        .bind(payment)
        .bind(amount)
        .one()
        .await?;
    tx.note(format!("payment.{payment}"), detail.money(held - amount), detail.money(held));
    Ok(())
}

async fn hold_order(
    tx: &mut Tx<'_>,
    detail: &OrderDetail,
    plan: &Plan,
    retry_of: Option<RefundId>,
) -> Result<(), Fault> {
    tx.query(sql!(
        "update orders set shipping_refunded = (shipping_refunded or $2), points_returned = points_returned + $3,
                worth_returned = worth_returned + $4, points_claimed = points_claimed + $5,
                open_refunds = open_refunds + $6, failed_refunds = failed_refunds - $7, version = version + 1
          where id = $1"
    ))
    .bind(detail.order.id)
    .bind(plan.shipping > 0)
    .bind(plan.points_returned)
    .bind(plan.points_worth)
    .bind(plan.points_claimed)
    .bind(i64::from(!plan.parts.is_empty()))
    // The one that is taken up again needs no attention any more; the others still do.
    .bind(i64::from(retry_of.is_some()))
    .run()
    .await?;
    let order = &detail.order;
    if plan.shipping > 0 {
        tx.note("shipping_refunded", false, true);
    }
    note_moved(tx, "points_returned", order.points_returned, plan.points_returned);
    note_moved(tx, "points_claimed", order.points_claimed, plan.points_claimed);
    Ok(())
}

/// Notes a count that moved by `delta`; nothing where it did not.
pub(super) fn note_moved(tx: &mut Tx<'_>, field: &'static str, before: i64, delta: i64) {
    if delta != 0 {
        tx.note(field, before, before + delta);
    }
}

/// What happens to a customer's points.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Movement {
    /// Points that had paid: returned, or where a refund failed, withdrawn again.
    pub returned: i64,
    /// Points that were earned: taken away, or given again.
    pub reclaimed: i64,
}

/// Moves the points of the order's customer, whose row is locked. What comes goes first, so that no balance between falls
/// below zero where the last one does not.
pub(super) async fn move_points(tx: &mut Tx<'_>, detail: &OrderDetail, movement: Movement) -> Result<(), Fault> {
    let mut entries = [("returned", movement.returned), ("reclaimed", movement.reclaimed)];
    entries.sort_by_key(|(_, delta)| std::cmp::Reverse(*delta));
    let sum = movement.returned + movement.reclaimed;
    if entries.iter().all(|(_, delta)| *delta == 0) {
        return Ok(());
    }
    let order = &detail.order;
    let (after,): (i64,) = tx
        .query(sql!("update users set points = points + $2, version = version + 1 where id = $1 returning points"))
        .bind(order.user_id)
        .bind(sum)
        .one()
        .await?;
    let before = after - sum;
    let mut balance = before;
    for (kind, delta) in entries.into_iter().filter(|(_, delta)| *delta != 0) {
        balance += delta;
        let (now, by, change) = (tx.now(), tx.by().to_owned(), tx.change_id().to_owned());
        tx.query(sql!(
            "insert into point_entries (user_id, at, delta, balance, kind, memo, change_id, staff_name)
             values ($1, $2, $3, $4, $5, $6, $7, $8)"
        ))
        .bind(order.user_id)
        .bind(now)
        .bind(delta)
        .bind(balance)
        .bind(kind)
        .bind(order.number.as_str())
        .bind(change)
        .bind(by)
        .run()
        .await?;
    }
    tx.note("points", before, after);
    Ok(())
}

/// The order as it is now, with the row of the customer locked too, so that no other change moves their points
/// meanwhile. Always after the order's.
pub(super) async fn lock_customer(tx: &mut Tx<'_>, order: OrderId) -> Result<OrderDetail, Fault> {
    let row: Option<(CustomerId,)> =
        tx.query(sql!("select user_id from orders where id = $1")).bind(order).optional().await?;
    let (user,) = row.ok_or_else(missing)?;
    customer::lock_version(tx, user).await?;
    detail(tx, order).await
}
