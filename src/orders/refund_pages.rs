//! A refund as the page of an order shows it.

use crate::{
    clock::Instant,
    money::Money,
    web::{
        shell::{Shell, Tone},
        words::Words,
    },
};
use askama::Template;

/// `GET /orders/{id}/refunds`: the refunds alone, for the page of their order to put in place of what it shows.
#[derive(Debug, Template)]
#[template(path = "orders/refunds_alone.html")]
pub struct RefundsPage {
    pub shell: Shell,
    pub order: i64,
    pub refunds: Vec<Refund>,
    pub may_change: bool,
}

impl RefundsPage {
    pub fn href(&self) -> String {
        format!("/orders/{}", self.order)
    }

    /// No panel stands beside refunds that stand alone.
    pub fn open_refund(&self) -> Option<(&'static str, i64)> {
        None
    }
}

/// Whether a payment provider has still to answer for one of them.
pub fn is_any_open(refunds: &[Refund]) -> bool {
    refunds.iter().any(|refund| refund.state == "requested")
}

/// What is to become of a refund that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing: it did not fail, or it was tried again.
    None,
    /// It waits to be tried again or set aside.
    Waits,
    /// It waits, but the shop asked for it, so that only the shop can try it again.
    WaitsForShop,
    Dismissed,
}

/// One refund of the order.
#[derive(Clone, Debug)]
pub struct Refund {
    pub id: i64,
    pub at: Instant,
    /// `requested`, `succeeded` or `failed`.
    pub state: String,
    pub amount: Money,
    /// Titles with how many units of each.
    pub lines: Vec<(String, i64)>,
    pub shipping: bool,
    pub points_returned: i64,
    pub points_taken: i64,
    /// Earned points that could not be taken.
    pub shortfall: i64,
    pub reason_kind: String,
    pub override_reason: Option<String>,
    /// Who asked for it; none where the shop did.
    pub staff: Option<String>,
    /// The audit row that sealed it.
    pub seq: Option<i64>,
    pub parts: Vec<RefundPart>,
    pub retry_of: Option<i64>,
    pub fate: Fate,
}

impl Refund {
    /// What it was given for: one of the kinds of refunds, or where the order was cancelled, of cancellations.
    pub fn kind_name<'n>(&'n self, words: &Words) -> &'n str {
        let kind = self.reason_kind.as_str();
        let name = words.name("refund-kind", kind);
        if name == kind { words.name("cancel-kind", kind) } else { name }
    }

    pub fn can_retry(&self) -> bool {
        self.fate == Fate::Waits
    }

    pub fn can_dismiss(&self) -> bool {
        matches!(self.fate, Fate::Waits | Fate::WaitsForShop)
    }

    pub fn waits_for_shop(&self) -> bool {
        self.fate == Fate::WaitsForShop
    }

    pub fn is_dismissed(&self) -> bool {
        self.fate == Fate::Dismissed
    }

    /// Whether the open panel is this one, about this refund.
    pub fn is_in(&self, panel: &str, open: &Option<(&'static str, i64)>) -> bool {
        *open == Some((panel, self.id))
    }

    pub fn tone(&self) -> Tone {
        state_tone(&self.state)
    }

    pub fn icon(&self) -> &'static str {
        state_icon(&self.state)
    }
}

/// What of a refund goes to one payment.
#[derive(Clone, Debug)]
pub struct RefundPart {
    /// `card` or `transfer`, and how it is recognised.
    pub method: String,
    pub label: String,
    pub amount: Money,
    pub state: String,
    /// What the provider calls it.
    pub reference: Option<String>,
    /// The provider's word for why not.
    pub failure: Option<String>,
    /// How often the provider was asked.
    pub attempts: i64,
}

impl RefundPart {
    pub fn tone(&self) -> Tone {
        state_tone(&self.state)
    }

    pub fn icon(&self) -> &'static str {
        state_icon(&self.state)
    }
}

fn state_tone(state: &str) -> Tone {
    match state {
        "succeeded" => Tone::Ok,
        "failed" => Tone::Bad,
        _ => Tone::Warn,
    }
}

fn state_icon(state: &str) -> &'static str {
    match state {
        "succeeded" => "check",
        "failed" => "fail",
        _ => "wait",
    }
}
