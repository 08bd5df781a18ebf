//! What is wrong: seen, told, acknowledged and over by itself.

mod delivering;
mod opening;
mod receiving;
mod silences;
mod support;
mod telling;
