//! Orders, tried through HTTP on both engines: what a refund comes to, who is first when many refund at once, and what
//! becomes of the money when providers or processes die.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails where it stands")]

#[path = "../kit/mod.rs"]
mod kit;
mod support;

mod cancelling;
mod crashes;
mod dismissing;
mod finding;
mod noting;
mod providers;
mod races;
mod refunding;
mod replay;
mod sample;
mod shipping;
mod verify;
