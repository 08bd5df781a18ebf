//! Taking over what the shop wrote into the ledger of points: the console makes no entry without a change, so what has none is
//! either the shop's, and was taken over in the log, or was typed into the database.

use crate::{
    audit::verify::ledger::{Shop, shop_entries, taken_over_through},
    gate::{Actor, Admits, By, Change, Fault, Gate, Refusal, Target, Tx},
    secret, sql,
    store::Reader,
};
use serde::{Deserialize, Serialize};

/// Takes over all entries without a change that are there now and were not taken over before.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TakeOverLedger {}

impl Change for TakeOverLedger {
    const KIND: &'static str = "points.take-over";
    const ADMITS: Admits = Admits { by: By::SystemOnly, code: false, host: true };
    /// The number of entries.
    type Output = i64;

    fn target(&self) -> Target {
        Target::new("ledger", "points")
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<i64, Fault> {
        take_over(tx).await
    }
}

/// Notes how far the ledger goes, and the fingerprint of the shop's entries up to there.
pub(crate) async fn take_over(tx: &mut Tx<'_>) -> Result<i64, Fault> {
    // One after the other: each goes on where the one before it ended.
    tx.query(sql!(sqlite: "select 1", postgres: "select pg_advisory_xact_lock(7201)")).run().await?;
    let before = taken_over_through(tx).await?;
    let (through,): (i64,) = tx.query(sql!("select coalesce(max(id), 0) from point_entries")).one().await?;
    let Shop { entries, fingerprint } = shop_entries(tx, before.unwrap_or(i64::MIN), through).await?;
    tx.note("through_entry", before, through.max(before.unwrap_or_default()));
    tx.note("entries_taken_over", None::<i64>, entries);
    tx.note("entries_sha256", None::<&str>, fingerprint);
    Ok(entries)
}

/// At the first start before a database, what is there is the shop's. Later entries of the shop are taken over on the host.
pub(crate) async fn at_first_start(reader: &Reader, gate: &Gate) -> Result<(), Refusal> {
    if taken_over_through(&mut &*reader).await?.is_none() {
        let actor = Actor::system(format!("start_{}", hex::encode(secret::random::<10>())));
        gate.submit_unattended(&actor, &TakeOverLedger {}).await?;
    }
    Ok(())
}
