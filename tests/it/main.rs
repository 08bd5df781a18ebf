//! What the console promises, tried from outside: each folder is a part of it. Most tests go through HTTP on both engines.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails here"
)]

mod kit;

mod access;
mod account;
mod alerts;
mod approvals;
mod audit;
mod backup;
mod batches;
mod cli;
mod config;
mod containing;
mod deployments;
mod detection;
mod escalation;
mod evidence;
mod exports;
mod fences;
mod incidents;
mod metrics;
mod networks;
mod oncall;
mod orders;
mod people;
mod permissions;
#[cfg(feature = "kafka")]
mod queues;
mod retention;
mod reversal;
mod reviews;
mod sealing;
mod sign_in;
mod supervise;
mod users;
mod ways;
mod web;
