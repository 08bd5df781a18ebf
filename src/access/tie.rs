//! Telling the log of the tree of the access records: a row with its size and root, so that a checkpoint of the log is one of the records
//! too.

use super::seal::Sealing;
use crate::{
    clock::{Clock, Instant},
    gate::{Actor, Admits, Change, Fault, Gate, Housekeeping, Refusal, Target, Tx},
    secret, sql,
    store::Reader,
};
use serde::{Deserialize, Serialize};

/// The tree as it is on its head.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct Head {
    pub size: i64,
    /// The size that the log knows of, and since when.
    pub tied: i64,
    pub tied_at: Option<Instant>,
}

pub(crate) async fn head(reader: &Reader) -> sqlx::Result<Head> {
    reader.query(sql!("select size, tied, tied_at from access_head where id = 1")).one().await
}

/// Seals the size and the root of the tree of the access records.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SealAccess {
    /// The size that the log knew of before.
    pub since: i64,
}

impl Change for SealAccess {
    const KIND: &'static str = "access.seal";
    const ADMITS: Admits = Admits::system_only();
    type Output = ();

    fn target(&self) -> Target {
        Target::new("audit", "access")
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        // The work beside this change holds the lock of the head.
        let (size, root): (i64, Vec<u8>) =
            tx.query(sql!("select size, root from access_head where id = 1")).one().await?;
        tx.note("access_size", Some(self.since), size);
        tx.note("access_root", None::<&str>, hex::encode(root));
        Ok(())
    }
}

/// Notes that the log is told, unless another process has told it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TieTree {
    since: i64,
}

impl Housekeeping for TieTree {
    const NAME: &'static str = "access.tie";
    type Output = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<bool> {
        let now = tx.now();
        let tied = tx
            .query(sql!("update access_head set tied = size, tied_at = $2 where id = 1 and tied = $1 and size > tied"))
            .bind(self.since)
            .bind(now)
            .run()
            .await?;
        Ok(tied == 1)
    }
}

/// Tells the log, if it is time to: at first, after an hour in which the tree has grown, and after a thousand leaves.
pub(crate) async fn tie_if_due(reader: &Reader, gate: &Gate, clock: &Clock, sealing: Sealing) -> Result<(), Refusal> {
    let Head { size, tied, tied_at } = head(reader).await?;
    let now = clock.now();
    let is_late = tied_at.is_none_or(|at| now < at || now.since(at) >= sealing.every);
    if size == tied || !(is_late || size - tied >= sealing.leaves) {
        return Ok(());
    }
    let actor = Actor::system(format!("access_{}", hex::encode(secret::random::<10>())));
    match gate.submit_unattended_with(&actor, &SealAccess { since: tied }, &TieTree { since: tied }).await {
        Err(Refusal::Stale { .. }) => Ok(()),
        told => told,
    }
}
