//! Sample orders, in any number, the same ones every time: those that the customers' point ledgers tell of, and others of
//! the last weeks in all states, some paid in two parts, some refunded.
//!
//! The engine makes them from their numbers, as it makes the customers: a million orders are not carried through this
//! process. The engines differ in how they write times, so the first and last lines of each statement do.

use super::present;
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    sql,
    store::Sql,
};
use serde::{Deserialize, Serialize};

/// Where the orders begin that no ledger tells of: far above every entry's id, which is the id of the order it tells of.
pub(crate) const UNTOLD: i64 = 1_000_000_000;
/// A good step: see [`customers`](super::customers).
pub(crate) const STEP: i64 = 20_000;

/// Adds the orders of the ledger entries after `entry` (`entries` of them at most), and `count` orders from `first` on that
/// no ledger tells of, spread over `users` customers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LoadOrders {
    pub entry: i64,
    pub entries: i64,
    pub first: i64,
    pub count: i64,
    pub users: i64,
    /// The present of the sample, in seconds since 1970, where the time of the log is an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<i64>,
}

/// The number of orders added, and which ledger entry was the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loaded {
    pub orders: i64,
    pub entry: i64,
}

impl Change for LoadOrders {
    const KIND: &'static str = "sample.load-orders";
    const ADMITS: Admits = Admits::host_only();
    type Output = Loaded;

    fn target(&self) -> Target {
        Target::new("sample", "orders")
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<Loaded, Fault> {
        let last = self.last_entry(tx).await?;
        let now = present(tx, self.present).unix();
        let query = tx.query(orders_made()).bind(self.entry).bind(last).bind(self.first).bind(self.count);
        let orders = query.bind(now).bind(self.users.max(1)).bind(UNTOLD).run().await?;
        for statement in made_from_orders().into_iter().chain(refunds_made()) {
            tx.query(statement)
                .bind(self.entry)
                .bind(last)
                .bind(self.first)
                .bind(self.count)
                .bind(UNTOLD)
                .run()
                .await?;
        }
        let orders = i64::try_from(orders).unwrap_or(i64::MAX);
        tx.note("orders", 0, orders);
        Ok(Loaded { orders, entry: last })
    }
}

impl LoadOrders {
    /// The last of the entries whose orders are to be added.
    async fn last_entry(&self, tx: &mut Tx<'_>) -> Result<i64, Fault> {
        let (last,): (Option<i64>,) = tx
            .query(sql!(
                "select max(id) from (select id from point_entries
                   where id > $1 and kind in ('spent', 'earned') and memo like '________-%' order by id limit $2) next"
            ))
            .bind(self.entry)
            .bind(self.entries)
            .one()
            .await?;
        Ok(last.unwrap_or(self.entry))
    }
}

/// The orders that are made, from what tells of them: the ledger, or a number alone. The engines name the same things
/// differently: seconds since 1970, a day in Seoul, the larger of two, and PostgreSQL wants a name for every subquery.
macro_rules! source {
    ($at:literal, $joined:literal, $day:literal, $larger:literal) => {
        concat!(
            "with recursive counted (k) as (
               select cast($3 as bigint) where cast($4 as bigint) > 0
               union all select k + 1 from counted where k + 1 < cast($3 as bigint) + cast($4 as bigint)
             ),
             source (id, number, user_id, placed, used, earned, is_told) as (
               select p.id, p.memo, p.user_id, ",
            $at,
            ", case when p.kind = 'spent' then -p.delta else 0 end, case when p.kind = 'earned' then p.delta else 0 end, true
                 from point_entries p
                where p.id > cast($1 as bigint) and p.id <= cast($2 as bigint) and p.kind in ('spent', 'earned')
                  and p.memo like '________-%'
               union all
               select cast($7 as bigint) + k, ",
            $day,
            " || '-' || case when k < 500000 then substr(cast(1000001 + 2 * k as text), 2) else cast(1 + 2 * k as text) end,
                 user_id, placed, 0, 0, false
                 from (select k, u.id as user_id, ",
            $larger,
            "(",
            $joined,
            ", cast($5 as bigint) - ((k * 48271) % 1024) * ((k * 69621) % 1024) * 3888000 / 1048576 - 60 - (k * 7919) % 3600) as placed
                         from counted join users u on u.id = 1 + (k * 1597334677) % cast($6 as bigint)) chosen
             ),
             stirred as (select *, (id * 1597334677 + 974711) & 4294967295 as a from source),\n",
            include_str!("orders/stirred.sql"),
            include_str!("orders/advanced.sql"),
            include_str!("orders/lined.sql"),
            ",\n",
            include_str!("orders/timed.sql")
        )
    };
}

