//! Refunds against the log, and what they hold against what is counted.

use super::{AT_ONCE, Unfit, first_unfit, noted::at_fits};
use crate::{
    id::{LineId, OrderId, PaymentId, RefundId},
    sql,
    store::Reader,
};

/// The kinds of change that book a refund.
const BOOKS: [&str; 3] = ["orders.cancel", "orders.refund", "refunds.retry"];

/// Every refund that was asked for here has its row in the log, with the same amount, and every such row its refund.
pub(super) async fn refunds_fit(reader: &Reader) -> Result<(), Unfit> {
    let odd = first_unfit(
        reader,
        sql!(
            "select r.id, coalesce(a.outcome = 'applied' and a.action in ('orders.cancel', 'orders.refund', 'refunds.retry')
                                   and a.target_kind = 'order' and a.target_id = cast(r.order_id as text)
                                   and a.after ->> 'refund' = cast(r.id as text)
                                   and a.after ->> 'amount' = o.currency || ' ' || cast(r.amount as text)
                                   and a.staff_name = r.staff_name and a.after ->> 'reason_kind' = r.reason_kind
                                   and coalesce(a.after ->> 'override_reason', '') = coalesce(r.override_reason, '')
                                   and r.points_returned = coalesce(cast(a.after ->> 'points_returned' as bigint)
                                                                    - cast(a.before ->> 'points_returned' as bigint), 0)
                                   and r.points_claimed = coalesce(cast(a.after ->> 'points_claimed' as bigint)
                                                                   - cast(a.before ->> 'points_claimed' as bigint), 0)
                                   and r.shipping = case when a.after ->> 'shipping_refunded' is null then 0 else o.shipping_fee end
                                   and coalesce(a.after ->> 'retry_of', '') = coalesce(cast(r.retry_of as text), '')
                                   and r.points_taken = coalesce((select -cast(sum(e.delta) as bigint) from point_entries e
                                                                   where e.change_id = r.change_id and e.kind = 'reclaimed'), 0)
                                   and coalesce(r.settled_at = coalesce((select max(p.settled_at) from refund_payments p
                                                                          where p.refund_id = r.id), r.at), r.state = 'requested')
                                   and r.amount = coalesce((select cast(sum(p.amount) as bigint) from refund_payments p
                                                             where p.refund_id = r.id), 0)
                                   and ",
            at_fits!("r.at"),
            ", false)
                    and coalesce(r.dismissed_at = (select e.at from order_events e where e.order_id = r.order_id
                                                      and e.refund_id = r.id and e.kind = 'refund-dismissed'), r.dismissed_at is null) as fits
               from refunds r join orders o on o.id = r.order_id left join audit a on a.change_id = r.change_id
              where r.change_id is not null and r.id > $1 order by r.id limit $2"
        ),
        None,
    )
    .await?;
    if let Some(odd) = odd {
        return Err(Unfit::Refunds(format!("refund {odd} has no matching row in the log")));
    }
    for action in BOOKS {
        rows_have_refunds(reader, action).await?;
    }
    Ok(())
}

async fn rows_have_refunds(reader: &Reader, action: &'static str) -> Result<(), Unfit> {
    let seq = first_unfit(
        reader,
        sql!(
            "select a.seq, a.after ->> 'refund' is null
                   or exists (select 1 from refunds r where r.change_id = a.change_id) from audit a
                  where a.action = $3 and a.outcome = 'applied' and a.seq > $1 order by a.seq limit $2"
        ),
        Some(action),
    )
    .await?;
    if let Some(seq) = seq {
        return Err(Unfit::Refunds(format!("row {seq} of the log has no refund")));
    }
    Ok(())
}

/// Every answer of a payment provider that is stored with a refund is in the log too, once.
pub(super) async fn answers_fit(reader: &Reader) -> Result<(), Unfit> {
    let mut after = (RefundId::MIN, PaymentId::MIN);
    loop {
        let slice: Vec<(RefundId, PaymentId, i64, String)> = reader
            .query(sql!(
                "select p.refund_id, p.payment_id,
                        (select count(*) from audit a
                          where a.target_kind = 'order' and a.target_id = cast(r.order_id as text)
                            and a.action = 'refunds.settle' and a.outcome = 'applied'
                            and a.after ->> 'refund' = cast(p.refund_id as text)
                            and a.after ->> 'payment_id' = cast(p.payment_id as text)
                            and a.after ->> 'amount' = o.currency || ' ' || cast(p.amount as text)
                            and a.after ->> 'outcome' = p.state
                            and coalesce(a.after ->> 'failure', '') = coalesce(p.failure, '')
                            and p.key = 'rf_' || cast(p.refund_id as text) || '_' || cast(p.payment_id as text) || '_' || substr(r.change_id, 1, 16)
                            and p.order_id = r.order_id
                            and ",
                at_fits!("p.settled_at"),
                ") as answers,
                        p.state
                   from refund_payments p join refunds r on r.id = p.refund_id join orders o on o.id = r.order_id
                  where p.key is not null and (p.refund_id, p.payment_id) > ($1, $2)
                  order by p.refund_id, p.payment_id limit $3"
            ))
            .bind(after.0)
            .bind(after.1)
            .bind(AT_ONCE)
            .all()
            .await?;
        let odd = slice.iter().find(|(_, _, answers, state)| *answers != i64::from(state != "requested"));
        if let Some((refund, payment, ..)) = odd {
            return Err(Unfit::Refunds(format!(
                "the log has no row for the answer of the provider to refund {refund} for payment {payment}"
            )));
        }
        super::pause::between_slices().await;
        let Some((refund, payment, ..)) = slice.last() else { return Ok(()) };
        after = (*refund, *payment);
    }
}

/// What is counted as refunded of each payment and line is what refunds hold of it. A typed `UPDATE` is seen here.
pub(super) async fn counts_fit(reader: &Reader) -> Result<(), Unfit> {
    let odd = first_unfit(
        reader,
        sql!(
            "select p.id, p.refunded = coalesce((select cast(sum(r.amount) as bigint) from refund_payments r
                                                      where r.payment_id = p.id and r.state <> 'failed'), 0) as fits
                   from payments p where p.id > $1 order by p.id limit $2"
        ),
        None,
    )
    .await?;
    if let Some(odd) = odd {
        return Err(Unfit::Refunds(format!("the refunded amount of payment {odd} differs from its refunds")));
    }
    lines_fit(reader).await?;
    states_fit(reader).await?;
    orders_fit(reader).await
}

