//! Going on although the newest row of the log is ahead of the clock.

use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Target, Tx, lead::lead},
    sql,
};
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The newest row of the log is not ahead of the clock.
    LOG_NOT_AHEAD = "log-not-ahead";
}

/// Lets people change things again while the newest row of the log is ahead of the clock: until the clock has passed it, rows have
/// its time, and each also names the time of the clock.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HoldTime {}

impl Change for HoldTime {
    const KIND: &'static str = "audit.hold-time";
    const ADMITS: Admits = Admits::host_only();
    /// Until when.
    type Output = String;

    fn target(&self) -> Target {
        Target::new("installation", 1)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        until(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<String, Fault> {
        let until = until(tx).await?;
        tx.query(sql!("update installation set time_held_until = $1 where id = 1")).bind(until).run().await?;
        tx.note("held_until", None::<&str>, until.to_string());
        Ok(until.to_string())
    }
}

/// The time of the newest row, which is ahead of the clock.
async fn until(tx: &mut Tx<'_>) -> Result<Instant, Fault> {
    let now = tx.now();
    let lead = lead(tx, now).await?;
    lead.map(|lead| lead.newest).ok_or_else(|| Fault::conflict(LOG_NOT_AHEAD))
}
