//! From where the console opens: the list that owners keep, who may come from where, and that nobody shuts themselves out.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails here")]

#[path = "../kit/mod.rs"]
mod kit;
mod support;

mod commands;
mod editing;
mod limits;
mod lockout;
mod opening;
mod races;
