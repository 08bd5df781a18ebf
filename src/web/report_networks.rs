//! From where reports may come: those of batches, and alerts of other systems.

use crate::allowlist::Allowlist;
use std::collections::HashMap;

/// The networks that reports may come from.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReportNetworks {
    /// Where nothing else is said; without it, from where the console opens.
    pub usual: Option<Allowlist>,
    /// Of a path that has networks of its own. Each such path is one text: what answers there compares the path as it came.
    pub of_path: HashMap<String, Allowlist>,
}

impl ReportNetworks {
    /// Those of a path; nothing where the console itself decides.
    pub(crate) fn of(&self, path: &str) -> Option<&Allowlist> {
        self.of_path.get(path).or(self.usual.as_ref())
    }
}
