-- Files of access records, which are asked for, taken and closed as files of the log are. Their places are those of leaves.
alter table exports add column holds text not null default 'log' check (holds in ('log', 'access'));
