//! Browsing the audit log, newest first.

use super::{
    filter::{self, actions},
    find::{Found, find},
    pages::{Filter, ListPage, SealedThrough},
};
use crate::{
    clock::Instant,
    sql,
    store::Reader,
    web::{
        Answer, Desk, Stop,
        link::link,
        problem_page::Problem,
        shell::{
            AuditHead, Section,
            field::FieldErrors,
            table::{Choice, Pager},
        },
    },
};
use actix_web::web;
use serde::Deserialize;

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
    let (found, errors) = match filter::read(&filter, desk.catalog().kinds, desk.zone()) {
        Ok(wanted) => (find(desk.reader(), &wanted, asked.before).await?, FieldErrors::new()),
        Err(errors) => (Found::default(), errors),
    };
    let link = |before: Option<i64>| address(&filter, before);
    let sealed = sealed_through(desk.reader()).await?;
    let mut shell = desk.shell(Some(Section::Audit), None).await?;
    // The frame remembers the newest row for a few seconds; here it would stand beside the one just read.
    shell.audit_head = sealed.as_ref().map(|sealed| AuditHead { seq: sealed.seq, at: sealed.at });
    let page = ListPage {
        shell,
        staff: staff(desk.reader()).await?,
        actions: actions(desk.catalog().kinds).map(str::to_owned).collect(),
        rows: found.rows.iter().map(super::row).collect(),
        pager: Pager {
            first: asked.before.map(|_| link(None)),
            previous: None,
            next: found.next.map(|next| link(Some(next))),
        },
        sealed,
        filter,
        errors,
    };
    desk.page(if page.errors.is_empty() { 200 } else { 422 }, &page)
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
