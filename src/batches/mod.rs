//! Batches: what runs when, what came of it, and rerunning it by hand.

pub mod baseline;
pub mod definition;
pub mod schedule;
