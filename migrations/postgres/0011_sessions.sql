-- A recovery code begins a session that is good for replacing the authenticator and for nothing else.
alter table sessions drop constraint sessions_stage_check;
update sessions set stage = 'recovery'
 where stage = 'signed'
   and exists (select 1 from audit a
                where a.target_kind = 'staff' and a.target_id = cast(sessions.staff_id as text) and a.outcome = 'applied'
                  and a.action = 'session.start-with-recovery-code' and a.after ->> 'session' = substr(sessions.id, 1, 16));
alter table sessions add constraint sessions_stage_check check (stage in ('password', 'recovery', 'signed'));
