-- Until when the log's time may be held, where its newest row is ahead of the clock: a command on the host has said so.
alter table installation add column time_held_until timestamptz;
grant update (time_held_until) on installation to ingam_app;
