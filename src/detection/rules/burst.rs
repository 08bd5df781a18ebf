//! Many changes at once.

use super::super::{
    evidence::{Day, Hit, Span},
    row::Row,
    rule::Rule,
    thresholds::Burst,
};
use crate::{
    clock::Instant,
    id::{Seq, StaffId},
};
use chrono::TimeDelta;
use std::collections::VecDeque;

#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The changes of the last seconds.
    recent: VecDeque<(Instant, Seq)>,
    /// The request of the newest one: several changes under one seal are one.
    request: String,
    /// The most that there were within the seconds.
    most: Option<Span>,
}

impl Seen {
    pub(super) fn before(&mut self, row: &Row, rule: &Burst) {
        if !row.is_change() || (!row.request_id.is_empty() && row.request_id == self.request) {
            return;
        }
        self.request.clone_from(&row.request_id);
        self.recent.push_back((row.at, row.seq));
        let within = TimeDelta::seconds(rule.seconds);
        while self.recent.front().is_some_and(|(at, _)| row.at.since(*at) > within) {
            self.recent.pop_front();
        }
    }

    pub(super) fn take(&mut self, row: &Row, rule: &Burst) {
        self.before(row, rule);
        let (Some((_, first)), Some((_, last))) = (self.recent.front(), self.recent.back()) else { return };
        let n = i64::try_from(self.recent.len()).unwrap_or(i64::MAX);
        if *last == row.seq && self.most.is_none_or(|most| n > most.n) {
            self.most = Some(Span { n, first: *first, last: *last });
        }
    }

    pub(super) fn hit(&self, rule: &Burst, day: Day, staff: StaffId) -> Option<Hit> {
        let span = self.most.filter(|span| span.n >= rule.changes)?;
        let numbers = [("n", span.n), ("seconds", rule.seconds), ("least", rule.changes)];
        Some(Hit::new(Rule::Burst, staff, day, span.n, numbers).with_rows(span))
    }
}
