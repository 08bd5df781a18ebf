//! What is kept for a time, and removed when it is over: access records in their tree, searches, sessions, logs of batches.

mod access;
mod found;
mod others;
mod support;
