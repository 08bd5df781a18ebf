//! The list of orders.

use super::{
    State,
    filter::{Filter, OrderQuery},
    find::{self, OrderRow},
    list_pages::{Failed, ListPage, Row},
    term::Term,
};
use crate::{
    customer,
    gate::RecordAccess,
    id::CustomerId,
    mask,
    web::{
        Desk, PageError, PageResult,
        list::{ListQuery as _, Page},
        shell::{Section, field::FieldErrors, table::Pager},
    },
};
use actix_web::web;

/// `GET /orders`
pub(crate) async fn list(desk: Desk, filter: web::Query<Filter>) -> PageResult {
    let filter = filter.into_inner();
    let after = filter.place()?;
    let query = filter.read(desk.zone()).map(|meant| OrderQuery::of(meant, desk.now()));
    let (found, term, errors) = match query {
        Ok(query) => (find::find(desk.reader(), &query, after).await?, query.term, FieldErrors::new()),
        Err(errors) => (Page::default(), None, errors),
    };
    record_list(&desk, term.as_ref(), found.rows.iter().map(|row| row.user_id).collect()).await?;
    let status = errors.status_of_list();
    let page = ListPage {
        shell: desk.shell(Some(Section::Orders), None).await?,
        typed: filter.q.clone(),
        errors,
        rows: found.rows.into_iter().map(row).collect(),
        pager: filter.pager(found.next),
        filter,
    };
    desk.page(status, &page)
}

/// Where a term leads: to one order, whose customer is named with it, or to the list of several. `None` where it names none: digits may be the number of a parcel, or of
/// a person's identity card, and until an order was found by them they are kept out of the address.
pub(crate) async fn leads_to(desk: &Desk, typed: &str) -> Result<Option<(String, Vec<CustomerId>)>, PageError> {
    let Ok(term) = Term::parse(typed) else { return Ok(None) };
    let query = OrderQuery { term: Some(term.clone()), ..OrderQuery::default() };
    let found = find::find(desk.reader(), &query, None).await?;
    let customer = term.user.filter(|user| found.rows.iter().all(|row| row.user_id == *user));
    let q = match (found.rows.as_slice(), customer) {
        ([], _) if found.next.is_none() => return Ok(None),
        ([only], _) if found.next.is_none() => return Ok(Some((format!("/orders/{}", only.id), vec![only.user_id]))),
        (_, Some(customer)) => format!("u_{customer}"),
        _ => typed.trim().to_owned(),
    };
    Ok(Some((Filter { q, ..Filter::default() }.href(""), Vec::new())))
}

/// The customer whose orders are meant, as access records name one.
pub(crate) fn customer_of(typed: &str) -> Option<String> {
    let user = Term::parse(typed).ok()?.customer()?;
    Some(customer::target(user).to_string())
}

/// The page of a search that found nothing.
pub(crate) async fn nothing(desk: &Desk, typed: &str) -> PageResult {
    again(desk, 200, typed, FieldErrors::new()).await
}

/// The page on which a search that cannot be made comes back.
pub(crate) async fn again(desk: &Desk, status: u16, typed: &str, errors: FieldErrors) -> PageResult {
    let page = ListPage {
        shell: desk.shell(Some(Section::Orders), None).await?,
        typed: typed.to_owned(),
        filter: Filter::default(),
        errors,
        rows: Vec::new(),
        pager: Pager::default(),
    };
    desk.page(status, &page)
}

/// A list of orders is a look at those who placed them; one customer's orders are a look at that one.
async fn record_list(desk: &Desk, term: Option<&Term>, shown: Vec<CustomerId>) -> Result<(), PageError> {
    let user = term.and_then(Term::customer);
    desk.look(&RecordAccess {
        actor: desk.actor(),
        task: "search",
        subject: user.map(|user| customer::target(user).to_string()),
        shown,
        detail: Some("orders".to_owned()),
        reason: None,
    })
    .await
}

/// An order as lists show one.
pub(crate) fn row(found: OrderRow) -> Row {
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
        points_returned: found.points_returned,
        failed: found.failed_amount.zip(found.failed_at).map(|(amount, since)| Failed {
            amount: money(amount),
            since,
            code: found.failed_why,
            is_ours: found.failed_here.unwrap_or_default(),
        }),
        placed_at: found.placed_at,
        waits_since: found.paid_at.filter(|_| matches!(found.state, State::Paid | State::Preparing)),
        more: (found.lines.unwrap_or_default() - 1).max(0),
        title: found.title.unwrap_or_default(),
        number: found.number,
    }
}
