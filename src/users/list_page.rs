//! The page of the list of customers.

use super::customer::Customer;
use crate::web::{
    link::link,
    shell::{Shell, field::FieldErrors, table::Pager},
};
use askama::Template;

/// `GET /users`, and what `POST /users/searches` answers when the term cannot be searched for.
#[derive(Debug, Template)]
#[template(path = "users/list.html")]
pub struct ListPage {
    pub shell: Shell,
    /// What was searched for; empty before a search, when the newest customers are shown.
    pub term: String,
    /// The search this page belongs to, as in `?search=`.
    pub search: Option<String>,
    pub status: StatusFilter,
    pub rows: Vec<Customer>,
    pub pager: Pager,
    pub errors: FieldErrors,
}

impl ListPage {
    /// This list with another status filter, from its first page.
    pub fn filtered(&self, status: &StatusFilter) -> String {
        link("/users", &[("search", self.search.as_deref().unwrap_or_default()), ("status", status.as_str())])
    }

    pub fn filters(&self) -> [StatusFilter; 3] {
        [StatusFilter::All, StatusFilter::Active, StatusFilter::Suspended]
    }

    /// The clearest advice on what to try instead of this term.
    pub fn advice(&self) -> &'static str {
        if self.term.contains('@') {
            "users.empty.email"
        } else if self.term.chars().any(|c| c.is_ascii_digit()) {
            "users.empty.number"
        } else {
            "users.empty.name"
        }
    }
}

/// Which customers a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatusFilter {
    #[default]
    All,
    Active,
    Suspended,
}

impl StatusFilter {
    /// As posted and as in `?status=`; all is the empty one.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::All, Self::Active, Self::Suspended].into_iter().find(|status| status.as_str() == text)
    }

    /// The key of its name.
    pub fn key(self) -> &'static str {
        match self {
            Self::All => "users.all",
            Self::Active => "status.active",
            Self::Suspended => "status.suspended",
        }
    }
}
