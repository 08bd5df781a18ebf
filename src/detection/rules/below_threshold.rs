//! Adjustments of points that just need no second person: many that are nearly as high as one person may go, or several for one
//! customer on a day that are higher together.

use super::super::{
    evidence::{Day, Hit, Span},
    look::{Found, Look},
    row::{Row, first_since},
    rule::Rule,
    thresholds::Thresholds,
};
use crate::{
    gate::Change as _,
    id::{CustomerId, Seq, StaffId},
    sql,
    users::adjust::AdjustPoints,
};
use chrono::TimeDelta;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Whether one of the day was nearly as high as one person may go.
    is_near: bool,
    /// What was added and taken for each customer.
    sums: BTreeMap<CustomerId, (i64, Option<Span>)>,
}

impl Seen {
    pub(super) fn take(&mut self, row: &Row, thresholds: &Thresholds, over: Option<i64>) {
        let (Some(over), Some(delta), Some(customer)) = (over, row.alone(), row.customer()) else { return };
        let amount = delta.saturating_abs();
        let least = over.saturating_mul(thresholds.below_threshold.percent);
        self.is_near |= amount <= over && amount.saturating_mul(100) >= least;
        let (sum, span) = self.sums.entry(customer).or_default();
        *sum = sum.saturating_add(amount);
        Span::add(span, row.seq);
    }
}

pub(super) async fn hits(seen: &Seen, look: &Look<'_>, day: Day, staff: StaffId) -> sqlx::Result<Vec<Hit>> {
    let rule = &look.thresholds.below_threshold;
    let Some(over) = look.over().filter(|_| rule.enabled) else { return Ok(Vec::new()) };
    let mut hits = Vec::new();
    if seen.is_near {
        let found = near(look, day, staff, over).await?;
        if let Some(span) = found.span().filter(|span| span.n >= rule.adjustments) {
            let numbers = [("n", span.n), ("percent", rule.percent), ("over", over), ("days", rule.days)];
            hits.push(Hit::new(Rule::BelowThreshold, staff, day, span.n, numbers).with_rows(span));
        }
    }
    for (customer, (sum, span)) in &seen.sums {
        // One alone that is higher was approved, or no rule held when it was made.
        if let Some(span) = span.filter(|span| *sum > over && span.n > 1) {
            let numbers = [("n", span.n), ("sum", *sum), ("over", over)];
            hits.push(Hit::new(Rule::BelowThreshold, staff, day, span.n, numbers).with_rows(span).about(*customer));
        }
    }
    Ok(hits)
}

/// Those in the days before that are nearly as high, without those that are evidence of an earlier suspicion.
async fn near(look: &Look<'_>, day: Day, staff: StaffId, over: i64) -> sqlx::Result<Found> {
    let rule = &look.thresholds.below_threshold;
    let from = first_since(look.reader, day.ends.minus(TimeDelta::days(rule.days))).await?;
    let from = from.max(look.after_last(Rule::BelowThreshold, staff, None, day).await?);
    let end: Seq = first_since(look.reader, day.ends).await?;
    look.reader
        .query(sql!(
            "select count(*) as n, min(seq) as first, max(seq) as last, cast(coalesce(sum(amount), 0) as bigint) as sum from (
               select seq, abs(case when action = $4 then cast(after ->> 'points' as bigint) - cast(before ->> 'points' as bigint) end) as amount from audit
                where staff_id = $1 and seq >= $2 and seq < $3 and action = $4 and outcome = 'applied' and approval_id is null
             ) adjusted where amount <= $5 and amount * 100 >= $6"
        ))
        .bind(staff)
        .bind(from)
        .bind(end)
        .bind(AdjustPoints::KIND)
        .bind(over)
        .bind(over.saturating_mul(rule.percent))
        .one()
        .await
}
