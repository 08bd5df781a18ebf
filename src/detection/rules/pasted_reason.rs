//! The same short reason on many customers.

use super::super::{
    evidence::{Day, Hit, Span},
    row::Row,
    rule::Rule,
    thresholds::PastedReason,
};
use crate::id::StaffId;
use std::collections::{BTreeMap, HashSet};

/// For each short reason the customers and orders that were changed with it. They live as long as a day is looked at.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<String, (HashSet<String>, Option<Span>)>);

impl Seen {
    pub(super) fn take(&mut self, row: &Row) {
        let Some(reason) = row.short.as_ref().filter(|reason| !reason.is_empty()) else { return };
        if !row.is_change() || !matches!(row.target_kind.as_str(), "user" | "order") {
            return;
        }
        let (about, span) = self.0.entry(reason.clone()).or_default();
        about.insert(format!("{}/{}", row.target_kind, row.target_id));
        Span::add(span, row.seq);
    }

    pub(super) fn hit(&self, rule: &PastedReason, day: Day, staff: StaffId) -> Option<Hit> {
        let (reason, (about, span)) = self.0.iter().max_by_key(|(_, (about, _))| about.len())?;
        let n = i64::try_from(about.len()).unwrap_or(i64::MAX);
        let span = (*span).filter(|_| n >= rule.customers)?;
        // What it says may be personal data: the log has it.
        let length = i64::try_from(reason.chars().count()).unwrap_or(i64::MAX);
        let numbers = [("n", n), ("length", length), ("characters", rule.characters)];
        Some(Hit::new(Rule::PastedReason, staff, day, n, numbers).with_rows(span))
    }
}
