//! Evidence that leaves the machine. The log is a Merkle tree, and the owner of the database can compute another one over rows that
//! were rewritten. So a signer whose key and state lie outside the database says from time to time how many rows the log has and
//! what their root is: a checkpoint. It signs only what continues what it signed before. The log can be held against every checkpoint
//! that was kept.
//!
//! | module | what |
//! |---|---|
//! | [`signing`] | the key, and where the state is |
//! | [`state`] | the file that says what was signed last |
//! | [`sign`] | signing the next checkpoint, or refusing |
//! | [`rows`] | the tree of the rows, recomputed |
//! | [`keep`] | checkpoints and refusals in the database, for the pages |
//! | [`nodes`] | roots of subtrees, from which proofs are made |
//! | [`prove`] | the receipt of a row |
//! | [`access`] | the receipt of an access record |
//! | [`compare`] | the rows against checkpoints that were kept elsewhere |
//! | [`ship`] | copies of the checkpoints, away from here |
//! | [`witness`] | signatures of others on the checkpoints |
//! | [`timestamp`] | signatures of authorities on the time of a checkpoint |
//! | [`offline`] | checkpoints and receipts without a database |
//! | [`bundle`] | rows with all that proves them, without a database |
//! | [`keys`] | whose signatures are believed |

pub(crate) mod access;
pub(crate) mod bundle;
pub(crate) mod compare;
pub(crate) mod keep;
pub(crate) mod keys;
pub(crate) mod nodes;
pub(crate) mod offline;
pub(crate) mod prove;
pub(crate) mod rows;
pub mod ship;
pub(crate) mod sign;
pub mod signing;
pub(crate) mod state;
pub mod timestamp;
pub mod witness;
