//! Changes of points or money at night or on a day off, by a person who hardly ever makes changes then.

use super::super::{
    evidence::{Day, Hit, Span},
    look::Look,
    row::Row,
    rule::Rule,
    thresholds::Thresholds,
};
use crate::{id::StaffId, zone::Zone};

#[derive(Debug, Default)]
pub(super) struct Seen(Option<Span>);

impl Seen {
    pub(super) fn take(&mut self, row: &Row, thresholds: &Thresholds, zone: Zone) {
        if row.is_change() && row.is_of_value() && thresholds.off_hours.is_off(row.at, zone) {
            Span::add(&mut self.0, row.seq);
        }
    }
}

pub(super) async fn hit(seen: &Seen, look: &mut Look<'_>, day: Day, staff: StaffId) -> sqlx::Result<Option<Hit>> {
    let Some(span) = seen.0.filter(|_| look.thresholds.off_hours.enabled) else { return Ok(None) };
    let (off, all) = look.share(staff, day).await?;
    let rule = &look.thresholds.off_hours;
    // A person who made no change before has no usual hours.
    if off.saturating_mul(100) >= all.saturating_mul(rule.percent) && all > 0 {
        return Ok(None);
    }
    let numbers = [("n", span.n), ("off", off), ("all", all), ("days", rule.days)];
    Ok(Some(Hit::new(Rule::OffHours, staff, day, span.n, numbers).with_rows(span)))
}
