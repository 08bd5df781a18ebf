//! Where a partition is: which record comes next, who reads it, and since when it does not move.

use crate::{
    clock::Instant,
    gate::{Housekeeping, Tx},
    sql,
    store::Reader,
};
use chrono::TimeDelta;

/// How long a partition belongs to the process that reads it without word of it.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// The number under which the topic itself is kept: whether it can be read at all.
pub(crate) const TOPIC: i32 = -1;
/// How long records may wait while none is taken.
const WAITS: TimeDelta = TimeDelta::minutes(5);
/// How long an error may last.
const FAILS: TimeDelta = TimeDelta::minutes(1);

/// A partition as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Place {
    pub topic: String,
    pub partition: i64,
    pub next_offset: Option<i64>,
    pub end_offset: Option<i64>,
    pub moved_at: Option<Instant>,
    pub waits_since: Option<Instant>,
    pub failing_since: Option<Instant>,
    pub error: Option<String>,
}

impl Place {
    /// The records that wait, where that is known.
    pub(crate) fn lag(&self) -> Option<i64> {
        Some(self.end_offset?.saturating_sub(self.next_offset?).max(0))
    }

    /// Since when it is stuck, where it is.
    pub(crate) fn stuck_since(&self, now: Instant) -> Option<Instant> {
        let fails = self.failing_since.filter(|at| now.since(*at) >= FAILS);
        fails.or_else(|| self.waits_since.filter(|at| now.since(*at) >= WAITS))
    }

    /// Whether it is the topic itself.
    pub(crate) fn is_topic(&self) -> bool {
        self.partition == i64::from(TOPIC)
    }
}

/// The places of all topics that are read.
pub(crate) async fn all(reader: &Reader) -> sqlx::Result<Vec<Place>> {
    reader
        .query(sql!(
            "select topic, partition, next_offset, end_offset, moved_at, waits_since, failing_since, error
               from queue_offsets where is_declared order by topic, partition"
        ))
        .all()
        .await
}

/// Stores which topics are read.
#[derive(Clone, Debug)]
pub(crate) struct DeclareTopics {
    pub topics: Vec<String>,
}

impl Housekeeping for DeclareTopics {
    const NAME: &'static str = "queues.declare";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let stored: Vec<(String,)> =
            tx.query(sql!("select distinct topic from queue_offsets where is_declared order by topic")).all().await?;
        for (topic,) in stored.into_iter().filter(|(topic,)| !self.topics.contains(topic)) {
            tx.query(sql!(
                "update queue_offsets set is_declared = false, owner = null, lease_until = null where topic = $1"
            ))
            .bind(topic)
            .run()
            .await?;
        }
        Ok(())
    }
}

/// Takes partitions for a process, or keeps them: those that no other process has.
#[derive(Clone, Debug)]
pub(crate) struct HoldPartitions {
    pub topic: String,
    pub owner: String,
    pub partitions: Vec<i32>,
}

impl Housekeeping for HoldPartitions {
    const NAME: &'static str = "queues.hold";
    /// The partitions that it has now, each with the record that comes next.
    type Output = Vec<(i32, Option<i64>)>;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<Self::Output> {
        let now = tx.now();
        let mut held = Vec::new();
        for partition in &self.partitions {
            let row: Option<(Option<i64>,)> = tx
                .query(sql!(
                    "insert into queue_offsets (topic, partition, owner, lease_until, is_declared) values ($1, $2, $3, $4, true)
                     on conflict (topic, partition) do update
                        set owner = excluded.owner, lease_until = excluded.lease_until, is_declared = true
                      where queue_offsets.owner is null or queue_offsets.owner = excluded.owner or queue_offsets.lease_until < $5
                     returning next_offset"
                ))
                .bind(self.topic.as_str())
                .bind(i64::from(*partition))
                .bind(self.owner.as_str())
                .bind(now.plus(LEASE))
                .bind(now)
                .optional()
                .await?;
            held.extend(row.map(|(next,)| (*partition, next)));
        }
        Ok(held)
    }
}

/// Lets go of what a process has, when it stops.
#[derive(Clone, Debug)]
pub(crate) struct ReleasePartitions {
    pub topic: String,
    pub owner: String,
}

impl Housekeeping for ReleasePartitions {
    const NAME: &'static str = "queues.release";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        tx.query(sql!("update queue_offsets set owner = null, lease_until = null where topic = $1 and owner = $2"))
            .bind(self.topic.as_str())
            .bind(self.owner.as_str())
            .run()
            .await
            .map(drop)
    }
}

/// What was seen of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// What comes next, also behind what is no record, and where it ends.
    Read {
        next: i64,
        end: Option<i64>,
    },
    Failed(String),
}