async fn lines_fit(reader: &Reader) -> Result<(), Unfit> {
    let mut after = (OrderId::MIN, LineId::MIN);
    loop {
        let slice: Vec<(OrderId, LineId, bool)> = reader
            .query(sql!(
                "select l.order_id, l.n,
                        l.refunded = coalesce((select cast(sum(u.quantity) as bigint)
                                                 from refunds r join refund_lines u on u.refund_id = r.id and u.n = l.n
                                                where r.order_id = l.order_id and not r.released), 0) as fits
                   from order_lines l where (l.order_id, l.n) > ($1, $2) order by l.order_id, l.n limit $3"
            ))
            .bind(after.0)
            .bind(after.1)
            .bind(AT_ONCE)
            .all()
            .await?;
        if let Some((order, n, _)) = slice.iter().find(|(.., fits)| !fits) {
            return Err(Unfit::Refunds(format!(
                "the refunded units of line {n} of order {order} differ from its refunds"
            )));
        }
        super::pause::between_slices().await;
        let Some((order, n, _)) = slice.last() else { return Ok(()) };
        after = (*order, *n);
    }
}

/// A refund is what its parts are: open while one is, failed where one is, released where all are.
async fn states_fit(reader: &Reader) -> Result<(), Unfit> {
    let odd = first_unfit(
        reader,
        sql!(
            "select r.id,
                    r.state = case when p.open > 0 then 'requested' when p.failed > 0 then 'failed' else 'succeeded' end
                    and r.released = (p.failed > 0 and p.failed = p.parts)
                    and not exists (select 1 from refund_lines l where l.refund_id = r.id and l.order_id <> r.order_id) as fits
               from refunds r
               join (select r.id, count(p.payment_id) as parts,
                            coalesce(sum(case p.state when 'requested' then 1 end), 0) as open,
                            coalesce(sum(case p.state when 'failed' then 1 end), 0) as failed
                       from (select id from refunds where change_id is not null and id > $1 order by id limit $2) r
                       left join refund_payments p on p.refund_id = r.id group by r.id) p on p.id = r.id
              order by r.id"
        ),
        None,
    )
    .await?;
    if let Some(odd) = odd {
        return Err(Unfit::Refunds(format!("the state of refund {odd} differs from its parts")));
    }
    Ok(())
}

/// An order's refund totals equal the sum of its refunds. Points that were returned by a refund that failed may
/// have been spent since, so of those it counts all, some, or none.
async fn orders_fit(reader: &Reader) -> Result<(), Unfit> {
    let odd = first_unfit(
        reader,
        sql!(
            "select o.id, o.open_refunds = r.open and o.failed_refunds = r.failed
                    and o.shipping_refunded = (r.shipping > 0) and o.worth_returned = r.worth
                    and o.points_claimed = r.claimed and o.points_returned between r.returned and r.returned + r.undone
                    as fits
               from orders o
               join (select o.id,
                            coalesce(sum(case when r.state = 'requested' then 1 end), 0) as open,
                            coalesce(sum(case when r.state = 'failed' and r.dismissed_at is null and again.id is null
                                              then 1 end), 0) as failed,
                            coalesce(sum(case when not r.released then r.shipping end), 0) as shipping,
                            coalesce(sum(case when not r.released then r.points_worth end), 0) as worth,
                            coalesce(sum(case when not r.released then r.points_claimed end), 0) as claimed,
                            coalesce(sum(case when not r.released then r.points_returned end), 0) as returned,
                            coalesce(sum(case when r.released then r.points_returned end), 0) as undone
                       from (select id from orders where id > $1 order by id limit $2) o
                       left join refunds r on r.order_id = o.id left join refunds again on again.retry_of = r.id
                      group by o.id) r on r.id = o.id
              order by o.id"
        ),
        None,
    )
    .await?;
    if let Some(odd) = odd {
        return Err(Unfit::Refunds(format!("the counts of order {odd} differ from its refunds")));
    }
    Ok(())
}
