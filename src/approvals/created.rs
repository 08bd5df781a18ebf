//! What the change of a request created: links to it, for the person who waited for the approval and for others who may open it.

use super::Request;
use crate::{
    audit::RequestRow,
    entry_columns,
    gate::audit::Entry,
    sql,
    web::{Desk, PageError},
};

/// The noted ids of what changes create (`Change::CREATED_IDS`), and the routes of the pages that these have. What is not here is on the
/// page of the target.
const PAGES: [(&str, &str); 5] = [
    ("export_number", "/audit/exports/{id}"),
    ("rerun", "/runs/{id}"),
    ("review_number", "/audit/reviews/signed/{id}"),
    ("run", "/runs/{id}"),
    ("staff", "/staff/{id}"),
];

/// Something with a page that a change created.
#[derive(Clone, Debug)]
pub(crate) struct Created {
    /// Its name under `field.`
    pub(crate) field: &'static str,
    pub(crate) number: i64,
    pub(crate) href: String,
}

/// What the change of a request created and this person may open; nothing before it was made. `rows`: those of the request.
pub(super) async fn created(desk: &Desk, request: &Request, rows: &[RequestRow]) -> Result<Vec<Created>, PageError> {
    let made = rows.iter().find(|row| row.action == request.kind && row.outcome == "applied");
    let (Some(made), Some(change)) = (made, request.change(desk.catalog())) else { return Ok(Vec::new()) };
    let pages: Vec<_> = PAGES
        .into_iter()
        .filter(|(field, route)| change.created_ids().contains(field) && desk.may("GET", route))
        .collect();
    if pages.is_empty() {
        return Ok(Vec::new());
    }
    let row: Entry = desk
        .reader()
        .query(sql!("select ", entry_columns!(), " from audit where seq = $1"))
        .bind(made.seq)
        .one()
        .await?;
    let created = pages.into_iter().filter_map(|(field, route)| {
        let number: i64 = row.after.get(field)?.as_str()?.parse().ok()?;
        Some(Created { field, number, href: route.replace("{id}", &number.to_string()) })
    });
    Ok(created.collect())
}
