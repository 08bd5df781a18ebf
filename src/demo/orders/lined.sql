-- The lines of the orders in `advanced`, which says of each where it is, and whether a ledger tells of it.
-- A refund of one unit of the first line: rare, and of orders that one card paid. A seventh of the orders is paid in two parts.
asked as (
  select *, (b >> 11) % 7 = 0 as is_split,
    case when is_told or state not in ('shipped', 'delivered') or (b >> 11) % 7 = 0 or (a >> 9) % 12 <> 0 then 'none'
      when (b >> 3) % 20 = 0 then 'requested'
      when (b >> 3) % 20 = 1 then 'failed'
      else 'succeeded' end as refund
  from advanced
),
picked as (
  select s.*, numbers.n,
    ((((a + n * 40503) * 69069) & 4294967295) >> 8) & 15 as item,
    case when is_told and n = 1 then 1
      when ((b >> (cast(n as integer) + 3)) & 3) = 0 then 2 + ((c >> cast(n as integer)) & 1) else 1 end as quantity
  from asked s join numbers on numbers.n <= 1 + (s.b >> 5) % 4
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
)
