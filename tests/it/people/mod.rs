//! The staff, through HTTP and the command line: who joins, what they may do, and how they leave.

pub(crate) mod support;

mod beginning;
mod break_glass;
mod host;
mod last_owner;
mod leaving;
mod limits;
mod links;
mod oneself;
mod orders_of_events;
mod pages;
mod races;
mod roles;
mod waited;
mod waiting;
