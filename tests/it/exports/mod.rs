//! Files of rows of the log and of access records: asked for with a sealed change, taken once, and closed in the log.

pub(crate) mod asking;
pub(crate) mod bundles;
mod naming;
mod record_bundles;
mod records;
mod taking;
