//! The list of customers: the newest, or those that a search found.

use super::{
    customer::Customer,
    find::{self, Cursor},
    index::{AT_ONCE, IndexNames, is_waiting},
    list_page::{Filter, ListPage},
    term::{Term, TermError},
};
use crate::{
    gate::RecordAccess,
    id::CustomerId,
    sql,
    web::{
        Desk, PageError, PageResult,
        list::ListQuery as _,
        problem_page::Problem,
        shell::{
            Section,
            field::{FieldErrors, wrong},
            table::Pager,
        },
        words::Message,
    },
};
use actix_web::web;

const PAGE: usize = 25;

/// `GET /users`: the newest customers, or those that a search found.
pub(crate) async fn list(desk: Desk, filter: web::Query<Filter>) -> PageResult {
    let filter = filter.into_inner();
    let wanted = filter.chosen(desk.zone())?;
    let after = filter.place::<Cursor>()?;
    let term = match &wanted.search {
        // Another account's search, or one of the day before, is no list of the newest customers either.
        Some(id) => Some(kept_term(&desk, id).await?.ok_or(Problem::NotFound)?),
        None => None,
    };
    let status = wanted.status.as_deref();
    let mut is_indexing = false;
    let (kind, found) = if let Some(term) = &term {
        let parsed = Term::parse(term).map_err(|_| Problem::NotFound)?;
        is_indexing = index_names(&desk).await?;
        (parsed.kind(), find::find(desk.reader(), &parsed, status, after, PAGE).await?)
    } else {
        ("newest", find::newest(desk.reader(), status, after, PAGE).await?)
    };
    record_list(&desk, kind, found.rows.iter().map(|row| row.id).collect()).await?;
    let page = ListPage {
        shell: desk.shell(Some(Section::Users), None).await?,
        term: term.unwrap_or_default(),
        rows: found.rows.into_iter().map(Customer::masked).collect(),
        pager: filter.pager(found.next),
        filter,
        errors: FieldErrors::new(),
        is_indexing,
    };
    desk.page(200, &page)
}

/// The page on which a search that cannot be made comes back.
pub(crate) async fn again(desk: &Desk, answer: u16, typed: &str, status: &str, errors: FieldErrors) -> PageResult {
    let page = ListPage {
        shell: desk.shell(Some(Section::Users), None).await?,
        term: typed.to_owned(),
        filter: Filter { status: status.to_owned(), ..Filter::default() },
        rows: Vec::new(),
        pager: Pager::default(),
        errors,
        is_indexing: false,
    };
    desk.page(answer, &page)
}

/// The term of this person's search with this id. `None` if the search belongs to another account.
pub(crate) async fn kept_term(desk: &Desk, id: &str) -> Result<Option<String>, PageError> {
    if !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let kept: Option<(String,)> = desk
        .reader()
        .query(sql!("select term from searches where id = $1 and staff_id = $2"))
        .bind(id)
        .bind(desk.person().id)
        .optional()
        .await?;
    Ok(kept.map(|(term,)| term))
}

/// Brings names that have just come into the index, so that they are found, and says whether there are more than one search
/// waits for: after a migration, or while very many customers come at once.
pub(crate) async fn index_names(desk: &Desk) -> Result<bool, PageError> {
    if !is_waiting(desk.reader()).await? {
        return Ok(false);
    }
    desk.run_housekeeping(&IndexNames { limit: AT_ONCE }).await?;
    Ok(is_waiting(desk.reader()).await?)
}

/// Every page of a list is a look at those on it, also the second one of a search made long before. It is recorded when they are
/// known and before they are shown.
async fn record_list(desk: &Desk, kind: &str, shown: Vec<CustomerId>) -> Result<(), PageError> {
    desk.look(&RecordAccess {
        actor: desk.actor(),
        task: "search",
        subject: None,
        shown,
        detail: Some(kind.to_owned()),
        reason: None,
    })
    .await
}

pub(crate) fn term_error(error: TermError) -> Message {
    match error {
        TermError::Empty => wrong::required(),
        TermError::TooLong => wrong::too_long(200),
        TermError::Unprintable => wrong::control_characters(),
        TermError::OnlyPunctuation | TermError::NoSuchNumber => wrong::nothing_to_search(),
    }
}
