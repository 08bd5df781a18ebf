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

/// What can become of a change.
pub(super) const OUTCOMES: [&str; 4] = ["applied", "requested", "refused", "failed"];

/// Rows that are counted at once.
const PIECE: i64 = 10_000;

/// The newest row that was counted, and what there is up to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    seq: i64,
    changes: BTreeMap<String, [i64; OUTCOMES.len()]>,
    ends: BTreeMap<(String, String), i64>,
    took_ms: BTreeMap<String, i64>,
    skipped: Skipped,
}

/// What a row counts, its label or two, and its numbers: of changes one for each of [`OUTCOMES`], of ends how many and their milliseconds.
type Row = (String, String, String, i64, i64, i64, i64);

impl Counts {
    /// Counts everything there is, in one statement: what it finds is of one moment. Two indexes are read from end to end, once in
    /// the life of a process, and nothing is sorted. Runs that go on are counted too, which costs nothing: a condition would let SQLite,
    /// where it has no statistics, read every run instead of the index.
    pub(super) async fn all(reader: &Reader) -> sqlx::Result<Self> {
        let rows: Vec<Row> = reader
            .query(sql!(
                "select 'newest', '', '', size - 1, cast(0 as bigint), cast(0 as bigint), cast(0 as bigint) from audit_head where id = 1
                  union all
                 select 'change', action, '', count(case when outcome = 'applied' then 1 end), count(case when outcome = 'requested' then 1 end),
                        count(case when outcome = 'refused' then 1 end), count(case when outcome = 'failed' then 1 end)
                   from audit group by action
                  union all
                 select 'end', job, state, count(*), coalesce(cast(sum(case when state = 'succeeded' then duration_ms end) as bigint), 0), 0, 0
                   from batch_runs group by job, state"
            ))
            .all()
            .await?;
        let mut counts = Self::default();
        counts.add(rows);
        Ok(counts)
    }

    /// Counts what has been added.
    pub(super) async fn go_on(&mut self, reader: &Reader, now: Instant) -> sqlx::Result<()> {
        while self.step(reader).await? {}
        self.skipped.go_on(reader, now).await
    }

    /// Counts some of it, and says whether there may be more. An end is told by the state that the change noted for its run.
    ///
    /// A piece has a first and a last number, so that PostgreSQL goes by the number with any statistics, and it is grouped by an
    /// expression, so that SQLite does, and does not read all of an index for the sake of its order.
    async fn step(&mut self, reader: &Reader) -> sqlx::Result<bool> {
        let rows: Vec<Row> = reader
            .query(sql!(
                "select 'newest', '', '', case when size > cast($2 as bigint) then $2 else size - 1 end,
                        cast(0 as bigint), cast(0 as bigint), cast(0 as bigint) from audit_head where id = 1
                  union all
                 select 'change', action || '', '', count(case when outcome = 'applied' then 1 end),
                        count(case when outcome = 'requested' then 1 end), count(case when outcome = 'refused' then 1 end),
                        count(case when outcome = 'failed' then 1 end)
                   from audit where seq > $1 and seq <= $2 group by action || ''
                  union all
                 select 'end', coalesce(after ->> 'job', ''), after ->> 'run_state', count(*),
                        coalesce(cast(sum(case when after ->> 'run_state' = 'succeeded'
                                               then cast(after ->> 'duration_ms' as bigint) end) as bigint), 0), 0, 0
                   from audit
                  where seq > $1 and seq <= $2 and outcome = 'applied' and target_kind || '' = 'run'
                    and after ->> 'run_state' in ('succeeded', 'failed', 'timed_out', 'cancelled')
                  group by after ->> 'job', after ->> 'run_state'"
            ))
            .bind(self.seq)
            .bind(self.seq + PIECE)
            .all()
            .await?;
        let newest = rows.iter().find(|row| row.0 == "newest").map_or(self.seq, |row| row.3);
        let has_samples = rows.iter().any(|row| row.0 == "change" && row.1.starts_with("sample."));
        if newest < self.seq || has_samples {
            // A database that was put in this one's place, or runs that were loaded under one row together.
            *self = Self { skipped: std::mem::take(&mut self.skipped), ..Self::all(reader).await? };
            return Ok(false);
        }
        let is_full = newest == self.seq + PIECE;
        self.add(rows);
        Ok(is_full)
    }

    fn add(&mut self, rows: Vec<Row>) {
        for (what, label, end, first, second, third, fourth) in rows {
            match what.as_str() {
                "newest" => self.seq = first,
                "change" => {
                    let counted = self.changes.entry(label).or_default();
                    for (sum, n) in counted.iter_mut().zip([first, second, third, fourth]) {
                        *sum += n;
                    }
                }
                _ => {
                    *self.took_ms.entry(label.clone()).or_default() += second;
                    *self.ends.entry((label, end)).or_default() += first;
                }
            }
        }
    }

    /// Of each kind, how many there are with each of [`OUTCOMES`].
    pub(super) fn changes(&self) -> &BTreeMap<String, [i64; OUTCOMES.len()]> {
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
