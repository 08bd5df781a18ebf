//! Which rows of the log a file holds: a range, and the filters of the list. Rows are never altered and never go away, so that what was
//! counted is what is sent.

use crate::{
    audit::{
        filter::{AuditQuery, Filter, Target},
        find::{Index, along_index, bound, row_fits},
    },
    entry_columns,
    gate::audit::Entry,
    id::Seq,
    sql,
    store::{Query, Reader, Sql},
    web::{link::link, list::ListQuery as _},
    zone::Zone,
};
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, ops::Range};

/// The number of rows that are looked at at a time.
const WINDOW: i64 = 20_000;
/// The most rows that are read at a time. The longest take 16 MiB together.
const AT_ONCE: i64 = 256;

/// Rows of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    pub first: Seq,
    /// The row after the last one.
    pub end: Seq,
    /// The filters as in the address of the list, without its days and numbers, which are in the range; empty for every row.
    pub filter: String,
}

/// How much a selection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    pub rows: i64,
    /// The customers that the rows are about, directly or by an order.
    pub persons: i64,
}

/// A row with the bytes that are hashed.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Line {
    #[sqlx(flatten)]
    pub entry: Entry,
    pub body: Vec<u8>,
}

/// The columns, found along an index: `$driver` is the condition whose index is read.
macro_rules! rows {
    ($columns:expr, $driver:literal) => {
        sql!(
            sqlite: concat!("select ", $columns, " from audit where ", $driver, " ",
                row_fits!("instr(lower(reason), lower($10))"), " order by seq limit $12"),
            postgres: concat!("select ", $columns, " from audit where ", $driver, " ",
                row_fits!("position(lower($10) in lower(reason))"), " order by seq limit $12"),
        )
    };
}

/// The rows by customer, and those about none. Orders are those of a customer.
macro_rules! persons {
    ($contains:literal) => {
        concat!(
            "select w.person, count(*) as n from (
               select case when a.target_kind = 'user' then a.target_id else cast(o.user_id as text) end as person
                 from (select target_kind, target_id from audit where ",
            row_fits!($contains),
            ") a left join orders o on o.id = case when a.target_kind = 'order' and length(a.target_id) between 1 and 18
                                                   and ltrim(a.target_id, '0123456789') = ''
                                              then cast(a.target_id as bigint) end
             ) w group by w.person"
        )
    };
}

/// Filters as the query of an address; empty where none is set. A blank one is none.
pub(super) fn query_of(fields: &[(&str, &str)]) -> String {
    let set: Vec<_> = fields.iter().copied().filter(|(_, text)| !text.trim().is_empty()).collect();
    link("", &set).trim_start_matches('?').to_owned()
}

impl Selection {
    /// The rows of a range that fit the filters of the list, whose days are in the range.
    pub(super) fn of(rows: Range<Seq>, filter: &Filter) -> Self {
        let mut fields = filter.fields();
        fields.retain(|(name, _)| !matches!(*name, "from" | "to" | "rows"));
        let filter = query_of(&fields);
        Self { first: rows.start, end: rows.end, filter }
    }

    /// What the filters mean; `None` where the text is not one that [`of`](Self::of) made.
    pub(super) fn query(&self) -> Option<AuditQuery> {
        let filter: Filter = serde_urlencoded::from_str(&self.filter).ok()?;
        let query = filter.read(Zone::UTC).ok()?;
        // What the log has no name for would filter nothing.
        let is_named = query.target.as_ref().is_none_or(|target| Target::named(target).is_some());
        (is_named && query.from.is_none() && query.to.is_none() && query.rows.is_none()).then_some(query)
    }

    /// Counts the rows, a window at a time.
    pub(super) async fn count(&self, reader: &Reader, query: &AuditQuery) -> sqlx::Result<Count> {
        let (mut persons, mut rows, mut start) = (HashSet::new(), 0, self.first.get());
        while start < self.end.get() {
            let end = start.saturating_add(WINDOW).min(self.end.get());
            let statement = reader.query(sql!(
                sqlite: persons!("instr(lower(reason), lower($10))"),
                postgres: persons!("position(lower($10) in lower(reason))"),
            ));
            let found: Vec<(Option<String>, i64)> =
                bound(statement, Seq::new(start)..Seq::new(end), query).all().await?;
            rows += found.iter().map(|(_, n)| n).sum::<i64>();
            persons.extend(found.iter().filter_map(|(person, _)| person.as_ref()?.parse::<i64>().ok()));
            start = end;
        }
        Ok(Count { rows, persons: i64::try_from(persons.len()).unwrap_or(i64::MAX) })
    }

    /// The first rows from one on, with their columns.
    pub(super) async fn lines(&self, reader: &Reader, query: &AuditQuery, from: Seq) -> sqlx::Result<Slice<Line>> {
        let (statement, end) =
            (along_index!(Index::of(query), rows, concat!(entry_columns!(), ", body")), self.window_end(query, from));
        let rows = slice(reader, statement, query, from..end).all().await?;
        Ok(self.slice_of(rows, end, AT_ONCE, |line: &Line| line.entry.seq))
    }

    /// The same without their columns.
    pub(super) async fn bodies(
        &self,
        reader: &Reader,
        query: &AuditQuery,
        from: Seq,
    ) -> sqlx::Result<Slice<(Seq, Vec<u8>)>> {
        let (statement, end) = (along_index!(Index::of(query), rows, "seq, body"), self.window_end(query, from));
        let rows = slice(reader, statement, query, from..end).all().await?;
        Ok(self.slice_of(rows, end, AT_ONCE, |(seq, _): &(Seq, Vec<u8>)| *seq))
    }

    /// The bytes of all of them as lines, each with its newline.
    pub(super) async fn length(&self, reader: &Reader, query: &AuditQuery) -> sqlx::Result<u64> {
        let (mut bytes, mut from) = (0, Some(self.first));
        while let Some(place) = from {
            let statement = along_index!(Index::of(query), rows, "seq, cast(length(body) as bigint)");
            let end = self.window_end(query, place);
            let rows = bound(reader.query(statement), place..end, query).bind(WINDOW).all().await?;
            let slice = self.slice_of(rows, end, WINDOW, |(seq, _): &(Seq, i64)| *seq);
            bytes += slice.rows.iter().map(|(_, length)| length.unsigned_abs() + 1).sum::<u64>();
            from = slice.next;
        }
        Ok(bytes)
    }

    /// Where the rows end that one statement may look at, so that each is short however few of them fit.
    fn window_end(&self, query: &AuditQuery, from: Seq) -> Seq {
        match Index::of(query) {
            // Never many.
            Some(Index::Target) => self.end,
            _ => Seq::new(from.get().saturating_add(WINDOW)).min(self.end),
        }
    }

    /// `limit`: the most rows that the statement could give.
    fn slice_of<T>(&self, rows: Vec<T>, end: Seq, limit: i64, place: impl Fn(&T) -> Seq) -> Slice<T> {
        let is_full = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= limit;
        let next = match rows.last() {
            Some(last) if is_full => Some(Seq::new(place(last).get() + 1)),
            _ => Some(end),
        };
        Slice { rows, next: next.filter(|next| *next < self.end) }
    }
}

/// Some rows, and where the next ones begin; nothing after the last.
pub(super) struct Slice<T> {
    pub rows: Vec<T>,
    pub next: Option<Seq>,
}

fn slice<'c>(reader: &'c Reader, statement: Sql, query: &AuditQuery, rows: Range<Seq>) -> Query<'c> {
    bound(reader.query(statement), rows, query).bind(AT_ONCE)
}
