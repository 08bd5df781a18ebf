//! Finding rows of the audit log, newest first, a page at a time and never by reading all of it.

use super::filter::{AuditQuery, Target};
use crate::{
    entry_columns,
    gate::audit::{Entry, first_since},
    id::Seq,
    sql,
    store::{Query, Reader},
    web::{
        PageError,
        list::{self, Page},
    },
};
use std::ops::Range;

const PAGE: usize = 50;
/// The number of rows that filters without an index of their own look at, at a time.
const WINDOW: i64 = 20_000;

/// The newest rows that fit. Along an index where it gives hardly more rows than are wanted; otherwise through windows of
/// the log, so that a filter that fits nothing gives up after a while and says where to continue.
pub(super) async fn find(
    reader: &Reader,
    query: &AuditQuery,
    before: Option<Seq>,
) -> Result<Page<Entry, Seq>, PageError> {
    let (first, end) = bounds(reader, query, before).await?;
    let place = |row: &Entry| row.seq;
    // A text that is in many rows fills the page from the newest ones, and one that is in few is found through its
    // trigrams; reading either the other way takes long.
    if has_trigram(query) && query.target.is_none() && query.hide.is_none() && conditions(query) == 1 {
        let start = first.max(window_below(end));
        let rows = async |limit: usize| {
            let mut rows = slice(reader, query, Along::Log, start, end, limit).await?;
            if let missing @ 1.. = limit.saturating_sub(rows.len()) {
                rows.extend(slice(reader, query, Along::Trigrams, first, start, missing).await?);
            }
            Ok(rows)
        };
        return Page::read(PAGE, rows, place).await;
    }
    if is_narrow(query) {
        let rows = async |limit| slice(reader, query, Along::Index, first, end, limit).await;
        return Page::read(PAGE, rows, place).await;
    }
    let start = async |end: Seq| Ok(Some(window_below(end)));
    let rows = async |start, end, limit| slice(reader, query, Along::Log, start, end, limit).await;
    list::walk(PAGE, (first, end), start, rows, place).await
}

/// Where the window below a row begins.
fn window_below(end: Seq) -> Seq {
    Seq::new(end.get().saturating_sub(WINDOW))
}

/// How to look for rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Along {
    /// Row by row, in the order of the log.
    Log,
    /// The index of the first condition that has one.
    Index,
    Trigrams,
}

/// The indexes that conditions have, the narrowest first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Index {
    Target,
    Address,
    Staff,
    Action,
    Outcome,
}

impl Index {
    /// The one of the first condition that has one.
    pub(crate) fn of(query: &AuditQuery) -> Option<Self> {
        let has = [
            (Self::Target, query.target.is_some()),
            (Self::Address, one_address(query).is_some()),
            (Self::Staff, query.staff.is_some()),
            (Self::Action, query.action.is_some()),
            (Self::Outcome, query.outcome.is_some()),
        ];
        has.into_iter().find(|(_, is_set)| *is_set).map(|(index, _)| index)
    }
}

/// The number of conditions beside the target.
fn conditions(query: &AuditQuery) -> usize {
    let set = [
        query.staff.is_some(),
        query.action.is_some(),
        query.outcome.is_some(),
        query.address.is_some(),
        query.text.is_some(),
    ];
    set.into_iter().filter(|is_set| *is_set).count()
}

/// Whether one index leads to the answer without many rows on the way that do not fit. What happened to one target is
/// never much; beside any other condition a second one may match no row that the first one finds.
fn is_narrow(query: &AuditQuery) -> bool {
    let others = conditions(query);
    let is_unindexed = query.text.is_some() || (query.address.is_some() && one_address(query).is_none());
    query.target.is_some() || (query.hide.is_none() && (others == 0 || (others == 1 && !is_unindexed)))
}

/// The key of the one address that is wanted, where it is one and no network.
fn one_address(query: &AuditQuery) -> Option<&str> {
    query.address.as_ref().filter(|(first, last)| first == last).map(|(first, _)| first.as_str())
}

/// Trigrams find text of three characters and more. Shorter text, as two Korean syllables are, is looked for row by row.
fn has_trigram(query: &AuditQuery) -> bool {
    query.text.as_ref().is_some_and(|text| text.chars().count() >= 3)
}

/// The rows that days and page leave: time never runs backwards in the log, so a time is a place in it.
pub(crate) async fn bounds(reader: &Reader, query: &AuditQuery, before: Option<Seq>) -> sqlx::Result<(Seq, Seq)> {
    let (size,): (Seq,) = reader.query(sql!("select size from audit_head where id = 1")).one().await?;
    let first = match query.from {
        Some(at) => first_since(&mut &*reader, at).await?.unwrap_or(size),
        None => Seq::new(0),
    };
    let end = match query.to {
        Some(at) => first_since(&mut &*reader, at).await?.unwrap_or(size),
        None => size,
    };
    // What was found is shown by its numbers.
    let (least, most) =
        query.rows.map_or((first, end), |(first, last)| (first, Seq::new(last.get().saturating_add(1))));
    Ok((first.max(least), end.min(most).min(before.unwrap_or(size))))
}

