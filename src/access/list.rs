//! Browsing the access records, newest first.

use super::{
    pages::{ListPage, Row, Sealed, TASKS},
    seal, tie,
};
use crate::{
    audit::list::{record_look, staff},
    clock::Instant,
    gate::access::by_record,
    id::{CustomerId, StaffId},
    list_query,
    retention::access::Keeping,
    sql,
    store::Reader,
    text::shown,
    web::{
        Desk, PageError, PageResult,
        list::{self, ListQuery as _, Page, read},
        shell::{
            Section,
            field::{FieldErrors, wrong},
        },
        words::Message,
    },
};
use actix_web::web;

const PAGE: usize = 50;

list_query! {
    /// The filters of the access records as they were typed.
    typed Filter at "/access-records" from "before";
    /// What the filters of the access records mean.
    meant AccessQuery;
    staff: StaffId = read::staff;
    /// The customer whose data was looked at.
    subject: CustomerId = |text, _| subject(text);
    task: String = |text, _| read::choice(text, TASKS.into_iter());
    /// From the beginning of this day, in the reader's zone.
    from: Instant = read::first_day;
    /// To the end of this day.
    to: Instant = read::last_day;
    address: (String, String) = |text, _| read::network(text);
}

impl Filter {
    /// The filters that are set, each with the word that the list has for it. They come from an address: of what a page cannot show
    /// each character is written as U+FFFD.
    pub(crate) fn shown(&self) -> Vec<(&'static str, String)> {
        let label = |name| match name {
            "staff" => "table.staff",
            "subject" => "access.subject",
            "task" => "access.task",
            "from" => "filter.from",
            "to" => "filter.to",
            _ => "filter.address",
        };
        let fields = self.fields().into_iter().filter(|(_, text)| !text.trim().is_empty());
        fields.map(|(name, text)| (label(name), shown(text))).collect()
    }
}

/// A customer by their id, `42`, `u_42` or `user/42`, as the records name them.
fn subject(text: &str) -> Result<CustomerId, Message> {
    let id = text.trim().trim_start_matches("user/").trim_start_matches("u_").parse();
    id.map_err(|_| wrong::not_a_choice())
}

/// A record as pages show one.
#[derive(sqlx::FromRow)]
pub(super) struct Record {
    pub(super) id: i64,
    at: Instant,
    staff_name: String,
    ip: String,
    task: String,
    detail: Option<String>,
    reason: Option<String>,
    request_id: String,
    /// How many customers it names; nothing in a record from before they were named.
    shown: Option<i64>,
}

/// `GET /access-records`
pub(crate) async fn list(desk: Desk, filter: web::Query<Filter>) -> PageResult {
    let filter = filter.into_inner();
    let before = filter.place()?;
    let (found, errors) = match filter.read(desk.zone()) {
        // Before it is read, so that the newest record tells of this page; reading it again adds one and no more.
        Ok(query) => {
            let subject = query.subject.map(|id| crate::customer::target(id).to_string());
            record_look(&desk, "view-records", subject, None).await?;
            (find(desk.reader(), &query, before).await?, FieldErrors::new())
        }
        Err(errors) => (Page::default(), errors),
    };
    let page = ListPage {
        shell: desk.shell(Some(Section::Access), None).await?,
        staff: staff(desk.reader()).await?,
        rows: rows(desk.reader(), found.rows).await?,
        sealed: Sealed { head: tie::head(desk.reader()).await?, waiting: seal::waiting(desk.reader()).await? },
        kept: Keeping::read(desk.reader(), desk.console().kept_access_years).await?,
        pager: filter.pager(found.next),
        filter,
        errors,
    };
    desk.page(page.errors.status_of_list(), &page)
}

macro_rules! records_where {
    ($driver:literal) => {
        concat!(
            "select r.id, r.at, r.staff_name, r.ip, r.task, r.detail, r.reason, r.request_id, r.shown from ",
            $driver,
            "   and (cast($2 as bigint) is null or r.staff_id = $2)
                and (cast($3 as text) is null or r.task = $3)
                and (cast($4 as text) is null or (r.ip_key >= $4 and r.ip_key <= $5))
                and r.at >= $6 and r.at < $7
              order by r.id desc limit $8"
        )
    };
}

/// The number of records that filters without an index of their own look at, at a time.
const WINDOW: i64 = 20_000;
/// Records that were begun earlier may have got a later id, by a few.
const DISORDER: i64 = 1_000;

