//! Which rows of the log a file holds: a range, and the filters of the list. Rows are never altered and never go away, so that what was
//! counted is what is sent.

use super::{Holds, format::write_body};
use crate::{
    access::list::AccessQuery,
    audit::{
        filter::{AuditQuery, Filter, Target},
        find::{Index, along_index, bound, row_fits},
    },
    entry_columns,
    gate::audit::Entry,
    id::{CustomerId, Seq},
    sql,
    store::{Query, Reader, Sql},
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

/// What the rows are together, found along an index: their number, the place of the last one, and one more aggregate.
macro_rules! together {
    ($sqlite:expr, $postgres:expr, $columns:expr, $driver:literal) => {
        sql!(
            sqlite: concat!("select count(*), max(seq), ", $sqlite, " from (select ", $columns, " from audit where ", $driver, " ",
                row_fits!("instr(lower(reason), lower($10))"), " order by seq limit $12) w"),
            postgres: concat!("select count(*), max(seq), ", $postgres, " from (select ", $columns, " from audit where ", $driver, " ",
                row_fits!("position(lower($10) in lower(reason))"), " order by seq limit $12) w"),
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

    /// Counts the rows, a window at a time.
    pub(super) async fn count(&self, reader: &Reader, query: &AuditQuery) -> sqlx::Result<Count> {
        let (mut found, mut from) = (Found::default(), Some(self.first));
        while let Some(place) = from {
            from = self.look_at_rows(reader, query, place, &mut found).await?;
        }
        Ok(found.count())
    }

    /// The same of rows of the log.
    async fn look_at_rows(
        &self,
        reader: &Reader,
        query: &AuditQuery,
        from: Seq,
        found: &mut Found,
    ) -> sqlx::Result<Option<Seq>> {
        let end = Seq::new(from.get().saturating_add(WINDOW)).min(self.end);
        let statement = reader.query(sql!(
            sqlite: persons!("instr(lower(reason), lower($10))"),
            postgres: persons!("position(lower($10) in lower(reason))"),
        ));
        let persons: Vec<(Option<String>, i64)> = bound(statement, from..end, query).all().await?;
        found.rows += persons.iter().map(|(_, n)| n).sum::<i64>();
        found.persons.extend(persons.iter().filter_map(|(person, _)| person.as_ref()?.parse::<CustomerId>().ok()));
        Ok(Some(end).filter(|end| *end < self.end))
    }

    /// The first rows from one on, with their columns.
    pub(super) async fn lines(&self, reader: &Reader, query: &AuditQuery, from: Seq) -> sqlx::Result<Slice<Line>> {
        let (statement, end) =
            (along_index!(Index::of(query), rows, concat!(entry_columns!(), ", body")), self.window_end(query, from));
        let rows = slice(reader, statement, query, from..end).all().await?;
        Ok(self.slice_of(rows, end, |line: &Line| line.entry.seq))
    }

    /// Writes the hashed bytes of the first rows from one on, each as a line: how many there are, and where the next ones begin. The
    /// database joins them: a value for each row would take several times as long.
    pub(super) async fn write_bodies(
        &self,
        reader: &Reader,
        query: &AuditQuery,
        from: Seq,
        out: &mut Vec<u8>,
    ) -> sqlx::Result<(i64, Option<Seq>)> {
        let statement = along_index!(
            Index::of(query),
            together,
            "cast(group_concat(cast(body as text), char(10) order by seq) as blob)",
            "string_agg(body, '\\x0a'::bytea order by seq)",
            "seq, body"
        );
        let end = self.window_end(query, from);
        let (count, last, lines): (i64, Option<Seq>, Option<Vec<u8>>) =
            slice(reader, statement, query, from..end).one().await?;
        if let Some(lines) = lines {
            write_body(out, &lines);
        }
        Ok((count, self.next_of(count, last, end, AT_ONCE)))
    }

    /// The same, each by itself with its place.
    pub(super) async fn bodies(
        &self,
        reader: &Reader,
        query: &AuditQuery,
        from: Seq,
    ) -> sqlx::Result<Slice<(Seq, Vec<u8>)>> {
        let (statement, end) = (along_index!(Index::of(query), rows, "seq, body"), self.window_end(query, from));
        let rows = slice(reader, statement, query, from..end).all().await?;
        Ok(self.slice_of(rows, end, |(seq, _): &(Seq, Vec<u8>)| *seq))
    }

    /// The bytes of all of them as lines, each with its newline.
    pub(super) async fn length(&self, reader: &Reader, query: &AuditQuery) -> sqlx::Result<u64> {
        let (mut bytes, mut from) = (0, Some(self.first));
        while let Some(place) = from {
            let statement = along_index!(
                Index::of(query),
                together,
                "cast(coalesce(sum(n + 1), 0) as bigint)",
                "cast(coalesce(sum(n + 1), 0) as bigint)",
                "seq, length(body) as n"
            );
            let end = self.window_end(query, place);
            let (count, last, length): (i64, Option<Seq>, i64) =
                bound(reader.query(statement), place..end, query).bind(WINDOW).one().await?;
            bytes += length.unsigned_abs();
            from = self.next_of(count, last, end, WINDOW);
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

    pub(super) fn slice_of<T>(&self, rows: Vec<T>, end: Seq, place: impl Fn(&T) -> Seq) -> Slice<T> {
        let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let next = self.next_of(count, rows.last().map(place), end, AT_ONCE);
        Slice { rows, next }
    }

    /// Where the next rows begin after a statement that gives at most `limit` and has looked at those before `end`.
    fn next_of(&self, count: i64, last: Option<Seq>, end: Seq, limit: i64) -> Option<Seq> {
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

fn slice<'c>(reader: &'c Reader, statement: Sql, query: &AuditQuery, rows: Range<Seq>) -> Query<'c> {
    bound(reader.query(statement), rows, query).bind(AT_ONCE)
}
