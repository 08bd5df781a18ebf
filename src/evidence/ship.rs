//! Copies of the checkpoints away from here: each goes to each target, once, and stays there as it is. What is shipped is the signed
//! note, which refuses a rewrite by itself; tiles and rows stay here.
//!
//! An attempt is counted before anything is sent, and what is there already with the same content counts as shipped: so a process may
//! end between any two lines.

pub mod bucket;
pub(crate) mod directory;
pub(crate) mod queue;
pub(crate) mod record;
pub mod target;

use self::{
    queue::{ClaimShipment, Claimed, Enqueue, KeepShipment, Outcome},
    target::Target,
};
use crate::{
    clock::{Clock, Instant},
    gate::Gate,
    store::Reader,
};
use chrono::TimeDelta;
use std::{sync::Arc, time::Duration};
use tokio::task;

/// What the names of checkpoints begin with.
pub(crate) const BEGINNING: &str = "checkpoint-";

/// Where checkpoints go, and when.
#[derive(Clone, Debug)]
pub struct Shipping {
    pub targets: Vec<Target>,
    /// What is not there after this time is an alert.
    pub within: TimeDelta,
    /// How often to look whether something is to be shipped.
    pub look: Duration,
}

impl Default for Shipping {
    fn default() -> Self {
        Self { targets: Vec::new(), within: TimeDelta::hours(3), look: Duration::from_secs(10) }
    }
}

/// What goes to a target.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    pub name: String,
    pub bytes: Vec<u8>,
    /// When it was to go there first, and when it goes.
    pub since: Instant,
    pub now: Instant,
}

/// What is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    pub version_id: Option<String>,
    /// Until when it can be neither replaced nor removed, as the target says.
    pub locked_until: Option<Instant>,
}

/// What a check of a target found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checked {
    pub said: String,
    /// What is wrong there, though what is put there is kept.
    pub fault: Option<String>,
}

/// Why something is not there, or does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unplaced {
    /// Something else is there in its place.
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Failed(String),
}

/// The name of a checkpoint in a target: twenty digits, so that names are in the order of sizes.
pub(crate) fn name(size: u64) -> String {
    format!("{BEGINNING}{size:020}")
}

/// Ships what is due to a target, the newest first. Returns how much was shipped. Dropping this is safe at any time.
pub(crate) async fn ship_due(
    reader: &Reader,
    gate: &Gate,
    clock: &Clock,
    target: &Arc<Target>,
    within: TimeDelta,
) -> sqlx::Result<u64> {
    let name = target.name();
    while record::is_behind(reader, &name).await? {
        gate.run_housekeeping(&Enqueue { target: name.clone(), within }).await?;
    }
    let mut shipped = 0;
    while record::is_due(reader, &name, clock.now()).await? {
        let Some(claimed) = gate.run_housekeeping(&ClaimShipment { target: name.clone() }).await? else { break };
        shipped += u64::from(ship(gate, clock, target, claimed).await?);
    }
    Ok(shipped)
}

/// Ships one, and keeps how that ended. Whether it is there.
async fn ship(gate: &Gate, clock: &Clock, target: &Arc<Target>, claimed: Claimed) -> sqlx::Result<bool> {
    let parcel = Parcel {
        name: name(claimed.size.unsigned_abs()),
        bytes: claimed.note.into_bytes(),
        since: claimed.created_at,
        now: clock.now(),
    };
    let (sent, to) = (parcel.clone(), Arc::clone(target));
    let placed = task::spawn_blocking(move || to.put(&sent)).await;
    let placed = placed.unwrap_or_else(|_| Err(Unplaced::Failed("the attempt broke off".to_owned())));
    let is_there = placed.is_ok();
    if let Err(unplaced) = &placed {
        tracing::warn!(target = target.name(), object = parcel.name, why = %unplaced, "a checkpoint was not shipped; trying again");
    }
    let outcome = Outcome::of(&parcel, placed, claimed.attempts);
    gate.run_housekeeping(&KeepShipment { id: claimed.id, outcome }).await?;
    Ok(is_there)
}
