//! Checkpoints, receipts and proofs: what shows to others that the log was not rewritten.

mod bucket;
mod proving;
mod refusing;
mod shipping;
mod signing;
pub(crate) mod support;
mod timestamps;
mod witness;
