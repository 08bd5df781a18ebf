//! Amounts of money: whole numbers of the currency's smallest unit, so that nothing is ever rounded by accident.

use crate::digits;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The currencies orders are paid in, by their ISO 4217 codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    #[default]
    Krw,
    Usd,
    Eur,
    Jpy,
}

impl Currency {
    pub const ALL: [Self; 4] = [Self::Krw, Self::Usd, Self::Eur, Self::Jpy];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Krw => "KRW",
            Self::Usd => "USD",
            Self::Eur => "EUR",
            Self::Jpy => "JPY",
        }
    }

    /// The number of digits of its minor unit (ISO 4217): none for the won and the yen.
    pub const fn digits(self) -> usize {
        match self {
            Self::Krw | Self::Jpy => 0,
            Self::Usd | Self::Eur => 2,
        }
    }

    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Krw => "₩",
            Self::Usd => "$",
            Self::Eur => "€",
            Self::Jpy => "¥",
        }
    }

    /// What Koreans write behind an amount.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Krw => "원",
            Self::Usd => "달러",
            Self::Eur => "유로",
            Self::Jpy => "엔",
        }
    }

    /// The number of minor units in one unit of the currency.
    #[expect(clippy::cast_possible_truncation, reason = "no currency has more than a few digits")]
    pub const fn scale(self) -> i64 {
        10_i64.pow(self.digits() as u32)
    }

    pub const fn amount(self, minor: i64) -> Money {
        Money { minor, currency: self }
    }
}

/// Not a currency of the console.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a currency of the console; it knows KRW, USD, EUR and JPY")]
pub struct UnknownCurrency;

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, UnknownCurrency> {
        Self::ALL.into_iter().find(|currency| currency.code() == code).ok_or(UnknownCurrency)
    }
}

/// Lets a row be read with `#[sqlx(try_from = "String")]`.
impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;

    fn try_from(code: String) -> Result<Self, UnknownCurrency> {
        code.parse()
    }
}

/// An amount in minor units of its currency. [`fmt::Display`] writes it as it is stored: `KRW 12300`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    /// As people write it: `₩12,300`, `$12.34`, `−₩500`.
    pub fn shown(self) -> String {
        let sign = if self.minor < 0 { "−" } else { "" };
        format!("{sign}{}{}", self.currency.symbol(), self.plain(self.minor.unsigned_abs(), true))
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
        assert_eq!(shown(12_300, Currency::Krw), "₩12,300");
        assert_eq!(shown(0, Currency::Krw), "₩0");
        assert_eq!(shown(-500, Currency::Krw), "−₩500");
        assert_eq!(shown(1234, Currency::Usd), "$12.34");
        assert_eq!(shown(5, Currency::Usd), "$0.05");
        assert_eq!(shown(-123_456_789, Currency::Eur), "−€1,234,567.89");
        assert_eq!(shown(i64::MIN, Currency::Jpy), "−¥9223372036854775808");
        assert_eq!(Currency::Usd.amount(120_005).typed(), "1200.05");
        assert_eq!(Currency::Krw.amount(12_300).to_string(), "KRW 12300");
    }

    proptest! {
        #[test]
        fn what_is_at_rest_is_read_as_it_was(minor in any::<i64>(), which in 0..4_usize) {
            let money = Currency::ALL[which].amount(minor);
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
