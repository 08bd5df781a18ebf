//! What stands beside an order: the form of each change, a change that was made, and the box for a note. The page around them
//! is in [`pages`](super::pages).

use super::{Plan, detail::Line};
use crate::{
    audit::pages::Changed,
    web::{
        number,
        shell::seal::{Seal, Sealed},
        words::Words,
    },
};

/// What stands in the panel beside an order, chosen by `?panel=`.
#[derive(Clone, Debug)]
pub enum Panel {
    /// `?panel=refund`
    Refund(RefundPanel),
    /// `?panel=cancel`
    Cancel(CancelPanel),
    /// `?panel=shipping`
    Shipping(ShippingPanel),
    /// `?panel=retry&refund=…`
    Retry(RetryPanel),
    /// `?panel=dismiss&refund=…`
    Dismiss(DismissPanel),
    /// What was asked for cannot be done now: the panel's name, and the key of the sentence that says why.
    Closed { name: &'static str, why: &'static str },
    /// A change was made.
    Done(Done),
}

impl Panel {
    /// As in `?panel=`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Refund(_) => "refund",
            Self::Cancel(_) => "cancel",
            Self::Shipping(_) => "shipping",
            Self::Retry(_) => "retry",
            Self::Dismiss(_) => "dismiss",
            Self::Closed { name, .. } => name,
            Self::Done(_) => "done",
        }
    }
}

/// Refunding: `POST /orders/{id}/refunds`.
#[derive(Clone, Debug, Default)]
pub struct RefundPanel {
    pub seal: Seal,
    pub form: RefundForm,
    /// What it comes to, where it can be worked out.
    pub plan: Option<Plan>,
}

impl RefundPanel {
    /// The fields that decide what is given back. What is wrong with one stands beside what it comes to, where a live
    /// preview can say it.
    pub const FIGURES: [&str; 4] = ["lines", "shipping", "amount", "split"];

    pub fn has_wrong_figure(&self) -> bool {
        Self::FIGURES.into_iter().any(|field| self.seal.errors.has(field))
    }

    /// Whether what was typed for this line is more than it has left, or no number at all.
    pub fn is_wrong(&self, line: &Line) -> bool {
        let typed = self.form.units.iter().find(|(n, _)| *n == line.n).map_or("", |(_, typed)| typed);
        self.seal.errors.has("lines") && number::count(typed).map_or(true, |units| units > line.left())
    }

    /// Whether the fold with another amount or another spread stands open.
    pub fn is_unfolded(&self) -> bool {
        let errors = &self.seal.errors;
        self.form.is_special() || ["amount", "override_reason", "split"].into_iter().any(|field| errors.has(field))
    }

    /// What keeps the refund from being worked out, where it does not stand beside the figures anyway.
    pub fn obstacle(&self, words: &Words) -> Option<String> {
        ["override_reason", "reason_kind"].into_iter().find_map(|field| self.seal.errors.say(field, words))
    }
}

/// As typed; lines and payments by their numbers.
#[derive(Clone, Debug, Default)]
pub struct RefundForm {
    pub units: Vec<(i64, String)>,
    pub shipping: bool,
    pub amount: String,
    pub override_reason: String,
    pub split: Vec<(i64, String)>,
    pub reason_kind: String,
    pub reason: String,
}

impl RefundForm {
    /// Whether the fold with another amount or another spread is open.
    pub fn is_special(&self) -> bool {
        !self.amount.is_empty()
            || !self.override_reason.is_empty()
            || self.split.iter().any(|(_, typed)| !typed.is_empty())
    }

    pub fn reason_kinds(&self) -> &'static [&'static str] {
        &super::refund::REASON_KINDS
    }
}

/// Cancelling: `POST /orders/{id}/cancellation`.
#[derive(Clone, Debug, Default)]
pub struct CancelPanel {
    pub seal: Seal,
    /// Everything that goes back.
    pub plan: Plan,
    pub reason_kind: String,
    pub reason: String,
}

impl CancelPanel {
    pub fn reason_kinds(&self) -> &'static [&'static str] {
        &super::cancel::REASON_KINDS
    }
}

/// Moving it on: `POST /orders/{id}/shipping`. As typed.
#[derive(Clone, Debug, Default)]
pub struct ShippingPanel {
    pub seal: Seal,
    pub state: String,
    pub carrier: String,
    pub tracking_number: String,
    pub reason: String,
}

/// Trying a failed refund again: `POST /orders/{id}/refunds/{refund}/retry`.
#[derive(Clone, Debug, Default)]
pub struct RetryPanel {
    pub seal: Seal,
    pub refund: i64,
    pub plan: Plan,
    pub reason: String,
}

/// Setting a failed refund aside: `POST /orders/{id}/refunds/{refund}/dismissal`.
#[derive(Clone, Debug, Default)]
pub struct DismissPanel {
    pub seal: Seal,
    pub refund: i64,
    /// What it was to give back.
    pub amount: i64,
    pub reason: String,
}

/// A change that was made here.
#[derive(Clone, Debug)]
pub struct Done {
    pub sealed: Sealed,
    /// The kind of change, and what it altered.
    pub action: String,
    pub changed: Vec<Changed>,
}

impl Done {
    /// Whether anything was one thing before and another after.
    pub fn has_effect(&self) -> bool {
        self.changed.iter().any(|changed| changed.before.is_some())
    }
}

/// The box for a note: `POST /orders/{id}/notes`.
#[derive(Clone, Debug, Default)]
pub struct NoteBox {
    pub seal: Seal,
    /// As typed.
    pub text: String,
}
