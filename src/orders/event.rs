//! What was done to an order here, one row each, for its timeline. What the shop did is told by the order's own times.

use crate::{
    gate::{Fault, Tx},
    id::{OrderId, RefundId},
    secret::{SALTED, salt, salted},
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
    // Of a note, which may hold personal data, the log has the fingerprint only.
    let salt = if kind == "note" { salt() } else { String::new() };
    if let Some(text) = text.filter(|_| kind == "note") {
        tx.note(SALTED, None::<&str>, salted(&salt, text));
    }
    tx.query(sql!(
        "insert into order_events (order_id, at, kind, refund_id, text, staff_name, change_id, salt)
         values ($1, $2, $3, $4, $5, $6, $7, $8)"
    ))
    .bind(order)
    .bind(now)
    .bind(kind)
    .bind(refund)
    .bind(text)
    .bind(by)
    .bind(change)
    .bind(salt)
    .run()
    .await?;
    Ok(())
}
