//! What is wrong: seen, told, acknowledged and over by itself.

mod delivering;
mod opening;
mod silences;
mod support;
mod telling;
