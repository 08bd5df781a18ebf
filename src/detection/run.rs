//! Looking in the background: each hour at the days in which something is new, and once a night at the whole window. One process does it
//! at a time, and what is found twice is one suspicion.

use super::{
    evidence::Hit,
    look::{Look, date_of},
    report::report_if_due,
    thresholds::Thresholds,
};
use crate::{
    clock::{Clock, Instant},
    gate::{Gate, Housekeeping, Tx, while_claimed},
    notify::Channels,
    secret, sql,
    store::{Queries, Reader},
    zone::Zone,
};
use chrono::TimeDelta;
use std::{collections::HashMap, time::Duration};

/// How often it is looked at what is new, and how often to look whether that is due.
#[derive(Clone, Copy, Debug)]
pub struct Detecting {
    pub every: TimeDelta,
    pub look: Duration,
}

impl Default for Detecting {
    fn default() -> Self {
        Self { every: TimeDelta::hours(1), look: Duration::from_mins(1) }
    }
}

/// The days before today that are looked at once a night: what was made known late, or what a lower threshold finds now.
const SWEPT: TimeDelta = TimeDelta::days(29);
/// How long a claim lasts, and how often it is renewed.
const LEASE: TimeDelta = TimeDelta::minutes(5);
const RENEW: Duration = Duration::from_mins(1);
/// The most that are stored in one transaction.
const AT_ONCE: usize = 50;

/// What the console looks with, and whom it tells.
#[derive(Clone, Debug)]
pub(crate) struct Detection<'a> {
    pub reader: &'a Reader,
    pub gate: &'a Gate,
    pub clock: &'a Clock,
    pub thresholds: &'a Thresholds,
    pub zone: Zone,
    pub channels: &'a Channels,
    pub environment: &'static str,
}

/// When it was done last.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct Last {
    pub looked_at: Option<Instant>,
    pub swept_at: Option<Instant>,
    pub told: i64,
    pub told_at: Option<Instant>,
}

pub(crate) async fn last(db: &mut impl Queries) -> sqlx::Result<Last> {
    db.query(sql!("select looked_at, swept_at, told, told_at from detection where id = 1")).one().await
}

/// Claims the next look for this process, or keeps the claim.
#[derive(Clone, Debug)]
pub(crate) struct ClaimDetection {
    /// Who claims; a claim of one's own is renewed.
    pub by: String,
    /// A look after this is recent enough.
    pub due: Instant,
}

impl Housekeeping for ClaimDetection {
    const NAME: &'static str = "detection.claim";
    /// Whether this process looks.
    type Output = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<bool> {
        let now = tx.now();
        let claimed = tx
            .query(sql!(
                "update detection set claimed_until = $1, claimed_by = $2
                  where id = 1 and (looked_at is null or looked_at <= $3 or looked_at > $4)
                    and (claimed_until is null or claimed_until < $4 or claimed_by = $2)"
            ))
            .bind(now.plus(LEASE))
            .bind(self.by.as_str())
            .bind(self.due)
            .bind(now)
            .run()
            .await?;
        Ok(claimed == 1)
    }
}

/// Stores what was found. Of one that is open more takes the place of less; one that is closed stays as the person saw it.
#[derive(Clone, Debug)]
pub(crate) struct KeepSuspicions {
    hits: Vec<Hit>,
}

impl Housekeeping for KeepSuspicions {
    const NAME: &'static str = "detection.keep";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        for hit in &self.hits {
            tx.query(sql!(
                "insert into suspicions (rule, key, staff_id, other_id, customer, began_at, first_seq, last_seq, n, evidence, found_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                 on conflict (rule, key) do update
                    set first_seq = excluded.first_seq, last_seq = excluded.last_seq, n = excluded.n, evidence = excluded.evidence
                  where suspicions.state = 'open' and excluded.n > suspicions.n"
            ))
            .bind(hit.rule.as_str())
            .bind(hit.key())
            .bind(hit.staff)
            .bind(hit.other)
            .bind(hit.customer)
            .bind(hit.day.began)
            .bind(hit.rows.map(|(first, _)| first))
            .bind(hit.rows.map(|(_, last)| last))
            .bind(hit.n)
            .bind(sqlx::types::Json(&hit.numbers))
            .bind(now)
            .run()
            .await?;
        }
        Ok(())
    }
}

