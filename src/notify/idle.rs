//! Tests of channels over which nothing was sent for a week: one that was changed at the other end is noticed before it is needed.

use super::{Channels, health, test::send_test};
use crate::{
    clock::Instant,
    gate::{Housekeeping, Tx},
    sql,
    store::Reader,
    zone::Zone,
};
use chrono::{Datelike as _, TimeDelta, Timelike as _};
use std::ops::Range;

/// How long a channel may be idle.
const IDLE: TimeDelta = TimeDelta::days(7);
/// When tests are sent, on working days: a person looks whether they arrive.
const HOURS: Range<u32> = 10..17;

/// Which channels are idle since the time that this parameter holds. One that fails is told of in another way.
macro_rules! is_idle {
    ($since:literal) => {
        concat!(
            "failing_since is null and (proven_at is null or proven_at < ",
            $since,
            ") and (tested_at is null or tested_at < ",
            $since,
            ")"
        )
    };
}

/// Tests these channels, as far as they are still idle: of several processes one does it.
#[derive(Clone, Debug)]
pub(crate) struct TestIdle {
    channels: Vec<String>,
}

impl TestIdle {
    /// The tests that are due now; nothing where none is.
    pub(crate) async fn due(
        reader: &Reader,
        channels: &Channels,
        zone: Zone,
        now: Instant,
    ) -> sqlx::Result<Option<Self>> {
        let tested = channels.iter().filter(|channel| channel.is_tested && channel.is_on);
        let mut tested: Vec<String> = tested.map(|channel| channel.name.clone()).collect();
        if tested.is_empty() || !is_working_time(zone, now) {
            return Ok(None);
        }
        let idle: Vec<(String,)> = reader
            .query(sql!("select name from channels where is_declared and ", is_idle!("$1")))
            .bind(now.minus(IDLE))
            .all()
            .await?;
        tested.retain(|name| idle.iter().any(|(idle,)| idle == name));
        Ok(Some(Self { channels: tested }).filter(|test| !test.channels.is_empty()))
    }
}

impl Housekeeping for TestIdle {
    const NAME: &'static str = "channels.test-idle";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        for channel in health::all(tx).await?.iter().filter(|channel| self.channels.contains(&channel.name)) {
            let marked = tx
                .query(sql!("update channels set tested_at = $2 where name = $1 and ", is_idle!("$3")))
                .bind(channel.name.as_str())
                .bind(now)
                .bind(now.minus(IDLE))
                .run()
                .await?;
            if marked > 0 {
                send_test(tx, channel, None).await?;
            }
        }
        Ok(())
    }
}

fn is_working_time(zone: Zone, now: Instant) -> bool {
    let local = now.utc().with_timezone(&zone);
    local.weekday().num_days_from_monday() < 5 && HOURS.contains(&local.hour())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_come_when_people_are_at_work() {
        let at = |text: &str| is_working_time(Zone::seoul(), Instant::parse(text).unwrap());
        // Monday, 10:00 and 16:59 in Seoul; an hour earlier and later.
        assert!(at("2026-11-30T01:00:00.000000Z") && at("2026-11-30T07:59:00.000000Z"));
        assert!(!at("2026-11-30T00:59:00.000000Z") && !at("2026-11-30T08:00:00.000000Z"));
        // Saturday at noon.
        assert!(!at("2026-11-28T03:00:00.000000Z"));
    }
}
