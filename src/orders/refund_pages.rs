//! A refund as the page of an order shows it.

use crate::{clock::Instant, money::Money, web::shell::Tone};

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
