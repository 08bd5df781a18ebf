-- What the verification of the log holds tables against: salts of texts whose fingerprints are in the log, the chain of the
-- access records, and how the last verification in the background ended.

-- The fingerprint of a text with its salt is in the log. Without the salt nobody finds the text by trying.
alter table user_notes add column salt text not null default '';
alter table order_events add column salt text not null default '';
alter table approval_requests add column salt text not null default '';

-- A session names the row of the log that began it, which those from before this do not have.
delete from sessions;
