//! The one search: customers, orders, payments, parcels, runs, jobs, incidents and staff, each for the roles that may see it.
//!
//! What is typed is a person's e-mail or telephone number more often than not, so every box posts it; it is kept for the person who
//! typed it, and addresses name it by an id. One hit is gone to; several of one kind are that kind's list; several kinds are
//! one page. The boxes differ only in the page that says that nothing was found.

mod asked;
pub(crate) mod find;
pub(crate) mod pages;

use crate::{
    gate::RecordAccess,
    id::CustomerId,
    orders, users,
    users::list_page::Filter,
    web::{
        Desk, PageError, PageResult,
        desk::fresh_key,
        drafts::{self, Draft, FormPage, Keeps},
        form::Form,
        guest::Posted,
        list::ListQuery as _,
        problem_page::Problem,
        shell::field::{FieldErrors, wrong},
    },
};
use actix_web::web;
use asked::Asked;
use find::{Found, May};
use pages::ResultPage;
use serde::Deserialize;
use users::search::KeepSearch;

/// The search that is kept under this id; the box alone where there is none.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Kept {
    search: String,
}

/// The box that was typed into, by its place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// On the pages of customers, and on top of every page for those who may find customers.
    Customers,
    Orders,
    /// On the pages of the search, and on top of every page for all others.
    Own,
}

/// The boxes, where what was typed is kept if the session ended before. It is there again on the page of the search.
pub(crate) const FORMS: [FormPage; 3] = [kept("/searches"), kept("/users/searches"), kept("/orders/searches")];

const fn kept(route: &'static str) -> FormPage {
    FormPage { route, keeps: Keeps::Typed, page: |_| Some("/searches".to_owned()) }
}

/// `POST /searches`
pub(crate) async fn anything(desk: Desk, body: web::Bytes) -> PageResult {
    search(&desk, &body, Place::Own).await
}

/// `POST /users/searches`
pub(crate) async fn customers(desk: Desk, body: web::Bytes) -> PageResult {
    search(&desk, &body, Place::Customers).await
}

/// `POST /orders/searches`
pub(crate) async fn orders(desk: Desk, body: web::Bytes) -> PageResult {
    search(&desk, &body, Place::Orders).await
}

/// `GET /searches`: the box, and what a search found that found several kinds.
pub(crate) async fn show(desk: Desk, kept: web::Query<Kept>) -> PageResult {
    let id = kept.into_inner().search;
    if id.is_empty() {
        let typed = unsent(&desk).await?;
        let unsent = if typed.is_empty() { FieldErrors::new() } else { FieldErrors::one("q", wrong::old_page()) };
        let page = ResultPage::empty(desk.shell(None, None).await?, &typed, unsent);
        return desk.page(200, &page);
    }
    // The search of another account, or of the day before, is not there.
    let typed = users::list::kept_term(&desk, &id).await?.ok_or(Problem::NotFound)?;
    let asked = Asked::read(&typed);
    let may = May::of(&desk);
    let is_indexing = index_names(&desk, may).await?;
    let found = Found::find(&desk, may, &asked, "").await?;
    if let Some(access) = access(&desk, may, &asked, Place::Own, found.people()) {
        desk.look(&access).await?;
    }
    let page = ResultPage::of(desk.shell(None, None).await?, &typed, &id, found, is_indexing);
    desk.page(200, &page)
}

/// What was typed into a box when the session had ended; empty for nothing. It is kept no longer than until it is shown.
async fn unsent(desk: &Desk) -> Result<String, PageError> {
    let mut newest: Option<Draft> = None;
    for form in FORMS {
        let draft = drafts::take(desk, form.route).await?;
        newest = newest.into_iter().chain(draft).max_by_key(|draft| draft.at);
    }
    Ok(newest.map(|draft| draft.form.get("q").to_owned()).unwrap_or_default())
}

