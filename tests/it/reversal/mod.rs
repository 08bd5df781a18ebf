//! Taking back what a row of the log changed: the opposite change under the same rules, linked both ways, once.

mod approving;
mod kinds;
mod once;
mod refusing;
mod support;
mod verifying;
