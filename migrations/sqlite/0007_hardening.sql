-- What the installation's secret key gives for a fixed text, so that another key is recognised at start. Nothing where no
-- process has started with the key yet.
alter table installation add column key_check text check (length(key_check) = 64);

-- What was adjusted for one customer within a day.
create index point_entries_adjusted_at on point_entries (user_id, at) where kind = 'adjusted';
