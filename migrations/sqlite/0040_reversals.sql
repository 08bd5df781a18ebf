-- A row of the log is taken back once.
create unique index audit_reversal on audit (reversal_of) where reversal_of is not null and outcome = 'applied';

-- The row of the log that a change takes back which waits.
alter table approval_requests add column reversal_of integer check (reversal_of >= 0);
create index approval_requests_reversal on approval_requests (reversal_of) where reversal_of is not null;

drop trigger approval_requests_kept;
create trigger approval_requests_kept before update on approval_requests
when (new.id, new.at, new.kind, new.payload, new.target_kind, new.target_id, new.before, new.after, new.staff_id, new.staff_name,
      new.ip, new.peer, new.user_agent, new.session, new.reason, new.change_id, new.rule, new.role)
     <> (old.id, old.at, old.kind, old.payload, old.target_kind, old.target_id, old.before, old.after, old.staff_id, old.staff_name,
      old.ip, old.peer, old.user_agent, old.session, old.reason, old.change_id, old.rule, old.role)
  or new.seen is not old.seen or new.beyond is not old.beyond or new.reversal_of is not old.reversal_of
  or (old.decided_at is not null and (new.state <> old.state or new.decided_at is not old.decided_at))
begin select raise(abort, 'a request stays what it was, and what is decided stays decided'); end;
