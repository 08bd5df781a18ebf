//! Finding orders, a page at a time and along one index each: the one placed last first, but of those that wait to be sent
//! the one that has waited longest.
//!
//! Filters that no index leads through (a range of amounts, a currency) look through bounded windows of the list and say
//! where to go on, so that a filter that fits nothing gives up after a while.

use super::{
    State,
    filter::{Needs, OrderQuery},
    term::Term,
};
use crate::{
    clock::Instant,
    id::{CustomerId, OrderId},
    money::Currency,
    sql,
    store::{Query, Reader, Sql},
    web::list::{self, Page},
};
use std::{fmt, str::FromStr};

pub(crate) const PAGE: usize = 25;

/// An order as a list shows one.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct OrderRow {
    pub id: OrderId,
    pub number: String,
    pub user_id: CustomerId,
    pub customer: String,
    #[sqlx(try_from = "String")]
    pub state: State,
    #[sqlx(try_from = "String")]
    pub currency: Currency,
    pub total: i64,
    pub refunded: i64,
    pub open_refunds: i64,
    pub failed_refunds: i64,
    pub points_returned: i64,
    pub placed_at: Instant,
    pub paid_at: Option<Instant>,
    /// Its first line, and how many there are.
    pub title: Option<String>,
    pub lines: Option<i64>,
    /// Of refunds that failed and wait for a person: the money, since when, the newest word for why, and whether any of them
    /// was asked for here, so that it may be tried again here.
    pub failed_amount: Option<i64>,
    pub failed_at: Option<Instant>,
    pub failed_why: Option<String>,
    pub failed_here: Option<bool>,
}

/// A place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
pub(crate) struct Place {
    pub placed_at: Instant,
    pub id: OrderId,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.placed_at.utc().timestamp_micros(), self.id)
    }
}

/// Not a place in the list.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a place in the list of orders")]
pub(crate) struct BadPlace;

impl FromStr for Place {
    type Err = BadPlace;

    fn from_str(text: &str) -> Result<Self, BadPlace> {
        let (micros, id) = text.split_once('_').ok_or(BadPlace)?;
        let at = micros.parse().ok().and_then(chrono::DateTime::from_timestamp_micros).ok_or(BadPlace)?;
        let at = Instant::from(at);
        let place = Self { placed_at: at, id: id.parse().map_err(|_| BadPlace)? };
        // One place has one name, and one that both engines can hold.
        let is_known = (Instant::earliest()..=Instant::latest()).contains(&at);
        if is_known && place.to_string() == text { Ok(place) } else { Err(BadPlace) }
    }
}

/// The orders that are wanted, from `after` on. A number, reference or tracking number is looked up as it is, whatever else
/// is filtered by; only a term that is not one of these is taken for the id of a customer.
pub(crate) async fn find(
    reader: &Reader,
    query: &OrderQuery,
    after: Option<Place>,
) -> sqlx::Result<Page<OrderRow, Place>> {
    if let Some(term) = &query.term {
        let rows = hits(reader, term).await?;
        if !rows.is_empty() || term.user.is_none() {
            return Ok(Page { rows, next: None });
        }
    }
    let search = Search { reader, query, user: query.user.or(query.term.as_ref().and_then(|term| term.user)) };
    // Nothing has the smallest id, so that the end of a day is before everything of the next.
    let top = query.until.map(|placed_at| Place { placed_at, id: OrderId::MIN });
    let top = top.unwrap_or(Place { placed_at: Instant::latest(), id: OrderId::MAX });
    let first = Place { placed_at: query.from.unwrap_or_else(Instant::earliest), id: OrderId::MIN };
    if query.needs == Some(Needs::Shipping) {
        // The order that has waited longest is the first.
        let next = after.map(|after| Place { id: OrderId::new(after.id.get().saturating_add(1)), ..after });
        let first = next.map_or(first, |next| next.max(first));
        return Page::read(PAGE, async |limit| search.rows(first, top, limit).await, OrderRow::place).await;
    }
    let end = after.map_or(top, |after| after.min(top));
    if !search.needs_windows() {
        return Page::read(PAGE, async |limit| search.rows(first, end, limit).await, OrderRow::place).await;
    }
    let start = async |end| search.bottom(first, end).await;
    let rows = async |start, end, limit| search.rows(start, end, limit).await;
    list::walk(PAGE, (first, end), start, rows, OrderRow::place).await
}

