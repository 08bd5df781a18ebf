//! Points for the same customer by the same person again and again.

use super::super::{
    evidence::{Day, Hit},
    look::{Found, Look},
    row::{Row, first_since},
    rule::Rule,
};
use crate::{
    gate::Change as _,
    id::{CustomerId, StaffId},
    sql,
    users::adjust::AdjustPoints,
};
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// The customers who got points on the day.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeSet<CustomerId>);

impl Seen {
    pub(super) fn take(&mut self, row: &Row) {
        if let (Some(1..), Some(customer)) = (row.delta, row.customer()) {
            self.0.insert(customer);
        }
    }
}

pub(super) async fn hits(seen: &Seen, look: &Look<'_>, day: Day, staff: StaffId) -> sqlx::Result<Vec<Hit>> {
    let rule = &look.thresholds.same_customer;
    if !rule.enabled || seen.0.is_empty() {
        return Ok(Vec::new());
    }
    let from = first_since(look.reader, day.ends.minus(TimeDelta::days(rule.days))).await?;
    let end = first_since(look.reader, day.ends).await?;
    let mut hits = Vec::new();
    for customer in &seen.0 {
        let from = from.max(look.after_last(Rule::SameCustomer, staff, Some(*customer), day).await?);
        let found: Found = look
            .reader
            .query(sql!(
                "select count(*) as n, min(seq) as first, max(seq) as last, cast(coalesce(sum(delta), 0) as bigint) as sum from (
                   select seq, case when action = $5 then cast(after ->> 'points' as bigint) - cast(before ->> 'points' as bigint) end as delta from audit
                    where target_kind = 'user' and target_id = $1 and seq >= $2 and seq < $3 and staff_id = $4
                      and action = $5 and outcome = 'applied'
                 ) adjusted where delta > 0"
            ))
            .bind(customer.to_string())
            .bind(from)
            .bind(end)
            .bind(staff)
            .bind(AdjustPoints::KIND)
            .one()
            .await?;
        if let Some(span) = found.span().filter(|span| span.n >= rule.additions) {
            let numbers = [("n", span.n), ("sum", found.sum), ("days", rule.days)];
            hits.push(Hit::new(Rule::SameCustomer, staff, day, span.n, numbers).with_rows(span).about(*customer));
        }
    }
    Ok(hits)
}
