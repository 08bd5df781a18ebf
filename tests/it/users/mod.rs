//! Customers, through HTTP: finding them, and what of them is shown to whom.

mod looks;
mod names;
mod privacy;
mod search;
