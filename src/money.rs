//! Amounts of money: whole numbers of the currency's smallest unit, so that nothing is ever rounded by accident.

mod currency;

use crate::digits;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

pub(crate) use currency::{Currency, UnknownCurrency};

/// An amount in minor units of its currency. [`fmt::Display`] writes it as it is stored: `KRW 12300`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    /// As people write it: `₩12,300`, `$12.34`, `−₩500`, `KWD 12.345` (the space breaks no line).
    pub fn shown(self) -> String {
        let sign = if self.minor < 0 { "−" } else { "" };
        let amount = self.plain(self.minor.unsigned_abs(), true);
        match self.currency.symbol() {
            Some(symbol) => format!("{sign}{symbol}{amount}"),
            None => format!("{sign}{}\u{a0}{amount}", self.currency.code()),
        }
    }

    /// As it is typed into a field: `12300`, `12.34`.
    pub fn typed(self) -> String {
        let sign = if self.minor < 0 { "-" } else { "" };
        format!("{sign}{}", self.plain(self.minor.unsigned_abs(), false))
    }

    fn plain(self, minor: u64, grouped: bool) -> String {
        let scale = self.currency.scale().unsigned_abs();
        let whole = minor / scale;
        let whole = match i64::try_from(whole) {
            Ok(whole) if grouped => digits::group(whole),
            _ => whole.to_string(),
        };
        match self.currency.digits() {
            0 => whole,
            digits => format!("{whole}.{:0digits$}", minor % scale),
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency.code(), self.minor)
    }
}

/// Not an amount at rest.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an amount of money")]
pub struct NotMoney;

impl FromStr for Money {
    type Err = NotMoney;

    /// Reads what [`fmt::Display`] writes.
    fn from_str(text: &str) -> Result<Self, NotMoney> {
        let (code, minor) = text.split_once(' ').ok_or(NotMoney)?;
        let currency = code.parse().map_err(|_| NotMoney)?;
        Ok(Self { minor: minor.parse().map_err(|_| NotMoney)?, currency })
    }
}

/// The share of `whole` that belongs to `part` out of `all`, rounded down. Nothing where there is nothing to have a share
/// of.
///
/// What has been given so far is always the share of the parts so far, and what is given now the difference: so single
/// shares are off by less than one, and together they give `whole` exactly.
pub(crate) fn share(whole: i64, part: i64, all: i64) -> i64 {
    if all <= 0 || whole <= 0 || part <= 0 {
        return 0;
    }
    let share = i128::from(whole) * i128::from(part.min(all)) / i128::from(all);
    // Never larger than `whole`, since `part` is not larger than `all`.
    i64::try_from(share).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn money_is_written_as_its_country_does() {
        let shown = |minor, currency: Currency| currency.amount(minor).shown();
        assert_eq!(shown(12_300, Currency::KRW), "₩12,300");
        assert_eq!(shown(0, Currency::KRW), "₩0");
        assert_eq!(shown(-500, Currency::KRW), "−₩500");
        assert_eq!(shown(1234, Currency::USD), "$12.34");
        assert_eq!(shown(5, Currency::USD), "$0.05");
        assert_eq!(shown(-123_456_789, Currency::EUR), "−€1,234,567.89");
        assert_eq!(shown(i64::MIN, Currency::JPY), "−¥9223372036854775808");
        assert_eq!(shown(1_234_567, "KWD".parse().unwrap()), "KWD\u{a0}1,234.567");
        assert_eq!(shown(-7, "CLF".parse().unwrap()), "−CLF\u{a0}0.0007");
        assert_eq!(Currency::USD.amount(120_005).typed(), "1200.05");
        assert_eq!(Currency::KRW.amount(12_300).to_string(), "KRW 12300");
    }

    proptest! {
        #[test]
        fn what_is_at_rest_is_read_as_it_was(minor in any::<i64>(), which in any::<prop::sample::Index>()) {
            let money = which.get(Currency::all()).amount(minor);
            prop_assert_eq!(money.to_string().parse::<Money>().unwrap(), money);
        }

        #[test]
        fn shares_add_up_to_the_whole(whole in 0..=i64::MAX, parts in prop::collection::vec(1..1_000_000_i64, 1..40)) {
            let all: i64 = parts.iter().sum();
            let mut so_far = 0;
            let mut given = 0;
            for part in parts {
                let share = share(whole, so_far + part, all) - share(whole, so_far, all);
                let exact = i128::from(whole) * i128::from(part) / i128::from(all);
                prop_assert!((i128::from(share) - exact).abs() <= 1);
                given += share;
                so_far += part;
            }
            prop_assert_eq!(given, whole);
        }

        #[test]
        fn a_share_is_never_more_than_the_whole_nor_less_than_nothing(whole in any::<i64>(), part in any::<i64>(), all in any::<i64>()) {
            let share = share(whole, part, all);
            prop_assert!(share >= 0 && share <= whole.max(0));
        }
    }
}
