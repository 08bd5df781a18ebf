-- Reports about the access records and the log of a period, as they were signed, appended only. Several of one period may follow each other.
create table reviews (
  id              integer primary key,
  -- The row of the log that signed it, which has the hash of the report.
  change_id       text not null unique,
  -- `2026-11` or `2026-Q4`, and from when to when it goes.
  period          text not null,
  from_at         text not null,
  to_at           text not null check (to_at > from_at),
  staff_id        integer not null references staff (id),
  staff_name      text not null,
  signed_at       text not null,
  -- The bytes that are hashed: a JSON object on each line.
  report          blob not null check (length(report) > 0),
  sha256          text not null check (length(sha256) = 64),
  -- The rows of the log that the checkpoint holds which covers the period; nothing where none does.
  checkpoint_size integer check (checkpoint_size >= 0),
  result          text not null check (result in ('clear', 'found')),
  findings        text not null,
  measures        text not null,
  responsible     text not null check (responsible <> ''),
  -- The report of the same period that was signed before it.
  earlier         integer
) strict;
create index reviews_period on reviews (period, id);
create index reviews_to on reviews (to_at, id);

create trigger reviews_update before update on reviews begin select raise(abort, 'reviews is append-only'); end;
create trigger reviews_delete before delete on reviews begin select raise(abort, 'reviews is append-only'); end;
create trigger reviews_replace before insert on reviews
when exists (select 1 from reviews where id = new.id or change_id = new.change_id)
begin select raise(abort, 'reviews is append-only'); end;

-- What was taken in a period.
create index exports_at on exports (at, id);
