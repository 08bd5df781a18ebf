//! One step of removing: a bounded part of one kind of things in one transaction, with its row in the log.

use super::{
    Retention,
    access::RemoveRecords,
    kept::{HoldPurge, Kept, PurgeKept},
};
use crate::{
    clock::{Clock, Instant},
    gate::{Actor, Gate, Refusal},
    secret,
    store::Reader,
    zone::Zone,
};
use chrono::TimeDelta;

/// By what is decided what is to be removed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub retention: Retention,
    pub session_absolute: TimeDelta,
    pub zone: Zone,
    pub at_once: i64,
}

impl Rules {
    /// Up to when it is removed, and how many days it was kept.
    fn of(&self, what: Kept, now: Instant) -> Option<(Instant, i64)> {
        let days = match what {
            Kept::Searches => self.retention.search_days,
            Kept::Sessions => self.retention.session_days,
            Kept::BatchLogs => self.retention.batch_log_days?,
        };
        let lasted = if what == Kept::Sessions { self.session_absolute } else { TimeDelta::zero() };
        Some((now.minus(lasted + TimeDelta::days(days)), days))
    }
}

/// Removes some of what is to be removed. Returns whether there was anything; what is left is removed by the next calls.
pub(crate) async fn purge_some(reader: &Reader, gate: &Gate, clock: &Clock, rules: Rules) -> anyhow::Result<bool> {
    let now = clock.now();
    for what in Kept::ALL {
        let Some((before, days)) = rules.of(what, now) else { continue };
        if what.oldest_before(&mut &*reader, before).await?.is_some() {
            let change = PurgeKept { what, before, days, at_once: rules.at_once };
            done(gate.submit_unattended_with(&actor(), &change, &HoldPurge { what, before }).await)?;
            return Ok(true);
        }
    }
    let Some(years) = rules.retention.access_years else { return Ok(false) };
    let Some((records, change)) = RemoveRecords::next(reader, &rules, now, years).await? else { return Ok(false) };
    done(gate.submit_unattended_with(&actor(), &change, &records).await)?;
    Ok(true)
}

fn actor() -> Actor {
    Actor::system(format!("retention_{}", hex::encode(secret::random::<10>())))
}

/// Another console may have been first.
fn done(submitted: Result<(), Refusal>) -> anyhow::Result<()> {
    match submitted {
        Err(Refusal::Stale { .. }) => Ok(()),
        submitted => Ok(submitted?),
    }
}
