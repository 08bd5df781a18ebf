-- The ledgers of the customers people.sql made: none to twelve entries each, the last one ending at the customer's points.
-- A balance is a number of its entry, and what an entry moves is the difference to the one before: so no running sum is
-- needed, nothing falls below zero, and the odd tens of every second entry keep the difference from being zero.
insert into point_entries (user_id, at, delta, balance, kind, memo)
with recursive
numbered (id) as (
  select cast($1 as bigint) where cast($2 as bigint) > 0
  union all
  select id + 1 from numbered where id + 1 < cast($1 as bigint) + cast($2 as bigint)
),
stirred (id, a) as (select id, (id * 1597334677 + 974711) & 4294967295 from numbered),
twice (id, a, b) as materialized (
  select id, a, ((((a & 65535) << 16) + (a >> 16)) * 1103515245 + 12345) & 4294967295 from stirred
),
thrice (id, a, b, c) as materialized (
  select id, a, b, ((((b & 65535) << 16) + (b >> 16)) * 1597334677 + 974711) & 4294967295 from twice
),
counted as (
  select id, a, ((b & 255) * (b & 255) * 13) >> 16 as entries,
    cast($3 as bigint) - 189216000 * (cast($4 as bigint) - id) / cast($4 as bigint)
      - (c >> 4) % (1 + 189216000 / cast($4 as bigint)) as joined
  from thrice
),
entered as (
  select id, n, entries, joined,
    ((a + n * 40503) * 69069) & 4294967295 as e,
    20 * (((((a + n * 40503) * 69069) & 4294967295) >> 10) % 1500) + 10 * (n & 1) as balance,
    case when n = 1 then 0
      else 20 * (((((a + (n - 1) * 40503) * 69069) & 4294967295) >> 10) % 1500) + 10 * ((n - 1) & 1) end as former
  from counted join numbers on n <= entries
),
written as (
  select id, n, balance, balance - former as delta,
    joined + (cast($3 as bigint) - joined) * (n * 1024 + (e & 1023)) / ((entries + 1) * 1024) as moment,
    case when balance > former then case when e % 7 = 0 then 'returned' else 'earned' end
      else case when e % 7 = 1 then 'expired' else 'spent' end end as kind,
    -- What was earned or spent belongs to an order, whose number begins with its day. Even numbers: those of orders that no
    -- ledger tells of are odd.
    case when e % 7 = case when balance > former then 0 else 1 end then null
      when 2 * (13 * id + n) < 1000000 then substr(cast(1000000 + 2 * (13 * id + n) as text), 2)
      else cast(2 * (13 * id + n) as text) end as serial
  from entered
)