/// The newest orders of one customer.
pub(crate) async fn of_user(reader: &Reader, user: CustomerId) -> sqlx::Result<Page<OrderRow, Place>> {
    find(reader, &OrderQuery { user: Some(user), ..OrderQuery::default() }, None).await
}

impl OrderRow {
    fn place(&self) -> Place {
        Place { placed_at: self.placed_at, id: self.id }
    }
}

macro_rules! select {
    () => {
        concat!("select o.id, o.number, o.user_id, u.name as customer, o.state, o.currency, o.total,
                coalesce((select cast(sum(p.refunded) as bigint) from payments p where p.order_id = o.id), 0) as refunded,
                o.open_refunds, o.failed_refunds, o.points_returned, o.placed_at, o.paid_at,
                (select l.title from order_lines l where l.order_id = o.id and l.n = 1) as title,
                (select max(l.n) from order_lines l where l.order_id = o.id) as lines,
                case when o.failed_refunds > 0 then (select cast(sum(p.amount) as bigint) from refunds r
                   join refund_payments p on p.refund_id = r.id and p.state = 'failed' where r.order_id = o.id and ",
        $crate::orders::waits!(),
        ") end as failed_amount,
                case when o.failed_refunds > 0 then (select min(coalesce(r.settled_at, r.at)) from refunds r where r.order_id = o.id and ",
        $crate::orders::waits!(),
        ") end as failed_at,
                case when o.failed_refunds > 0 then (select p.failure from refunds r
                   join refund_payments p on p.refund_id = r.id and p.state = 'failed' where r.order_id = o.id and ",
        $crate::orders::waits!(),
        " order by r.id desc, p.payment_id limit 1) end as failed_why,
                case when o.failed_refunds > 0 then exists (select 1 from refunds r
                   where r.order_id = o.id and r.change_id is not null and ",
        $crate::orders::waits!(),
        ") end as failed_here
           from orders o join users u on u.id = o.user_id ")
    };
}

/// The orders that a number, a reference or a tracking number names: each in the form in which its index has it.
pub(crate) async fn hits(reader: &Reader, term: &Term) -> sqlx::Result<Vec<OrderRow>> {
    reader
        .query(sql!(
            select!(),
            "where o.id in (select id from orders where number = $1
                            union select id from orders where number = $5
                            union select order_id from payments where lower(reference) = $2
                            union select id from orders
                                   where tracking_number is not null
                                     and upper(replace(replace(replace(tracking_number, '-', ''), ' ', ''), '.', '')) = $3)
              order by o.placed_at desc, o.id desc limit $4"
        ))
        .bind(term.number.as_deref())
        .bind(term.reference.as_deref())
        .bind(term.tracking_number.as_deref())
        .bind(i64::try_from(PAGE).unwrap_or_default())
        .bind(term.other_number.as_deref())
        .all()
        .await
}

struct Search<'a> {
    reader: &'a Reader,
    query: &'a OrderQuery,
    user: Option<CustomerId>,
}

/// One text for all filters: `$driver` is the condition whose index is read, the rest is checked on the rows it gives. The
/// casts tell PostgreSQL the type of a value that may be missing.
macro_rules! rows_along {
    ($driver:literal) => {
        rows_along!($driver, "desc")
    };
    ($driver:literal, $direction:literal) => {
        sql!(
            select!(),
            "where ",
            $driver,
            "(o.placed_at, o.id) < ($1, $2) and (o.placed_at, o.id) >= ($3, $4)
               and (cast($5 as text) is null or o.state = $5)
               and (cast($6 as text) is null or o.currency = $6)
               and (cast($7 as bigint) is null or o.total >= $7)
               and (cast($8 as bigint) is null or o.total <= $8)
               and (cast($9 as timestamptz) is null or o.paid_at < $9)
               and (cast($10 as bigint) is null or o.user_id = $10)
             order by o.placed_at ",
            $direction,
            ", o.id ",
            $direction,
            " limit $11"
        )
    };
}

/// The place of the last order of a page along an index.
macro_rules! bottom_along {
    ($driver:literal) => {
        sql!(
            "select placed_at, id from (
               select o.placed_at, o.id from orders o
                where ",
            $driver,
            "(o.placed_at, o.id) < ($1, $2) and (o.placed_at, o.id) >= ($3, $4) and (cast($5 as text) is null or o.state = $5)
                order by o.placed_at desc, o.id desc limit 20000) seen
              order by placed_at, id limit 1"
        )
    };
}

impl Search<'_> {
    /// Whether what is asked for may fit hardly any of the rows that the index gives.
    fn needs_windows(&self) -> bool {
        let is_narrow = self.user.is_some() || self.query.needs.is_some() || self.exact_total();
        let has_more = self.query.currency.is_some() || self.query.least.is_some() || self.query.most.is_some();
        has_more && !is_narrow
    }

    fn exact_total(&self) -> bool {
        self.query.least.is_some() && self.query.least == self.query.most && self.query.currency.is_some()
    }

    async fn rows(&self, first: Place, end: Place, limit: usize) -> sqlx::Result<Vec<OrderRow>> {
        let statement = match (self.user.is_some(), self.query.needs) {
            (true, None) => rows_along!("o.user_id = $10 and "),
            (true, Some(Needs::Settling)) => rows_along!("o.user_id = $10 and o.open_refunds > 0 and "),
            (true, Some(Needs::Retrying)) => rows_along!("o.user_id = $10 and o.failed_refunds > 0 and "),
            (true, Some(Needs::Shipping)) => rows_along!(
                "o.user_id = $10 and o.paid_at is not null and o.shipped_at is null and o.cancelled_at is null and ",
                "asc"
            ),
            (false, Some(Needs::Settling)) => rows_along!("o.open_refunds > 0 and "),
            (false, Some(Needs::Retrying)) => rows_along!("o.failed_refunds > 0 and "),
            // What was paid before some time was placed before it: so the index ends where it should.
            (false, Some(Needs::Shipping)) => rows_along!(
                "o.paid_at is not null and o.shipped_at is null and o.cancelled_at is null and o.placed_at < $9 and ",
                "asc"
            ),
            (false, None) if self.exact_total() => rows_along!("o.currency = $6 and o.total = $7 and "),
            (false, None) if self.query.state.is_some() => rows_along!("o.state = $5 and "),
            (false, None) => rows_along!(""),
        };
        self.bind(statement, first, end)
            .bind(self.query.currency.map(Currency::code))
            .bind(self.query.least)
            .bind(self.query.most)
            .bind(self.query.paid_before)
            .bind(self.user)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .all()
            .await
    }

    async fn bottom(&self, first: Place, end: Place) -> sqlx::Result<Option<Place>> {
        let statement = if self.query.state.is_some() { bottom_along!("o.state = $5 and ") } else { bottom_along!("") };
        self.bind(statement, first, end).optional().await
    }

    fn bind(&self, statement: Sql, first: Place, end: Place) -> Query<'_> {
        self.reader
            .query(statement)
            .bind(end.placed_at)
            .bind(end.id)
            .bind(first.placed_at)
            .bind(first.id)
            .bind(self.query.state.map(State::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_what_it_writes_and_nothing_else() {
        for text in ["1772410200000000_17", "0_0", "1772410200250462_-5"] {
            assert_eq!(text.parse::<Place>().unwrap().to_string(), text);
        }
        for text in
            ["", "_", "17", "1_", "_1", "1_x", "01_1", "1_+1", "-1_1", "999999999999999999_1", "1772410200000000_1_1"]
        {
            assert_eq!(text.parse::<Place>(), Err(BadPlace), "{text:?}");
        }
    }
}
