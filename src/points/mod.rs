//! Customers' points: the ledger, and adjusting it by hand.

pub mod adjust;
pub mod ledger;
