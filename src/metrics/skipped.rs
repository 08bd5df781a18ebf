//! Runs that were skipped: they end as they are made, by a tick, which the log has no row for. So their own numbers are the mark.

use crate::{clock::Instant, sql, store::Reader};
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// After this, no transaction that had taken a number is still under way: numbers are not taken in the order of commits.
const SETTLES: TimeDelta = TimeDelta::minutes(10);

/// Those up to a number, which are counted for good, and those behind it, which are counted each time.
#[derive(Clone, Debug, Default)]
pub(super) struct Skipped {
    upto: i64,
    settled: BTreeMap<String, i64>,
    fresh: BTreeMap<String, i64>,
    /// The newest number at a moment: once that is long enough ago, the mark.
    newest: Option<(i64, Instant)>,
}

impl Skipped {
    pub(super) async fn go_on(&mut self, reader: &Reader, now: Instant) -> sqlx::Result<()> {
        let settles = self.newest.filter(|(_, at)| now.since(*at) >= SETTLES).map(|(id, _)| id);
        let rows: Vec<(String, i64, i64)> = reader
            .query(sql!(
                "select '', cast(2 as bigint), coalesce(max(id), 0) from batch_runs
                  union all
                 select job, case when id <= $2 then 1 else 0 end, count(*) from batch_runs where state = 'skipped' and id > $1
                  group by job, case when id <= $2 then 1 else 0 end"
            ))
            .bind(self.upto)
            .bind(settles.unwrap_or(self.upto))
            .all()
            .await?;
        self.fresh.clear();
        for (job, what, n) in rows {
            match what {
                2 if settles.is_some() || self.newest.is_none() => self.newest = Some((n, now)),
                2 => {}
                1 => *self.settled.entry(job).or_default() += n,
                _ => *self.fresh.entry(job).or_default() += n,
            }
        }
        self.upto = settles.unwrap_or(self.upto);
        Ok(())
    }

    pub(super) fn of(&self, job: &str) -> i64 {
        let of = |counts: &BTreeMap<String, i64>| counts.get(job).copied().unwrap_or_default();
        of(&self.settled) + of(&self.fresh)
    }
}
