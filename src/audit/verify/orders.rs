//! Orders and what was done to them, against the log.

use super::{
    AT_ONCE, Unfit, first_unfit,
    noted::{at_fits, holds},
};
use crate::{secret::salted, sql, store::Reader};

/// Id, text, salt, the fingerprint that was noted, and whether the rest fits.
type Event = (i64, Option<String>, String, Option<String>, bool);

/// The kinds of change that leave something on the timeline of an order.
const TELLS: [&str; 6] =
    ["orders.cancel", "orders.refund", "refunds.retry", "refunds.dismiss", "orders.ship", "orders.note"];

/// An order is as the log noted it last, and its times are those of what was done to it here; each event has its row in the
/// log, and each row its event.
pub(super) async fn orders_fit(reader: &Reader) -> Result<(), Unfit> {
    let odd = first_unfit(
        reader,
        sql!(
            "select o.id, ",
            holds!("order", "= cast(o.id as text)", "state", "o.state"),
            " and ",
            holds!("order", "= cast(o.id as text)", "carrier", "o.carrier"),
            " and ",
            holds!("order", "= cast(o.id as text)", "tracking_number", "o.tracking_number"),
            " and coalesce(o.cancelled_at = (select max(e.at) from order_events e where e.order_id = o.id and e.kind = 'cancelled'), true)
              and coalesce(o.preparing_at = (select max(e.at) from order_events e where e.order_id = o.id and e.kind = 'preparing'), true)
              -- It may have left the house before it was marked here.
              and coalesce(o.shipped_at <= (select min(e.at) from order_events e where e.order_id = o.id and e.kind = 'shipped'), true)
              and coalesce(o.delivered_at = (select case when e.kind = 'delivered' then e.at end from order_events e
                                              where e.order_id = o.id and e.kind in ('delivered', 'delivery-undone')
                                              order by e.id desc limit 1), true) as fits
               from orders o where o.id > $1 order by o.id limit $2"
        ),
        None,
    )
    .await?;
    if let Some(odd) = odd {
        return Err(Unfit::Orders(format!("order {odd} is not as it was noted last")));
    }
    events_fit(reader).await?;
    for action in TELLS {
        let untold = first_unfit(
            reader,
            sql!(
                "select a.seq, exists (select 1 from order_events e
                                        where e.order_id = cast(a.target_id as bigint) and e.change_id = a.change_id) as fits
                   from audit a where a.seq > $1 and a.action = $3 and a.outcome = 'applied' order by a.seq limit $2"
            ),
            Some(action),
        )
        .await?;
        if let Some(seq) = untold {
            return Err(Unfit::Orders(format!("row {seq} of the log has no event of its order")));
        }
    }
    Ok(())
}

async fn events_fit(reader: &Reader) -> Result<(), Unfit> {
    let mut after = i64::MIN;
    loop {
        let slice: Vec<Event> = reader
            .query(sql!(
                "select e.id, e.text, e.salt, a.after ->> 'text_sha256', coalesce(a.outcome = 'applied'
                        and a.target_kind = 'order' and a.target_id = cast(e.order_id as text) and a.staff_name = e.staff_name and ",
                at_fits!("e.at"),
                " and case e.kind
                         when 'note' then a.action = 'orders.note'
                         when 'cancelled' then a.action = 'orders.cancel'
                         when 'refund-requested' then a.action in ('orders.cancel', 'orders.refund', 'refunds.retry')
                         when 'refund-succeeded' then a.action = 'refunds.settle' and a.after ->> 'refund_state' = 'succeeded'
                         when 'refund-failed' then a.action = 'refunds.settle' and a.after ->> 'refund_state' = 'failed'
                         when 'refund-dismissed' then a.action = 'refunds.dismiss'
                         when 'delivery-undone' then a.action = 'orders.ship' and a.before ->> 'state' = 'delivered'
                         when 'tracking-corrected' then a.action = 'orders.ship' and a.after ->> 'state' is null
                         else a.action = 'orders.ship' and a.after ->> 'state' = e.kind end
                  and coalesce(cast(e.refund_id as text), '') =
                      case when e.kind like 'refund-%' then coalesce(a.after ->> 'refund', '') else '' end
                  and (a.after ->> 'tracking_number' is null or e.kind not in ('shipped', 'tracking-corrected')
                       or e.text like '% ' || (a.after ->> 'tracking_number'))
                  and (e.kind in ('note', 'shipped', 'tracking-corrected', 'delivery-undone') or e.text is null), false)
                   from order_events e left join audit a on a.change_id = e.change_id where e.id > $1 order by e.id limit $2"
            ))
            .bind(after)
            .bind(AT_ONCE)
            .all()
            .await?;
        for (id, text, salt, fingerprint, fits) in &slice {
            let text = text.as_deref().unwrap_or_default();
            let is_same = fingerprint.as_ref().is_none_or(|fingerprint| *fingerprint == salted(salt, text));
            if !fits || !is_same {
                return Err(Unfit::Orders(format!("event {id} of an order differs from its row in the log")));
            }
        }
        super::pause::between_slices().await;
        let Some((last, ..)) = slice.last() else { return Ok(()) };
        after = *last;
    }
}
