//! What is wrong: seen, told, acknowledged and over by itself.

mod delivering;
mod opening;
mod support;
mod telling;
