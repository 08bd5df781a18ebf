//! The page of access records: who looked at whose data.

use super::{list::Filter, tie::Head};
use crate::{
    clock::Instant,
    evidence::access::Place,
    id::{CustomerId, ExportId, OrderId, Seq},
    retention::access::Keeping,
    web::link::link,
    web::list::ListQuery as _,
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
pub(crate) struct ListPage {
    pub shell: Shell,
    pub filter: Filter,
    /// Everybody who can be filtered by: the staff id as text, and the name.
    pub staff: Vec<Choice>,
    pub errors: FieldErrors,
    pub rows: Vec<Row>,
    pub pager: Pager,
    pub sealed: Sealed,
    pub kept: Keeping,
}

impl ListPage {
    /// Where these records are exported.
    pub(crate) fn export_href(&self) -> String {
        let mut fields = self.filter.fields();
        fields.extend([("holds", "access"), ("panel", "export")]);
        link("/audit/exports", &fields)
    }
}

/// `GET /access-records/{id}`
#[derive(Debug, Template)]
#[template(path = "access/show.html")]
pub(crate) struct ShowPage {
    pub shell: Shell,
    pub row: Row,
    pub place: Place,
    /// The bytes that are hashed, and their hash.
    pub leaf: Option<(String, String)>,
}

/// How far the records are sealed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sealed {
    pub head: Head,
    /// The number of those that are in chains alone so far.
    pub waiting: i64,
}

/// The kinds of data views, of the log and of these records; their names are under `task.`
pub(crate) const TASKS: [&str; 8] =
    ["search", "view", "view-order", "reveal", "view-log", "export-log", "view-records", "export-records"];

/// One view of a customer's data.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub id: i64,
    pub at: Instant,
    pub staff: String,
    /// One of [`TASKS`].
    pub task: String,
    /// What was searched, or the order, the row or the file of the log that was looked at: `orders`, `order/7`, `audit/12`,
    /// `audit/exports/7`.
    pub detail: Option<String>,
    /// How many customers it showed.
    pub shown: i64,
    /// Those whom it showed; in a list the first of them.
    pub customers: Vec<CustomerId>,
    pub reason: Option<String>,
    pub ip: String,
    pub request: Option<String>,
}

impl Row {
    pub(crate) fn icon(&self) -> &'static str {
        match self.task.as_str() {
            "search" => "search",
            "reveal" => "eye",
            "view-order" => "order",
            "view-log" | "export-log" | "view-records" | "export-records" => "audit",
            _ => "user",
        }
    }

    /// The order that was looked at.
    pub(crate) fn order(&self) -> Option<OrderId> {
        self.detail.as_deref()?.strip_prefix("order/")?.parse().ok()
    }

    /// The row of the log that was looked at.
    pub(crate) fn log_row(&self) -> Option<Seq> {
        self.detail.as_deref()?.strip_prefix("audit/")?.parse().ok()
    }

    /// The file that was taken.
    pub(crate) fn export(&self) -> Option<ExportId> {
        self.detail
            .as_deref()?
            .strip_prefix("audit/exports/")
            .filter(|_| self.task.starts_with("export-"))?
            .parse()
            .ok()
    }

    /// Whether orders were searched, not customers.
    pub(crate) fn is_about_orders(&self) -> bool {
        self.detail.as_deref() == Some("orders")
    }

    /// The number of those whom it showed, beside those in the list.
    pub(crate) fn more(&self) -> i64 {
        self.shown.saturating_sub(i64::try_from(self.customers.len()).unwrap_or(i64::MAX))
    }

    /// Whether contacts were seen in full.
    pub(crate) fn is_reveal(&self) -> bool {
        self.task == "reveal"
    }
}
