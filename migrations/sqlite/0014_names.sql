-- Names are found in one normal form, which the program makes (src/text/name.rs): no engine knows it. Rows of `users` are made by
-- others too, so triggers put down whose name came or changed, and the program works through that before a search and all the time.
drop trigger users_name_added;
drop trigger users_name_changed;
drop trigger users_name_removed;

-- Every ending of every name in its normal form, so that any part of a name, also one Korean syllable, is the beginning of a row
-- here and a range of the index.
drop table user_name_parts;
create table user_name_parts (
  part    text not null,
  user_id integer not null,
  primary key (part, user_id)
) strict, without rowid;
-- Other ways to write it: words in another order, initial consonants, as pages mask it.
create table user_name_forms (
  form    text not null,
  user_id integer not null,
  primary key (form, user_id)
) strict, without rowid;

-- Whose name is not in these tables yet, or has another one there: the one before, of which they still have to be rid.
create table user_name_queue (
  n        integer primary key,
  user_id  integer not null,
  old_name text
) strict;
create trigger users_name_added after insert on users
begin
  insert into user_name_queue (user_id) values (new.id);
end;
create trigger users_name_changed after update of id, name on users when new.name is not old.name or new.id is not old.id
begin
  insert into user_name_queue (user_id, old_name) values (old.id, old.name);
  insert into user_name_queue (user_id) values (new.id);
end;
create trigger users_name_removed after delete on users
begin
  insert into user_name_queue (user_id, old_name) values (old.id, old.name);
end;
insert into user_name_queue (user_id) select id from users order by id;

-- Tracking numbers with and without what people put between their digits, references in any case.
drop index orders_tracking;
create index orders_tracking on orders (upper(replace(replace(replace(tracking_number, '-', ''), ' ', ''), '.', '')))
  where tracking_number is not null;
create index payments_lower_reference on payments (lower(reference));
