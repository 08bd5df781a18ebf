//! What has been counted since the database began: changes by kind and outcome, and runs by job and how they ended.
//!
//! The log is the mark. Its rows are numbered without gaps in the order in which they were committed, and are never altered, so what lies
//! behind the number counted last is counted once, and nothing before it is missed. A process counts everything once, along indexes
//! that hold all that is asked for, and from then on only the rows that were added. So each process says the same numbers, and says them
//! again after a restart: they belong to the database.

use super::skipped::Skipped;
use crate::{clock::Instant, sql, store::Reader};
use std::collections::BTreeMap;

/// How a run can end. A lost one has not: a person states how it ended.
pub(super) const ENDS: [&str; 5] = ["succeeded", "failed", "timed_out", "cancelled", "skipped"];

/// The newest row that was counted, and what there is up to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    seq: i64,
    changes: BTreeMap<(String, String), i64>,
    ends: BTreeMap<(String, String), i64>,
    took_ms: BTreeMap<String, i64>,
    skipped: Skipped,
}

/// `what`, its two labels, how many, and how many milliseconds.
type Row = (String, String, String, i64, i64);

impl Counts {
    /// Counts everything there is, in one statement: what it finds is of one moment. A scan of two indexes, once in the life of a process.
    pub(super) async fn all(reader: &Reader) -> sqlx::Result<Self> {
        let rows: Vec<Row> = reader
            .query(sql!(
                "select 'newest', '', '', size - 1, cast(0 as bigint) from audit_head where id = 1
                  union all
                 select 'change', action, outcome, count(*), 0 from audit group by action, outcome
                  union all
                 select 'end', job, state, count(*), coalesce(cast(sum(case when state = 'succeeded' then duration_ms end) as bigint), 0)
                   from batch_runs where state in ('succeeded', 'failed', 'timed_out', 'cancelled') group by job, state"
            ))
            .all()
            .await?;
        let mut counts = Self::default();
        counts.add(rows);
        Ok(counts)
    }

    /// Counts what has been added. An end is told by the state that the change noted for its run.
    pub(super) async fn go_on(&mut self, reader: &Reader, now: Instant) -> sqlx::Result<()> {
        let rows: Vec<Row> = reader
            .query(sql!(
                "select 'newest', '', '', size - 1, cast(0 as bigint) from audit_head where id = 1
                  union all
                 select 'change', action, outcome, count(*), 0 from audit where seq > $1 group by action, outcome
                  union all
                 select 'end', coalesce(after ->> 'job', ''), after ->> 'run_state', count(*),
                        coalesce(cast(sum(case when after ->> 'run_state' = 'succeeded'
                                               then cast(after ->> 'duration_ms' as bigint) end) as bigint), 0)
                   from audit
                  where seq > $1 and outcome = 'applied' and target_kind = 'run'
                    and after ->> 'run_state' in ('succeeded', 'failed', 'timed_out', 'cancelled')
                  group by after ->> 'job', after ->> 'run_state'"
            ))
            .bind(self.seq)
            .all()
            .await?;
        let newest = rows.iter().find(|(what, ..)| what == "newest").map_or(self.seq, |row| row.3);
        let has_samples = rows.iter().any(|(what, kind, ..)| what == "change" && kind.starts_with("sample."));
        if newest < self.seq || has_samples {
            // A database that was put in this one's place, or runs that were loaded under one row together.
            *self = Self { skipped: std::mem::take(&mut self.skipped), ..Self::all(reader).await? };
        } else {
            self.add(rows);
        }
        self.skipped.go_on(reader, now).await
    }

    fn add(&mut self, rows: Vec<Row>) {
        for (what, first, second, n, took) in rows {
            match what.as_str() {
                "newest" => self.seq = n,
                "change" => *self.changes.entry((first, second)).or_default() += n,
                _ => {
                    *self.took_ms.entry(first.clone()).or_default() += took;
                    *self.ends.entry((first, second)).or_default() += n;
                }
            }
        }
    }

    pub(super) fn changes(&self) -> &BTreeMap<(String, String), i64> {
        &self.changes
    }

    /// How many runs of this job ended so.
    pub(super) fn ended(&self, job: &str, end: &str) -> i64 {
        if end == "skipped" {
            return self.skipped.of(job);
        }
        self.ends.get(&(job.to_owned(), end.to_owned())).copied().unwrap_or_default()
    }

    /// Milliseconds that the successful runs of this job took together.
    pub(super) fn took_ms(&self, job: &str) -> i64 {
        self.took_ms.get(job).copied().unwrap_or_default()
    }
}
