//! The page of the list of customers.

use super::customer::Customer;
use crate::{
    list_query,
    web::{
        list::{ListQuery as _, Tab, read::choice},
        shell::{Shell, field::FieldErrors, table::Pager},
    },
};
use askama::Template;

list_query! {
    /// What may be in the address of the list of customers: no personal data.
    typed Filter at "/users" from "after";
    /// What the filters of the list of customers mean.
    meant Wanted;
    /// The search that is kept under this id; the newest customers where there is none.
    search: String = |text, _| Ok(text.to_owned());
    status: String = |text, _| choice(text, STATUSES.into_iter());
}

const STATUSES: [&str; 2] = ["active", "suspended"];

/// `GET /users`, and what `POST /users/searches` answers when the term cannot be searched for.
#[derive(Debug, Template)]
#[template(path = "users/list.html")]
pub(crate) struct ListPage {
    pub shell: Shell,
    /// What was searched for; empty before a search, when the newest customers are shown.
    pub term: String,
    pub filter: Filter,
    pub rows: Vec<Customer>,
    pub pager: Pager,
    pub errors: FieldErrors,
    /// Whether there are customers who cannot be found by name yet.
    pub is_indexing: bool,
}

impl ListPage {
    pub(crate) fn tabs(&self) -> Vec<Tab> {
        self.filter.tabs([""].into_iter().chain(STATUSES), |filter| &mut filter.status)
    }

    /// This search among customers of every status.
    pub(crate) fn every_status(&self) -> String {
        Filter { status: String::new(), ..self.filter.clone() }.href("")
    }

    /// The clearest advice on what to try instead of this term.
    pub(crate) fn advice(&self) -> &'static str {
        if self.term.contains('@') {
            "users.empty.email"
        } else if self.term.chars().any(|c| c.is_ascii_digit()) {
            "users.empty.number"
        } else {
            "users.empty.name"
        }
    }
}
