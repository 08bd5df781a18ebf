-- What staff wrote down about a customer. The text is here and not in the log: it may hold personal data.
create table user_notes (
  id         integer primary key,
  user_id    integer not null references users (id),
  at         text not null,
  text       text not null check (length(text) between 1 and 2000),
  staff_name text not null,
  change_id  text not null unique
) strict;
create index user_notes_user on user_notes (user_id, id);
create trigger user_notes_no_update before update on user_notes
begin select raise(abort, 'user_notes is append-only'); end;
create trigger user_notes_no_delete before delete on user_notes
begin select raise(abort, 'user_notes is append-only'); end;
create trigger user_notes_no_replace before insert on user_notes
when exists (select 1 from user_notes where id = new.id or change_id = new.change_id)
begin select raise(abort, 'user_notes is append-only'); end;
