//! Escalation: who is called about an alert, step by step, until a person acknowledges it.
//!
//! Policies are declared in the configuration, as routes are. Right after the alerts of a turn were judged, what is due is worked out
//! from the alerts that are open and how far each escalation is ([`due`]); each step is one transaction under the lock of its alert, so of
//! several processes one makes it, a person who acknowledges stops it, and a process that dies has made all of it or nothing.

pub(crate) mod due;
mod going;
pub(crate) mod header;
pub(crate) mod next;
pub(crate) mod policy;
pub(crate) mod record;
pub(crate) mod turn;

pub use policy::Policies;
