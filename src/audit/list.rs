//! Browsing the audit log, newest first.

use super::{
    filter::{self, Wanted, actions},
    pages::{Filter, ListPage, SealedThrough},
};
use crate::{
    clock::Instant,
    entry_columns,
    gate::audit::Entry,
    sql,
    store::Reader,
    web::{
        Answer, Desk, Stop,
        link::link,
        problem_page::Problem,
        shell::{
            Section,
            field::FieldErrors,
            table::{Choice, Pager},
        },
    },
};
use actix_web::web;
use serde::Deserialize;

const PAGE: i64 = 50;
/// Filters without an index of their own look at this many rows at a time, and at so many times that.
const WINDOW: i64 = 20_000;
const WINDOWS: usize = 10;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    staff: String,
    action: String,
    target: String,
    outcome: String,
    from: String,
    to: String,
    address: String,
    text: String,
    /// The page of rows older than this one.
    before: Option<i64>,
}

/// `GET /audit`
pub async fn list(desk: Desk, asked: web::Query<Asked>) -> Answer {
    let asked = asked.into_inner();
    if asked.before.is_some_and(|before| before < 0) {
        return Err(Problem::BadRequest.into());
    }
    let filter = Filter {
        staff: asked.staff,
        action: asked.action,
        target: asked.target,
        outcome: asked.outcome,
        from: asked.from,
        to: asked.to,
        address: asked.address,
        text: asked.text,
    };
    let (found, errors) = match filter::read(&filter, desk.zone()) {
        Ok(wanted) => (find(desk.reader(), &wanted, asked.before).await?, FieldErrors::new()),
        Err(errors) => (Found::default(), errors),
    };
    let link = |before: Option<i64>| address(&filter, before);
    let page = ListPage {
        shell: desk.shell(Some(Section::Audit), None).await?,
        staff: staff(desk.reader()).await?,
        actions: actions().map(str::to_owned).collect(),
        rows: found.rows.iter().map(super::row).collect(),
        pager: Pager {
            first: asked.before.map(|_| link(None)),
            previous: None,
            next: found.next.map(|next| link(Some(next))),
        },
        sealed: sealed_through(desk.reader()).await?,
        filter,
        errors,
    };
    desk.page(if page.errors.is_empty() { 200 } else { 422 }, &page)
}

/// Rows, and before which row the next page begins.
#[derive(Debug, Default)]
struct Found {
    rows: Vec<Entry>,
    next: Option<i64>,
}

/// The newest rows that fit. Along an index where the filter has one; otherwise through windows of the log, so that a
/// filter that fits nothing gives up after a while and says where to go on.
async fn find(reader: &Reader, wanted: &Wanted, before: Option<i64>) -> Result<Found, Stop> {
    let (first, end) = bounds(reader, wanted, before).await?;
    let mut rows = Vec::new();
    let mut end = end;
    let indexed = wanted.target.is_some()
        || wanted.staff.is_some()
        || wanted.action.is_some()
        || wanted.outcome.is_some()
        || has_trigram(wanted);
    let windows = if indexed || (wanted.network.is_none() && wanted.text.is_none()) { 1 } else { WINDOWS };
    for _ in 0..windows {
        let start = if windows == 1 { first } else { first.max(end.saturating_sub(WINDOW)) };
        let wanted_rows = PAGE + 1 - i64::try_from(rows.len()).unwrap_or(PAGE);
        rows.extend(slice(reader, wanted, start, end, wanted_rows).await?);
        end = start;
        if i64::try_from(rows.len()).is_ok_and(|n| n > PAGE) || end <= first {
            break;
        }
    }
    let has_more = i64::try_from(rows.len()).is_ok_and(|n| n > PAGE);
    rows.truncate(usize::try_from(PAGE).unwrap_or_default());
    let next = if has_more {
        rows.last().map(|row| row.seq)
    } else if windows > 1 && end > first {
        Some(end)
    } else {
        None
    };
    Ok(Found { rows, next })
}

/// Trigrams find text of three characters and more. Shorter text, as two Korean syllables are, is looked for row by row.
fn has_trigram(wanted: &Wanted) -> bool {
    wanted.text.as_ref().is_some_and(|text| text.chars().count() >= 3)
}

