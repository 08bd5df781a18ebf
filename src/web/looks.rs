//! Looks at customers: where a person is led who has to give a reason for more of them, and what belongs to one look.

use super::{
    Desk, PageError,
    guest::is_own_path,
    route::{self, Route},
    visit::Visit,
};
use crate::{
    gate::{LookKind, Target},
    sql,
};
use chrono::TimeDelta;

/// The page that asks for a reason, and from which it goes on to `to`.
pub(crate) fn address(kind: LookKind, to: &str) -> String {
    let query = serde_urlencoded::to_string([("return", to)]).unwrap_or_default();
    format!("/looks/{kind}?{query}")
}

/// The page that was asked for; of a form or of a part of a page, the page that it is on.
pub(super) fn page_of<'v>(routes: &'static [Route], visit: &'v Visit) -> &'v str {
    let is_page = matches!(visit.method.as_str(), "GET" | "HEAD") && is_page(routes, &visit.path);
    if is_page { &visit.path } else { route::page_above(routes, &visit.path) }
}

/// Whether `path` is a page of this console, so that it may be gone on to.
pub(crate) fn is_page(routes: &'static [Route], path: &str) -> bool {
    is_own_path(path) && route::is_page(routes, path)
}

/// How long the parts that a page asks for by itself belong to the look that the page was.
const ONE_LOOK: TimeDelta = TimeDelta::minutes(15);

/// Whether this person has just opened the page of `subject`, so that a part of it is no look of its own. `detail` is as in
/// the access record, empty for none.
pub(crate) async fn was_looked_at(
    desk: &Desk,
    task: &'static str,
    subject: &Target,
    detail: &str,
) -> Result<bool, PageError> {
    let looked: Option<(i64,)> = desk
        .reader()
        .query(sql!(
            "select id from access_records
              where subject = $1 and staff_id = $2 and task = $3 and coalesce(detail, '') = $4 and at > $5
              order by id desc limit 1"
        ))
        .bind(subject.to_string())
        .bind(desk.person().id)
        .bind(task)
        .bind(detail)
        .bind(desk.now().minus(ONE_LOOK))
        .optional()
        .await?;
    Ok(looked.is_some())
}
