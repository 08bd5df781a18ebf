//! Many customers opened and hardly any of them changed, and contacts of many customers seen in full. The evidence of both is access
//! records, and both are held against the person's usual day.

use super::super::{
    evidence::{Day, Hit},
    look::{Look, Opened},
    row::Row,
    rule::Rule,
};
use crate::id::StaffId;
use std::collections::HashSet;

/// The customers and orders that a person changed on a day.
#[derive(Debug, Default)]
pub(super) struct Changed(HashSet<String>);

impl Changed {
    pub(super) fn take(&mut self, row: &Row) {
        if row.outcome == "applied" && matches!(row.target_kind.as_str(), "user" | "order") {
            self.0.insert(format!("{}/{}", row.target_kind, row.target_id));
        }
    }

    pub(super) fn n(&self) -> i64 {
        i64::try_from(self.0.len()).unwrap_or(i64::MAX)
    }
}

pub(super) async fn browsing(
    look: &mut Look<'_>,
    day: Day,
    changed: impl Fn(&StaffId) -> i64,
) -> sqlx::Result<Vec<Hit>> {
    let rule = look.thresholds.browsing.clone();
    let mut hits = Vec::new();
    if !rule.enabled {
        return Ok(hits);
    }
    for (staff, n) in look.opened(Opened::Any, day).await? {
        let changed = changed(&staff);
        if n < rule.customers || changed.saturating_mul(100) >= n.saturating_mul(rule.percent) {
            continue;
        }
        let median = look.median(Opened::Any, staff, day, rule.days).await?;
        if n >= median.saturating_mul(rule.times) {
            let numbers = [("n", n), ("median", median), ("days", rule.days), ("changed", changed)];
            hits.push(Hit::new(Rule::Browsing, staff, day, n, numbers));
        }
    }
    Ok(hits)
}

pub(super) async fn reveals(look: &mut Look<'_>, day: Day) -> sqlx::Result<Vec<Hit>> {
    let rule = look.thresholds.reveals.clone();
    let mut hits = Vec::new();
    if !rule.enabled {
        return Ok(hits);
    }
    for (staff, n) in look.opened(Opened::InFull, day).await? {
        if n < rule.customers {
            continue;
        }
        let median = look.median(Opened::InFull, staff, day, rule.days).await?;
        if n >= median.saturating_mul(rule.times) {
            hits.push(Hit::new(Rule::Reveals, staff, day, n, [("n", n), ("median", median), ("days", rule.days)]));
        }
    }
    Ok(hits)
}
