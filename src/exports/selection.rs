//! Which rows of the log a file holds: a range, and the filters of the list. Rows are never altered and never go away, so that what was
//! counted is what is sent.

use super::Holds;
use crate::{
    access::list::AccessQuery,
    audit::filter::{AuditQuery, Filter, Target},
    id::{CustomerId, Seq},
    store::Reader,
    web::{link::link, list::ListQuery as _},
    zone::Zone,
};
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, ops::Range};

/// The number of rows that are looked at at a time.
pub(super) const WINDOW: i64 = 20_000;
/// The most rows that are read at a time. The longest take 16 MiB together.
pub(super) const AT_ONCE: i64 = 256;

/// Rows of the log, or access records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    #[serde(default, skip_serializing_if = "is_of_log")]
    pub holds: Holds,
    /// A row of the log, or a leaf of the tree of the access records.
    pub first: Seq,
    /// The row after the last one.
    pub end: Seq,
    /// The filters as in the address of the list, without its numbers, which are in the range; empty for every row. Its days are in the
    /// range too, and say here what was asked for: in the zone of the person who asked. Those
    /// of access records have moments for days.
    pub filter: String,
}

/// What its filters mean.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    Log(AuditQuery),
    Access(AccessQuery),
}

/// What was asked for before there were files of access records says nothing of them.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_of_log(holds: &Holds) -> bool {
    holds.is_log()
}

/// How much a selection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    pub rows: i64,
    /// The customers that the rows are about, directly or by an order.
    pub persons: i64,
}

/// What was found of a selection so far.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) rows: i64,
    pub(super) persons: HashSet<CustomerId>,
}

impl Found {
    pub(super) fn count(&self) -> Count {
        Count { rows: self.rows, persons: i64::try_from(self.persons.len()).unwrap_or(i64::MAX) }
    }

    /// The customers, each once, the highest number first.
    pub(super) fn last_first(self) -> Vec<CustomerId> {
        let mut persons: Vec<_> = self.persons.into_iter().collect();
        persons.sort_unstable_by(|a, b| b.cmp(a));
        persons
    }
}

/// Filters as the query of an address; empty where none is set. A blank one is none.
pub(super) fn query_of(fields: &[(&str, &str)]) -> String {
    let set: Vec<_> = fields.iter().copied().filter(|(_, text)| !text.trim().is_empty()).collect();
    link("", &set).trim_start_matches('?').to_owned()
}

/// The filters of a noted text that leave out rows within its range: those that are no days. Empty where there are none.
pub(super) fn beside_days(filter: &str) -> String {
    match serde_urlencoded::from_str::<Filter>(filter) {
        Ok(filter) => query_without(&filter, &["from", "to", "rows"]),
        Err(_) => filter.to_owned(),
    }
}

fn query_without(filter: &Filter, names: &[&str]) -> String {
    let mut fields = filter.fields();
    fields.retain(|(name, _)| !names.contains(name));
    query_of(&fields)
}

impl Selection {
    /// The rows of a range that fit the filters of the list, whose days are in the range.
    pub(super) fn of(rows: Range<Seq>, filter: &Filter) -> Self {
        Self { holds: Holds::Log, first: rows.start, end: rows.end, filter: query_without(filter, &["rows"]) }
    }

    /// Whether rows of the range may be left out.
    pub(super) fn is_filtered(&self) -> bool {
        match self.holds {
            Holds::Log => !beside_days(&self.filter).is_empty(),
            Holds::Access => !self.filter.is_empty(),
        }
    }

    /// What the filters mean; `None` where the text is none of this program's.
    pub(super) fn wanted(&self) -> Option<Wanted> {
        match self.holds {
            Holds::Log => self.query().map(Wanted::Log),
            Holds::Access => self.records().map(Wanted::Access),
        }
    }

    /// Counts what it holds, a window at a time.
    pub(super) async fn count(&self, reader: &Reader, wanted: &Wanted) -> sqlx::Result<Count> {
        let (mut found, mut from) = (Found::default(), Some(self.first));
        while let Some(place) = from {
            from = self.look(reader, wanted, place, &mut found).await?;
        }
        Ok(found.count())
    }

    /// Adds what is in the window that begins at a place. Returns where the next one begins.
    pub(super) async fn look(
        &self,
        reader: &Reader,
        wanted: &Wanted,
        from: Seq,
        found: &mut Found,
    ) -> sqlx::Result<Option<Seq>> {
        match wanted {
            Wanted::Log(query) => self.look_at_rows(reader, query, from, found).await,
            Wanted::Access(query) => self.look_at_records(reader, query, from, found).await,
        }
    }

    /// What the filters of the log mean; `None` where the text is not one that [`of`](Self::of) made.
    fn query(&self) -> Option<AuditQuery> {
        let filter: Filter = serde_urlencoded::from_str(&self.filter).ok()?;
        // In which zone its days are does not matter: they are in the range.
        let query = filter.read(Zone::UTC).ok()?;
        // What the log has no name for would filter nothing.
        let is_named = query.target.as_ref().is_none_or(|target| Target::named(target).is_some());
        (is_named && query.rows.is_none()).then_some(AuditQuery { from: None, to: None, ..query })
    }

    pub(super) fn slice_of<T>(&self, rows: Vec<T>, end: Seq, place: impl Fn(&T) -> Seq) -> Slice<T> {
        let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let next = self.next_of(count, rows.last().map(place), end, AT_ONCE);
        Slice { rows, next }
    }

    /// Where the next rows begin after a statement that gives at most `limit` and has looked at those before `end`.
    pub(super) fn next_of(&self, count: i64, last: Option<Seq>, end: Seq, limit: i64) -> Option<Seq> {
        let next = match last {
            Some(last) if count >= limit => Seq::new(last.get() + 1),
            _ => end,
        };
        Some(next).filter(|next| *next < self.end)
    }
}

/// Some rows, and where the next ones begin; nothing after the last.
pub(super) struct Slice<T> {
    pub rows: Vec<T>,
    pub next: Option<Seq>,
}
