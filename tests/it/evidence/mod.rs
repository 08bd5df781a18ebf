//! Checkpoints, receipts and proofs: what shows to others that the log was not rewritten.

mod proving;
mod refusing;
mod shipping;
mod signing;
pub(crate) mod support;
