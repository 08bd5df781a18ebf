//! The pages about customers.

use crate::{
    approvals::Request,
    audit::pages::Row as AuditRow,
    clock::Instant,
    digits::group,
    gate::{Amount, Change as _},
    orders::{self, list_pages::Row as OrderRow},
    points::adjust::AdjustPoints,
    web::{
        link::link,
        shell::{
            Shell,
            field::FieldErrors,
            seal::{Seal, Sealed},
            table::Pager,
        },
        words::Words,
    },
};
use askama::Template;

/// The longest and shortest reason a change takes; the fields say it, the changes check it.
pub const REASON_MIN: usize = 5;
pub const REASON_MAX: usize = 500;

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

/// `GET /users/{id}`, and what its forms come back as when they are refused.
#[derive(Debug, Template)]
#[template(path = "users/show.html")]
pub struct ShowPage {
    pub shell: Shell,
    pub customer: Customer,
    /// The full contact, right after it was revealed with a reason.
    pub revealed: Option<Contact>,
    pub may: Abilities,
    pub ledger: Vec<LedgerEntry>,
    pub ledger_pager: Pager,
    /// The newest orders, and whether there are more.
    pub orders: Vec<OrderRow>,
    pub has_more_orders: bool,
    /// The newest audit rows about this customer; none for those who may not read the log.
    pub history: Option<Vec<AuditRow>>,
    /// Changes of this customer that wait for a second person.
    pub waiting: Vec<Request>,
    pub panel: Option<Panel>,
}

impl ShowPage {
    pub fn href(&self) -> String {
        format!("/users/{}", self.customer.id)
    }

    /// Where the form of a change posts to.
    pub fn action(&self, noun: &str) -> String {
        format!("/users/{}/{noun}", self.customer.id)
    }

    pub fn is_open(&self, panel: &str) -> bool {
        self.revealed.is_none() && self.panel.as_ref().is_some_and(|open| open.name() == panel)
    }

    /// Whether anything stands beside the ledger.
    pub fn has_side(&self) -> bool {
        self.panel.is_some() || self.revealed.is_some() || !self.may.any()
    }

    /// What the button will do: "Add 1,000 points".
    pub fn points_button(&self, panel: &PointPanel) -> String {
        let label = match panel.form.delta() {
            None => self.shell.t("points.title").to_owned(),
            Some(delta) if delta < 0 => self.shell.with("points.deduct", &[("n", &group(-delta))]),
            Some(delta) => self.shell.with("points.add", &[("n", &group(delta))]),
        };
        if self.is_much(panel) { self.shell.with("approval.second-go", &[("what", &label)]) } else { label }
    }

    /// Whether what the form says so far is more than one person may adjust alone.
    pub fn is_much(&self, panel: &PointPanel) -> bool {
        let delta = panel.form.delta().map(|delta| Amount { n: delta.saturating_abs(), currency: None });
        delta.is_some_and(|amount| self.shell.is_much(AdjustPoints::KIND, "points", amount))
    }

    /// So many points one person may adjust alone; none where there is no limit.
    pub fn point_limit(&self) -> Option<i64> {
        let thresholds = self.shell.policies.thresholds(AdjustPoints::KIND, "points");
        thresholds.flatten().filter(|over| over.currency.is_none()).map(|over| over.n).min()
    }

    pub fn status_title(&self) -> &'static str {
        self.shell.t(if self.customer.suspended { "status.reactivate" } else { "status.suspend" })
    }

    pub fn status_button(&self) -> &'static str {
        self.shell.t(if self.customer.suspended { "status.reactivate-go" } else { "status.suspend-go" })
    }
}

/// A customer, name and contacts masked.
#[derive(Clone, Debug)]
pub struct Customer {
    pub id: i64,
    pub name: String,
    pub email: String,
    pub phone: Option<String>,
    pub suspended: bool,
    pub points: i64,
    pub joined_at: Instant,
    pub last_seen_at: Option<Instant>,
}

/// Name and contacts in full.
#[derive(Clone, Debug)]
pub struct Contact {
    pub name: String,
    pub email: String,
    pub phone: Option<String>,
}

/// What the person who looks may do to this customer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Abilities {
    pub adjust_points: bool,
    pub change_status: bool,
    pub reveal_contact: bool,
}

