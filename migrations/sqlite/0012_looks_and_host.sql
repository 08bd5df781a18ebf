-- Counts of looks, and up to where owners have seen what commands on the host changed.

-- How often each person has looked at customers in an hour and on a day, so that the next look does not have to count the
-- records of those before. What is counted here has an access record.
create table looks (
  id        integer primary key,
  staff_id  integer not null,
  kind      text not null check (kind in ('reveals', 'searches', 'opened')),
  span      text not null check (span in ('hour', 'day')),
  starts_at text not null,
  seen      integer not null check (seen >= 0),
  -- The first and the last look that is counted.
  first_at  text not null,
  last_at   text not null,
  -- Which limit an event has told of: none, the first, the second.
  told      integer not null default 0 check (told in (0, 1, 2)),
  -- The change with which the person went on beyond the first limit.
  lifted_by text,
  unique (staff_id, kind, span, starts_at)
) strict;
create index looks_starts on looks (starts_at);

-- Up to which row of the log owners have confirmed that they saw the changes of commands on the host.
create table host_review (
  id           integer primary key check (id = 1),
  seen_through integer not null
) strict;
insert into host_review (id, seen_through) values (1, -1);
-- The rows of those commands, which are few among many.
create index audit_host on audit (seq) where actor = 'console';
