//! Browsing the audit log, newest first.

use super::{
    background::last,
    filter::{Filter, Target, actions},
    find::{find, previous},
    pages::{ListPage, SealedThrough},
};
use crate::{
    clock::Instant,
    evidence::{keep, witness::record::refusals},
    gate::{RecordAccess, audit::Entry},
    id::{CustomerId, Seq, StaffId},
    sql,
    store::Reader,
    web::{
        Desk, PageError, PageResult,
        list::{Back, ListQuery as _, Page},
        problem_page::Problem,
        shell::{
            AuditHead, Section,
            field::{FieldErrors, wrong},
            table::{Choice, Pager},
        },
        words::Message,
    },
};
use actix_web::web;

/// `GET /audit`
pub(crate) async fn list(desk: Desk, filter: web::Query<Filter>, back: web::Query<Back<Seq>>) -> PageResult {
    let filter = filter.into_inner();
    let before = filter.place::<Seq>()?;
    if before.is_some_and(|before| before < Seq::new(0)) {
        return Err(Problem::BadRequest.into());
    }
    let kinds = desk.catalog().kinds;
    let is_known =
        |action: &Option<String>| action.as_deref().is_none_or(|action| actions(kinds).any(|kind| kind == action));
    let query = filter.read(desk.zone()).and_then(|query| {
        if is_known(&query.action) { Ok(query) } else { Err(FieldErrors::one("action", wrong::not_a_choice())) }
    });
    let query = match query {
        Ok(query) => match called(desk.reader(), query.target.as_ref()).await? {
            // A link to it that can be shared has no one's e-mail in it.
            Called::Elsewhere(target) => return Ok(desk.see_other(&Filter { target, ..filter }.href(""))),
            Called::Wrong(message) => Err(FieldErrors::one("target", message)),
            Called::Same => Ok(query),
        },
        Err(errors) => Err(errors),
    };
    if let (Some(after), Ok(query)) = (back.after, &query) {
        let place = previous(desk.reader(), query, after).await?;
        return Ok(desk.see_other(&filter.href(&place.map(|place| place.to_string()).unwrap_or_default())));
    }
    let (found, errors) = match query {
        Ok(query) => {
            let target = query.target.as_ref().and_then(Target::named).filter(|(kind, _)| kind == "user");
            let subject = target.map(|(kind, id)| format!("{kind}/{id}"));
            let found = find(desk.reader(), &query, before).await?;
            let shown = found.rows.iter().filter_map(customer).collect();
            let (actor, task) = (desk.actor(), "view-log");
            desk.look(&RecordAccess { actor, task, subject, shown, detail: None, reason: None }).await?;
            (found, FieldErrors::new())
        }
        Err(errors) => (Page::default(), errors),
    };
    let sealed = sealed_through(desk.reader()).await?;
    let mut shell = desk.shell(Some(Section::Audit), None).await?;
    // The frame remembers the newest row for a few seconds; here it would be beside the one just read.
    shell.audit_head = sealed.as_ref().map(|sealed| AuditHead { seq: sealed.seq, at: sealed.at });
    let page = ListPage {
        shell,
        staff: staff(desk.reader()).await?,
        actions: actions(kinds).map(str::to_owned).collect(),
        rows: super::rows(&desk, &found.rows).await?,
        pager: Pager {
            previous: filter.previous_href(found.rows.first().map(|row| row.seq)),
            ..filter.pager(found.next)
        },
        sealed,
        verification: last(&mut desk.reader()).await?,
        finding: keep::finding(&mut desk.reader()).await?,
        refusals: refusals(&mut desk.reader()).await?,
        filter,
        errors,
    };
    desk.page(page.errors.status_of_list(), &page)
}

/// The customer whom a row is about.
fn customer(row: &Entry) -> Option<CustomerId> {
    if row.target_kind == "user" { row.target_id.parse().ok() } else { None }
}

/// What a target that was typed is called in the log.
pub(crate) enum Called {
    Same,
    Elsewhere(String),
    Wrong(Message),
}

/// Looks up an order by its number and a member of staff by e-mail.
pub(crate) async fn called(reader: &Reader, target: Option<&Target>) -> Result<Called, PageError> {
    let (statement, text, kind, wrong) = match target {
        None | Some(Target::Named(..)) => return Ok(Called::Same),
        Some(Target::Order(number)) => {
            (sql!("select id from orders where number = $1"), number, "order", wrong::no_such_order())
        }
        Some(Target::Staff(email)) => {
            (sql!("select id from staff where email = $1"), email, "staff", wrong::no_such_staff())
        }
    };
    let found: Option<(i64,)> = reader.query(statement).bind(text.as_str()).optional().await?;
    Ok(found.map_or(Called::Wrong(wrong), |(id,)| Called::Elsewhere(format!("{kind}/{id}"))))
}

/// Records that a person is about to read the log or the access records: once for each page of them. `subject` is the
/// customer that the page is about, `detail` the row.
pub(crate) async fn record_look(
    desk: &Desk,
    task: &'static str,
    subject: Option<String>,
    detail: Option<String>,
) -> Result<(), PageError> {
    desk.look(&RecordAccess { actor: desk.actor(), task, subject, shown: Vec::new(), detail, reason: None }).await
}

/// Every member of staff that the log can name.
pub(crate) async fn staff(reader: &Reader) -> Result<Vec<Choice>, PageError> {
    let staff: Vec<(StaffId, String)> =
        reader.query(sql!("select id, name from staff order by name, id limit 500")).all().await?;
    Ok(staff.into_iter().map(|(id, name)| Choice::new(id.to_string(), name)).collect())
}

/// How far the log is sealed, and under which root.
pub(crate) async fn sealed_through(reader: &Reader) -> Result<Option<SealedThrough>, PageError> {
    let head: Option<(Seq, Instant, Vec<u8>)> = reader
        .query(sql!("select a.seq, a.at, h.root from audit_head h join audit a on a.seq = h.size - 1 where h.id = 1"))
        .optional()
        .await?;
    Ok(head.map(|(seq, at, root)| SealedThrough { seq, at, root }))
}
