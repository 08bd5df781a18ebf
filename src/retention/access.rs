//! Removing access records whose time is over, in the order of their leaves. The hashes of the leaves stay: the tree, the rows of the log that have
//! its roots and the proofs that were made of it are what they were.

use super::{LAW, purge::Rules};
use crate::{
    audit::verify::tree::{Sealed, sealed},
    clock::Instant,
    gate::{Admits, Change, Fault, Housekeeping, Target, Tx},
    id::Seq,
    sql,
    store::{Queries, Reader},
    zone::Zone,
};
use chrono::{Months, TimeDelta};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the page of the records says of this.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keeping {
    /// For how long they are kept; nothing where it is for good.
    pub years: Option<i64>,
    pub oldest: Option<Instant>,
    /// The row of the log that removed some last, and its time.
    pub removed: Option<Removal>,
}

/// A row of the log that removed some.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct Removal {
    pub seq: Seq,
    pub at: Instant,
    /// The time for which they were kept.
    pub years: i64,
}

/// The last one.
pub(crate) async fn last_removal(db: &mut impl Queries) -> sqlx::Result<Option<Removal>> {
    db.query(sql!(
        "select seq, at, cast(after ->> 'kept_years' as bigint) as years from audit
          where action = $1 and outcome = 'applied' order by seq desc limit 1"
    ))
    .bind(PurgeAccess::KIND)
    .optional()
    .await
}

impl Keeping {
    pub(crate) async fn read(reader: &Reader, years: Option<u32>) -> sqlx::Result<Self> {
        let oldest: Option<(Instant,)> =
            reader.query(sql!("select at from access_records order by at limit 1")).optional().await?;
        let removed = last_removal(&mut &*reader).await?;
        Ok(Self { years: years.map(i64::from), oldest: oldest.map(|(at,)| at), removed })
    }
}

/// The kind of the change that seals a size of the tree; the slice that has it is above this one.
const SEAL: &str = "access.seal";

/// Seals that access records were removed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PurgeAccess {
    /// The first leaf whose record was there.
    pub from: i64,
    /// The first one whose record stays.
    pub to: i64,
    /// The time of the oldest of them.
    pub oldest: Instant,
    /// All of them were older than this.
    pub before: Instant,
    /// The time for which they were kept.
    pub years: u32,
}

impl Change for PurgeAccess {
    const KIND: &'static str = "access.purge";
    const ADMITS: Admits = Admits::system_only();
    type Output = ();

    fn target(&self) -> Target {
        Target::new("audit", "access")
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        tx.note("purged", Some(self.from), self.to);
        tx.note("removed", None::<i64>, self.to - self.from);
        tx.note("removed_from_at", None::<&str>, self.oldest.to_string());
        tx.note("removed_before_at", None::<&str>, self.before.to_string());
        tx.note("kept_years", None::<i64>, i64::from(self.years));
        tx.note("kept_under", None::<&str>, LAW);
        Ok(())
    }
}

/// A range of leaves whose records are to go.
#[derive(Clone, Debug)]
pub(crate) struct RemoveRecords {
    from: i64,
    to: i64,
    /// Of each chain the place of the first record that stays, and the hash of the one before it.
    lanes: BTreeMap<i64, (i64, Vec<u8>)>,
    oldest: Instant,
    newest: Instant,
}

impl RemoveRecords {
    /// The next range, if the time of any records is over. Of records that do not fit their leaves none is removed: what was altered must stay
    /// to be found.
    pub(crate) async fn next(
        reader: &Reader,
        rules: &Rules,
        now: Instant,
        years: u32,
    ) -> anyhow::Result<Option<(Self, PurgeAccess)>> {
        let Some(before) = kept_from(reader, rules.zone, now, years).await? else { return Ok(None) };
        let Some((from, newest, records)) = range(reader, before, rules.at_once).await? else { return Ok(None) };
        let mut remove = Self { from, to: from, lanes: BTreeMap::new(), oldest: before, newest: Instant::earliest() };
        for sealed in records.into_iter().take_while(|sealed| sealed.record.at < before && sealed.id < newest) {
            remove.to += 1;
            remove.oldest = remove.oldest.min(sealed.record.at);
            remove.newest = remove.newest.max(sealed.record.at);
            remove.lanes.insert(sealed.record.lane, (sealed.record.place + 1, sealed.link));
        }
        if remove.to == from {
            return Ok(None);
        }
        let purge = PurgeAccess { from, to: remove.to, oldest: remove.oldest, before, years };
        Ok(Some((remove, purge)))
    }
}

