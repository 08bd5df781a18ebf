//! Reading the audit log: browsing it, and verifying all of it.

pub mod background;
pub(crate) mod filter;
mod find;
pub(crate) mod list;
pub(crate) mod pages;
pub mod safeguard;
pub(crate) mod show;
pub mod verify;

use crate::gate::{SYSTEM, audit::Entry};
use pages::{Changed, Row};

/// A row of the log as lists show it.
pub fn row(entry: &Entry) -> Row {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Row {
        seq: entry.seq,
        at: entry.at,
        staff: entry.staff_name.clone(),
        is_by_system: entry.actor == SYSTEM,
        action: entry.action.clone(),
        target: format!("{}/{}", entry.target_kind, entry.target_id),
        outcome: entry.outcome.clone(),
        // The word names the refusal; what follows it are the values of its message.
        refusal: entry.refusal.split(' ').next().and_then(some),
        ip: some(&entry.ip),
        reason: entry.reason.clone(),
        changed: Changed::between(&entry.before, &entry.after),
    }
}
