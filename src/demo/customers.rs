//! Sample customers, in any number, the same ones every time.
//!
//! The engine makes them from their numbers: a million rows with their ledgers are not carried through this process.

use super::present;
use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Housekeeping as _, Target, Tx},
    sql,
    users::{index::IndexNames, take_over::take_over},
};
use serde::{Deserialize, Serialize};

/// Adds the sample customers numbered `first` and up, `count` of the `total` there will be.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LoadSample {
    pub first: i64,
    pub count: i64,
    pub total: i64,
    /// The present of the sample, in seconds since 1970, where the time of the log is an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<i64>,
}

/// The number of names that are indexed at once: as many as fit into memory easily.
const AT_ONCE: i64 = 1_000;

/// A good step: fewer cost more commits, more hold the writer for many seconds.
pub const STEP: i64 = 50_000;

impl Change for LoadSample {
    const KIND: &'static str = "sample.load";
    const ADMITS: Admits = Admits::host_only();
    type Output = ();

    fn target(&self) -> Target {
        Target::new("sample", "users")
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let now = present(tx, self.present);
        insert(tx, self.first, self.count, self.total, now).await?;
        // The console of a new demo does this when it has started.
        while self.present.is_none() && (IndexNames { limit: AT_ONCE }).run(tx).await? > 0 {}
        tx.note("users", self.first - 1, self.first - 1 + self.count);
        take_over(tx).await?;
        Ok(())
    }
}

/// Adds the customers numbered `first` and up, `count` of them, out of the `total` there will be, each with a ledger of
/// points. `total` spreads the days they joined on over six years; a caller that calls this in steps passes the same
/// each time.
async fn insert(tx: &mut Tx<'_>, first: i64, count: i64, total: i64, now: Instant) -> Result<(), Fault> {
    let total = total.max(first.saturating_add(count).saturating_sub(1)).max(1);
    // Only the last line differs: the engines make an instant from seconds in different words.
    let people = sql!(
        sqlite: concat!(
            include_str!("customers/people.sql"),
            "select id, email, phone, name, status, points,
               strftime('%Y-%m-%dT%H:%M:%S', joined, 'unixepoch') || '.000000Z',
               strftime('%Y-%m-%dT%H:%M:%S', seen, 'unixepoch') || '.000000Z' from written order by id"
        ),
        postgres: concat!(
            include_str!("customers/people.sql"),
            "select id, email, phone, name, status, points, to_timestamp(joined), to_timestamp(seen)
             from written order by id"
        ),
    );
    let ledger = sql!(
        sqlite: concat!(
            include_str!("customers/ledger.sql"),
            "select id, strftime('%Y-%m-%dT%H:%M:%S', moment, 'unixepoch') || '.000000Z', delta, balance, kind,
               strftime('%Y%m%d', moment, 'unixepoch', '+9 hours') || '-' || serial
             from written order by id, n"
        ),
        postgres: concat!(
            include_str!("customers/ledger.sql"),
            "select id, to_timestamp(moment), delta, balance, kind,
               to_char(to_timestamp(moment) at time zone 'Asia/Seoul', 'YYYYMMDD') || '-' || serial
             from written order by id, n"
        ),
    );
    for statement in [people, ledger] {
        tx.query(statement).bind(first).bind(count).bind(now.unix()).bind(total).run().await?;
    }
    Ok(())
}
