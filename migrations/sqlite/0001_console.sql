-- The console itself: who may enter, what was sealed, what is still to be told.
-- Instants are fixed-width UTC text (`2026-11-22T06:44:19.250462Z`), so that text order is time order.

create table installation (
  id          integer primary key check (id = 1),
  environment text not null check (environment in ('local', 'dev', 'staging', 'prod')),
  stamped_at  text not null
) strict;

create table staff (
  id            integer primary key,
  email         text not null unique check (email = lower(email)),
  name          text not null,
  roles         text not null,
  active        integer not null default 1 check (active in (0, 1)),
  password_hash text,
  lang          text check (lang in ('en', 'ko')),
  time_zone     text not null,
  theme         text not null default 'system' check (theme in ('system', 'light', 'dark')),
  version       integer not null default 1,
  created_at    text not null,
  password_at   text
) strict;

-- One authenticator a person. The secret is encrypted under a key that is not in the database.
create table authenticators (
  staff_id     integer primary key references staff (id),
  secret       blob not null,
  last_step    integer not null default 0,
  failures     integer not null default 0,
  waits_until  text,
  locked       integer not null default 0 check (locked in (0, 1)),
  enrolled_at  text not null
) strict;

create table recovery_codes (
  hash     blob primary key,
  staff_id integer not null references staff (id),
  used_at  text
) strict, without rowid;
create index recovery_codes_staff on recovery_codes (staff_id);

-- One-time links with which an invited person sets password and authenticator.
create table invitations (
  hash       blob primary key,
  staff_id   integer not null references staff (id),
  expires_at text not null
) strict, without rowid;

create table sessions (
  id         text primary key,
  staff_id   integer not null references staff (id),
  stage      text not null check (stage in ('password', 'signed')),
  created_at text not null,
  seen_at    text not null,
  ip         text not null,
  user_agent text not null
) strict, without rowid;
create index sessions_staff on sessions (staff_id);
create index sessions_created on sessions (created_at);

create table throttles (
  key         text primary key,
  failures    integer not null,
  waits_until text,
  updated_at  text not null
) strict, without rowid;

-- What a form's key has already done, so that a second click does nothing twice.
create table idempotency (
  staff_id    integer not null references staff (id),
  key         text not null,
  fingerprint blob not null,
  seq         integer,
  output      text,
  at          text not null,
  primary key (staff_id, key)
) strict, without rowid;
create index idempotency_at on idempotency (at);

create table outbox (
  id            integer primary key,
  seq           integer not null,
  topic         text not null,
  body          text not null,
  at            text not null,
  attempts      integer not null default 0,
  claimed_until text,
  delivered_at  text
) strict;
create index outbox_waiting on outbox (id) where delivered_at is null;

-- Who looked at whose data: kept by law, appended only.
create table access_records (
  id         integer primary key,
  at         text not null,
  staff_id   integer not null,
  staff_name text not null,
  ip         text not null,
  ip_key     text not null,
  task       text not null,
  subject    text,
  detail     text,
  reason     text,
  request_id text not null
) strict;
create index access_records_staff on access_records (staff_id, id);
create index access_records_subject on access_records (subject, id);
create index access_records_at on access_records (at);
create trigger access_records_no_update before update on access_records
begin select raise(abort, 'access records are append-only'); end;
create trigger access_records_no_delete before delete on access_records
begin select raise(abort, 'access records are append-only'); end;
create trigger access_records_next before insert on access_records
when new.id is not null and new.id >= 0 and new.id <= (select coalesce(max(id), 0) from access_records)
begin select raise(abort, 'access records are append-only'); end;

-- The audit log. `body` is the row; the other columns are derived from it for searching.
create table audit (
  seq         integer primary key check (seq >= 0),
  at          text not null,
  change_id   text not null unique,
  actor       text not null check (actor in ('staff', 'visitor', 'console', 'system')),
  staff_id    integer,
  staff_name  text not null,
  staff_email text not null,
  roles       text not null,
  action      text not null,
  target_kind text not null,
  target_id   text not null,
  before      text not null,
  after       text not null,
  reason      text not null,
  ip          text not null,
  ip_key      text not null,
  peer        text not null,
  user_agent  text not null,
  session     text not null,
  request_id  text not null,
  approval_id integer,
  reversal_of integer,
  outcome     text not null check (outcome in ('applied', 'requested', 'refused', 'failed')),
  refusal     text not null,
  flags       text not null,
  body        blob not null check (length(body) between 2 and 65535),
  leaf        blob not null check (length(leaf) = 32)
) strict;
create index audit_at on audit (at);
create index audit_staff on audit (staff_id, seq);
create index audit_action on audit (action, seq);
create index audit_target on audit (target_kind, target_id, seq);
create index audit_outcome on audit (outcome, seq);
create index audit_ip on audit (ip_key, seq);
create trigger audit_no_update before update on audit
begin select raise(abort, 'the audit log is append-only'); end;
create trigger audit_no_delete before delete on audit
begin select raise(abort, 'the audit log is append-only'); end;
-- INSERT OR REPLACE deletes without firing the trigger above unless recursive_triggers is on; this one stops it always,
-- and gaps with it.
create trigger audit_next before insert on audit
when new.seq is not (select coalesce(max(seq) + 1, 0) from audit)
begin select raise(abort, 'the audit log has no gaps and no second version of a row'); end;

create virtual table audit_words using fts5(reason, content = 'audit', content_rowid = 'seq', tokenize = 'trigram');
create trigger audit_words_add after insert on audit
begin insert into audit_words (rowid, reason) values (new.seq, new.reason); end;

-- The right edge of the Merkle tree over the leaves (RFC 6962), and its root.
create table audit_head (
  id       integer primary key check (id = 1),
  size     integer not null,
  frontier blob not null,
  root     blob not null check (length(root) = 32)
) strict;
insert into audit_head values (1, 0, x'', x'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
create trigger audit_head_no_delete before delete on audit_head
begin select raise(abort, 'the audit log is append-only'); end;
create trigger audit_head_no_second before insert on audit_head
begin select raise(abort, 'the audit log has one head'); end;
create trigger audit_head_next before update on audit_head
when new.id is not 1 or new.size is not old.size + 1
begin select raise(abort, 'the audit log grows by one row at a time'); end;
