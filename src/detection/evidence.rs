//! What a rule found, before it is stored.

use super::rule::Rule;
use crate::{
    clock::Instant,
    id::{CustomerId, Seq, StaffId},
};
use chrono::NaiveDate;
use serde_json::{Map, Value};

/// How many rows, and between which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub n: i64,
    pub first: Seq,
    pub last: Seq,
}

impl Span {
    pub(super) fn of(seq: Seq) -> Self {
        Self { n: 1, first: seq, last: seq }
    }

    /// One row more, in the order of the log.
    pub(super) fn add(span: &mut Option<Self>, seq: Seq) {
        match span {
            Some(span) => (span.n, span.last) = (span.n.saturating_add(1), seq),
            None => *span = Some(Self::of(seq)),
        }
    }
}

/// A day where the console counts days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Day {
    pub date: NaiveDate,
    pub began: Instant,
    pub ends: Instant,
}

/// What a rule found of a person on a day.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hit {
    pub rule: Rule,
    pub staff: StaffId,
    /// The other one of two.
    pub other: Option<StaffId>,
    pub customer: Option<CustomerId>,
    pub day: Day,
    /// Nothing where the evidence is access records.
    pub rows: Option<(Seq, Seq)>,
    pub n: i64,
    /// The numbers of its sentence.
    pub numbers: Map<String, Value>,
}

impl Hit {
    pub(super) fn new<const N: usize>(rule: Rule, staff: StaffId, day: Day, n: i64, numbers: [(&str, i64); N]) -> Self {
        let numbers = numbers.into_iter().map(|(name, n)| (name.to_owned(), Value::from(n))).collect();
        Self { rule, staff, other: None, customer: None, day, rows: None, n, numbers }
    }

    pub(super) fn with_rows(self, span: Span) -> Self {
        Self { rows: Some((span.first, span.last)), ..self }
    }

    pub(super) fn about(self, customer: CustomerId) -> Self {
        Self { customer: Some(customer), ..self }
    }

    /// What there is one of for each rule.
    pub(super) fn key(&self) -> String {
        let (staff, date) = (self.staff, self.day.date);
        match (self.other, self.customer) {
            (Some(other), _) => format!("{staff}-{other}/{date}"),
            (None, Some(customer)) => format!("{staff}/{customer}/{date}"),
            (None, None) => format!("{staff}/{date}"),
        }
    }
}
