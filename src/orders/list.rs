//! The list of orders, and searching it.

use super::{
    State,
    filter::{self},
    find::{self, Found, Place},
    list_pages::{Filter, ListPage, Row},
    term::Term,
};
use crate::{
    gate::RecordAccess,
    users::mask,
    web::{
        Answer, Desk, Stop,
        problem_page::Problem,
        shell::{
            Section,
            field::{FieldErrors, wrong},
            table::Pager,
        },
    },
};
use actix_web::web;
use serde::Deserialize;

/// What may stand in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    state: String,
    needs: String,
    days: String,
    from: String,
    to: String,
    currency: String,
    min: String,
    max: String,
    after: Option<String>,
}

/// `GET /orders`
pub async fn list(desk: Desk, asked: web::Query<Asked>) -> Answer {
    let asked = asked.into_inner();
    let after = match asked.after.as_deref() {
        Some(text) => Some(text.parse::<Place>().map_err(|_| Problem::BadRequest)?),
        None => None,
    };
    let filter = Filter {
        q: asked.q,
        state: asked.state,
        needs: asked.needs,
        days: asked.days,
        from: asked.from,
        to: asked.to,
        currency: asked.currency,
        min: asked.min,
        max: asked.max,
    };
    record_list(&desk).await?;
    let (found, errors) = match filter::read(&filter, desk.zone(), desk.now()) {
        Ok(wanted) => (find::find(desk.reader(), &wanted, after).await?, FieldErrors::new()),
        Err(errors) => (find::Page::default(), errors),
    };
    let pager = Pager {
        first: after.map(|_| filter.href("")),
        previous: None,
        next: found.next.map(|next| filter.href(&next.to_string())),
    };
    let status = if errors.is_empty() { 200 } else { 422 };
    let page = ListPage {
        shell: desk.shell(Some(Section::Orders), None).await?,
        filter,
        errors,
        rows: found.rows.into_iter().map(row).collect(),
        pager,
    };
    desk.page(status, &page)
}

/// `POST /orders/searches`: goes to the order that was found, or to the list of them. A POST, because somebody will type an
/// e-mail or a telephone number into it, and an address is not the place for those.
pub async fn search(desk: Desk, body: web::Bytes) -> Answer {
    let form = desk.form(&body, &["q"]).await?;
    let Ok(term) = Term::parse(form.get("q")) else {
        let page = ListPage {
            shell: desk.shell(Some(Section::Orders), None).await?,
            filter: Filter { q: form.get("q").to_owned(), ..Filter::default() },
            errors: FieldErrors::one("q", wrong::not_an_order_term()),
            rows: Vec::new(),
            pager: Pager::default(),
        };
        return desk.page(422, &page);
    };
    go_to(&desk, term, form.trimmed("q")).await
}

/// On to what a term names: one order, or the list.
pub async fn go_to(desk: &Desk, term: Term, typed: &str) -> Answer {
    record_list(desk).await?;
    let wanted = filter::Wanted { term: Some(term), ..filter::Wanted::default() };
    let found = find::find(desk.reader(), &wanted, None).await?;
    if let ([only], None) = (found.rows.as_slice(), found.next) {
        return Ok(desk.see_other(&format!("/orders/{}", only.id)));
    }
    Ok(desk.see_other(&Filter { q: typed.to_owned(), ..Filter::default() }.href("")))
}

/// A list of orders is a look at those who placed them.
async fn record_list(desk: &Desk) -> Result<(), Stop> {
    desk.keep(&RecordAccess {
        actor: desk.actor(),
        task: "search",
        subject: None,
        detail: Some("orders".to_owned()),
        reason: None,
    })
    .await
}

/// An order as lists show one.
pub fn row(found: Found) -> Row {
    let money = |minor| found.currency.amount(minor);
    Row {
        id: found.id,
        customer: mask::name(&found.customer),
        user_id: found.user_id,
        state: found.state,
        total: money(found.total),
        refunded: money(found.refunded),
        open_refunds: found.open_refunds,
        failed_refunds: found.failed_refunds,
        placed_at: found.placed_at,
        waits_since: found.paid_at.filter(|_| matches!(found.state, State::Paid | State::Preparing)),
        more: (found.lines.unwrap_or_default() - 1).max(0),
        title: found.title.unwrap_or_default(),
        number: found.number,
    }
}
