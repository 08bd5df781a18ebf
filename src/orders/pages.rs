//! The page of one order. What stands beside it is in [`panels`](super::panels), the list in [`list_pages`](super::list_pages).

use super::{
    OrderDetail, Plan, State,
    cancel::CancelOrder,
    detail::{Line, Payment},
    refund::{RefundOrder, units_field},
    retry::RetryRefund,
    timeline::Day,
};
pub use super::{
    panels::{CancelPanel, DismissPanel, Done, NoteBox, Panel, RefundForm, RefundPanel, RetryPanel, ShippingPanel},
    refund_pages::{Fate, Refund, RefundPart},
};
use crate::{
    approvals::Request,
    audit::pages::Changed,
    clock::Instant,
    gate::{Amount, Change as _},
    web::shell::{Shell, Tone},
};
use askama::Template;

/// `GET /orders/{id}`, and what its forms come back as when they are refused.
#[derive(Debug, Template)]
#[template(path = "orders/show.html")]
pub struct ShowPage {
    pub shell: Shell,
    pub detail: OrderDetail,
    /// The customer's name, masked.
    pub customer: String,
    /// Whether the person who looks may change orders.
    pub may_change: bool,
    pub refunds: Vec<Refund>,
    /// What happened, day by day in the reader's zone, newest first.
    pub timeline: Vec<Day>,
    pub panel: Option<Panel>,
    /// The box for a note; none for those who may not write one.
    pub note: Option<NoteBox>,
    /// Changes of this order that wait for a second person.
    pub waiting: Vec<Request>,
}

/// The panel alone: what a live preview is answered with.
#[derive(Debug, Template)]
#[template(path = "orders/panel_alone.html")]
pub struct PanelAlone(pub ShowPage);

// The panel is the same template, and asks the page it stands on for words and figures.
impl std::ops::Deref for PanelAlone {
    type Target = ShowPage;

    fn deref(&self) -> &ShowPage {
        &self.0
    }
}

impl ShowPage {
    pub fn href(&self) -> String {
        format!("/orders/{}", self.detail.order.id)
    }

    /// Where the form of a change posts to.
    pub fn action(&self, noun: &str) -> String {
        format!("/orders/{}/{noun}", self.detail.order.id)
    }

    pub fn is_open(&self, panel: &str) -> bool {
        self.panel.as_ref().is_some_and(|open| open.name() == panel)
    }

    /// Whether anything stands beside the order.
    pub fn has_side(&self) -> bool {
        self.panel.is_some() || !self.may_change
    }

    /// Which failed refund the panel is about, and which panel that is.
    pub fn open_refund(&self) -> Option<(&'static str, i64)> {
        match &self.panel {
            Some(Panel::Retry(open)) => Some(("retry", open.refund)),
            Some(Panel::Dismiss(open)) => Some(("dismiss", open.refund)),
            _ => None,
        }
    }

    pub fn money(&self, minor: &i64) -> String {
        self.detail.money(*minor).shown()
    }

    /// An amount that leaves: `−₩500`, or nothing where nothing does.
    pub fn less(&self, minor: &i64) -> String {
        if *minor == 0 { String::new() } else { self.detail.money(-*minor).shown() }
    }

    /// Goods without shipping.
    pub fn goods(&self) -> String {
        self.detail.money(self.detail.order.total - self.detail.order.shipping_fee).shown()
    }

    /// What was left to pay in money, after points.
    pub fn charged(&self) -> String {
        self.detail.money(self.detail.order.total - self.detail.order.points_worth).shown()
    }

    pub fn sum(&self, line: &Line) -> String {
        self.detail.money(line.quantity.saturating_mul(line.unit_price)).shown()
    }

    /// "Card •••• 2208"
    pub fn payment_name(&self, payment: &Payment) -> String {
        format!("{} {}", self.shell.name("payment-method", &payment.method), payment.label)
    }

