//! How far access records and log go back, and whether a record is missing.

use super::lines::{Removed, Retention, Whole};
use crate::{clock::Instant, retention::access::last_removal, sql, store::Queries};

pub(super) async fn of(db: &mut impl Queries, from: Instant, to: Instant) -> sqlx::Result<Retention> {
    let oldest: Option<(Instant,)> =
        db.query(sql!("select at from access_records where at < $1 order by at limit 1")).bind(to).optional().await?;
    let log: Option<(Instant,)> = db.query(sql!("select at from audit order by seq limit 1")).optional().await?;
    // Each chain has a place for every record that was ever made in it.
    let (is_whole,): (bool,) = db
        .query(sql!(
            "select not exists (select 1 from access_heads h where h.lane >= 0 and h.size > 0
                       and not exists (select 1 from access_records r where r.lane = h.lane and r.place = 0))"
        ))
        .one()
        .await?;
    let chains: Vec<(i64, i64)> = db
        .query(sql!(
            "select span.hi - span.lo + 1,
                    (select count(*) from access_records r where r.lane = span.lane and r.place >= span.lo and r.place <= span.hi)
               from (select lane, min(place) as lo, max(place) as hi
                       from access_records where at >= $1 and at < $2 and lane is not null group by lane) span"
        ))
        .bind(from)
        .bind(to)
        .all()
        .await?;
    let (records,): (i64,) = db
        .query(sql!("select count(*) from access_records where at >= $1 and at < $2"))
        .bind(from)
        .bind(to)
        .one()
        .await?;
    Ok(Retention {
        gaps: Whole(chains.iter().map(|(places, there)| places - there).sum()),
        is_whole,
        log_since: log.map(|(at,)| at),
        oldest: oldest.map(|(at,)| at),
        records: Whole(records),
        removed: last_removal(db).await?.map(|removal| Removed {
            at: removal.at,
            row: Whole(removal.seq.get()),
            years: Whole(removal.years),
        }),
    })
}

impl Retention {
    /// Whether the access records go back as long as they must: to the first one, for these years before the end of the period, or to those that
    /// were removed when they were that old.
    pub(super) fn is_kept(&self, years: i64, to: Instant) -> bool {
        let is_old = |oldest| u32::try_from(years).is_ok_and(|years| oldest <= to.years_before(years));
        self.is_whole
            || self.oldest.is_some_and(is_old)
            || self.removed.as_ref().is_some_and(|removed| removed.years.0 >= years)
    }
}