async fn search(desk: &Desk, body: &[u8], from: Place) -> PageResult {
    let form = match desk.posted(body, &["q", "status"]).await? {
        Posted::Current(form) => form,
        Posted::Former(form) => {
            return again(desk, 409, &form, FieldErrors::one("q", wrong::old_page()), from).await;
        }
    };
    let typed = form.trimmed("q");
    let asked = Asked::read(form.get("q"));
    let may = May::of(desk);
    if asked.is_nothing(may) {
        return refused(desk, &form, asked, from).await;
    }
    let filter = Filter { status: form.get("status").to_owned(), ..Filter::default() };
    let wanted = filter.chosen(desk.zone()).map_err(|_| Problem::Unprocessable)?;
    index_names(desk, may).await?;
    // The number of a customer in the box for orders means the orders.
    let orders = if from == Place::Orders { orders::list::leads_to(desk, typed).await? } else { None };
    let found = match orders {
        Some(_) => Found::default(),
        None => Found::find(desk, may, &asked, &filter.status).await?,
    };
    let to = orders.or_else(|| found.only());
    // Those whom the answer itself names; a list that it leads to names its own.
    let shown = to.as_ref().map(|(_, customers)| customers.clone()).unwrap_or_default();
    let access = access(desk, may, &asked, from, shown);
    let search = KeepSearch {
        id: fresh_key(),
        staff: desk.person().id,
        term: typed.to_owned(),
        kind: access.as_ref().and_then(|access| access.detail.clone()).unwrap_or_else(|| "jobs".to_owned()),
        status: wanted.status,
        access,
    };
    desk.look(&search).await?;
    if let Some((to, _)) = to {
        return Ok(desk.see_other(&to));
    }
    let list = || Filter { search: search.id.clone(), ..filter.clone() }.href("");
    if found.is_customers() {
        return Ok(desk.see_other(&list()));
    }
    if !found.is_empty() {
        return Ok(desk.see_other(&format!("/searches?search={}", search.id)));
    }
    match from {
        Place::Orders => orders::list::nothing(desk, typed).await,
        // What looks like the number of an order was no customer's.
        Place::Customers if orders::term::number(typed).is_none() && asked.customer.is_ok() => {
            Ok(desk.see_other(&list()))
        }
        _ => {
            let page = ResultPage::of(desk.shell(None, None).await?, typed, "", found, false);
            desk.page(200, &page)
        }
    }
}

/// Says at the box that what was typed can be searched for nowhere.
async fn refused(desk: &Desk, form: &Form, asked: Asked, from: Place) -> PageResult {
    let error = asked.customer.err().map_or_else(wrong::nothing_to_search, users::list::term_error);
    again(desk, 422, form, FieldErrors::one("q", error), from).await
}

/// The page that was searched from, with what was typed and why it was not looked for.
async fn again(desk: &Desk, status: u16, form: &Form, errors: FieldErrors, from: Place) -> PageResult {
    match from {
        Place::Customers => users::list::again(desk, status, form.get("q"), form.get("status"), errors).await,
        Place::Orders => orders::list::again(desk, status, form.get("q"), errors).await,
        Place::Own => {
            let page = ResultPage::empty(desk.shell(None, None).await?, form.get("q"), errors);
            desk.page(status, &page)
        }
    }
}

/// The record of a search that may show customers; none for those who see none.
fn access(desk: &Desk, may: May, asked: &Asked, from: Place, shown: Vec<CustomerId>) -> Option<RecordAccess> {
    let order = asked.order.as_ref().filter(|order| from == Place::Orders || order.number.is_some());
    let subject = match from {
        Place::Orders => orders::list::customer_of(&asked.typed),
        _ => None,
    };
    let kind = match (&asked.customer, order) {
        (Ok(term), None) if subject.is_none() => term.kind(),
        _ => "orders",
    };
    may.sees_people().then(|| RecordAccess {
        actor: desk.actor(),
        task: "search",
        subject,
        shown,
        detail: Some(kind.to_owned()),
        reason: None,
    })
}

async fn index_names(desk: &Desk, may: May) -> Result<bool, PageError> {
    if may.customers { users::list::index_names(desk).await } else { Ok(false) }
}