macro_rules! orders {
    () => {
        "insert into orders (id, number, user_id, state, currency, total, shipping_fee, shipping_refunded, points_used,
           points_worth, points_earned, carrier, tracking_number, open_refunds, failed_refunds, placed_at, paid_at,
           preparing_at, shipped_at, delivered_at, cancelled_at) "
    };
}

fn orders_made() -> Sql {
    sql!(
        sqlite: concat!(
            orders!(),
            source!(
                "cast(strftime('%s', p.at) as integer)",
                "cast(strftime('%s', u.joined_at) as integer)",
                "strftime('%Y%m%d', placed, 'unixepoch', '+9 hours')",
                "max"
            ),
            "select id, number, user_id, state, case when is_foreign then 'USD' else 'KRW' end, goods + shipping, shipping,
             state = 'cancelled' and is_paid and shipping > 0, used, used, earned,
             case when shipped is not null then trim(substr('cj    hanjinlotte cj    ', 1 + 6 * cast(a & 3 as integer), 6)) end,
             case when shipped is not null then cast(600000000000 + (id * 48271693) % 99999999999 as text) end,
             case when refund = 'requested' then 1 else 0 end, case when refund = 'failed' then 1 else 0 end,
             strftime('%Y-%m-%dT%H:%M:%S', placed, 'unixepoch') || '.000000Z',
             strftime('%Y-%m-%dT%H:%M:%S', paid, 'unixepoch') || '.000000Z',
             strftime('%Y-%m-%dT%H:%M:%S', prepared, 'unixepoch') || '.000000Z',
             strftime('%Y-%m-%dT%H:%M:%S', shipped, 'unixepoch') || '.000000Z',
             strftime('%Y-%m-%dT%H:%M:%S', delivered, 'unixepoch') || '.000000Z',
             strftime('%Y-%m-%dT%H:%M:%S', cancelled, 'unixepoch') || '.000000Z'
             from timed order by id"
        ),
        postgres: concat!(
            orders!(),
            source!(
                "cast(extract(epoch from p.at) as bigint)",
                "cast(extract(epoch from u.joined_at) as bigint)",
                "to_char(to_timestamp(placed) at time zone 'Asia/Seoul', 'YYYYMMDD')",
                "greatest"
            ),
            "select id, number, user_id, state, case when is_foreign then 'USD' else 'KRW' end, goods + shipping, shipping,
             state = 'cancelled' and is_paid and shipping > 0, used, used, earned,
             case when shipped is not null then trim(substr('cj    hanjinlotte cj    ', 1 + 6 * cast(a & 3 as integer), 6)) end,
             case when shipped is not null then cast(600000000000 + (id * 48271693) % 99999999999 as text) end,
             case when refund = 'requested' then 1 else 0 end, case when refund = 'failed' then 1 else 0 end,
             to_timestamp(placed), to_timestamp(paid), to_timestamp(prepared), to_timestamp(shipped), to_timestamp(delivered),
             to_timestamp(cancelled)
             from timed order by id"
        ),
    )
}

/// Which orders were made in this step.
macro_rules! just_made {
    () => {
        "(o.id > cast($1 as bigint) and o.id <= cast($2 as bigint)
           or o.id >= cast($5 as bigint) + cast($3 as bigint)
          and o.id < cast($5 as bigint) + cast($3 as bigint) + cast($4 as bigint))"
    };
}

/// The orders that were just made, with what is random in each and their lines, told by their rows alone.
macro_rules! just_lined {
    () => {
        concat!(
            "with stirred as (
               select o.id, o.state, o.paid_at, o.total - o.points_used as captured, o.points_used as used, o.points_earned as earned,
                 o.id < cast($5 as bigint) as is_told, o.currency = 'USD' as is_foreign,
                 (o.id * 1597334677 + 974711) & 4294967295 as a
                 from orders o where ",
            just_made!(),
            "),\n",
            include_str!("orders/stirred.sql"),
            "advanced as (select * from thrice),\n",
            include_str!("orders/lined.sql")
        )
    };
}

