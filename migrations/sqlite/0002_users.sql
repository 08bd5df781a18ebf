-- Customers, and the ledger of their points. A customer's id comes from the shop; the console makes none.

create table users (
  id           integer primary key,
  email        text not null unique check (email = lower(email) and email like '_%@_%'),
  phone        text check (length(phone) between 5 and 15 and phone not glob '*[^0-9]*'),
  name         text not null check (length(name) between 1 and 100),
  status       text not null default 'active' check (status in ('active', 'suspended')),
  points       integer not null default 0 check (points >= 0),
  version      integer not null default 1,
  joined_at    text not null,
  last_seen_at text,
  email_domain text not null generated always as (substr(email, instr(email, '@') + 1)) stored,
  phone_last4  text generated always as (substr(phone, -4)) stored
) strict;
create index users_email_domain on users (email_domain, id);
create index users_phone on users (phone, id);
create index users_phone_last4 on users (phone_last4, id);
create index users_joined on users (joined_at, id);
create index users_status on users (status, joined_at, id);

-- Every character a name can have a part begin at.
create table numbers (n integer primary key) strict;
insert into numbers
with recursive counted (n) as (select 1 union all select n + 1 from counted where n < 100) select n from counted;

-- Every ending of every name, so that any part of a name, also one Korean syllable, is the beginning of a row here and a
-- range of the index. Trigrams cannot do that: most parts of Korean names that people type are two syllables long.
-- Only A to Z are folded, on both engines alike.
create table user_name_parts (
  part    text not null,
  user_id integer not null,
  primary key (part, user_id)
) strict, without rowid;
create trigger users_name_added after insert on users
begin
  insert into user_name_parts (part, user_id)
  select substr(lower(new.name), n, 100), new.id from numbers
  where n <= length(new.name) and substr(new.name, n, 1) <> ' ';
end;
create trigger users_name_changed after update of name on users when new.name is not old.name
begin
  delete from user_name_parts
  where user_id = old.id
    and part in (select substr(lower(old.name), n, 100) from numbers where n <= length(old.name));
  insert into user_name_parts (part, user_id)
  select substr(lower(new.name), n, 100), new.id from numbers
  where n <= length(new.name) and substr(new.name, n, 1) <> ' ';
end;
create trigger users_name_removed after delete on users
begin
  delete from user_name_parts
  where user_id = old.id
    and part in (select substr(lower(old.name), n, 100) from numbers where n <= length(old.name));
end;

create table point_entries (
  id         integer primary key,
  user_id    integer not null references users (id),
  at         text not null,
  delta      integer not null check (delta <> 0),
  balance    integer not null check (balance >= 0),
  kind       text not null check (kind in ('earned', 'spent', 'expired', 'returned', 'adjusted')),
  memo       text,
  change_id  text,
  staff_name text,
  check ((kind = 'adjusted') = (change_id is not null))
) strict;
create index point_entries_user on point_entries (user_id, id);
create index point_entries_adjusted on point_entries (id) where change_id is not null;
create unique index point_entries_change on point_entries (change_id) where change_id is not null;
create trigger point_entries_no_update before update on point_entries
begin select raise(abort, 'point_entries is append-only'); end;
create trigger point_entries_no_delete before delete on point_entries
begin select raise(abort, 'point_entries is append-only'); end;
-- INSERT OR REPLACE deletes the row in its way without firing the trigger above unless recursive_triggers is on.
create trigger point_entries_no_replace before insert on point_entries
when exists (select 1 from point_entries where id = new.id)
  or exists (select 1 from point_entries where change_id = new.change_id)
begin select raise(abort, 'point_entries is append-only'); end;

-- What was searched for, so that no address of a page holds an e-mail or a phone number.
create table searches (
  id       text primary key,
  staff_id integer not null references staff (id),
  term     text not null,
  kind     text not null,
  status   text check (status in ('active', 'suspended')),
  at       text not null
) strict, without rowid;
create index searches_staff on searches (staff_id, at);
create index searches_at on searches (at);
