//! The list of orders.

use super::{State, filter::Needs};
use crate::{
    clock::Instant,
    money::{Currency, Money},
    web::{
        link::link,
        shell::{Shell, Tone, field::FieldErrors, table::Pager},
    },
};
use askama::Template;

/// `GET /orders`, and what `POST /orders/searches` answers when the term cannot be searched for.
#[derive(Debug, Template)]
#[template(path = "orders/list.html")]
pub struct ListPage {
    /// What stands in the search box. Only what was found is also in `filter`, and so in addresses.
    pub typed: String,
    pub shell: Shell,
    pub filter: Filter,
    /// What is wrong with the filter; then there are no rows.
    pub errors: FieldErrors,
    pub rows: Vec<Row>,
    pub pager: Pager,
}

/// The filter as typed; empty fields do not filter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// An order number, a customer's id, a payment reference or a tracking number.
    pub q: String,
    pub state: String,
    pub needs: String,
    /// How many days an order that needs shipping has waited at least.
    pub days: String,
    /// Days in the reader's zone, `2026-11-20`.
    pub from: String,
    pub to: String,
    pub currency: String,
    pub min: String,
    pub max: String,
}

impl Filter {
    /// How many fields of the fold filter.
    pub fn set(&self) -> i64 {
        let fields = [&self.state, &self.from, &self.to, &self.currency, &self.min, &self.max];
        i64::try_from(fields.iter().filter(|field| !field.is_empty()).count()).unwrap_or_default()
    }

    pub fn is_empty(&self) -> bool {
        self.set() == 0 && self.q.is_empty() && self.needs.is_empty()
    }

    /// The address of the list with this filter.
    pub fn href(&self, after: &str) -> String {
        link(
            "/orders",
            &[
                ("q", &self.q),
                ("needs", &self.needs),
                ("days", &self.days),
                ("state", &self.state),
                ("from", &self.from),
                ("to", &self.to),
                ("currency", &self.currency),
                ("min", &self.min),
                ("max", &self.max),
                ("after", after),
            ],
        )
    }
}

impl ListPage {
    /// The tabs: what needs somebody, each keeping the other filters, from the first page.
    pub fn tabs(&self) -> Vec<Tab> {
        let tab = |needs: Option<Needs>| {
            let value = needs.map_or("", Needs::as_str);
            let filter = Filter { needs: value.to_owned(), q: String::new(), ..self.filter.clone() };
            Tab { key: value, href: filter.href(""), is_current: self.filter.needs == value }
        };
        [None].into_iter().chain(Needs::ALL.map(Some)).map(tab).collect()
    }

    pub fn empty(&self) -> Empty {
        let (icon, title, body) = if self.pager.next.is_some() {
            ("search", "orders.unread", "orders.unread-body")
        } else if !self.typed.is_empty() {
            ("search", "orders.not-found", "orders.not-found-body")
        } else if self.filter.set() > 0 {
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
    pub fn is_filtered(&self) -> bool {
        self.filter.set() > 0 || !self.filter.q.is_empty()
    }

    /// The same tab without any filter.
    pub fn cleared(&self) -> String {
        let Filter { needs, days, .. } = self.filter.clone();
        Filter { needs, days, ..Filter::default() }.href("")
    }

    pub fn states(&self) -> [&'static str; 6] {
        State::ALL.map(State::as_str)
    }

    pub fn currencies(&self) -> [&'static str; 4] {
        Currency::ALL.map(Currency::code)
    }

    /// The key of how it is sorted.
    pub fn order(&self) -> &'static str {
        if self.needs_shipping() { "orders.oldest" } else { "orders.newest" }
    }

    pub fn needs_shipping(&self) -> bool {
        self.filter.needs == Needs::Shipping.as_str()
    }

    /// How many days are looked for, as typed or by default.
    pub fn days(&self) -> String {
        if self.filter.days.is_empty() { super::filter::DAYS.to_string() } else { self.filter.days.clone() }
    }
}

/// What a list without rows says, by its keys.
#[derive(Clone, Copy, Debug)]
pub struct Empty {
    pub icon: &'static str,
    pub title: &'static str,
    pub body: &'static str,
}

#[derive(Clone, Debug)]
pub struct Tab {
    /// What stands under `needs.`; empty for all orders.
    pub key: &'static str,
    pub href: String,
    pub is_current: bool,
}

/// One order of a list.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: i64,
    pub number: String,
    pub user_id: i64,
    /// The customer's name, masked.
    pub customer: String,
    pub state: State,
    pub total: Money,
    pub refunded: Money,
    pub open_refunds: i64,
    pub failed_refunds: i64,
    pub placed_at: Instant,
    /// Since when it waits to be shipped.
    pub waits_since: Option<Instant>,
    /// Its first line, and how many more there are.
    pub title: String,
    pub more: i64,
}

impl Row {
    pub fn tone(&self) -> Tone {
        self.state.tone()
    }

    pub fn icon(&self) -> &'static str {
        self.state.icon()
    }

    /// Whether nobody has anything left to do with it, so that it may stand back.
    pub fn is_quiet(&self) -> bool {
        matches!(self.state, State::Delivered | State::Cancelled | State::Shipped)
            && self.open_refunds == 0
            && self.failed_refunds == 0
    }
}
