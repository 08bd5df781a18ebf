//! Files of rows of the log: asked for with a sealed change, taken once, and closed in the log.

pub(crate) mod asking;
pub(crate) mod bundles;
mod taking;
