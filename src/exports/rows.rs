//! Rows of the log as what a file holds, in their order.

use super::{
    format::write_body,
    selection::{AT_ONCE, Found, Selection, Slice, WINDOW},
};
use crate::{
    audit::{
        filter::AuditQuery,
        find::{Index, along_index, bound, row_fits},
    },
    entry_columns,
    gate::audit::Entry,
    id::{CustomerId, Seq},
    sql,
    store::{Query, Reader, Sql},
};
use std::ops::Range;

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

impl Selection {
    /// Adds the rows of the window that begins at one. Returns where the next one begins.
    pub(super) async fn look_at_rows(
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
}

fn slice<'c>(reader: &'c Reader, statement: Sql, query: &AuditQuery, rows: Range<Seq>) -> Query<'c> {
    bound(reader.query(statement), rows, query).bind(AT_ONCE)
}