    /// "Card •••• 2208, refundable"
    pub fn payment_left(&self, payment: &Payment) -> String {
        self.shell.with("refund.of-payment", &[("payment", &self.payment_name(payment))])
    }

    /// What is left of a payment once `plan` is carried out.
    pub fn left_after(&self, payment: &Payment, plan: &Plan) -> String {
        self.detail.money(payment.left() - plan.part_of(payment.id)).shown()
    }

    /// What a change altered, with lines and payments called what they are called here.
    pub fn change_name(&self, changed: &Changed) -> String {
        let of = |part: &str| changed.field.strip_prefix(part)?.parse::<i64>().ok();
        let line = of("line.").and_then(|n| self.detail.lines.iter().find(|line| line.n == n));
        let payment = of("payment.").and_then(|id| self.detail.payments.iter().find(|payment| payment.id == id));
        match (line, payment) {
            (Some(line), _) => self.shell.with("done.line", &[("title", &line.title)]),
            (_, Some(payment)) => self.shell.with("done.payment", &[("payment", &self.payment_name(payment))]),
            _ => changed.name(&self.shell.words),
        }
    }

    pub fn tone(&self) -> Tone {
        tone(self.detail.order.state)
    }

    pub fn icon(&self) -> &'static str {
        icon(self.detail.order.state)
    }

    /// The stages of the way, with the one it is at.
    pub fn steps(&self) -> Vec<Step> {
        steps(&self.detail)
    }

    /// "Refund ₩12,300", or only "Refund" while nothing is chosen.
    pub fn refund_button(&self, plan: &Option<Plan>) -> String {
        match plan.as_ref().filter(|plan| !plan.is_empty()) {
            None => self.shell.t("refund.title").to_owned(),
            Some(plan) if plan.amount == 0 => {
                self.ask(plan, &self.shell.with("refund.go-points", &[("n", &self.shell.group(&plan.points_returned))]))
            }
            Some(plan) => self.ask(plan, &self.shell.with("refund.go", &[("amount", &self.money(&plan.amount))])),
        }
    }

    /// The label of a button that gives so much back, alone or with somebody else.
    fn ask(&self, plan: &Plan, label: &str) -> String {
        if self.is_much(plan) { self.shell.with("approval.second-go", &[("what", &label)]) } else { label.to_owned() }
    }

    /// Whether that is more than one person may give back alone.
    pub fn is_much(&self, plan: &Plan) -> bool {
        let kind = match self.panel {
            Some(Panel::Cancel(_)) => CancelOrder::KIND,
            Some(Panel::Retry(_)) => RetryRefund::KIND,
            _ => RefundOrder::KIND,
        };
        let amount = Amount { n: plan.amount, currency: Some(self.detail.order.currency) };
        let points = Amount { n: plan.points_returned, currency: None };
        plan.amount > 0 && self.shell.is_much(kind, "amount", amount)
            || self.shell.is_much(kind, "points_returned", points)
    }

    /// What cannot be undone: where points alone had paid, nobody else is asked.
    pub fn refund_fine(&self) -> &'static str {
        self.shell.t(if self.detail.payments.is_empty() { "refund.fine-points" } else { "refund.fine" })
    }

    pub fn cancel_button(&self, plan: &Plan) -> String {
        match plan.amount {
            0 => self.shell.t("cancel.go").to_owned(),
            amount => self.ask(plan, &self.shell.with("cancel.go-refund", &[("amount", &self.money(&amount))])),
        }
    }

    pub fn retry_action(&self, refund: &i64) -> String {
        self.action(&format!("refunds/{refund}/retry"))
    }

    pub fn dismiss_action(&self, refund: &i64) -> String {
        self.action(&format!("refunds/{refund}/dismissal"))
    }

    pub fn retry_button(&self, plan: &Plan) -> String {
        self.shell.with("retry.go", &[("amount", &self.money(&plan.amount))])
    }

    /// What the one thing to do is called, or where there are several, only that something is done.
    pub fn shipping_button(&self) -> &'static str {
        match self.next_states() {
            [only] => self.shell.t(self.next_key(only)),
            _ => self.shell.t("shipping.title"),
        }
    }

    /// The key of what giving it this state by hand is called.
    pub fn next_key(&self, next: &State) -> &'static str {
        match (self.detail.order.state, *next) {
            (State::Delivered, _) => "shipping.undo",
            (State::Shipped, State::Shipped) => "shipping.correct",
            (_, State::Preparing) => "shipping.prepare",
            (_, State::Delivered) => "shipping.deliver",
            _ => "shipping.ship",
        }
    }

    /// Whether more than one payment has something to give back, so that one may choose between them.
    pub fn may_split(&self) -> bool {
        self.detail.payments.iter().filter(|payment| payment.left() > 0).count() > 1
    }

    pub fn units_field(&self, n: &i64) -> String {
        units_field(*n)
    }

    pub fn payment_field(&self, payment: &i64) -> String {
        super::refund::payment_field(*payment)
    }

    /// What was typed into a numbered field.
    pub fn typed<'a>(&self, fields: &'a [(i64, String)], n: &i64) -> &'a str {
        fields.iter().find(|(field, _)| field == n).map_or("", |(_, typed)| typed)
    }

    pub fn carriers(&self) -> Vec<&'static str> {
        super::ship::carriers().to_vec()
    }

    /// The states it may be given by hand.
    pub fn next_states(&self) -> &'static [State] {
        self.detail.order.state.next()
    }

    pub fn tracking(&self) -> Option<String> {
        let parcel = self.detail.parcel()?;
        Some(format!("{} {}", self.shell.name("carrier", &parcel.carrier), parcel.tracking_number))
    }
}

