//! What the gate promises, tried through HTTP on both engines.

#[path = "../kit/mod.rs"]
mod kit;

mod points;
