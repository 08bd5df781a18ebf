//! The fences around the one door, each tried from outside: what the engines refuse, what the lints are told, and that
//! both engines get the same schema and understand the same statements. That forging a `Tx` does not compile is shown in
//! the documentation of `ingam::gate::Tx`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails where it stands")]

#[path = "../kit/mod.rs"]
mod kit;

mod lint;
mod reader;
mod schema;
mod statements;