/// The first leaf whose record is there, the number of the newest record, and the records that come next and are all in a tree that the log had
/// before that time. The newest record stays, so that SQLite gives its number to no other.
async fn range(reader: &Reader, before: Instant, at_once: i64) -> anyhow::Result<Option<(i64, i64, Vec<Sealed>)>> {
    let size = size_before(reader, before).await?;
    loop {
        let (from, newest) = mark(reader).await?;
        let Some(newest) = newest.filter(|_| from < size) else { return Ok(None) };
        match sealed(reader, from, size.min(from + at_once)).await {
            Ok(records) => return Ok(Some((from, newest, records))),
            // Another console has removed them meanwhile.
            Err(_) if mark(reader).await?.0 > from => {}
            Err(unfit) => return Err(unfit.into()),
        }
    }
}

/// The number of leaves without records, and the number of the newest record.
async fn mark(reader: &Reader) -> sqlx::Result<(i64, Option<i64>)> {
    reader.query(sql!("select purged, (select max(id) from access_records) from access_head where id = 1")).one().await
}

/// The beginning of the day from which records are kept. It is counted from the newest row of the log that is a day old: a clock that is years ahead
/// all of a sudden removes nothing before it has been so for a day.
async fn kept_from(reader: &Reader, zone: Zone, now: Instant, years: u32) -> sqlx::Result<Option<Instant>> {
    let row: Option<(Instant,)> = reader
        .query(sql!("select at from audit where at <= $1 order by at desc limit 1"))
        .bind(now.minus(TimeDelta::days(1)))
        .optional()
        .await?;
    Ok(row.and_then(|(at,)| {
        let day = at.utc().with_timezone(&zone).date_naive();
        zone.start_of(day.checked_sub_months(Months::new(years.saturating_mul(12)))?)
    }))
}

/// The size of the tree that the log had at the end of a time: leaves within it are older.
async fn size_before(reader: &Reader, before: Instant) -> sqlx::Result<i64> {
    let row: Option<(i64,)> = reader
        .query(sql!(
            sqlite: "select cast(json_extract(after, '$.access_size') as integer) from audit
                      where action = $1 and outcome = 'applied'
                        and seq <= (select seq from audit where at < $2 order by at desc, seq desc limit 1)
                      order by seq desc limit 1",
            postgres: "select cast(after ->> 'access_size' as bigint) from audit
                        where action = $1 and outcome = 'applied'
                          and seq <= (select seq from audit where at < $2 order by at desc, seq desc limit 1)
                        order by seq desc limit 1",
        ))
        .bind(SEAL)
        .bind(before)
        .optional()
        .await?;
    Ok(row.map_or(0, |(size,)| size))
}

impl Housekeeping for RemoveRecords {
    const NAME: &'static str = "access.remove-records";
    /// False where another console has removed them.
    type Output = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<bool> {
        // First the mark: the engine lets nothing go that is behind it.
        let moved = tx
            .query(sql!("update access_head set purged = $2 where id = 1 and purged = $1"))
            .bind(self.from)
            .bind(self.to)
            .run()
            .await?;
        if moved != 1 {
            return Ok(false);
        }
        for (lane, (kept, hash)) in &self.lanes {
            tx.query(sql!("update access_sealed set kept = $2, kept_hash = $3 where lane = $1"))
                .bind(*lane)
                .bind(*kept)
                .bind(hash.as_slice())
                .run()
                .await?;
        }
        let range = [
            sql!(
                "delete from access_subjects where record_id in (select record_id from access_leaves where n >= $1 and n < $2)"
            ),
            sql!(
                "delete from access_records where id in (select record_id from access_leaves where n >= $1 and n < $2)"
            ),
            sql!("update access_leaves set body = null where n >= $1 and n < $2"),
        ];
        for statement in range {
            tx.query(statement).bind(self.from).bind(self.to).run().await?;
        }
        // Counts that are still there, of a console that did not run for long.
        tx.query(sql!("delete from looks where first_at <= $1")).bind(self.newest).run().await?;
        Ok(true)
    }
}
