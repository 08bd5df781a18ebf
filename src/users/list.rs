//! The list of customers, and searching it.

use super::{
    customer::Customer,
    find::{self, Cursor},
    list_page::{Filter, ListPage},
    search::KeepSearch,
    term::{Term, TermError},
};
use crate::{
    gate::RecordAccess,
    orders, sql,
    web::{
        Desk, PageError, PageResult,
        desk::fresh_key,
        form::Form,
        guest::Posted,
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
    let found = if let Some(term) = &term {
        let parsed = Term::parse(term).map_err(|_| Problem::NotFound)?;
        record_list(&desk, parsed.kind()).await?;
        find::find(desk.reader(), &parsed, status, after, PAGE).await?
    } else {
        record_list(&desk, "newest").await?;
        find::newest(desk.reader(), status, after, PAGE).await?
    };
    let page = ListPage {
        shell: desk.shell(Some(Section::Users), None).await?,
        term: term.unwrap_or_default(),
        rows: found.rows.into_iter().map(Customer::masked).collect(),
        pager: filter.pager(found.next),
        filter,
        errors: FieldErrors::new(),
    };
    desk.page(200, &page)
}

/// `POST /users/searches`: keeps the search, so that its address says nothing about anybody, and goes to what it found.
pub(crate) async fn search(desk: Desk, body: web::Bytes) -> PageResult {
    let form = match desk.posted(&body, &["q", "status"]).await? {
        Posted::Current(form) => form,
        Posted::Former(form) => return search_again(&desk, &form).await,
    };
    // The box in the frame of every page takes the number of an order too, which is no telephone number.
    if let Some(number) = orders::term::number(form.get("q")) {
        let term = orders::term::Term { number: Some(number), ..orders::term::Term::default() };
        return orders::list::go_to(&desk, term, form.trimmed("q")).await;
    }
    let filter = Filter { status: form.get("status").to_owned(), ..Filter::default() };
    let wanted = filter.chosen(desk.zone()).map_err(|_| Problem::Unprocessable)?;
    let term = match Term::parse(form.get("q")) {
        Ok(term) => term,
        Err(error) => {
            let page = ListPage {
                shell: desk.shell(Some(Section::Users), None).await?,
                term: form.get("q").to_owned(),
                filter,
                rows: Vec::new(),
                pager: Pager::default(),
                errors: FieldErrors::one("q", term_error(error)),
            };
            return desk.page(422, &page);
        }
    };
    let search = KeepSearch {
        id: fresh_key(),
        staff: desk.person().id,
        term: form.trimmed("q").to_owned(),
        status: wanted.status,
        access: RecordAccess {
            actor: desk.actor(),
            task: "search",
            subject: None,
            detail: Some(term.kind().to_owned()),
            reason: None,
        },
    };
    desk.look(&search).await?;
    let found = find::find(desk.reader(), &term, search.status.as_deref(), None, 2).await?;
    if let ([only], None) = (found.rows.as_slice(), &found.next) {
        return Ok(desk.see_other(&format!("/users/{}", only.id)));
    }
    Ok(desk.see_other(&Filter { search: search.id, ..filter }.href("")))
}

/// The page with what was typed into a search box of an ended session.
async fn search_again(desk: &Desk, form: &Form) -> PageResult {
    let page = ListPage {
        shell: desk.shell(Some(Section::Users), None).await?,
        term: form.get("q").to_owned(),
        filter: Filter::default(),
        rows: Vec::new(),
        pager: Pager::default(),
        errors: FieldErrors::one("q", wrong::old_page()),
    };
    desk.page(409, &page)
}

/// The term of this person's search with this id. `None` if the search belongs to another account.
async fn kept_term(desk: &Desk, id: &str) -> Result<Option<String>, PageError> {
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

/// Every page of a list is a look at those on it, also the second one of a search made long before.
async fn record_list(desk: &Desk, kind: &str) -> Result<(), PageError> {
    desk.look(&RecordAccess {
        actor: desk.actor(),
        task: "search",
        subject: None,
        detail: Some(kind.to_owned()),
        reason: None,
    })
    .await
}

fn term_error(error: TermError) -> Message {
    match error {
        TermError::Empty => wrong::required(),
        TermError::TooLong => wrong::too_long(200),
        TermError::Unprintable => wrong::control_characters(),
        TermError::OnlyPunctuation | TermError::NoSuchNumber => wrong::nothing_to_search(),
    }
}
