-- Channels with several recipients, of which each gets its own messages: an e-mail that one mailbox refuses is taken by the others.

-- The recipient of a message; empty where the channel has only one.
alter table deliveries add column recipient text not null default '';

-- As JSON, in the order in which they are declared; empty where the channel itself is the recipient.
alter table channels add column recipients text not null default '[]';
-- When a test was last sent by itself, because nothing else had been for a week.
alter table channels add column tested_at text;

drop index deliveries_alert;
create unique index deliveries_alert on deliveries (alert_event, channel, recipient) where alert_event is not null;
drop index deliveries_event;
create unique index deliveries_event on deliveries (event, channel, recipient, what) where event is not null;

-- A lane asks several times a second whether something is due, also while thousands wait for a receiver that is away.
create index deliveries_due on deliveries (channel, next_at) where state = 'waiting';
