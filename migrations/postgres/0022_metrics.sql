-- What is counted for /metrics, along indexes that hold all that is asked for.

-- Every row of the log, once in the life of a process. A list of one action continues along it as before.
drop index audit_action;
create index audit_action on audit (action, seq, outcome);

-- Every run that has ended, and what those that succeeded took. A run gets its duration with the state it ends in, which is part of the
-- key already.
drop index batch_runs_job_state;
create index batch_runs_job_state on batch_runs (job, state, id, duration_ms);

-- What waits for a person, of one job, however much has ended.
create index batch_runs_unresolved on batch_runs (job, state) where resolution is null and state in ('failed', 'timed_out', 'lost');
