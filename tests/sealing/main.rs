//! What the gate promises, tried through HTTP on both engines.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails where it stands"
)]

#[path = "../kit/mod.rs"]
mod kit;
mod support;

mod append_only;
mod codes;
mod crashes;
mod disconnects;
mod fail_closed;
mod golden;
mod notes;
mod outbox;
mod points;
mod races;
mod repeats;
mod self_check;
mod starved;
mod verify;
mod waiting;