impl Abilities {
    pub fn any(self) -> bool {
        self.adjust_points || self.change_status || self.reveal_contact
    }
}

/// One line of the point ledger.
#[derive(Clone, Debug)]
pub struct LedgerEntry {
    pub at: Instant,
    pub delta: i64,
    /// The balance after it.
    pub balance: i64,
    /// `earned`, `spent`, `expired`, `returned`, `reclaimed` or `adjusted`.
    pub kind: String,
    /// An order number or the like; of an adjustment the kind of reason.
    pub memo: String,
    /// Who adjusted by hand; none where the shop itself did it.
    pub staff: Option<String>,
    /// The audit row of an adjustment.
    pub seq: Option<i64>,
}

impl LedgerEntry {
    pub fn title(&self, words: &Words) -> &str {
        match (self.kind.as_str(), self.delta < 0) {
            ("adjusted", true) => words.get("ledger-kind.adjusted-down"),
            ("adjusted", false) => words.get("ledger-kind.adjusted-up"),
            // A refund that came to nothing takes both the other way again.
            ("returned", true) => words.get("ledger-kind.withdrawn"),
            ("reclaimed", false) => words.get("ledger-kind.given-again"),
            (kind, _) => words.name("ledger-kind", kind),
        }
    }

    /// The number of the order it belongs to.
    pub fn order(&self) -> Option<String> {
        if self.kind == "adjusted" { None } else { orders::term::number(&self.memo) }
    }

    pub fn memo_name(&self, words: &Words) -> &str {
        words.name("reason-kind", &self.memo)
    }
}

/// What stands in the panel beside a customer, chosen by `?panel=`.
#[derive(Clone, Debug)]
pub enum Panel {
    /// `?panel=points`
    Points(PointPanel),
    /// `?panel=status`
    Status(StatusPanel),
    /// `?panel=contact`
    Contact(ContactPanel),
    /// Points were adjusted.
    PointsDone { sealed: Sealed, before: i64, after: i64 },
    /// The account was suspended or reactivated.
    StatusDone { sealed: Sealed, suspended: bool },
}

impl Panel {
    /// As in `?panel=`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Points(_) | Self::PointsDone { .. } => "points",
            Self::Status(_) | Self::StatusDone { .. } => "status",
            Self::Contact(_) => "contact",
        }
    }
}

/// Adjusting points: `POST /users/{id}/point-adjustments`.
#[derive(Clone, Debug, Default)]
pub struct PointPanel {
    pub seal: Seal,
    pub form: PointForm,
    /// The balance the person had before them when it is no longer the balance.
    pub stale_points: Option<i64>,
}

/// As typed.
#[derive(Clone, Debug, Default)]
pub struct PointForm {
    /// `add` or `deduct`; anything else shows as `add`.
    pub direction: String,
    pub amount: String,
    pub reason_kind: String,
    pub reason: String,
}

/// Why points are adjusted, as posted in `reason_kind`; their names stand under `reason-kind.`
pub const REASON_KINDS: [&str; 6] =
    ["late_delivery", "faulty_item", "missed_promotion", "goodwill", "correction", "other"];

impl PointForm {
    pub fn deducts(&self) -> bool {
        self.direction == "deduct"
    }

    /// The change this form asks for, where its amount can be read.
    pub fn delta(&self) -> Option<i64> {
        let amount = self.amount.trim().replace(',', "").parse::<i64>().ok().filter(|amount| *amount > 0)?;
        Some(if self.deducts() { -amount } else { amount })
    }

    /// The balance after it, where there can be one.
    pub fn after(&self, balance: &i64) -> Option<i64> {
        balance.checked_add(self.delta()?).filter(|after| *after >= 0)
    }
}

/// Suspending or reactivating: `POST /users/{id}/status`. The panel offers the status the customer does not have.
#[derive(Clone, Debug, Default)]
pub struct StatusPanel {
    pub seal: Seal,
    /// As typed.
    pub reason: String,
}

/// Revealing name, e-mail and phone: `POST /users/{id}/contact`.
#[derive(Clone, Debug, Default)]
pub struct ContactPanel {
    pub errors: FieldErrors,
    /// As typed.
    pub reason: String,
}