/// Ends a look.
#[derive(Clone, Debug)]
pub(crate) struct EndDetection {
    pub by: String,
    /// When it began: what came while it lasted is looked at next.
    pub looked_at: Instant,
    /// Whether it looked at the whole window.
    pub is_whole: bool,
}

impl Housekeeping for EndDetection {
    const NAME: &'static str = "detection.end";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        tx.query(sql!(
            "update detection set looked_at = $1, swept_at = coalesce($2, swept_at), claimed_until = null, claimed_by = null
              where id = 1 and claimed_by = $3"
        ))
        .bind(self.looked_at)
        .bind(self.is_whole.then_some(self.looked_at))
        .bind(self.by.as_str())
        .run()
        .await
        .map(drop)
    }
}

/// Looks if it is time to, and this process is the one to do it; and tells people once a day. Dropping this is safe at any time.
pub(crate) async fn detect_if_due(detection: &Detection<'_>, every: TimeDelta) -> anyhow::Result<()> {
    look_if_due(detection, every).await?;
    report_if_due(detection).await
}

async fn look_if_due(detection: &Detection<'_>, every: TimeDelta) -> sqlx::Result<()> {
    let (Detection { reader, gate, .. }, now) = (detection, detection.clock.now());
    let before = last(&mut &**reader).await?;
    let due = now.minus(every);
    // Asked without writing first: it is the answer nearly always.
    if before.looked_at.is_some_and(|at| at > due && at <= now) {
        return Ok(());
    }
    let by = hex::encode(secret::random::<8>());
    let claim = ClaimDetection { by: by.clone(), due };
    if !gate.run_housekeeping(&claim).await? {
        return Ok(());
    }
    let today = date_of(now, detection.zone);
    let is_whole = before.swept_at.is_none_or(|at| at > now || at < today.began);
    let from = match before.looked_at {
        Some(at) if !is_whole => at.min(now),
        _ => now.minus(SWEPT),
    };
    match while_claimed(gate, &claim, RENEW, look(detection, from, now)).await {
        Some(looked) => looked?,
        None => return Ok(()),
    }
    gate.run_housekeeping(&EndDetection { by, looked_at: now, is_whole }).await
}

/// Looks at the days from one moment to another, and stores what is found, day by day.
async fn look(detection: &Detection<'_>, from: Instant, to: Instant) -> sqlx::Result<()> {
    let Detection { reader, gate, thresholds, zone, .. } = *detection;
    let days = (date_of(from, zone), date_of(to, zone));
    let mut look = Look::new(reader, thresholds, gate.policies(), zone, days);
    for day in look.dates() {
        let mut hits = look.day(day).await?;
        let known = known(reader, day.began, day.ends).await?;
        hits.retain(|hit| match known.get(&(hit.rule.as_str().to_owned(), hit.key())) {
            Some((is_open, n)) => *is_open && hit.n > *n,
            None => true,
        });
        for hits in hits.chunks(AT_ONCE) {
            gate.run_housekeeping(&KeepSuspicions { hits: hits.to_vec() }).await?;
        }
    }
    Ok(())
}

/// Those of a day by rule and key: whether each is open, and how much it counts.
async fn known(reader: &Reader, from: Instant, to: Instant) -> sqlx::Result<HashMap<(String, String), (bool, i64)>> {
    let rows: Vec<(String, String, bool, i64)> = reader
        .query(sql!("select rule, key, state = 'open', n from suspicions where began_at >= $1 and began_at < $2"))
        .bind(from)
        .bind(to)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(rule, key, is_open, n)| ((rule, key), (is_open, n))).collect())
}
