//! What was done to an order here, one row each, for its timeline. What the shop did is told by the order's own times.

use crate::{
    gate::{Fault, Tx},
    id::{OrderId, RefundId},
    sql,
};

pub(super) async fn append(
    tx: &mut Tx<'_>,
    order: OrderId,
    kind: &'static str,
    refund: Option<RefundId>,
    text: Option<&str>,
) -> Result<(), Fault> {
    let (now, by, change) = (tx.now(), tx.by().to_owned(), tx.change_id().to_owned());
    tx.query(sql!(
        "insert into order_events (order_id, at, kind, refund_id, text, staff_name, change_id)
         values ($1, $2, $3, $4, $5, $6, $7)"
    ))
    .bind(order)
    .bind(now)
    .bind(kind)
    .bind(refund)
    .bind(text)
    .bind(by)
    .bind(change)
    .run()
    .await?;
    Ok(())
}
