-- Topics of a cluster: what is read of them, and what is held back on the way there.

-- Where each partition of a topic is that the console reads. The number -1 is the topic itself.
create table queue_offsets (
  topic         text not null,
  partition     integer not null,
  -- The record that is read next; written in the transaction of what the one before it did. Nothing before the first reading.
  next_offset   integer,
  -- Behind the last record, when it was looked at last.
  end_offset    integer,
  -- The process that reads it, and until when that is believed.
  owner         text,
  lease_until   text,
  moved_at      text,
  -- Since when records wait and none was taken.
  waits_since   text,
  failing_since text,
  error         text,
  -- One that is read no more keeps its place.
  is_declared   integer not null check (is_declared in (0, 1)),
  primary key (topic, partition)
) strict, without rowid;

-- Records that could not be taken. Each is passed over only with a row here.
create table queue_rejects (
  id            integer primary key,
  topic         text not null,
  partition     integer not null,
  record_offset integer not null,
  at            text not null,
  -- A word of the console's.
  why           text not null,
  -- What the record says of itself, cut, with what may be personal left out.
  job           text,
  body          text not null
) strict;
create unique index queue_rejects_place on queue_rejects (topic, partition, record_offset);
create index queue_rejects_topic on queue_rejects (topic, id);
create index queue_rejects_at on queue_rejects (at);

-- Behind an event that its topic refused for good, what happens to the same thing waits until a person decides.
create index deliveries_held on deliveries (channel, thing, id) where state = 'failed' and what = 'event';
