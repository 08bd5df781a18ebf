//! The first row of a person after a long time.

use super::super::{
    evidence::{Day, Hit, Span},
    look::Look,
    row::Row,
    rule::Rule,
};
use crate::{
    clock::Instant,
    id::{Seq, StaffId},
    sql,
};

/// The first row of the day.
#[derive(Debug, Default)]
pub(super) struct Seen(Option<(Seq, Instant)>);

impl Seen {
    pub(super) fn take(&mut self, row: &Row) {
        self.0.get_or_insert((row.seq, row.at));
    }
}

pub(super) async fn hit(seen: &Seen, look: &Look<'_>, day: Day, staff: StaffId) -> sqlx::Result<Option<Hit>> {
    let rule = &look.thresholds.after_silence;
    let Some((seq, at)) = seen.0.filter(|_| rule.enabled) else { return Ok(None) };
    let before: Option<(Instant,)> = look
        .reader
        .query(sql!("select at from audit where staff_id = $1 and seq < $2 order by seq desc limit 1"))
        .bind(staff)
        .bind(seq)
        .optional()
        .await?;
    let days = before.map_or(0, |(before,)| at.since(before).num_days());
    let hit = || Hit::new(Rule::AfterSilence, staff, day, days, [("n", days)]).with_rows(Span::of(seq));
    Ok((days >= rule.days).then(hit))
}
