-- What each person has altered alone in a day, as running totals, so that a rule of approval reads a few rows however long the
-- day's log is. A day is counted from the first change that a rule asks about; what the log had by then is added up once.
create table counted_days (
  staff_id bigint not null references staff (id),
  began    timestamptz not null,
  ends     timestamptz not null,
  primary key (staff_id, began, ends)
);
create index counted_days_ends on counted_days (ends);

-- The currency is empty for plain numbers, such as points.
create table counted_amounts (
  staff_id bigint not null,
  began    timestamptz not null,
  ends     timestamptz not null,
  kind     text collate "C" not null,
  quantity text collate "C" not null,
  currency text collate "C" not null,
  total    bigint not null,
  primary key (staff_id, began, ends, kind, quantity, currency),
  foreign key (staff_id, began, ends) references counted_days (staff_id, began, ends) on delete cascade
);
grant select, insert, delete on counted_days to ingam_app;
grant select, insert, update (total), delete on counted_amounts to ingam_app;

-- With each adjustment of points, the points adjusted for the customer so far, in both directions: two entries give what was
-- adjusted between them. More than a day's bound at once counts as one more than that bound, so that it cannot overflow.
alter table point_entries add column adjusted_sum bigint;
alter table point_entries disable trigger point_entries_no_rewriting;
update point_entries set adjusted_sum = sums.adjusted_sum
  from (select id, sum(least(abs(delta), 30000001)) over (partition by user_id order by id) as adjusted_sum
          from point_entries where kind = 'adjusted') sums
 where sums.id = point_entries.id;
alter table point_entries enable always trigger point_entries_no_rewriting;
drop index point_entries_adjusted_at;
create index point_entries_adjusted_at on point_entries (user_id, at, id) where adjusted_sum is not null;
create index point_entries_adjusted_sum on point_entries (user_id, adjusted_sum) where adjusted_sum is not null;
