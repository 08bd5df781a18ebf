//! The first change from an address.

use super::super::{
    evidence::{Day, Hit, Span},
    look::Look,
    row::{Row, first_since},
    rule::Rule,
};
use crate::{
    clock::Instant,
    id::{Seq, StaffId},
    sql,
};
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// The first change from each address.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<String, (Seq, Instant)>);

impl Seen {
    pub(super) fn take(&mut self, row: &Row) {
        if row.is_change() && !row.ip_key.is_empty() && !self.0.contains_key(&row.ip_key) {
            self.0.insert(row.ip_key.clone(), (row.seq, row.at));
        }
    }
}

pub(super) async fn hit(seen: &Seen, look: &Look<'_>, day: Day, staff: StaffId) -> sqlx::Result<Option<Hit>> {
    let rule = &look.thresholds.new_address;
    if !rule.enabled {
        return Ok(None);
    }
    let mut new = Vec::new();
    for (ip_key, (seq, at)) in &seen.0 {
        let from = first_since(look.reader, at.minus(TimeDelta::days(rule.days))).await?;
        if !was_there(look, staff, ip_key, from, *seq).await? {
            new.push(*seq);
        }
    }
    new.sort_unstable();
    let (Some(first), Some(last)) = (new.first().copied(), new.last().copied()) else { return Ok(None) };
    // A person with few rows is new, and every address is.
    let (rows,): (i64,) = look
        .reader
        .query(sql!(
            "select count(*) from (select 1 as one from audit where staff_id = $1 and seq < $2 limit $3) before_it"
        ))
        .bind(staff)
        .bind(first)
        .bind(rule.rows)
        .one()
        .await?;
    let n = i64::try_from(new.len()).unwrap_or(i64::MAX);
    let hit = || {
        Hit::new(Rule::NewAddress, staff, day, n, [("n", n), ("days", rule.days)]).with_rows(Span { n, first, last })
    };
    Ok((rows >= rule.rows).then(hit))
}

/// Whether the person made a change from this address in a range. The newest such row is looked up, along an index.
async fn was_there(look: &Look<'_>, staff: StaffId, ip_key: &str, from: Seq, before: Seq) -> sqlx::Result<bool> {
    let found: Option<(Seq,)> = look
        .reader
        .query(sql!(
            "select seq from audit
              where ip_key = $1 and staff_id = $2 and seq >= $3 and seq < $4 and outcome = 'applied' and action not like 'session.%'
              order by seq desc limit 1"
        ))
        .bind(ip_key)
        .bind(staff)
        .bind(from)
        .bind(before)
        .optional()
        .await?;
    Ok(found.is_some())
}
