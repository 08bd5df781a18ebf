//! Who looked at whose data, and how much of it goes without a reason.

pub(crate) mod continue_looking;
pub(crate) mod leaves;
pub(crate) mod list;
pub(crate) mod looks;
pub(crate) mod of_customer;
pub(crate) mod pages;
pub mod seal;
pub(crate) mod show;
pub(crate) mod tie;
