//! What the template of the form that refunds shows.

use super::{RefundPanel, payment_field, units_field};
use crate::{
    orders::{
        OrderDetail,
        detail::{Line, Payment},
        effect::Effect,
    },
    web::{
        number,
        shell::{Shell, seal::SealForm},
    },
};
use askama::Template;

/// The fields that decide what is refunded. What is wrong with one is said beside what it comes to, where a live
/// preview can say it.
pub(crate) const FIGURES: [&str; 4] = ["lines", "shipping", "amount", "split"];

#[derive(Template)]
#[template(path = "orders/refund.html")]
pub(super) struct RefundForm<'a> {
    pub(super) shell: &'a Shell,
    pub(super) on: &'a OrderDetail,
    pub(super) panel: &'a RefundPanel,
    pub(super) effect: Option<Effect<'a>>,
    pub(super) fine: &'a str,
    pub(super) seal: &'a SealForm,
}

/// The field for the units of a line.
struct UnitsField<'a> {
    line: &'a Line,
    name: String,
    typed: &'a str,
    /// Whether it is more than the line has left, or no number at all.
    is_wrong: bool,
}

/// The field for the part of a payment.
struct PartField<'a> {
    payment: &'a Payment,
    name: String,
    typed: &'a str,
}

impl RefundForm<'_> {
    fn lines<'s>(&'s self) -> Vec<UnitsField<'s>> {
        let is_any_wrong = self.seal.errors.has("lines");
        let field = |line: &'s Line| {
            let typed = typed(&self.panel.units, line.n);
            let is_wrong = is_any_wrong && number::count(typed).map_or(true, |units| units > line.left());
            UnitsField { line, name: units_field(line.n), typed, is_wrong }
        };
        self.on.lines.iter().map(field).collect()
    }

    fn payments<'s>(&'s self) -> Vec<PartField<'s>> {
        let field = |payment: &'s Payment| PartField {
            payment,
            name: payment_field(payment.id),
            typed: typed(&self.panel.split, payment.id),
        };
        self.on.payments.iter().map(field).collect()
    }

    /// Whether more than one payment can be refunded, so that one may choose between them.
    fn may_split(&self) -> bool {
        self.on.payments.iter().filter(|payment| payment.left() > 0).count() > 1
    }

    /// Whether the fold with another amount or another spread is open.
    fn is_unfolded(&self) -> bool {
        let is_special = !self.panel.amount.is_empty()
            || !self.panel.override_reason.is_empty()
            || self.panel.split.iter().any(|(_, typed)| !typed.is_empty());
        is_special || ["amount", "override_reason", "split"].into_iter().any(|field| self.seal.errors.has(field))
    }

    fn has_wrong_figure(&self) -> bool {
        FIGURES.into_iter().any(|field| self.seal.errors.has(field))
    }

    /// What keeps the refund from being worked out, where it is not said beside the figures anyway.
    fn obstacle(&self) -> Option<String> {
        ["override_reason", "reason_kind"].into_iter().find_map(|field| self.seal.errors.say(field, &self.shell.words))
    }

    /// "Refund ₩12,300", or only "Refund" while nothing is chosen.
    fn button(&self) -> String {
        let Some(effect) = self.effect.as_ref().filter(|effect| !effect.plan.is_empty()) else {
            return self.shell.t("refund.title").to_owned();
        };
        if effect.plan.amount == 0 {
            self.shell.with("refund.go-points", &[("n", &self.shell.group(&effect.plan.points_returned))])
        } else {
            self.shell.with("refund.go", &[("amount", &self.on.shown(&effect.plan.amount))])
        }
    }
}

/// What was typed into a numbered field.
fn typed<I: Copy + PartialEq>(fields: &[(I, String)], id: I) -> &str {
    fields.iter().find(|(field, _)| *field == id).map_or("", |(_, typed)| typed)
}
