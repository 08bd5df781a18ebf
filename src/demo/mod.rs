//! The demo: a shop with customers, orders and jobs, made of samples that are the same every time.
//!
//! `fill` makes it in a data directory (`data`): [`customers`], [`orders`], and the [`jobs`] with a month in
//! which they ran. What those jobs do every night (`night`) is the work of the [`shop`].

use crate::{clock::Instant, gate::Tx};

mod chance;
pub mod customers;
pub(crate) mod data;
pub(crate) mod fill;
pub mod jobs;
mod month;
pub(crate) mod night;
pub(crate) mod orders;
mod processor;
pub mod shop;
mod worker;

/// The present of a sample: `said`, in seconds since 1970, where the time of the log is an earlier one.
fn present(tx: &Tx<'_>, said: Option<i64>) -> Instant {
    said.and_then(Instant::from_unix).unwrap_or(tx.now())
}
