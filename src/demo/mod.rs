//! The demo: a shop with customers, orders and jobs, made of samples that are the same every time.
//!
//! `fill` makes it in a data directory (`data`): [`customers`], [`orders`], and the [`jobs`] with a month in
//! which they ran. What those jobs do every night (`night`) is the work of the [`shop`].

pub mod customers;
pub(crate) mod data;
mod declined;
pub(crate) mod fill;
pub mod jobs;
pub(crate) mod night;
pub(crate) mod orders;
pub mod shop;
