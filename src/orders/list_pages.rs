//! The list of orders.

use super::{
    State,
    filter::{Filter, Needs},
    refunds::failure,
};
use crate::{
    clock::Instant,
    id::{CustomerId, OrderId},
    money::{Currency, Money},
    web::{
        list::{ListQuery as _, Tab},
        shell::{Frame, Shell, Tone, field::FieldErrors, table::Pager},
    },
};
use askama::Template;

/// `GET /orders`, and what `POST /orders/searches` answers when the term cannot be searched for.
#[derive(Debug, Template)]
#[template(path = "orders/list.html")]
pub(crate) struct ListPage {
    /// The text in the search box. Only what was found is also in `filter`, and so in addresses.
    pub typed: String,
    pub shell: Shell,
    pub filter: Filter,
    /// What is wrong with the filter; then there are no rows.
    pub errors: FieldErrors,
    pub rows: Vec<Row>,
    pub pager: Pager,
}

impl ListPage {
    /// The tabs: what needs a person, each keeping the other filters but the search, from the first page.
    pub(crate) fn tabs(&self) -> Vec<Tab> {
        let values = [""].into_iter().chain(Needs::ALL.map(Needs::as_str));
        Filter { q: String::new(), ..self.filter.clone() }.tabs(values, |filter| &mut filter.needs)
    }

    pub(crate) fn empty(&self) -> Empty {
        let (icon, title, body) = if self.pager.next.is_some() {
            ("search", "orders.unread", "orders.unread-body")
        } else if !self.typed.is_empty() {
            ("search", "orders.not-found", "orders.not-found-body")
        } else if self.filter.folded() > 0 {
            ("filter", "orders.nothing", "filter.nothing-body")
        } else {
            match Needs::parse(&self.filter.needs) {
                Some(Needs::Shipping) => ("ok", "orders.all-shipped", "orders.all-shipped-body"),
                Some(Needs::Settling) => ("ok", "orders.all-settled", "orders.all-settled-body"),
                Some(Needs::Retrying) => ("ok", "orders.none-failed", "orders.none-failed-body"),
                None => ("order", "orders.none", "orders.none-body"),
            }
        };
        Empty { icon, title, body }
    }

    /// Whether something other than the tab keeps orders out of this list.
    pub(crate) fn is_filtered(&self) -> bool {
        self.filter.folded() > 0 || !self.filter.q.is_empty()
    }

    /// The same tab without any filter.
    pub(crate) fn cleared(&self) -> String {
        let Filter { needs, days, .. } = self.filter.clone();
        Filter { needs, days, ..Filter::default() }.href("")
    }

    pub(crate) fn states() -> [&'static str; 6] {
        State::ALL.map(State::as_str)
    }

    pub(crate) fn currencies() -> Vec<&'static str> {
        Currency::all().iter().map(|one| one.code()).collect()
    }

    /// The key of how it is sorted.
    pub(crate) fn order(&self) -> &'static str {
        if self.needs_shipping() { "orders.oldest" } else { "orders.newest" }
    }

    /// Whether the list tells of refunds that failed.
    pub(crate) fn needs_retrying(&self) -> bool {
        self.filter.needs == Needs::Retrying.as_str()
    }

    pub(crate) fn needs_shipping(&self) -> bool {
        self.filter.needs == Needs::Shipping.as_str()
    }

    /// The number of days that are looked for, as typed or by default.
    pub(crate) fn days(&self) -> String {
        if self.filter.days.is_empty() { super::filter::DAYS.to_string() } else { self.filter.days.clone() }
    }
}

/// What a list without rows says, by its keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Empty {
    pub icon: &'static str,
    pub title: &'static str,
    pub body: &'static str,
}

/// One order of a list.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub id: OrderId,
    pub number: String,
    pub user_id: CustomerId,
    /// The customer's name, masked.
    pub customer: String,
    pub state: State,
    pub total: Money,
    pub refunded: Money,
    pub open_refunds: i64,
    pub failed_refunds: i64,
    /// Points that paid and were returned.
    pub points_returned: i64,
    /// What failed of its refunds and waits for a person.
    pub failed: Option<Failed>,
    pub placed_at: Instant,
    /// Since when it waits to be shipped.
    pub waits_since: Option<Instant>,
    /// Its first line, and how many more there are.
    pub title: String,
    pub more: i64,
}

/// What failed of an order's refunds.
#[derive(Clone, Debug)]
pub(crate) struct Failed {
    pub amount: Money,
    pub since: Instant,
    /// The provider's word for why.
    pub code: Option<String>,
    /// Whether any of it was asked for here: what the shop asked for, only the shop can try again.
    pub is_ours: bool,
}

impl Failed {
    pub(crate) fn why(&self, frame: &Frame) -> String {
        self.code.as_deref().map_or_else(|| "–".to_owned(), |code| failure(code, frame))
    }
}

impl Row {
    pub(crate) fn tone(&self) -> Tone {
        self.state.tone()
    }

    pub(crate) fn icon(&self) -> &'static str {
        self.state.icon()
    }

    /// Whether nothing is left to do with it, so that it may be shown less prominently.
    pub(crate) fn is_quiet(&self) -> bool {
        matches!(self.state, State::Delivered | State::Cancelled | State::Shipped)
            && self.open_refunds == 0
            && self.failed_refunds == 0
    }
}
