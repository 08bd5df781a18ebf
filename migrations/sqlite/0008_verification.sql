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
alter table access_records add column lane integer;
alter table access_records add column place integer;
alter table access_records add column hash blob;
create unique index access_records_lane on access_records (lane, place);

-- The length and the last hash of each chain. Lane -1 counts the records that are in none.
create table access_heads (
  lane integer primary key check (lane between -1 and 15),
  size integer not null,
  hash blob not null
) strict;
insert into access_heads (lane, size, hash)
select -1, count(*), x'' from access_records;
insert into access_heads (lane, size, hash) values
  (0, 0, x''), (1, 0, x''), (2, 0, x''), (3, 0, x''), (4, 0, x''), (5, 0, x''), (6, 0, x''), (7, 0, x''),
  (8, 0, x''), (9, 0, x''), (10, 0, x''), (11, 0, x''), (12, 0, x''), (13, 0, x''), (14, 0, x''), (15, 0, x'');
create trigger access_heads_no_delete before delete on access_heads
begin select raise(abort, 'access records are append-only'); end;
create trigger access_heads_no_more before insert on access_heads
begin select raise(abort, 'access records have their chains'); end;
create trigger access_heads_next before update on access_heads
when new.lane is not old.lane or new.lane < 0 or new.size is not old.size + 1
begin select raise(abort, 'a chain of access records grows by one record at a time'); end;

-- How the last verification in the background ended, and who verifies now.
create table verification (
  id            integer primary key check (id = 1),
  claimed_until text,
  claimed_by    text,
  finished_at   text,
  fits          integer check (fits in (0, 1)),
  size          integer,
  finding       text
) strict;
insert into verification (id) values (1);
