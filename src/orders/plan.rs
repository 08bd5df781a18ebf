//! What a refund comes to: worked out once, from the current figures, for the preview, for the check before the code,
//! and for the change itself.
//!
//! Points that paid a part of the order come back in the proportion in which goods and shipping do, and points that it
//! earned are taken away in the proportion in which money goes back. Every such share is the share of everything so far,
//! less what was given before ([`share`]), so that they add up exactly, in any order of refunds.

use super::OrderDetail;
use crate::{
    gate::Fault,
    id::{LineId, PaymentId},
    money::{Money, share},
    orders::{
        AMOUNT_TOO_LARGE, REFUND_NO_SUCH_LINE, REFUND_NO_SUCH_PAYMENT, REFUND_NOTHING, REFUND_PAYMENT_TOO_MUCH,
        REFUND_SHIPPING_GONE, REFUND_SPLIT_DIFFERS, REFUND_TOO_MANY, REFUND_TOO_MUCH,
    },
};
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The points are more than a ledger can hold.
    pub(crate) POINTS_TOO_LARGE = "points-too-large";
}

/// A number of units of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Units {
    /// The line's place in the order.
    pub n: LineId,
    pub quantity: i64,
}

/// The amount refunded to one payment, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub payment: PaymentId,
    pub amount: i64,
}

/// What is to be refunded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundSpec {
    pub lines: Vec<Units>,
    pub shipping: bool,
    /// The money, where it is not to be what lines and shipping come to.
    pub amount: Option<i64>,
    /// How the money is spread over the payments; empty where it fills them in the order they were made.
    pub split: Vec<Part>,
}

/// What a refund does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub lines: Vec<Units>,
    /// The shipping fee, or nothing.
    pub shipping: i64,
    /// The money that lines and shipping come to, less the part that points had paid.
    pub computed: i64,
    /// The money that is refunded, and to which payments.
    pub amount: i64,
    pub parts: Vec<Part>,
    pub points_returned: i64,
    /// What the points that are returned had paid, in minor units.
    pub points_worth: i64,
    /// Earned points that are to be taken away, and those of them that the customer still has.
    pub points_claimed: i64,
    pub points_taken: i64,
}

impl Plan {
    /// Earned points that cannot be taken because they have been spent.
    pub(crate) fn shortfall(&self) -> i64 {
        self.points_claimed - self.points_taken
    }

    /// By how much the customer's balance moves.
    pub(crate) fn points(&self) -> i64 {
        self.points_returned - self.points_taken
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.shipping == 0 && self.amount == 0 && self.points_returned == 0
    }

    /// The amount refunded to this payment.
    pub(crate) fn part_of(&self, payment: PaymentId) -> i64 {
        self.parts.iter().find(|part| part.payment == payment).map_or(0, |part| part.amount)
    }
}

/// Amounts are bounded by what was ordered and paid, both `i64`; what is beyond is no real order.
fn too_large() -> Fault {
    Fault::invalid("amount", AMOUNT_TOO_LARGE)
}

impl OrderDetail {
    /// What refunding `wanted` would do, or which field of the form asks for what cannot be.
    pub(crate) fn plan(&self, spec: &RefundSpec) -> Result<Plan, Fault> {
        let lines = self.units(&spec.lines)?;
        let shipping = self.shipping(spec.shipping)?;
        let goods = lines.iter().try_fold(shipping, |sum, units| {
            let price = self.lines.iter().find(|line| line.n == units.n).map_or(0, |line| line.unit_price);
            sum.checked_add(price.checked_mul(units.quantity)?)
        });
        let value = goods.ok_or_else(too_large)?;
        if lines.is_empty() && shipping == 0 && spec.amount.unwrap_or_default() == 0 {
            return Err(Fault::invalid("lines", REFUND_NOTHING));
        }
        let after = self.value_refunded().saturating_add(value);
        let due = share(self.order.points_worth, after, self.order.total) - self.order.worth_returned;
        let points_worth = if value == 0 { 0 } else { due.clamp(0, value) };
        let computed = value - points_worth;
        let amount = spec.amount.unwrap_or(computed);
        if amount > self.refundable() || amount < 0 {
            let left = self.money(self.refundable());
            return Err(Fault::invalid("amount", REFUND_TOO_MUCH).with("left", left.shown()));
        }
        let used = share(self.order.points_used, after, self.order.total);
        let points = if value == 0 { 0 } else { (used - self.order.points_returned).max(0) };
        // Where the shop gave money for what points had paid, no refund gives more points back than it is worth itself.
        let points_returned = if due > value { share(points, value, due) } else { points };
        let parts = if spec.split.is_empty() { self.fill(amount) } else { self.split(amount, &spec.split)? };
        self.with_claim(Plan {
            lines,
            shipping,
            computed,
            amount,
            parts,
            points_returned,
            points_worth,
            ..Plan::default()
        })
    }

