//! Setting which record of a partition comes next, from the host: where the topic was made again, or its cluster has lost records.

use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Target, Tx},
    sql,
};
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// No partition of this topic and number has been read.
    pub(crate) QUEUE_PARTITION = "queue-partition";
    /// A console reads this partition.
    pub(crate) QUEUE_HELD = "queue-held";
    /// The cluster has no such place in this partition.
    pub(crate) QUEUE_OUTSIDE = "queue-outside";
    /// It is what comes next already.
    pub(crate) QUEUE_SAME = "queue-same";
}

/// Sets which record of a partition is read next.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetPlace {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    /// Where the partition began and ended when the cluster was asked.
    pub first: i64,
    pub end: i64,
}

impl Change for SetPlace {
    const KIND: &'static str = "queues.set-place";
    const ADMITS: Admits = Admits::host_only();
    /// What came next until then.
    type Output = Option<i64>;

    fn target(&self) -> Target {
        Target::new("queue", format!("{}/{}", self.topic, self.partition))
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.validate(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        let before = self.validate(tx).await?;
        set(tx, &self.topic, self.partition, self.offset, self.end).await?;
        tx.note("next_offset", before, self.offset);
        tx.note("first_offset", None::<i64>, self.first);
        tx.note("end_offset", None::<i64>, self.end);
        Ok(before)
    }
}

impl SetPlace {
    /// What comes next now, where it can be set.
    async fn validate(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        let now = tx.now();
        let held = lock(tx, &self.topic, self.partition).await?.ok_or_else(|| Fault::missing(QUEUE_PARTITION))?;
        if held.is_held(now) {
            return Err(Fault::conflict(QUEUE_HELD));
        }
        if self.offset < self.first || self.offset > self.end || self.first < 0 {
            return Err(Fault::conflict(QUEUE_OUTSIDE));
        }
        if held.next_offset == Some(self.offset) {
            return Err(Fault::conflict(QUEUE_SAME));
        }
        Ok(held.next_offset)
    }
}

/// Who has a partition, and what comes next there.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Held {
    next_offset: Option<i64>,
    owner: Option<String>,
    lease_until: Option<Instant>,
}

impl Held {
    /// Whether a process has it.
    fn is_held(&self, now: Instant) -> bool {
        self.owner.is_some() && self.lease_until.is_some_and(|until| until >= now)
    }
}

/// Locks a partition that is known.
async fn lock(tx: &mut Tx<'_>, topic: &str, partition: i32) -> sqlx::Result<Option<Held>> {
    tx.query(sql!(
        sqlite: "select next_offset, owner, lease_until from queue_offsets where topic = $1 and partition = $2 and partition >= 0",
        postgres: "select next_offset, owner, lease_until from queue_offsets
                    where topic = $1 and partition = $2 and partition >= 0 for update",
    ))
    .bind(topic.to_owned())
    .bind(i64::from(partition))
    .optional()
    .await
}

/// Stores which record comes next, and where the partition ends. What was wrong with the place before is over.
async fn set(tx: &mut Tx<'_>, topic: &str, partition: i32, offset: i64, end: i64) -> sqlx::Result<()> {
    let now = tx.now();
    tx.query(sql!(
        "update queue_offsets set next_offset = $3, end_offset = $4, moved_at = $5, owner = null, lease_until = null,
                waits_since = null, failing_since = null, error = null
          where topic = $1 and partition = $2"
    ))
    .bind(topic.to_owned())
    .bind(i64::from(partition))
    .bind(offset)
    .bind(end)
    .bind(now)
    .run()
    .await
    .map(drop)
}