/// Writes down what was seen of a partition.
#[derive(Clone, Debug)]
pub(crate) struct KeepLook {
    pub topic: String,
    pub partition: i32,
    pub owner: String,
    pub look: Look,
}

impl Housekeeping for KeepLook {
    const NAME: &'static str = "queues.look";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        let is_topic = self.partition == TOPIC;
        if is_topic {
            tx.query(sql!(
                "insert into queue_offsets (topic, partition, is_declared) values ($1, -1, true)
                 on conflict (topic, partition) do update set is_declared = true"
            ))
            .bind(self.topic.as_str())
            .run()
            .await?;
        }
        let stored: Option<Stored> = tx
            .query(sql!(
                sqlite: "select next_offset, owner, moved_at, waits_since, failing_since from queue_offsets
                          where topic = $1 and partition = $2",
                postgres: "select next_offset, owner, moved_at, waits_since, failing_since from queue_offsets
                            where topic = $1 and partition = $2 for update",
            ))
            .bind(self.topic.as_str())
            .bind(i64::from(self.partition))
            .optional()
            .await?;
        // What another process reads by now, that process says. No process has the topic itself.
        let is_ours = |stored: &Stored| is_topic || stored.owner.as_deref() == Some(&self.owner);
        let Some(stored) = stored.filter(is_ours) else { return Ok(()) };
        let (before, moved, waits, fails) =
            (stored.next_offset, stored.moved_at, stored.waits_since, stored.failing_since);
        let seen = match &self.look {
            Look::Failed(why) => {
                Seen { next: before, end: None, moved, waits, fails: fails.or(Some(now)), error: Some(why.as_str()) }
            }
            Look::Read { next, end } => {
                let has_moved = before.is_none_or(|before| before < *next);
                let is_waiting = !is_topic && end.is_some_and(|end| end > *next);
                Seen {
                    next: Some(before.map_or(*next, |before| before.max(*next))).filter(|_| !is_topic),
                    end: *end,
                    moved: if has_moved && !is_topic { Some(now) } else { moved },
                    waits: is_waiting.then(|| waits.filter(|_| !has_moved).unwrap_or(now)),
                    fails: None,
                    error: None,
                }
            }
        };
        self.store(tx, seen).await
    }
}

/// A place as it was until now.
#[derive(sqlx::FromRow)]
struct Stored {
    next_offset: Option<i64>,
    owner: Option<String>,
    moved_at: Option<Instant>,
    waits_since: Option<Instant>,
    failing_since: Option<Instant>,
}

/// A place as it is from now on.
struct Seen<'a> {
    next: Option<i64>,
    end: Option<i64>,
    moved: Option<Instant>,
    waits: Option<Instant>,
    fails: Option<Instant>,
    error: Option<&'a str>,
}

impl KeepLook {
    async fn store(&self, tx: &mut Tx<'_>, seen: Seen<'_>) -> sqlx::Result<()> {
        tx.query(sql!(
            "update queue_offsets set next_offset = $3, end_offset = coalesce($4, end_offset), moved_at = $5, waits_since = $6,
                    failing_since = $7, error = $8 where topic = $1 and partition = $2"
        ))
        .bind(self.topic.as_str())
        .bind(i64::from(self.partition))
        .bind(seen.next)
        .bind(seen.end)
        .bind(seen.moved)
        .bind(seen.waits)
        .bind(seen.fails)
        .bind(seen.error.map(str::to_owned))
        .run()
        .await
        .map(drop)
    }
}

/// Moves a partition on behind a record, for its owner and only if it is not behind it already.
pub(super) async fn move_on(
    tx: &mut Tx<'_>,
    topic: &str,
    partition: i32,
    offset: i64,
    owner: &str,
) -> sqlx::Result<bool> {
    let now = tx.now();
    let moved: Option<(i64,)> = tx
        .query(sql!(
            "update queue_offsets set next_offset = $3 + 1, moved_at = $5, waits_since = null, failing_since = null, error = null
              where topic = $1 and partition = $2 and owner = $4 and next_offset <= $3 returning next_offset"
        ))
        .bind(topic.to_owned())
        .bind(i64::from(partition))
        .bind(offset)
        .bind(owner.to_owned())
        .bind(now)
        .optional()
        .await?;
    Ok(moved.is_some())
}

/// The record that comes next.
pub(crate) async fn next_of(reader: &Reader, topic: &str, partition: i32) -> sqlx::Result<Option<i64>> {
    let row: Option<(Option<i64>,)> = reader
        .query(sql!("select next_offset from queue_offsets where topic = $1 and partition = $2"))
        .bind(topic.to_owned())
        .bind(i64::from(partition))
        .optional()
        .await?;
    Ok(row.and_then(|(next,)| next))
}
