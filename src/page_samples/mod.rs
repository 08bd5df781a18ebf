//! What every page must be, in every state and in both languages, without a server.
//!
//! `INGAM_GALLERY=some/folder cargo test --lib page_samples` also writes the pages there, to be looked at in a browser.

mod alerts;
mod approvals;
mod batches;
mod deployments;
mod detection;
mod exports;
mod host;
mod incidents;
mod lapses;
mod levers;
mod log;
mod looks;
mod maker;
mod networks;
mod oncall;
mod order_lists;
mod order_panels;
mod order_parts;
mod orders;
mod people;
mod queues;
mod readiness;
mod rest;
mod reversal;
mod reviews;
mod rules;
mod runs;
mod search;
mod silences;
mod staff;
mod users;
mod ways;
