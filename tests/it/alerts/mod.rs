//! What is wrong: seen, told, acknowledged and over by itself.

mod delivering;
mod heartbeat;
mod idle;
mod joining;
mod killing;
mod mailing;
mod measuring;
mod opening;
mod receiving;
mod returning;
mod silences;
pub(crate) mod support;
mod telling;
