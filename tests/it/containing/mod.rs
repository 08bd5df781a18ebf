//! Containing what is wrong: kinds of change that are closed for everybody, and pauses of all jobs of an owner.

mod closing;
mod pausing;
mod statements;
