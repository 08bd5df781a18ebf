//! Browsing the access records, newest first.

use super::pages::{Filter, ListPage, Row, TASKS};
use crate::{
    audit::{filter, list::staff},
    clock::Instant,
    sql,
    store::Reader,
    web::{
        Answer, Desk, Stop,
        link::link,
        shell::{
            Section,
            field::{FieldErrors, wrong},
            table::Pager,
        },
    },
};
use actix_web::web;
use serde::Deserialize;

const PAGE: i64 = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    staff: String,
    subject: String,
    task: String,
    from: String,
    to: String,
    address: String,
    before: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct Record {
    id: i64,
    at: Instant,
    staff_name: String,
    ip: String,
    task: String,
    subject: Option<String>,
    detail: Option<String>,
    reason: Option<String>,
    request_id: String,
}

#[derive(Default)]
struct Wanted {
    staff: Option<i64>,
    subject: Option<String>,
    task: Option<String>,
    from: Option<Instant>,
    until: Option<Instant>,
    network: Option<(String, String)>,
}

/// `GET /access-records`
pub async fn list(desk: Desk, asked: web::Query<Asked>) -> Answer {
    let asked = asked.into_inner();
    let filter = Filter {
        staff: asked.staff,
        subject: asked.subject,
        task: asked.task,
        from: asked.from,
        to: asked.to,
        address: asked.address,
    };
    let (found, errors) = match read(&filter, &desk) {
        Ok(wanted) => (find(desk.reader(), &wanted, asked.before).await?, FieldErrors::new()),
        Err(errors) => (Found::default(), errors),
    };
    let next = found.next.map(|next| address(&filter, Some(next)));
    let page = ListPage {
        shell: desk.shell(Some(Section::Access), None).await?,
        staff: staff(desk.reader()).await?,
        rows: found.records.into_iter().map(row).collect(),
        pager: Pager { first: asked.before.map(|_| address(&filter, None)), previous: None, next },
        filter,
        errors,
    };
    desk.page(if page.errors.is_empty() { 200 } else { 422 }, &page)
}

fn read(filter: &Filter, desk: &Desk) -> Result<Wanted, FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut wanted = Wanted::default();
    let days = filter::days(&filter.from, &filter.to, desk.zone());
    match days {
        Ok((from, until)) => (wanted.from, wanted.until) = (from, until),
        Err(wrong) => errors.extend(wrong),
    }
    if !filter.staff.is_empty() {
        match filter.staff.parse() {
            Ok(id) => wanted.staff = Some(id),
            Err(_) => errors.add("staff", wrong::not_a_choice()),
        }
    }
    if !filter.subject.is_empty() {
        match filter.subject.trim().trim_start_matches("user/").trim_start_matches("u_").parse::<i64>() {
            Ok(id) => wanted.subject = Some(crate::users::target(id).to_string()),
            Err(_) => errors.add("subject", wrong::not_a_choice()),
        }
    }
    if !filter.task.is_empty() {
        match TASKS.into_iter().find(|task| *task == filter.task) {
            Some(task) => wanted.task = Some(task.to_owned()),
            None => errors.add("task", wrong::not_a_choice()),
        }
    }
    if !filter.address.is_empty() {
        match filter::network(&filter.address) {
            Ok(network) => wanted.network = Some(network),
            Err(message) => errors.add("address", message),
        }
    }
    if errors.is_empty() { Ok(wanted) } else { Err(errors) }
}

macro_rules! records_where {
    ($driver:literal) => {
        concat!(
            "select id, at, staff_name, ip, task, subject, detail, reason, request_id from access_records where ",
            $driver,
            " id < $1 and id >= $10
                and (cast($2 as bigint) is null or staff_id = $2)
                and (cast($3 as text) is null or subject = $3)
                and (cast($4 as text) is null or task = $4)
                and (cast($5 as text) is null or (ip_key >= $5 and ip_key <= $6))
                and at >= $7 and at < $8
              order by id desc limit $9"
        )
    };
}