/// Whether a row is in a range and fits the filters, as SQL with `$1` to `$11` of [`bound`]. The casts tell PostgreSQL the type of
/// a value that may be missing.
macro_rules! row_fits {
    ($contains:expr) => {
        concat!(
            "seq >= $1 and seq < $2
                and (cast($3 as bigint) is null or staff_id = $3)
                and (cast($4 as text) is null or action = $4)
                and (cast($5 as text) is null or outcome = $5)
                and (cast($6 as text) is null or (target_kind = $6 and target_id = $7))
                and (cast($8 as text) is null or (ip_key >= $8 and ip_key <= $9))
                and (cast($10 as text) is null or ",
            $contains,
            " > 0)
                and (cast($11 as text) is null or action not like 'session.%')"
        )
    };
}
pub(crate) use row_fits;

/// One text for all filters: `$driver` is the condition whose index is read, the rest is checked on the rows it gives.
macro_rules! rows_where {
    ($driver:expr, $contains:literal) => {
        rows_where!($driver, $contains, entry_columns!(), "desc")
    };
    ($driver:expr, $contains:literal, $columns:expr, $order:literal) => {
        concat!(
            "select ",
            $columns,
            " from audit where ",
            $driver,
            " ",
            row_fits!($contains),
            " order by seq ",
            $order,
            " limit $12"
        )
    };
}

/// The engines agree on everything but the name of the function that finds text in text.
macro_rules! rows_along {
    ($driver:literal) => {
        sql!(
            sqlite: rows_where!($driver, "instr(lower(reason), lower($10))"),
            postgres: rows_where!($driver, "position(lower($10) in lower(reason))"),
        )
    };
}

/// The statement that `$rows` makes along an index: with the condition that reads it, and nothing where rows are read in their order.
macro_rules! along_index {
    ($index:expr, $rows:ident $(, $more:expr)*) => {
        match $index {
            Some($crate::audit::find::Index::Target) => $rows!($($more,)* "target_kind = $6 and target_id = $7 and"),
            Some($crate::audit::find::Index::Address) => $rows!($($more,)* "ip_key = $8 and"),
            Some($crate::audit::find::Index::Staff) => $rows!($($more,)* "staff_id = $3 and"),
            Some($crate::audit::find::Index::Action) => $rows!($($more,)* "action = $4 and"),
            Some($crate::audit::find::Index::Outcome) => $rows!($($more,)* "outcome = $5 and"),
            None => $rows!($($more,)* ""),
        }
    };
}
pub(crate) use along_index;

async fn slice(
    reader: &Reader,
    query: &AuditQuery,
    along: Along,
    first: Seq,
    end: Seq,
    limit: usize,
) -> Result<Vec<Entry>, PageError> {
    let statement = if along == Along::Log {
        rows_along!("")
    } else if along == Along::Trigrams {
        sql!(
            sqlite: rows_where!(
                "seq in (select rowid from audit_words where audit_words match '\"' || replace($10, '\"', '\"\"') || '\"') and",
                "instr(lower(reason), lower($10))"
            ),
            postgres: rows_where!(
                "reason ilike '%' || replace(replace(replace($10, '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%' and",
                "position(lower($10) in lower(reason))"
            ),
        )
    } else {
        along_index!(Index::of(query), rows_along)
    };
    Ok(bound(reader.query(statement), first..end, query).bind(i64::try_from(limit).unwrap_or(i64::MAX)).all().await?)
}

/// The oldest rows that fit, as numbers.
macro_rules! oldest_along {
    ($driver:literal) => {
        sql!(
            sqlite: rows_where!($driver, "instr(lower(reason), lower($10))", "seq", "asc"),
            postgres: rows_where!($driver, "position(lower($10) in lower(reason))", "seq", "asc"),
        )
    };
}

/// Where the page before the one that begins with row `after` begins: the row that it does not hold any more. `None` where that is
/// the first page. Where few rows fit, it is as far as a page looks.
pub(super) async fn previous(reader: &Reader, query: &AuditQuery, after: Seq) -> sqlx::Result<Option<Seq>> {
    let (first, end) = bounds(reader, query, None).await?;
    let (mut start, mut found) = (first.max(Seq::new(after.get().saturating_add(1))), Vec::new());
    let index = Index::of(query).filter(|_| is_narrow(query));
    for _ in 0..list::WINDOWS {
        let stop = if is_narrow(query) { end } else { end.min(Seq::new(start.get().saturating_add(WINDOW))) };
        let statement = along_index!(index, oldest_along);
        let missing = i64::try_from(PAGE.saturating_add(1).saturating_sub(found.len())).unwrap_or(i64::MAX);
        let rows: Vec<(Seq,)> = bound(reader.query(statement), start..stop, query).bind(missing).all().await?;
        found.extend(rows.into_iter().map(|(seq,)| seq));
        if found.len() > PAGE {
            return Ok(found.pop());
        }
        start = stop;
        if start >= end {
            return Ok(None);
        }
    }
    Ok(Some(start))
}

/// Binds `$1` to `$11`: the range, and what the filters mean.
pub(crate) fn bound<'c>(statement: Query<'c>, rows: Range<Seq>, query: &AuditQuery) -> Query<'c> {
    let pair = |pair: &Option<(String, String)>| pair.clone().map_or((None, None), |(one, two)| (Some(one), Some(two)));
    let target = query.target.as_ref().and_then(Target::named);
    let ((kind, id), (low, high)) = (pair(&target), pair(&query.address));
    statement
        .bind(rows.start)
        .bind(rows.end)
        .bind(query.staff)
        .bind(query.action.as_deref())
        .bind(query.outcome.as_deref())
        .bind(kind)
        .bind(id)
        .bind(low)
        .bind(high)
        .bind(query.text.as_deref())
        .bind(query.hide.as_deref())
}
