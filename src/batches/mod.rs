//! Batch jobs: work that the console starts, watches and accounts for.

pub mod command;
