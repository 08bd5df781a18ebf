//! Reports about a period: what they say, who signs them, and that they stay as they were signed.

mod content;
mod signing;
pub(crate) mod support;
