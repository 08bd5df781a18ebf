//! From where the console opens: the list that owners keep, who may come from where, and that no one shuts themselves
//! out.

pub(crate) mod support;

mod commands;
mod editing;
mod limits;
mod lockout;
mod opening;
mod proxies;
mod races;
