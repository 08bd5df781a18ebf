-- Bundles: rows with all that proves them, as a fourth format; and files that are written on the host, which no person takes.
alter table exports alter column staff_id drop not null;
alter table exports drop constraint exports_format_check;
alter table exports add constraint exports_format_check check (format in ('jsonl', 'csv', 'ocsf', 'bundle'));

-- The bundles that may wait for a checkpoint.
create index exports_bundles on exports (end_seq) where format = 'bundle' and state = 'ready';
