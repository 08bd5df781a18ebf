-- Every customer whom an access record showed. Records from before this name one customer, or none.
create table access_subjects (
  customer  bigint not null,
  record_id bigint not null,
  primary key (customer, record_id)
);
create index access_subjects_record on access_subjects (record_id, customer);

-- How many they are; nothing in a record from before they were named.
alter table access_records add column shown bigint check (shown >= 0);

insert into access_subjects (customer, record_id)
select cast(substr(subject, 6) as bigint), id from access_records where subject ~ '^user/[0-9]{1,18}$';

create trigger access_subjects_no_rewriting before update or delete on access_subjects
  for each row execute function refuse_rewriting();
create trigger access_subjects_no_truncate before truncate on access_subjects
  for each statement execute function refuse_rewriting();
alter table access_subjects enable always trigger access_subjects_no_rewriting;
alter table access_subjects enable always trigger access_subjects_no_truncate;

grant select, insert on access_subjects to ingam_app;
