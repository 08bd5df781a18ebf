//! Who looked at whose data.

pub(crate) mod list;
pub(crate) mod pages;
