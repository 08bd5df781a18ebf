//! The page of one access record, and its receipt.

use super::{
    list::{Record, customers_of, row},
    pages::{Row, ShowPage},
};
use crate::{
    audit::list::record_look,
    evidence::access::{Place, Unproven, place, prove},
    sql,
    web::{Desk, PageError, PageResult, download::download, problem_page::Problem, shell::Section},
};
use actix_web::web;

/// `GET /access-records/{id}`
pub(crate) async fn show(desk: Desk, path: web::Path<i64>) -> PageResult {
    let id = path.into_inner();
    let record: Option<Record> = desk
        .reader()
        .query(sql!(
            "select r.id, r.at, r.staff_name, r.ip, r.task, r.detail, r.reason, r.request_id, r.shown from access_records r where r.id = $1"
        ))
        .bind(id)
        .optional()
        .await?;
    let record = record.ok_or(Problem::NotFound)?;
    record_look(&desk, "view-records", None, Some(format!("access-records/{id}"))).await?;
    let customers = customers_of(desk.reader(), id).await?;
    let row: Row = row(record, customers);
    let place: Place = place(desk.reader(), id).await?;
    let leaf = leaf(&desk, id).await?;
    let page = ShowPage { shell: desk.shell(Some(Section::Access), None).await?, row, place, leaf };
    desk.page(200, &page)
}

/// The bytes of its leaf, and their hash.
async fn leaf(desk: &Desk, record: i64) -> Result<Option<(String, String)>, PageError> {
    let leaf: Option<(Vec<u8>, Vec<u8>)> = desk
        .reader()
        .query(sql!("select body, leaf from access_leaves where record_id = $1 and body is not null"))
        .bind(record)
        .optional()
        .await?;
    Ok(leaf.map(|(body, leaf)| (String::from_utf8_lossy(&body).into_owned(), hex::encode(leaf))))
}

/// `GET /access-records/{id}/receipt`
pub(crate) async fn receipt(desk: Desk, path: web::Path<i64>) -> PageResult {
    let id = path.into_inner();
    let receipt = prove(desk.reader(), id).await.map_err(|unproven| match unproven {
        Unproven::TooNew => Problem::NotFound.into(),
        other => PageError::internal(other),
    })?;
    record_look(&desk, "view-records", None, Some(format!("access-records/{id}/receipt"))).await?;
    Ok(download("text/plain; charset=utf-8", &format!("access-record-{id}.access-proof"), receipt.to_string()))
}
