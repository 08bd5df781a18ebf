-- What each person has altered alone in a day, as running totals, so that a rule of approval reads a few rows however long the
-- day's log is. A day is counted from the first change that a rule asks about; what the log had by then is added up once.
create table counted_days (
  staff_id integer not null references staff (id),
  began    text not null,
  ends     text not null,
  primary key (staff_id, began, ends)
) strict, without rowid;
create index counted_days_ends on counted_days (ends);

-- The currency is empty for plain numbers, such as points.
create table counted_amounts (
  staff_id integer not null,
  began    text not null,
  ends     text not null,
  kind     text not null,
  quantity text not null,
  currency text not null,
  total    integer not null,
  primary key (staff_id, began, ends, kind, quantity, currency),
  foreign key (staff_id, began, ends) references counted_days (staff_id, began, ends) on delete cascade
) strict, without rowid;

-- With each adjustment of points, the points adjusted for the customer so far, in both directions: two entries give what was
-- adjusted between them. More than a day's bound at once counts as one more than that bound, so that it cannot overflow.
alter table point_entries add column adjusted_sum integer;
drop trigger point_entries_no_update;
update point_entries set adjusted_sum = sums.adjusted_sum
  from (select id, sum(min(abs(delta), 30000001)) over (partition by user_id order by id) as adjusted_sum
          from point_entries where kind = 'adjusted') sums
 where sums.id = point_entries.id;
create trigger point_entries_no_update before update on point_entries
begin select raise(abort, 'point_entries is append-only'); end;
drop index point_entries_adjusted_at;
create index point_entries_adjusted_at on point_entries (user_id, at, id) where adjusted_sum is not null;
create index point_entries_adjusted_sum on point_entries (user_id, adjusted_sum) where adjusted_sum is not null;
