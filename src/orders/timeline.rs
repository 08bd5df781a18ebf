//! What happened to an order: what the shop did, told by the order's own times, and what was done here, one row each.

use super::{OrderDetail, State};
use crate::zone::Zone;
use crate::{
    clock::Instant,
    id::Seq,
    money::Money,
    sql,
    store::Reader,
    web::{format, shell::Tone},
};

/// One day in the reader's zone.
#[derive(Clone, Debug)]
pub(crate) struct Day {
    /// Some time on it.
    pub(crate) at: Instant,
    pub(crate) events: Vec<Event>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) at: Instant,
    /// `placed`, `refund-requested`, `note` …; its sentence is under `event.`
    pub(crate) kind: String,
    pub(crate) amount: Option<Money>,
    /// The points it moved, where it moved no money.
    pub(crate) points: Option<i64>,
    /// The text of a note, or carrier and tracking number.
    pub(crate) text: Option<String>,
    /// Who did it; none where the shop did.
    pub(crate) staff: Option<String>,
    /// The audit row of what was done here, and the reason that was given.
    pub(crate) seq: Option<Seq>,
    pub(crate) reason: Option<String>,
}

impl Event {
    pub(crate) fn tone(&self) -> Tone {
        match self.kind.as_str() {
            "delivered" | "paid" | "refund-succeeded" => Tone::Ok,
            "cancelled" | "refund-failed" => Tone::Bad,
            "refund-requested" | "delivery-undone" => Tone::Warn,
            "shipped" => Tone::Info,
            _ => Tone::Mute,
        }
    }

    pub(crate) fn icon(&self) -> &'static str {
        match self.kind.as_str() {
            "placed" => "plus",
            "paid" => "card",
            "preparing" => "order",
            "shipped" | "tracking-corrected" => "truck",
            "delivered" | "refund-succeeded" => "check",
            "cancelled" | "refund-dismissed" => "ban",
            "note" => "user",
            "refund-failed" => "fail",
            _ => "undo",
        }
    }

    /// The carrier and number in this event's text.
    pub(crate) fn parcel(&self) -> Option<(&str, &str)> {
        if self.kind == "note" { None } else { self.text.as_deref()?.split_once(' ') }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    at: Instant,
    kind: String,
    text: Option<String>,
    staff_name: String,
    amount: Option<i64>,
    points_returned: Option<i64>,
    seq: Option<Seq>,
    reason: Option<String>,
}

/// More than any order that a person has to understand.
const MOST: i64 = 200;

/// The newest events, grouped by day.
pub(super) async fn read(reader: &Reader, detail: &OrderDetail, zone: Zone) -> sqlx::Result<Vec<Day>> {
    let rows: Vec<Row> = reader
        .query(sql!(
            "select e.at, e.kind, e.text, e.staff_name, r.amount, r.points_returned, a.seq, a.reason
               from order_events e left join refunds r on r.id = e.refund_id left join audit a on a.change_id = e.change_id
              where e.order_id = $1 order by e.id desc limit $2"
        ))
        .bind(detail.order.id)
        .bind(MOST)
        .all()
        .await?;
    // Asked for by themselves, since of an order with very many notes they may not be among the newest.
    let ours: Vec<(String, Instant)> = reader
        .query(sql!(
            "select kind, at from order_events
              where order_id = $1 and kind in ('preparing', 'shipped', 'delivered', 'cancelled')"
        ))
        .bind(detail.order.id)
        .all()
        .await?;
    let mut events: Vec<Event> = shop_events(detail, &ours);
    events.extend(rows.into_iter().rev().map(|row| Event {
        at: row.at,
        kind: row.kind,
        amount: row.amount.filter(|amount| *amount != 0).map(|amount| detail.money(amount)),
        points: row.points_returned.filter(|_| row.amount == Some(0)),
        text: row.text,
        staff: Some(row.staff_name),
        seq: row.seq,
        reason: row.reason.filter(|reason| !reason.is_empty()),
    }));
    events.sort_by_key(|event| event.at);
    events.reverse();
    Ok(by_day(events, zone))
}

/// What the shop did: every time of the order that no event of the console explains.
fn shop_events(detail: &OrderDetail, ours: &[(String, Instant)]) -> Vec<Event> {
    let order = &detail.order;
    let steps = [
        (State::Placed, Some(order.placed_at)),
        (State::Paid, order.paid_at),
        (State::Preparing, order.preparing_at),
        (State::Shipped, order.shipped_at),
        (State::Delivered, order.delivered_at),
        (State::Cancelled, order.cancelled_at),
    ];
    let is_ours = |state: State, at: Instant| ours.iter().any(|(kind, done)| kind == state.as_str() && *done == at);
    let event = |(state, at): (State, Option<Instant>)| {
        let at = at.filter(|at| !is_ours(state, *at))?;
        Some(Event {
            at,
            kind: state.as_str().to_owned(),
            amount: (state == State::Paid && detail.captured() > 0).then(|| detail.money(detail.captured())),
            points: (state == State::Paid && detail.captured() == 0 && order.points_used > 0)
                .then_some(-order.points_used),
            text: None,
            staff: None,
            seq: None,
            reason: None,
        })
    };
    steps.into_iter().filter_map(event).collect()
}

fn by_day(events: Vec<Event>, zone: Zone) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for event in events {
        match days.last_mut().filter(|day| format::day(day.at, zone) == format::day(event.at, zone)) {
            Some(day) => day.events.push(event),
            None => days.push(Day { at: event.at, events: vec![event] }),
        }
    }
    days
}
