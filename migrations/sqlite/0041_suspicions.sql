-- What the rules of detection found: one row for each rule and key. Rows are never removed.
create table suspicions (
  id         integer primary key,
  rule       text not null check (rule <> ''),
  -- The person and the day, with the customer or the other person where it is about one.
  key        text not null check (key <> ''),
  staff_id   integer not null references staff (id),
  other_id   integer references staff (id),
  customer   integer,
  -- The beginning of its day, where the console counts days.
  began_at   text not null,
  -- The rows of the log that are its evidence lie between these; nothing where the evidence is access records.
  first_seq  integer check (first_seq >= 0),
  last_seq   integer check (last_seq >= first_seq),
  -- How many things were counted. While it is open, more of them take the place of fewer.
  n          integer not null check (n > 0),
  -- The numbers of its sentence. No personal data.
  evidence   text not null check (json_valid(evidence)),
  found_at   text not null,
  state      text not null default 'open' check (state in ('open', 'closed')),
  outcome    text check (outcome in ('explained', 'false-alarm', 'confirmed')),
  closed_at  text,
  -- The row of the log with which it was closed: who and why.
  closed_by  text unique,
  unique (rule, key),
  check ((first_seq is null) = (last_seq is null)),
  check ((state = 'closed') = (outcome is not null)),
  check ((state = 'closed') = (closed_at is not null)),
  check ((state = 'closed') = (closed_by is not null))
) strict;
create index suspicions_rule on suspicions (rule, id);
create index suspicions_staff on suspicions (staff_id, id);
create index suspicions_other on suspicions (other_id, id) where other_id is not null;
create index suspicions_state on suspicions (state, began_at, id);
create index suspicions_open on suspicions (id) where state = 'open';
create index suspicions_began on suspicions (began_at, rule, outcome);

-- Which process looks now, and when that was done last.
create table detection (
  id            integer primary key check (id = 1),
  claimed_until text,
  claimed_by    text,
  -- The last look at what is new, and the last one at the whole window.
  looked_at     text,
  swept_at      text,
  -- Up to which suspicion a digest told, and when.
  told          integer not null default 0,
  told_at       text
) strict;
insert into detection (id) values (1);

create index approval_requests_at on approval_requests (at);
