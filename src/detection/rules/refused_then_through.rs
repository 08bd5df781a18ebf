//! Many refusals, and then a change that went through.

use super::super::{
    evidence::{Day, Hit, Span},
    row::Row,
    rule::Rule,
    thresholds::RefusedThenThrough,
};
use crate::{
    clock::Instant,
    id::{Seq, StaffId},
};
use chrono::TimeDelta;
use std::collections::VecDeque;

#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The refusals since the last change, and whether each was for the code.
    refused: VecDeque<(Instant, Seq, bool)>,
    /// The most before one change, which is the last of the rows.
    most: Option<Span>,
}

/// More refusals before one change than this are as many.
const MOST: usize = 1_000;

impl Seen {
    pub(super) fn before(&mut self, row: &Row) {
        if row.is_refused() {
            if self.refused.len() >= MOST {
                self.refused.pop_front();
            }
            self.refused.push_back((row.at, row.seq, row.is_wrong_code()));
        } else if row.is_change() {
            self.refused.clear();
        }
    }

    pub(super) fn take(&mut self, row: &Row, rule: &RefusedThenThrough) {
        if row.is_change() {
            let within = TimeDelta::minutes(rule.minutes);
            self.refused.retain(|(at, ..)| row.at.since(*at) <= within);
            let codes = self.count(true);
            // A few wrong codes are ordinary, and count for nothing.
            let counts_codes = codes >= rule.wrong_codes;
            let n = self.count(false).saturating_add(if counts_codes { codes } else { 0 });
            let first = self.refused.iter().find(|(_, _, is_code)| counts_codes || !is_code).map(|(_, seq, _)| *seq);
            if let Some(first) = first.filter(|_| self.most.is_none_or(|most| n > most.n)) {
                self.most = Some(Span { n, first, last: row.seq });
            }
        }
        self.before(row);
    }

    fn count(&self, codes: bool) -> i64 {
        i64::try_from(self.refused.iter().filter(|(_, _, is_code)| *is_code == codes).count()).unwrap_or(i64::MAX)
    }

    pub(super) fn hit(&self, rule: &RefusedThenThrough, day: Day, staff: StaffId) -> Option<Hit> {
        let span = self.most.filter(|span| span.n >= rule.refusals)?;
        Some(
            Hit::new(Rule::RefusedThenThrough, staff, day, span.n, [("n", span.n), ("minutes", rule.minutes)])
                .with_rows(span),
        )
    }
}
