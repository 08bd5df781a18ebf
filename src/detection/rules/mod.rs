//! The rules, a file each: what of the rows of a day is remembered, and what is asked of the log where that is enough to begin with.

mod after_silence;
mod below_threshold;
mod burst;
mod each_other;
mod looks;
mod new_address;
mod off_hours;
mod pasted_reason;
mod refused_then_through;
mod same_customer;

pub(super) use each_other::approvers;

use super::{
    evidence::{Day, Hit},
    look::Look,
    row::Row,
};
use crate::id::StaffId;
use std::collections::BTreeMap;

/// What is remembered of the rows of a person on a day.
#[derive(Debug, Default)]
struct Person {
    off_hours: off_hours::Seen,
    new_address: new_address::Seen,
    burst: burst::Seen,
    below_threshold: below_threshold::Seen,
    pasted_reason: pasted_reason::Seen,
    after_silence: after_silence::Seen,
    same_customer: same_customer::Seen,
    changed: looks::Changed,
    refused: refused_then_through::Seen,
}

/// What is remembered of the rows of a day.
#[derive(Debug, Default)]
pub(super) struct People(BTreeMap<StaffId, Person>);

impl People {
    /// A row from just before the day: what begins there may end in it.
    pub(super) fn before(&mut self, row: &Row, look: &Look<'_>) {
        let person = self.0.entry(row.staff_id).or_default();
        person.burst.before(row, &look.thresholds.burst);
        person.refused.before(row);
    }

    /// A row of the day.
    pub(super) fn take(&mut self, row: &Row, look: &Look<'_>) {
        let (person, thresholds) = (self.0.entry(row.staff_id).or_default(), look.thresholds);
        person.off_hours.take(row, thresholds, look.zone);
        person.new_address.take(row);
        person.burst.take(row, &thresholds.burst);
        person.below_threshold.take(row, thresholds, look.over());
        person.pasted_reason.take(row);
        person.after_silence.take(row);
        person.same_customer.take(row);
        person.changed.take(row);
        person.refused.take(row, &thresholds.refused_then_through);
    }

    /// What the rules find on the day, each that is enabled.
    pub(super) async fn hits(&self, look: &mut Look<'_>, day: Day) -> sqlx::Result<Vec<Hit>> {
        let mut hits = Vec::new();
        for (staff, person) in &self.0 {
            hits.extend(off_hours::hit(&person.off_hours, look, day, *staff).await?);
            hits.extend(new_address::hit(&person.new_address, look, day, *staff).await?);
            hits.extend(person.burst.hit(&look.thresholds.burst, day, *staff));
            hits.extend(below_threshold::hits(&person.below_threshold, look, day, *staff).await?);
            hits.extend(person.pasted_reason.hit(&look.thresholds.pasted_reason, day, *staff));
            hits.extend(after_silence::hit(&person.after_silence, look, day, *staff).await?);
            hits.extend(same_customer::hits(&person.same_customer, look, day, *staff).await?);
            hits.extend(person.refused.hit(&look.thresholds.refused_then_through, day, *staff));
        }
        let changed = |staff: &StaffId| self.0.get(staff).map_or(0, |person| person.changed.n());
        hits.extend(looks::browsing(look, day, changed).await?);
        hits.extend(looks::reveals(look, day).await?);
        hits.retain(|hit| look.thresholds.is_enabled(hit.rule));
        Ok(hits)
    }
}

/// What the rules find at the end of a day that look at more than a day.
pub(super) async fn at_the_end(look: &Look<'_>, day: Day) -> sqlx::Result<Vec<Hit>> {
    if look.thresholds.each_other.enabled { each_other::hits(look, day).await } else { Ok(Vec::new()) }
}