/// The rows that days and page leave: time never runs backwards in the log, so a time is a place in it.
async fn bounds(reader: &Reader, wanted: &Wanted, before: Option<i64>) -> Result<(i64, i64), Stop> {
    let (size,): (i64,) = reader.query(sql!("select size from audit_head where id = 1")).one().await?;
    let first = match wanted.from {
        Some(at) => first_since(reader, at).await?.unwrap_or(size),
        None => 0,
    };
    let end = match wanted.until {
        Some(at) => first_since(reader, at).await?.unwrap_or(size),
        None => size,
    };
    Ok((first, end.min(before.unwrap_or(size))))
}

async fn first_since(reader: &Reader, at: Instant) -> Result<Option<i64>, Stop> {
    let row: Option<(i64,)> =
        reader.query(sql!("select seq from audit where at >= $1 order by at, seq limit 1")).bind(at).optional().await?;
    Ok(row.map(|(seq,)| seq))
}

/// One text for all filters: `$driver` is the condition whose index is read, the rest is checked on the rows it gives.
/// The casts tell PostgreSQL the type of a value that may be missing.
macro_rules! rows_where {
    ($driver:expr, $contains:literal) => {
        concat!(
            "select ",
            entry_columns!(),
            " from audit where ",
            $driver,
            " seq >= $1 and seq < $2
                and (cast($3 as bigint) is null or staff_id = $3)
                and (cast($4 as text) is null or action = $4)
                and (cast($5 as text) is null or outcome = $5)
                and (cast($6 as text) is null or (target_kind = $6 and target_id = $7))
                and (cast($8 as text) is null or (ip_key >= $8 and ip_key <= $9))
                and (cast($10 as text) is null or ",
            $contains,
            " > 0)
              order by seq desc limit $11"
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

async fn slice(reader: &Reader, wanted: &Wanted, first: i64, end: i64, limit: i64) -> Result<Vec<Entry>, Stop> {
    let statement = if wanted.target.is_some() {
        rows_along!("target_kind = $6 and target_id = $7 and")
    } else if has_trigram(wanted) {
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
    } else if wanted.staff.is_some() {
        rows_along!("staff_id = $3 and")
    } else if wanted.action.is_some() {
        rows_along!("action = $4 and")
    } else if wanted.outcome.is_some() {
        rows_along!("outcome = $5 and")
    } else {
        rows_along!("")
    };
    let pair = |pair: &Option<(String, String)>| pair.clone().map_or((None, None), |(one, two)| (Some(one), Some(two)));
    let ((kind, id), (low, high)) = (pair(&wanted.target), pair(&wanted.network));
    Ok(reader
        .query(statement)
        .bind(first)
        .bind(end)
        .bind(wanted.staff)
        .bind(wanted.action.as_deref())
        .bind(wanted.outcome.as_deref())
        .bind(kind)
        .bind(id)
        .bind(low)
        .bind(high)
        .bind(wanted.text.as_deref())
        .bind(limit)
        .all()
        .await?)
}

/// The address of this list with these filters.
fn address(filter: &Filter, before: Option<i64>) -> String {
    let before = before.map(|before| before.to_string()).unwrap_or_default();
    link(
        "/audit",
        &[
            ("staff", &filter.staff),
            ("action", &filter.action),
            ("target", &filter.target),
            ("outcome", &filter.outcome),
            ("from", &filter.from),
            ("to", &filter.to),
            ("address", &filter.address),
            ("text", &filter.text),
            ("before", &before),
        ],
    )
}

/// Everybody who may stand in the log.
pub(crate) async fn staff(reader: &Reader) -> Result<Vec<Choice>, Stop> {
    let staff: Vec<(i64, String)> =
        reader.query(sql!("select id, name from staff order by name, id limit 500")).all().await?;
    Ok(staff.into_iter().map(|(id, name)| Choice::new(id.to_string(), name)).collect())
}

/// How far the log is sealed, and under which root.
pub(crate) async fn sealed_through(reader: &Reader) -> Result<Option<SealedThrough>, Stop> {
    let head: Option<(i64, Instant, Vec<u8>)> = reader
        .query(sql!("select a.seq, a.at, h.root from audit_head h join audit a on a.seq = h.size - 1 where h.id = 1"))
        .optional()
        .await?;
    Ok(head.map(|(seq, at, root)| SealedThrough { seq, at, root }))
}
