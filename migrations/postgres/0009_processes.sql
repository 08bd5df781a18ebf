-- What is known of the process of a run, so that a lost one is not taken for dead while it may live.

-- Whether the run was claimed by a console whose processes begin only when their id is here: then a run without one never
-- began. Runs of earlier versions began before that.
alter table batch_runs add column waits_for_pid boolean not null default false;
-- Whether a console on the machine of a lost run has seen that its process is dead.
alter table batch_runs add column is_process_gone boolean not null default false;
