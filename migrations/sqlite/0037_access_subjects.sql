-- Every customer whom an access record showed. Records from before this name one customer, or none.
create table access_subjects (
  customer  integer not null,
  record_id integer not null,
  primary key (customer, record_id)
) strict, without rowid;
create index access_subjects_record on access_subjects (record_id, customer);

-- How many they are; nothing in a record from before they were named.
alter table access_records add column shown integer check (shown >= 0);

insert into access_subjects (customer, record_id)
select cast(substr(subject, 6) as integer), id from access_records
 where subject glob 'user/[0-9]*' and subject not glob 'user/*[^0-9]*' and length(subject) < 24;

create trigger access_subjects_update before update on access_subjects begin select raise(abort, 'access_subjects is append-only'); end;
create trigger access_subjects_delete before delete on access_subjects begin select raise(abort, 'access_subjects is append-only'); end;
create trigger access_subjects_replace before insert on access_subjects
when exists (select 1 from access_subjects where customer = new.customer and record_id = new.record_id)
begin select raise(abort, 'access_subjects is append-only'); end;
