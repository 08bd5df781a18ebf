//! The page of access records: who looked at whose data.

use crate::{
    clock::Instant,
    web::shell::{
        Shell,
        field::FieldErrors,
        table::{Choice, Pager},
    },
};
use askama::Template;

/// `GET /access-records`
#[derive(Debug, Template)]
#[template(path = "access/list.html")]
pub struct ListPage {
    pub shell: Shell,
    pub filter: Filter,
    /// Everybody who can be filtered by: the staff id as text, and the name.
    pub staff: Vec<Choice>,
    pub errors: FieldErrors,
    pub rows: Vec<Row>,
    pub pager: Pager,
}

/// The filter as typed; empty fields do not filter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub staff: String,
    /// The id of the customer whose data was looked at.
    pub subject: String,
    /// One of [`TASKS`].
    pub task: String,
    /// Days in the reader's zone, `2026-11-20`.
    pub from: String,
    pub to: String,
    /// An address or a network in CIDR notation.
    pub address: String,
}

impl Filter {
    pub fn is_empty(&self) -> bool {
        self.set() == 0
    }

    /// How many fields filter.
    pub fn set(&self) -> i64 {
        let fields = [&self.staff, &self.subject, &self.task, &self.from, &self.to, &self.address];
        i64::try_from(fields.iter().filter(|field| !field.is_empty()).count()).unwrap_or_default()
    }
}

/// What looking at data can be; their names stand under `task.`
pub const TASKS: [&str; 4] = ["search", "view", "view-order", "reveal"];

/// One look at somebody's data.
#[derive(Clone, Debug)]
pub struct Row {
    pub at: Instant,
    pub staff: String,
    /// One of [`TASKS`].
    pub task: String,
    /// What was searched, or the order that was looked at: `orders`, `order/7`.
    pub detail: Option<String>,
    /// The customer; none for a search that is about nobody in particular.
    pub subject: Option<i64>,
    pub reason: Option<String>,
    pub ip: String,
    pub request: Option<String>,
}

impl Row {
    pub fn icon(&self) -> &'static str {
        match self.task.as_str() {
            "search" => "search",
            "reveal" => "eye",
            "view-order" => "order",
            _ => "user",
        }
    }

    /// The order that was looked at.
    pub fn order(&self) -> Option<i64> {
        self.detail.as_deref()?.strip_prefix("order/")?.parse().ok()
    }

    /// Whether orders were searched, not customers.
    pub fn is_about_orders(&self) -> bool {
        self.detail.as_deref() == Some("orders")
    }

    /// Whether contacts were seen in full.
    pub fn is_reveal(&self) -> bool {
        self.task == "reveal"
    }
}