/// One stage of an order's way.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub state: State,
    pub at: Option<Instant>,
    /// `done`, `now` or `next`.
    pub class: &'static str,
}

fn steps(detail: &OrderDetail) -> Vec<Step> {
    let order = &detail.order;
    let at = |state| match state {
        State::Placed => Some(order.placed_at),
        State::Paid => order.paid_at,
        State::Preparing => order.preparing_at,
        State::Shipped => order.shipped_at,
        State::Delivered => order.delivered_at,
        State::Cancelled => order.cancelled_at,
    };
    let way = [State::Placed, State::Paid, State::Preparing, State::Shipped, State::Delivered];
    if order.state == State::Cancelled {
        // Where it left the way, and no farther.
        let done = way.into_iter().filter(|state| at(*state).is_some());
        let steps = done.map(|state| Step { state, at: at(state), class: "done" });
        return steps.chain([Step { state: State::Cancelled, at: order.cancelled_at, class: "now" }]).collect();
    }
    let here = way.iter().position(|state| *state == order.state).unwrap_or_default();
    let class = |place: usize| match place.cmp(&here) {
        std::cmp::Ordering::Less => "done",
        std::cmp::Ordering::Equal if order.state == State::Delivered => "done",
        std::cmp::Ordering::Equal => "now",
        std::cmp::Ordering::Greater => "next",
    };
    let step = |(place, state): (usize, State)| Step { state, at: at(state), class: class(place) };
    way.into_iter().enumerate().map(step).collect()
}

/// How a state looks, on every page.
pub fn tone(state: State) -> Tone {
    match state {
        State::Placed => Tone::Mute,
        State::Paid | State::Preparing => Tone::Warn,
        State::Shipped => Tone::Info,
        State::Delivered => Tone::Ok,
        State::Cancelled => Tone::Bad,
    }
}

pub fn icon(state: State) -> &'static str {
    match state {
        State::Placed => "wait",
        State::Paid => "card",
        State::Preparing => "order",
        State::Shipped => "truck",
        State::Delivered => "check",
        State::Cancelled => "ban",
    }
}
