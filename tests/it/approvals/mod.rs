//! The second person, through HTTP: asking, deciding, withdrawing, running out, and everybody who tries to get around it.

pub(crate) mod support;

mod asking;
mod deciding;
mod every_kind;
mod foreseen;
mod jobs;
mod learning;
mod limits;
mod noting;
mod own;
mod owners;
mod racing;
mod rechecking;
mod refunds;
mod running_out;
mod seats;
mod totals;
mod urgent;
mod verifying;
