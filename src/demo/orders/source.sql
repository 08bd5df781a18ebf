-- Orders made of nothing but numbers, like the customers they belong to. `source` comes first and differs by engine: the
-- orders that the point ledger tells of, and others of the last weeks. What is random here is stirred from the order's id.
stirred as (
  select *, (id * 1597334677 + 974711) & 4294967295 as a from source
),
twice as (
  select *, ((((a & 65535) << 16) + (a >> 16)) * 1103515245 + 12345) & 4294967295 as b from stirred
),
thrice as (
  select *, ((((b & 65535) << 16) + (b >> 16)) * 1597334677 + 974711) & 4294967295 as c from twice
),
aged as (
  select *, (cast($5 as bigint) - placed) / 3600 as hours, c % 100 as luck,
    not is_told and (c >> 9) % 20 = 0 as is_foreign
  from thrice
),
stood as (
  select *,
    case when not is_told and luck < 4 then 'cancelled'
      when not is_told and luck < 7 and hours < 72 then 'placed'
      when luck < 11 and hours < 480 then 'paid'
      when hours < 8 then 'paid'
      when hours < 30 then 'preparing'
      when hours < 80 then 'shipped'
      else 'delivered' end as state,
    -- Half of those that were cancelled had not been paid.
    not is_told and luck < 2 as is_unpaid
  from aged
),
picked as (
  select s.*, numbers.n,
    ((((a + n * 40503) * 69069) & 4294967295) >> 8) & 15 as item,
    case when is_told and n = 1 then 1
      when ((b >> (cast(n as integer) + 3)) & 3) = 0 then 2 + ((c >> cast(n as integer)) & 1) else 1 end as quantity
  from stood s join numbers on numbers.n <= 1 + (s.b >> 5) % 4
),
priced as (
  select *,
    cast(trim(substr('18900  5000   55500  12900  89000  15900  9900   29900  ' ||
                     '14500  23000  64000  38000  349000 32000  17800  42000  ', 1 + 7 * cast(item as integer), 7)) as bigint) as base
  from picked
),
-- The first thing costs enough for the points that paid a part of it, or that it earned at two per cent.
raised as (
  select *,
    case when n = 1 and used > 0 then base + 1000 * (used / 1000 + 1)
      when n = 1 and earned * 50 > base then 100 * (earned / 2)
      when is_foreign then base * 100 / 1300
      else base end as unit_price
  from priced
),
lined as (
  select *,
    case when is_told and n = 1 and unit_price > 200000 then 12 when is_told and n = 1 and unit_price > 70000 then 4
      else item end as shown
  from raised
),
summed as (
  select id, sum(quantity * unit_price) as goods, max(case when n = 1 then unit_price end) as first_price from lined group by id
),
totalled as (
  select s.*, cast(t.goods as bigint) as goods, t.first_price,
    case when s.is_foreign then case when t.goods >= 4000 then 0 else 599 end
      when t.goods >= 50000 then 0 else 3000 end as shipping,
    s.state not in ('placed', 'cancelled') or s.state = 'cancelled' and not s.is_unpaid as is_paid
  from stood s join summed t on t.id = s.id
),
-- A refund of one unit of the first line: rare, and of orders that one card paid.
settled as (
  select *, goods + shipping - used as captured, (b >> 11) % 7 = 0 as is_split,
    case when is_told or state not in ('shipped', 'delivered') or (b >> 11) % 7 = 0 or (a >> 9) % 12 <> 0 then 'none'
      when (b >> 3) % 20 = 0 then 'requested'
      when (b >> 3) % 20 = 1 then 'failed'
      else 'succeeded' end as refund
  from totalled
),
timed as (
  select *,
    -- Nothing happens after now, also to what was placed a moment ago.
    case when not is_paid then null when cast($5 as bigint) - placed > 900 then placed + 60 + a % 600
      else placed + (cast($5 as bigint) - placed) / 2 end as paid,
    case when state in ('preparing', 'shipped', 'delivered') then placed + 7200 + b % 14400 end as prepared,
    case when state in ('shipped', 'delivered') then placed + 72000 + c % 28800 end as shipped,
    case when state = 'delivered' then placed + 160000 + a % 120000 end as delivered,
    case when state <> 'cancelled' then null
      when cast($5 as bigint) - placed > 900 then placed + 700 + (cast($5 as bigint) - placed - 700) / 4
      else placed + (cast($5 as bigint) - placed) * 3 / 4 end as cancelled
  from settled
)
