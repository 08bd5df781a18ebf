//! What the gate promises, tried through HTTP on both engines.

#[path = "../kit/mod.rs"]
mod kit;
mod support;

mod append_only;
mod codes;
mod crashes;
mod fail_closed;
mod golden;
mod outbox;
mod points;
mod races;
mod repeats;
mod self_check;
mod verify;
mod waiting;
