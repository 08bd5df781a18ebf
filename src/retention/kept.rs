//! Removing what no proof needs when its time is over: searches, sessions, logs of batches.

use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Housekeeping, Target, Tx},
    sql,
    store::{Queries, Reader, Sql},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is kept for a time, as the target of a change.
const KEPT: &str = "retention";

/// What is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// What was typed into searches.
    Searches,
    /// Sessions, by when they began.
    Sessions,
    /// What runs wrote, by when they ended.
    BatchLogs,
}

impl Kept {
    pub(super) const ALL: [Self; 3] = [Self::Searches, Self::Sessions, Self::BatchLogs];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Searches => "searches",
            Self::Sessions => "sessions",
            Self::BatchLogs => "batch-logs",
        }
    }

    /// The time of the oldest that is older than `$1`.
    fn oldest(self) -> Sql {
        match self {
            Self::Searches => sql!("select at from searches where at < $1 order by at limit 1"),
            Self::Sessions => sql!("select created_at from sessions where created_at < $1 order by created_at limit 1"),
            Self::BatchLogs => sql!(
                "select r.ended_at from batch_log l cross join batch_runs r
                  where r.id = l.run_id and r.ended_at < $1 order by l.run_id, l.n limit 1"
            ),
        }
    }

    /// Removes the oldest of them, `$2` at most.
    fn removal(self) -> Sql {
        match self {
            Self::Searches => {
                sql!("delete from searches where id in (select id from searches where at < $1 order by at limit $2)")
            }
            Self::Sessions => sql!(
                "delete from sessions where id in (select id from sessions where created_at < $1 order by created_at limit $2)"
            ),
            Self::BatchLogs => sql!(
                "delete from batch_log where (run_id, n) in (
                     select l.run_id, l.n from batch_log l cross join batch_runs r
                      where r.id = l.run_id and r.ended_at < $1 order by l.run_id, l.n limit $2)"
            ),
        }
    }

    /// Up to what time they were removed the last time.
    pub(crate) async fn removed_before(self, reader: &Reader) -> sqlx::Result<Option<Instant>> {
        let row: Option<(sqlx::types::Json<Value>,)> = reader
            .query(sql!(
                "select after from audit where target_kind = $1 and target_id = $2 and outcome = 'applied' order by seq desc limit 1"
            ))
            .bind(KEPT)
            .bind(self.as_str())
            .optional()
            .await?;
        let before = row.and_then(|(after,)| Some(after.get("removed_before_at")?.as_str()?.to_owned()));
        Ok(before.and_then(|before| Instant::parse(&before).ok()))
    }

    /// The time of the oldest that is older than `before`.
    pub(super) async fn oldest_before(
        self,
        queries: &mut impl Queries,
        before: Instant,
    ) -> sqlx::Result<Option<Instant>> {
        let oldest: Option<(Instant,)> = queries.query(self.oldest()).bind(before).optional().await?;
        Ok(oldest.map(|(oldest,)| oldest))
    }
}

/// Removes some of what is older than a time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PurgeKept {
    pub what: Kept,
    pub before: Instant,
    /// For how long it was kept.
    pub days: i64,
    /// How many at most.
    pub at_once: i64,
}

impl Change for PurgeKept {
    const KIND: &'static str = "retention.purge";
    const ADMITS: Admits = Admits::system_only();
    type Output = ();

    fn target(&self) -> Target {
        Target::new(KEPT, self.what.as_str())
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let oldest = self.what.oldest_before(tx, self.before).await?;
        let removed = tx.query(self.what.removal()).bind(self.before).bind(self.at_once).run().await?;
        tx.note("removed", None::<i64>, i64::try_from(removed).unwrap_or(i64::MAX));
        tx.note("removed_from_at", None::<&str>, oldest.map(|at| at.to_string()));
        tx.note("removed_before_at", None::<&str>, self.before.to_string());
        tx.note("kept_days", None::<i64>, self.days);
        Ok(())
    }
}

/// Holds other consoles off, and says whether there is anything to be removed then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HoldPurge {
    pub what: Kept,
    pub before: Instant,
}

impl Housekeeping for HoldPurge {
    const NAME: &'static str = "retention.hold";
    type Output = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<bool> {
        let _: (i64,) = tx
            .query(sql!(
                sqlite: "select id from access_head where id = 1",
                postgres: "select id from access_head where id = 1 for update",
            ))
            .one()
            .await?;
        Ok(self.what.oldest_before(tx, self.before).await?.is_some())
    }
}