/// Their lines, and then their payments: a seventh of the orders is paid in two parts, six tenths by card, the rest from a bank
/// account.
fn made_from_orders() -> [Sql; 2] {
    [
        sql!(
            "insert into order_lines (order_id, n, sku, title, variant, quantity, unit_price, refunded) ",
            just_lined!(),
            "select l.id, l.n, 'SK-' || cast(1000 + 7 * l.shown as text),
               trim(substr('유기농 현미 4kg  양말 3켤레      무선 이어폰 Pro 2텀블러 500ml   러닝화         면 티셔츠       핸드크림 3개     보조배터리 10000 ' ||
                         '접이식 우산      원두 1kg      블루투스 키보드    캠핑 의자       로봇청소기 R7    노트북 거치대     비타민 C 120정  강아지 사료 5kg  ', 1 + 12 * cast(l.shown as integer), 12)),
               case when l.item % 3 = 0 then trim(substr('블랙  그레이 네이비 아이보리', 1 + 4 * cast((l.b >> 7) & 3 as integer), 4)) end,
               l.quantity, l.unit_price,
               case when l.state = 'cancelled' and l.paid_at is not null then l.quantity
                 when l.n = 1 and l.refund in ('requested', 'succeeded') then 1 else 0 end
               from lined l order by l.id, l.n"
        ),
        sql!(
            "insert into payments (id, order_id, method, label, reference, captured, captured_at, refunded) ",
            just_lined!(),
            "select id * 2 + part, id, case when part = 0 then 'card' else 'transfer' end,
               case when part = 0 then '···· ' || substr(cast(10000 + b % 10000 as text), 2)
                 else trim(substr('국민은행  신한은행  우리은행  카카오뱅크', 1 + 6 * cast(b & 3 as integer), 6)) end,
               cast(30000000 + id * 2 + part as text), amount, paid_at,
               case when state = 'cancelled' then amount
                 when refund in ('requested', 'succeeded')
                   then (select f.unit_price from order_lines f where f.order_id = parted.id and f.n = 1) else 0 end
               from (select a.*, n - 1 as part,
                       case when not is_split then captured when n = 1 then captured * 6 / 10 else captured - captured * 6 / 10 end
                         as amount
                       from asked a join numbers on n = 1 or n = 2 and is_split) parted
              where paid_at is not null and amount > 0 order by id, part"
        ),
    ]
}

/// The refunds that the shop itself asked for, told by what the orders and lines above count: all of a cancelled order, one
/// unit of another's first line. Then their lines, and what goes to each payment.
fn refunds_made() -> [Sql; 3] {
    [
    sql!(
        "insert into refunds (order_id, at, state, amount, shipping, reason_kind, released, settled_at)
         select o.id, coalesce(o.cancelled_at, o.shipped_at),
           case when o.open_refunds > 0 then 'requested' when o.failed_refunds > 0 then 'failed' else 'succeeded' end,
           case when o.state = 'cancelled' then (select cast(sum(p.captured) as bigint) from payments p where p.order_id = o.id)
             else (select l.unit_price from order_lines l where l.order_id = o.id and l.n = 1) end,
           case when o.shipping_refunded then o.shipping_fee else 0 end,
           case when o.state = 'cancelled' then 'customer_request' else 'returned' end, o.failed_refunds > 0,
           case when o.open_refunds = 0 then coalesce(o.cancelled_at, o.shipped_at) end
           from orders o
          where ",
        just_made!(),
        " and (o.state = 'cancelled' and o.paid_at is not null or o.open_refunds > 0 or o.failed_refunds > 0
                 or exists (select 1 from order_lines l where l.order_id = o.id and l.refunded > 0))
          order by o.id"
    ),
    sql!(
        "insert into refund_lines (refund_id, order_id, n, quantity)
         select r.id, o.id, l.n, case when o.state = 'cancelled' then l.quantity else 1 end
           from orders o join refunds r on r.order_id = o.id
           join order_lines l on l.order_id = o.id and (o.state = 'cancelled' or l.n = 1)
          where r.change_id is null and ",
        just_made!()
    ),
    sql!(
        "insert into refund_payments (refund_id, payment_id, order_id, amount, state, reference, failure, settled_at)
         select r.id, p.id, o.id, case when o.state = 'cancelled' then p.captured else r.amount end, r.state,
           case when r.state = 'succeeded' then 'RF' || p.reference end, case when r.state = 'failed' then 'card_expired' end,
           r.settled_at
           from orders o join refunds r on r.order_id = o.id join payments p on p.order_id = o.id
          where r.change_id is null and ",
        just_made!()
    ),
    ]
}
