//! The page of a search.

use super::find::Found;
use crate::{
    orders::term::Term,
    users::list_page::Filter as Customers,
    web::{
        link::link,
        list::ListQuery as _,
        shell::{Section, Shell, field::FieldErrors},
    },
};
use askama::Template;

/// `GET /searches`, and what `POST /searches` answers where there is nothing to go to.
#[derive(Debug, Template)]
#[template(path = "search/results.html")]
pub(crate) struct ResultPage {
    pub shell: Shell,
    pub typed: String,
    pub found: Found,
    /// Whether there are customers who cannot be found by name yet.
    pub is_indexing: bool,
    pub errors: FieldErrors,
    /// All customers, and all orders, where there are more than are shown.
    pub all_customers: Option<String>,
    pub all_orders: Option<String>,
}

impl ResultPage {
    pub(super) fn of(shell: Shell, typed: &str, id: &str, found: Found, is_indexing: bool) -> Self {
        let customers = || Customers { search: id.to_owned(), ..Customers::default() }.href("");
        // What may be a person's telephone number is in no address.
        let orders = || Term::parse(typed).is_ok().then(|| link("/orders", &[("q", typed)]));
        Self {
            typed: typed.to_owned(),
            all_customers: found.customers.has_more.then(customers),
            all_orders: found.orders.has_more.then(orders).flatten(),
            errors: FieldErrors::new(),
            found,
            is_indexing,
            shell,
        }
    }

    /// The box alone.
    pub(super) fn empty(shell: Shell, typed: &str, errors: FieldErrors) -> Self {
        Self { errors, ..Self::of(shell, typed, "", Found::default(), false) }
    }

    /// What may be searched for by this person.
    pub(crate) fn label(&self) -> &'static str {
        if self.sees_people() { self.shell.t("search.label") } else { self.shell.t("search.label-jobs") }
    }

    pub(crate) fn hint(&self) -> &'static str {
        if self.sees_people() { self.shell.t("search.hint") } else { "" }
    }

    fn sees_people(&self) -> bool {
        self.shell.may(Section::Users)
    }

    /// Whether something was searched for and not found.
    pub(crate) fn is_nothing(&self) -> bool {
        self.found.is_empty() && self.errors.is_empty() && !self.typed.is_empty()
    }
}
