//! What the tests of the formats share, and other implementations of them.

pub(super) mod log;
mod peers;
