//! What giving money back does, as the panels show it before it is done.

use super::{OrderDetail, Plan, detail::Payment};
use crate::{
    gate::{Amount, Foreseen},
    web::shell::{Shell, seal::SealForm},
};
use askama::{Template, filters::HtmlSafe};

/// Before and after of giving money back.
#[derive(Template)]
#[template(path = "orders/effect.html")]
pub(super) struct Effect<'a> {
    pub(super) shell: &'a Shell,
    pub(super) on: &'a OrderDetail,
    pub(super) plan: &'a Plan,
    /// The kind of change that does it, by which the rules say what is too much for one person.
    pub(super) kind: &'static str,
    /// Whether the order ends with it.
    pub(super) is_whole: bool,
    /// What the person who does it has done today.
    pub(super) foreseen: &'a Foreseen,
}

// It is a template, which escapes what it is given.
impl HtmlSafe for Effect<'_> {}

impl Effect<'_> {
    /// "Card •••• 2208, refundable"
    fn payment_left(&self, payment: &Payment) -> String {
        self.shell.with("refund.of-payment", &[("payment", &payment.name(&self.shell.words))])
    }

    /// What is left of a payment once the plan is carried out.
    fn left_after(&self, payment: &Payment) -> String {
        self.on.shown(&(payment.left() - self.plan.part_of(payment.id)))
    }

    /// Whether that is more than one person may refund alone.
    pub(super) fn exceeds_limit(&self) -> bool {
        let amount = Amount { n: self.plan.amount, currency: Some(self.on.order.currency) };
        let points = Amount { n: self.plan.points_returned, currency: None };
        self.plan.amount > 0 && self.shell.exceeds_limit(self.kind, "amount", amount, self.foreseen)
            || self.plan.points_returned > 0
                && self.shell.exceeds_limit(self.kind, "points_returned", points, self.foreseen)
    }

    /// The seal over it, which says whether another person is needed.
    pub(super) fn sealed(&self, seal: &SealForm) -> SealForm {
        SealForm { is_beyond: self.exceeds_limit(), ..seal.clone() }
    }
}

/// What cannot be undone: where points alone had paid, no provider is asked.
pub(super) fn fine<'a>(shell: &'a Shell, on: &OrderDetail) -> &'a str {
    shell.t(if on.payments.is_empty() { "refund.fine-points" } else { "refund.fine" })
}
