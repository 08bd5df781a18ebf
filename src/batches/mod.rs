//! Batches: what runs when, what came of it, and rerunning it by hand. Failed runs are never retried by themselves.
//!
//! So far the parts that know nothing of each other: what a job is ([`definition`]), when it runs ([`schedule`]), what is
//! normal for it ([`baseline`]), and running its command ([`command`]). Nothing starts a job yet, and no page shows one.

pub mod baseline;
pub mod command;
pub mod definition;
pub mod schedule;
