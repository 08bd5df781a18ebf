-- What the lines come to, and when what happened.
summed as (
  select id, sum(quantity * unit_price) as goods from lined group by id
),
totalled as (
  select s.*, cast(t.goods as bigint) as goods,
    case when s.is_foreign then case when t.goods >= 4000 then 0 else 599 end
      when t.goods >= 50000 then 0 else 3000 end as shipping,
    s.state not in ('placed', 'cancelled') or s.state = 'cancelled' and not s.is_unpaid as is_paid
  from asked s join summed t on t.id = s.id
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
  from totalled
)
