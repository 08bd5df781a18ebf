-- What people had typed into forms that they sent after their session had ended.

create table drafts (
  staff_id integer not null references staff (id),
  -- The path that the form posts to.
  form     text not null,
  at       text not null,
  -- Names and values of its fields, encrypted for this person and form.
  sealed   blob not null check (length(sealed) <= 65536),
  primary key (staff_id, form)
) strict, without rowid;
create index drafts_at on drafts (at);