    /// What cancelling refunds: everything that is left.
    pub(crate) fn plan_cancelling(&self) -> Result<Plan, Fault> {
        let left = |line: &super::detail::Line| Units { n: line.n, quantity: line.left() };
        let amount = self.refundable();
        self.with_claim(Plan {
            lines: self.lines.iter().map(left).filter(|units| units.quantity > 0).collect(),
            shipping: self.shipping_left(),
            computed: amount,
            amount,
            parts: self.fill(amount),
            points_returned: self.order.points_used - self.order.points_returned,
            points_worth: self.order.points_worth - self.order.worth_returned,
            ..Plan::default()
        })
    }

    /// The units that are asked for, those of no quantity left out.
    fn units(&self, spec: &[Units]) -> Result<Vec<Units>, Fault> {
        let mut lines: Vec<Units> = Vec::new();
        for units in spec.iter().filter(|units| units.quantity != 0) {
            let line = self.lines.iter().find(|line| line.n == units.n);
            let is_second = lines.iter().any(|earlier| earlier.n == units.n);
            let Some(line) = line.filter(|_| !is_second && units.quantity > 0) else {
                return Err(Fault::invalid("lines", REFUND_NO_SUCH_LINE));
            };
            if units.quantity > line.left() {
                return Err(Fault::invalid("lines", REFUND_TOO_MANY).with("line", line.n).with("left", line.left()));
            }
            lines.push(*units);
        }
        Ok(lines)
    }

    fn shipping(&self, spec: bool) -> Result<i64, Fault> {
        match self.shipping_left() {
            _ if !spec => Ok(0),
            0 => Err(Fault::invalid("shipping", REFUND_SHIPPING_GONE)),
            fee => Ok(fee),
        }
    }

    /// Fills the payments in the order they were made.
    fn fill(&self, amount: i64) -> Vec<Part> {
        let mut rest = amount;
        let take = |payment: &super::detail::Payment| {
            let amount = rest.min(payment.left()).max(0);
            rest -= amount;
            Part { payment: payment.id, amount }
        };
        self.payments.iter().map(take).filter(|part| part.amount > 0).collect()
    }

    /// The parts that were chosen, which must be what the whole is.
    fn split(&self, amount: i64, spec: &[Part]) -> Result<Vec<Part>, Fault> {
        let mut parts: Vec<Part> = Vec::new();
        for part in spec.iter().filter(|part| part.amount != 0) {
            let payment = (1..).zip(&self.payments).find(|(_, payment)| payment.id == part.payment);
            let is_second = parts.iter().any(|earlier| earlier.payment == part.payment);
            let Some((place, payment)) = payment.filter(|_| !is_second && part.amount > 0) else {
                return Err(Fault::invalid("split", REFUND_NO_SUCH_PAYMENT));
            };
            if part.amount > payment.left() {
                // Named by its place: the end of a card's number has no business in the log.
                let left = self.money(payment.left()).shown();
                return Err(Fault::invalid("split", REFUND_PAYMENT_TOO_MUCH).with("payment", place).with("left", left));
            }
            parts.push(*part);
        }
        let sum = parts.iter().try_fold(0_i64, |sum, part| sum.checked_add(part.amount)).ok_or_else(too_large)?;
        if sum == amount {
            return Ok(parts);
        }
        let (amount, sum): (Money, Money) = (self.money(amount), self.money(sum));
        Err(Fault::invalid("split", REFUND_SPLIT_DIFFERS).with("amount", amount.shown()).with("sum", sum.shown()))
    }

    /// Adds the earned points that go with the money: its share of them, and of those what the customer has.
    fn with_claim(&self, plan: Plan) -> Result<Plan, Fault> {
        let captured = self.captured();
        let due = share(self.order.points_earned, self.refunded().saturating_add(plan.amount), captured);
        let points_claimed = (due - self.order.points_claimed).max(0);
        let balance = self.order.balance.checked_add(plan.points_returned);
        let balance = balance.ok_or_else(|| Fault::invalid("amount", POINTS_TOO_LARGE))?;
        Ok(Plan { points_claimed, points_taken: points_claimed.min(balance).max(0), ..plan })
    }
}

#[cfg(test)]
#[path = "plan/tests.rs"]
mod tests;
