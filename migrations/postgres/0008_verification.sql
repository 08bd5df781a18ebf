-- What the verification of the log holds tables against: salts of texts whose fingerprints are in the log, the chain of the
-- access records, and how the last verification in the background ended.

-- The fingerprint of a text with its salt is in the log. Without the salt the text cannot be found by trying.
alter table user_notes add column salt text not null default '';
alter table order_events add column salt text not null default '';
alter table approval_requests add column salt text not null default '';

-- A session names the row of the log that began it, which those from before this do not have.
delete from sessions;

-- Each access record is the next one of a chain: its hash is that of the record with the hash before it. There are sixteen
-- chains, so that people who look at data at the same time rarely wait for each other. Records from before this are in none.
alter table access_records add column lane bigint;
alter table access_records add column place bigint;
alter table access_records add column hash bytea;
create unique index access_records_lane on access_records (lane, place);

-- The length and the last hash of each chain. Lane -1 counts the records that are in none.
create table access_heads (
  lane bigint primary key check (lane between -1 and 15),
  size bigint not null,
  hash bytea not null
);
insert into access_heads (lane, size, hash)
select -1, count(*), '' from access_records;
insert into access_heads (lane, size, hash) values
  (0, 0, ''), (1, 0, ''), (2, 0, ''), (3, 0, ''), (4, 0, ''), (5, 0, ''), (6, 0, ''), (7, 0, ''),
  (8, 0, ''), (9, 0, ''), (10, 0, ''), (11, 0, ''), (12, 0, ''), (13, 0, ''), (14, 0, ''), (15, 0, '');
create function access_grows_by_one() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  if tg_op <> 'UPDATE' or new.lane <> old.lane or new.lane < 0 or new.size <> old.size + 1 then
    raise exception 'a chain of access records grows by one record at a time' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger access_heads_next before insert or update or delete on access_heads
  for each row execute function access_grows_by_one();
create trigger access_heads_no_truncate before truncate on access_heads
  for each statement execute function refuse_rewriting();
alter table access_heads enable always trigger access_heads_next;
alter table access_heads enable always trigger access_heads_no_truncate;
grant select, update (size, hash) on access_heads to ingam_app;

-- How the last verification in the background ended, and who verifies now.
create table verification (
  id            bigint primary key check (id = 1),
  claimed_until timestamptz,
  claimed_by    text,
  finished_at   timestamptz,
  fits          boolean,
  size          bigint,
  finding       text
);
insert into verification (id) values (1);
grant select, update on verification to ingam_app;
