//! Who is called about an alert, step by step, until a person acknowledges it.

mod killing;
mod returning;
mod steps;
pub(crate) mod support;
mod unreached;
