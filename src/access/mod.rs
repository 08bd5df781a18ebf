//! Who looked at whose data.

pub mod list;
pub mod pages;
