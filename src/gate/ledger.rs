//! What a change leaves behind until its row is appended: what it altered, what it emits, and the changes made within it.

use super::{Actor, Reason, Roles, Target, noted::Fields, word::Topic};
use crate::id::{RequestId, Seq};
use serde_json::Value;

/// Something to be told once the change has committed.
#[derive(Clone, Debug)]
pub struct Event {
    pub topic: Topic,
    /// No personal data: customers are named by id.
    pub body: Value,
}

/// What one change has noted and emitted so far. A new one has a change id of its own and is empty otherwise.
pub(super) struct Ledger {
    pub(super) change_id: String,
    pub(super) before: Fields,
    pub(super) after: Fields,
    pub(super) events: Vec<Event>,
    /// The request that the change belongs to.
    pub(super) approval: Option<RequestId>,
    /// The row of the log that the change takes back. Set by the gate alone, which read that row in this transaction.
    pub(super) reverses: Option<Seq>,
    /// What the log flags, such as `urgent`.
    pub(super) flags: &'static str,
    /// Changes made within this one for the people who requested them, each with a row of its own.
    pub(super) enacted: Vec<Enacted>,
}

/// A change that was made within another one for the person who requested it.
pub(super) struct Enacted {
    pub(super) actor: Actor,
    pub(super) roles: Option<Roles>,
    pub(super) action: &'static str,
    pub(super) target: Target,
    pub(super) reason: Reason,
    pub(super) ledger: Ledger,
}

impl Default for Ledger {
    fn default() -> Self {
        Self::with_id(hex::encode(crate::secret::random::<16>()))
    }
}

impl Ledger {
    pub(super) fn with_id(change_id: String) -> Self {
        Self {
            change_id,
            before: Fields::new(),
            after: Fields::new(),
            events: Vec::new(),
            approval: None,
            reverses: None,
            flags: "",
            enacted: Vec::new(),
        }
    }

    /// Forgets everything but the change id and the row that it takes back, which the row of a refusal names too.
    pub(super) fn clear(&mut self) {
        let reverses = self.reverses;
        *self = Self { reverses, ..Self::with_id(std::mem::take(&mut self.change_id)) };
    }

    /// Takes back what was noted of these fields.
    pub(super) fn forget(&mut self, fields: &[&str]) {
        for field in fields {
            self.before.remove(*field);
            self.after.remove(*field);
        }
    }
}
