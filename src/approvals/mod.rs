//! Changes that wait for a second person: deciding about them, withdrawing them, and what becomes of those nobody decides.

pub mod decide;
pub mod expire;
pub mod list;
pub mod list_pages;
pub mod pages;
pub mod queue;
pub mod request;
pub mod rule;
pub mod show;
pub mod withdraw;

pub use request::Request;

use crate::gate::Target;

/// A request as the target of a decision.
pub fn target(id: i64) -> Target {
    Target::new("approval", id)
}