/// Records without an index for their filter are looked through this many at a time, and so many times that.
const WINDOW: i64 = 20_000;
const WINDOWS: usize = 10;
/// Records that were begun earlier may have got a later id, by a few.
const DISORDER: i64 = 1_000;

/// Records, and before which one the next page begins.
#[derive(Default)]
struct Found {
    records: Vec<Record>,
    next: Option<i64>,
}

async fn find(reader: &Reader, wanted: &Wanted, before: Option<i64>) -> Result<Found, Stop> {
    let (first, end) = bounds(reader, wanted).await?;
    let mut end = end.min(before.unwrap_or(end));
    let mut records = Vec::new();
    let is_narrow = wanted.subject.is_some() || (wanted.task.is_none() && wanted.network.is_none());
    for _ in 0..WINDOWS {
        let start = if is_narrow { first } else { first.max(end.saturating_sub(WINDOW)) };
        records.extend(slice(reader, wanted, start, end, missing(&records)).await?);
        end = start;
        if missing(&records) == 0 || end <= first {
            break;
        }
    }
    let is_full = missing(&records) == 0;
    records.truncate(usize::try_from(PAGE).unwrap_or_default());
    let next = if is_full { records.last().map(|last| last.id) } else { Some(end).filter(|end| *end > first) };
    Ok(Found { records, next })
}

fn missing(records: &[Record]) -> i64 {
    (PAGE + 1).saturating_sub(i64::try_from(records.len()).unwrap_or(i64::MAX)).max(0)
}

/// The ids that the days leave, and a few more: ids and times go up together, but not to the last record.
async fn bounds(reader: &Reader, wanted: &Wanted) -> Result<(i64, i64), Stop> {
    let first: Option<(i64,)> = match wanted.from {
        Some(from) => {
            reader
                .query(sql!("select id from access_records where at >= $1 order by at limit 1"))
                .bind(from)
                .optional()
                .await?
        }
        None => Some((0,)),
    };
    let last: Option<(i64,)> = reader
        .query(sql!("select id from access_records where at < $1 order by at desc limit 1"))
        .bind(wanted.until.unwrap_or_else(Instant::latest))
        .optional()
        .await?;
    let end = last.map_or(0, |(last,)| last.saturating_add(DISORDER));
    Ok((first.map_or(end, |(first,)| first.saturating_sub(DISORDER)), end))
}

async fn slice(reader: &Reader, wanted: &Wanted, first: i64, end: i64, limit: i64) -> Result<Vec<Record>, Stop> {
    let statement = if wanted.subject.is_some() {
        sql!(records_where!("subject = $3 and"))
    } else if wanted.staff.is_some() {
        sql!(records_where!("staff_id = $2 and"))
    } else {
        sql!(records_where!(""))
    };
    let (low, high) = wanted.network.clone().map_or((None, None), |(low, high)| (Some(low), Some(high)));
    Ok(reader
        .query(statement)
        .bind(end)
        .bind(wanted.staff)
        .bind(wanted.subject.as_deref())
        .bind(wanted.task.as_deref())
        .bind(low)
        .bind(high)
        .bind(wanted.from.unwrap_or_else(Instant::earliest))
        .bind(wanted.until.unwrap_or_else(Instant::latest))
        .bind(limit)
        .bind(first)
        .all()
        .await?)
}

fn address(filter: &Filter, before: Option<i64>) -> String {
    let before = before.map(|before| before.to_string()).unwrap_or_default();
    link(
        "/access-records",
        &[
            ("staff", &filter.staff),
            ("subject", &filter.subject),
            ("task", &filter.task),
            ("from", &filter.from),
            ("to", &filter.to),
            ("address", &filter.address),
            ("before", &before),
        ],
    )
}

fn row(record: Record) -> Row {
    Row {
        at: record.at,
        staff: record.staff_name,
        task: record.task,
        detail: record.detail,
        subject: record.subject.as_deref().and_then(|subject| subject.strip_prefix("user/")?.parse().ok()),
        reason: record.reason,
        ip: record.ip,
        request: Some(record.request_id),
    }
}
