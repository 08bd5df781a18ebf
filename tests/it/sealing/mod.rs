//! What the gate promises, tried through HTTP on both engines.

mod populated;
pub(crate) mod support;

mod append_only;
mod clocks;
mod codes;
mod crashes;
mod disconnects;
mod fail_closed;
mod golden;
mod notes;
mod outbox;
mod outcomes;
mod points;
mod races;
mod repeats;
mod self_check;
mod starved;
mod tampering;
mod verify;
mod waiting;