async fn find(reader: &Reader, query: &AccessQuery, before: Option<i64>) -> Result<Page<Record, i64>, PageError> {
    let (first, end) = bounds(reader, query).await?;
    let end = end.min(before.unwrap_or(end));
    let is_narrow = query.subject.is_some() || (query.task.is_none() && query.address.is_none());
    let start = async |end: i64| Ok(Some(if is_narrow { first } else { end.saturating_sub(WINDOW) }));
    let rows = async |start, end, limit| slice(reader, query, start, end, limit).await;
    list::walk(PAGE, (first, end), start, rows, |record| record.id).await
}

/// The ids that the days leave, and a few more: ids and times go up together, but not to the last record.
async fn bounds(reader: &Reader, query: &AccessQuery) -> Result<(i64, i64), PageError> {
    let first: Option<(i64,)> = match query.from {
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
        .bind(query.to.unwrap_or_else(Instant::latest))
        .optional()
        .await?;
    let end = last.map_or(0, |(last,)| last.saturating_add(DISORDER));
    Ok((first.map_or(end, |(first,)| first.saturating_sub(DISORDER)), end))
}

async fn slice(
    reader: &Reader,
    query: &AccessQuery,
    first: i64,
    end: i64,
    limit: usize,
) -> Result<Vec<Record>, PageError> {
    // `cross join` has SQLite begin with what names the customer.
    let statement = if query.subject.is_some() {
        sql!(records_where!(
            "access_subjects s cross join access_records r
          where r.id = s.record_id and s.customer = $10 and s.record_id < $1 and s.record_id >= $9"
        ))
    } else if query.staff.is_some() {
        sql!(records_where!("access_records r where r.staff_id = $2 and r.id < $1 and r.id >= $9"))
    } else {
        sql!(records_where!("access_records r where r.id < $1 and r.id >= $9"))
    };
    let (low, high) = query.address.clone().map_or((None, None), |(low, high)| (Some(low), Some(high)));
    let rows = reader
        .query(statement)
        .bind(end)
        .bind(query.staff)
        .bind(query.task.as_deref())
        .bind(low)
        .bind(high)
        .bind(query.from.unwrap_or_else(Instant::earliest))
        .bind(query.to.unwrap_or_else(Instant::latest))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind(first);
    let rows = match query.subject {
        Some(customer) => rows.bind(customer),
        None => rows,
    };
    Ok(rows.all().await?)
}

/// The most customers of one record that a list shows; its page shows all of them.
const LISTED: i64 = 60;

/// All customers whom a record names.
pub(super) async fn customers_of(reader: &Reader, record: i64) -> sqlx::Result<Vec<CustomerId>> {
    let named: Vec<(CustomerId,)> = reader
        .query(sql!("select customer from access_subjects where record_id = $1 order by customer"))
        .bind(record)
        .all()
        .await?;
    Ok(named.into_iter().map(|(customer,)| customer).collect())
}

/// The rows of a page, each with the customers whom its record names.
async fn rows(reader: &Reader, records: Vec<Record>) -> Result<Vec<Row>, PageError> {
    let ids: serde_json::Value = records.iter().map(|record| record.id).collect();
    let named: Vec<(i64, CustomerId)> = reader
        .query(sql!(
            sqlite: "select record_id, customer from (
                       select record_id, customer, row_number() over (partition by record_id order by customer) as k from access_subjects
                        where record_id in (select cast(value as integer) from json_each($1))) named
                      where k <= $2 order by record_id, customer",
            postgres: "select record_id, customer from (
                         select record_id, customer, row_number() over (partition by record_id order by customer) as k from access_subjects
                          where record_id in (select cast(value as bigint) from jsonb_array_elements(cast($1 as jsonb)) as list (value))) named
                        where k <= $2 order by record_id, customer",
        ))
        .bind(ids.to_string())
        .bind(LISTED)
        .all()
        .await?;
    let mut customers = by_record(named);
    Ok(records
        .into_iter()
        .map(|record| {
            let named = customers.remove(&record.id).unwrap_or_default();
            row(record, named)
        })
        .collect())
}

pub(super) fn row(record: Record, customers: Vec<CustomerId>) -> Row {
    Row {
        id: record.id,
        at: record.at,
        staff: record.staff_name,
        task: record.task,
        detail: record.detail,
        shown: record.shown.unwrap_or_else(|| i64::try_from(customers.len()).unwrap_or(i64::MAX)),
        customers,
        reason: record.reason,
        ip: record.ip,
        request: Some(record.request_id),
    }
}
