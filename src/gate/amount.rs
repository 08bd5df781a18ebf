//! How much a change alters, and when that exceeds a threshold.

use super::{Noted, noted::Fields};
use crate::money::{Currency, Money};
use serde_json::Value;
use std::fmt;

/// An amount: money of a currency in minor units, or a plain number such as points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    pub n: i64,
    pub currency: Option<Currency>,
}

/// How much of `quantity` a change altered, by what it noted.
pub(super) fn altered(quantity: &str, before: &Fields, after: &Fields) -> Option<Amount> {
    Amount::between(before.get(quantity).and_then(Amount::of), after.get(quantity).and_then(Amount::of))
}

impl Amount {
    fn of(noted: &Noted) -> Option<Self> {
        match noted {
            Noted::Number(n) => Some(Self { n: *n, currency: None }),
            Noted::Text(text) => {
                text.parse().ok().map(|Money { minor, currency }| Self { n: minor, currency: Some(currency) })
            }
            Noted::Nothing | Noted::Yes(_) => None,
        }
    }

    pub(super) fn read(value: &Value) -> Option<Self> {
        let text = value.as_str()?;
        match text.parse() {
            Ok(n) => Some(Self { n, currency: None }),
            Err(_) => Self::of(&Noted::Text(text.to_owned())),
        }
    }

    /// This and `n` more of the same.
    pub(super) fn plus(self, n: i64) -> Self {
        Self { n: self.n.saturating_add(n), ..self }
    }

    /// The distance from one to the other; of something new or gone, all of it.
    pub(super) fn between(before: Option<Self>, after: Option<Self>) -> Option<Self> {
        let (n, currency) = match (before, after) {
            (Some(before), Some(after)) if before.currency == after.currency => {
                (after.n.saturating_sub(before.n), after.currency)
            }
            (_, Some(one)) | (Some(one), None) => (one.n, one.currency),
            (None, None) => return None,
        };
        Some(Self { n: n.saturating_abs(), currency })
    }
}

/// The stored form: `10000`, `KRW 1000000`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.currency {
            Some(currency) => currency.amount(self.n).fmt(f),
            None => self.n.fmt(f),
        }
    }
}

/// The threshold that `amount` exceeds. A currency without a threshold has the threshold 0.
pub(super) fn exceeded(thresholds: &[Amount], amount: Amount) -> Option<Amount> {
    if thresholds.is_empty() {
        return None;
    }
    let threshold = thresholds.iter().find(|threshold| threshold.currency == amount.currency);
    let threshold = threshold.copied().unwrap_or(Amount { n: 0, ..amount });
    (amount.n > threshold.n).then_some(threshold)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn points(n: i64) -> Amount {
        Amount { n, currency: None }
    }

    fn won(n: i64) -> Amount {
        Amount { n, currency: Some(Currency::KRW) }
    }

    #[test]
    fn exactly_the_threshold_is_not_beyond_it() {
        assert_eq!(exceeded(&[points(10_000)], points(10_000)), None);
        assert_eq!(exceeded(&[points(10_000)], points(10_001)), Some(points(10_000)));
        assert_eq!(exceeded(&[], points(i64::MAX)), None);
    }

    #[test]
    fn a_currency_without_a_threshold_is_always_beyond() {
        let dollar = Amount { n: 1, currency: Some(Currency::USD) };
        assert_eq!(exceeded(&[won(1_000_000)], dollar), Some(Amount { n: 0, ..dollar }));
        assert_eq!(exceeded(&[won(1_000_000)], points(1)), Some(points(0)));
    }

    proptest! {
        #[test]
        fn more_is_never_less_beyond(threshold in 0..i64::MAX, one in 0..i64::MAX, more in 0..i64::MAX) {
            let (less, more) = (one.min(more), one.max(more));
            let is = |n| exceeded(&[points(threshold)], points(n)).is_some();
            prop_assert!(is(more) || !is(less));
        }

        #[test]
        fn what_is_altered_does_not_depend_on_the_direction(before in any::<i64>(), after in any::<i64>()) {
            let up = Amount::between(Some(points(before)), Some(points(after)));
            prop_assert!(up.unwrap().n >= 0);
            if before.checked_sub(after).is_some_and(|d| d != i64::MIN) && after.checked_sub(before).is_some() {
                prop_assert_eq!(up, Amount::between(Some(points(after)), Some(points(before))));
            }
        }

        #[test]
        fn an_amount_is_read_from_the_log_as_it_was(n in any::<i64>(), is_money in any::<bool>()) {
            let amount = if is_money { won(n) } else { points(n) };
            prop_assert_eq!(Amount::read(&Value::String(amount.to_string())), Some(amount));
        }
    }
}
