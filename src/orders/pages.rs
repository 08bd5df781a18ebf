//! The page of one order. The list is in [`list_pages`](super::list_pages).

use super::{Plan, Standing, State, refund::units_field, timeline::Day};
use crate::{
    audit::pages::Changed,
    clock::Instant,
    money::Money,
    web::shell::{
        Shell, Tone,
        seal::{Seal, Sealed},
    },
};
use askama::Template;

/// `GET /orders/{id}`, and what its forms come back as when they are refused.
#[derive(Debug, Template)]
#[template(path = "orders/show.html")]
pub struct ShowPage {
    pub shell: Shell,
    pub standing: Standing,
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
}

impl ShowPage {
    pub fn href(&self) -> String {
        format!("/orders/{}", self.standing.order.id)
    }

    /// Where the form of a change posts to.
    pub fn action(&self, noun: &str) -> String {
        format!("/orders/{}/{noun}", self.standing.order.id)
    }

    pub fn is_open(&self, panel: &str) -> bool {
        self.panel.as_ref().is_some_and(|open| open.name() == panel)
    }

    pub fn money(&self, minor: &i64) -> String {
        self.standing.money(*minor).shown()
    }

    /// An amount that leaves: `−₩500`, or nothing where nothing does.
    pub fn less(&self, minor: &i64) -> String {
        if *minor == 0 { String::new() } else { self.standing.money(-*minor).shown() }
    }

    /// Goods without shipping.
    pub fn goods(&self) -> String {
        self.standing.money(self.standing.order.total - self.standing.order.shipping_fee).shown()
    }

    pub fn tone(&self) -> Tone {
        tone(self.standing.order.state)
    }

    pub fn icon(&self) -> &'static str {
        icon(self.standing.order.state)
    }

    /// The stages of the way, with the one it is at.
    pub fn steps(&self) -> Vec<Step> {
        steps(&self.standing)
    }

    /// "Refund ₩12,300", or only "Refund" while nothing is chosen.
    pub fn refund_button(&self, plan: &Option<Plan>) -> String {
        match plan.as_ref().filter(|plan| !plan.is_empty()) {
            None => self.shell.t("refund.title").to_owned(),
            Some(plan) if plan.amount == 0 => {
                self.shell.with("refund.go-points", &[("n", &self.shell.group(&plan.points_returned))])
            }
            Some(plan) => self.shell.with("refund.go", &[("amount", &self.money(&plan.amount))]),
        }
    }

    pub fn cancel_button(&self, plan: &Plan) -> String {
        match plan.amount {
            0 => self.shell.t("cancel.go").to_owned(),
            amount => self.shell.with("cancel.go-refund", &[("amount", &self.money(&amount))]),
        }
    }

    /// Whether more than one payment has something to give back, so that one may choose between them.
    pub fn may_split(&self) -> bool {
        self.standing.payments.iter().filter(|payment| payment.left() > 0).count() > 1
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
        self.standing.order.state.next()
    }

    pub fn tracking(&self) -> Option<String> {
        let parcel = self.standing.parcel()?;
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

fn steps(standing: &Standing) -> Vec<Step> {
    let order = &standing.order;
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
    /// Whether it failed and nobody has tried again.
    pub can_retry: bool,
}

impl Refund {
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

/// A change that was made here.
#[derive(Clone, Debug)]
pub struct Done {
    pub sealed: Sealed,
    /// The kind of change, and what it altered.
    pub action: String,
    pub changed: Vec<Changed>,
}

/// The box for a note: `POST /orders/{id}/notes`.
#[derive(Clone, Debug, Default)]
pub struct NoteBox {
    pub seal: Seal,
    /// As typed.
    pub text: String,
}
