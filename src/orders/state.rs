use crate::web::shell::Tone;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Where an order is on its way to the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Placed,
    Paid,
    Preparing,
    Shipped,
    Delivered,
    Cancelled,
}

impl State {
    /// In the order of the way; an order leaves it by being cancelled.
    pub const ALL: [Self; 6] =
        [Self::Placed, Self::Paid, Self::Preparing, Self::Shipped, Self::Delivered, Self::Cancelled];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Paid => "paid",
            Self::Preparing => "preparing",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
        }
    }

    /// Only what has not been shipped is cancelled; what has is refunded.
    pub const fn may_be_cancelled(self) -> bool {
        matches!(self, Self::Placed | Self::Paid | Self::Preparing)
    }

    /// Where it may go by hand. A parcel can go out without having been marked as being prepared; `delivered → shipped`
    /// undoes a wrong "delivered", and `shipped → shipped` corrects a tracking number. Nothing is shipped that has not
    /// been paid, and nothing comes back from being cancelled.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Placed | Self::Cancelled => &[],
            Self::Paid => &[Self::Preparing, Self::Shipped],
            Self::Preparing | Self::Delivered => &[Self::Shipped],
            Self::Shipped => &[Self::Delivered, Self::Shipped],
        }
    }

    pub fn may_become(self, next: Self) -> bool {
        self.next().contains(&next)
    }

    /// How it looks, on every page.
    pub fn tone(self) -> Tone {
        match self {
            Self::Placed => Tone::Mute,
            Self::Paid | Self::Preparing => Tone::Warn,
            Self::Shipped => Tone::Info,
            Self::Delivered => Tone::Ok,
            Self::Cancelled => Tone::Bad,
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Self::Placed => "wait",
            Self::Paid => "card",
            Self::Preparing => "order",
            Self::Shipped => "truck",
            Self::Delivered => "check",
            Self::Cancelled => "ban",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not a state of an order.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a state of an order")]
pub struct UnknownState;

impl FromStr for State {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(UnknownState)
    }
}

/// Lets a row be read with `#[sqlx(try_from = "String")]`.
impl TryFrom<String> for State {
    type Error = UnknownState;

    fn try_from(text: String) -> Result<Self, UnknownState> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_back_from_being_cancelled_and_nothing_unpaid_is_shipped() {
        for state in State::ALL {
            assert!(!State::Cancelled.may_become(state));
            assert!(!State::Placed.may_become(state));
            assert!(!state.may_become(State::Placed) && !state.may_become(State::Paid));
            // Cancelling is a change of its own, which gives the money back.
            assert!(!state.may_become(State::Cancelled));
        }
        assert!(!State::Shipped.may_be_cancelled() && !State::Delivered.may_be_cancelled());
        assert!(!State::Cancelled.may_be_cancelled());
        assert!(!State::Delivered.may_become(State::Preparing) && !State::Paid.may_become(State::Delivered));
    }
}
