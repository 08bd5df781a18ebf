-- How far each order has come.
aged as (
  select *, (cast($5 as bigint) - placed) / 3600 as hours, c % 100 as luck,
    not is_told and (c >> 9) % 20 = 0 as is_foreign
  from thrice
),
advanced as materialized (
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
