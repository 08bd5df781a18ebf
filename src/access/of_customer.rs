//! Who looked at one customer, for the page of that customer.

use super::{list, pages::Row};
use crate::{
    id::CustomerId,
    sql,
    store::Reader,
    web::list::{Page, pager_within},
    web::shell::table::Pager,
};

const PAGE: usize = 10;

/// The records that name this customer, the newest first.
#[derive(Debug)]
pub(crate) struct Looked {
    pub rows: Vec<Row>,
    pub pager: Pager,
}

/// Those on the page at `path` that begins before the record `before`.
pub(crate) async fn of_customer(
    reader: &Reader,
    customer: CustomerId,
    path: &str,
    before: Option<i64>,
) -> sqlx::Result<Looked> {
    let read = async |limit: usize| {
        let records: Vec<list::Record> = reader
            .query(sql!(
                "select r.id, r.at, r.staff_name, r.ip, r.task, r.detail, r.reason, r.request_id, r.shown
                   from access_subjects s cross join access_records r
                  where r.id = s.record_id and s.customer = $1 and s.record_id < $2
                  order by s.record_id desc limit $3"
            ))
            .bind(customer)
            .bind(before.unwrap_or(i64::MAX))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .all()
            .await?;
        Ok::<_, sqlx::Error>(records)
    };
    let found = Page::read(PAGE, read, |record| record.id).await?;
    Ok(Looked {
        pager: pager_within(path, "looks", before.is_none(), found.next),
        rows: found.rows.into_iter().map(|record| list::row(record, vec![customer])).collect(),
    })
}
