//! Currencies: those of ISO 4217 that have a minor unit, with the number of its digits.

use super::Money;
use iso_currency::{Currency as Iso, IntoEnumIterator as _};
use serde::{Deserialize, Serialize};
use std::{str::FromStr, sync::LazyLock};

/// A currency of ISO 4217 in which orders are paid, also one that is superseded, in which old orders were, as far as `iso_currency` has
/// them: ANG, superseded in 2025, is not among them. Metals, units of account and codes for testing are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct Currency(Iso);

impl Currency {
    pub const KRW: Self = Self(Iso::KRW);
    pub const USD: Self = Self(Iso::USD);
    pub const EUR: Self = Self(Iso::EUR);
    pub const JPY: Self = Self(Iso::JPY);

    /// Those with which a shop in Korea has to do daily, which lists begin with.
    const COMMON: [Self; 4] = [Self::KRW, Self::USD, Self::EUR, Self::JPY];

    /// All of them: the common ones, and then the others by their codes.
    pub fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<Currency>> = LazyLock::new(|| {
            let mut others: Vec<Currency> = Iso::iter().filter_map(Currency::of).collect();
            others.retain(|one| !Currency::COMMON.contains(one));
            others.sort_by_key(|one| one.code());
            [Currency::COMMON.to_vec(), others].concat()
        });
        &ALL
    }

    fn of(iso: Iso) -> Option<Self> {
        (!iso.is_special() && iso.exponent().is_some()).then_some(Self(iso))
    }

    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// The number of digits of its minor unit: none for the won, two for the dollar, three for the dinar of Kuwait, four for the
    /// Unidad de Fomento.
    pub fn digits(self) -> usize {
        self.0.exponent().map_or(0, usize::from)
    }

    /// What people write before an amount. None where the sign is that of several currencies: then the code is written.
    pub fn symbol(self) -> Option<&'static str> {
        Some(match self.0 {
            Iso::KRW => "₩",
            Iso::USD => "$",
            Iso::EUR => "€",
            Iso::JPY => "¥",
            Iso::GBP => "£",
            Iso::INR => "₹",
            Iso::VND => "₫",
            Iso::PHP => "₱",
            Iso::THB => "฿",
            _ => return None,
        })
    }

    /// What Koreans write behind an amount.
    pub fn unit(self) -> Option<&'static str> {
        Some(match self.0 {
            Iso::KRW => "원",
            Iso::USD => "달러",
            Iso::EUR => "유로",
            Iso::JPY => "엔",
            Iso::CNY => "위안",
            Iso::GBP => "파운드",
            Iso::VND => "동",
            Iso::THB => "바트",
            _ => return None,
        })
    }

    /// The number of minor units in one unit of the currency.
    pub fn scale(self) -> i64 {
        (0..self.digits()).fold(1, |scale, _| scale * 10)
    }

    pub const fn amount(self, minor: i64) -> Money {
        Money { minor, currency: self }
    }
}

impl Default for Currency {
    fn default() -> Self {
        Self::KRW
    }
}

/// Not a currency of the console.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the code of a currency with a minor unit, such as KRW, USD or KWD (ISO 4217, in capital letters)")]
pub struct UnknownCurrency;

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, UnknownCurrency> {
        Iso::from_code(code).and_then(Self::of).ok_or(UnknownCurrency)
    }
}

/// Lets a row be read with `#[sqlx(try_from = "String")]`.
impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;

    fn try_from(code: String) -> Result<Self, UnknownCurrency> {
        code.parse()
    }
}

impl From<Currency> for &'static str {
    fn from(currency: Currency) -> Self {
        currency.code()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// ISO 4217, list one of 2026-01-01: all others have two.
    const DIGITS: [(usize, &str); 3] = [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    ];

    #[test]
    fn each_currency_has_the_digits_of_the_standard() {
        for currency in Currency::all() {
            let listed = DIGITS.iter().find(|(_, codes)| codes.contains(currency.code()));
            assert_eq!(currency.digits(), listed.map_or(2, |(digits, _)| *digits), "{currency:?}");
        }
        for code in DIGITS.iter().flat_map(|(_, codes)| codes.split(' ')) {
            assert!(code.parse::<Currency>().is_ok(), "{code}");
        }
    }

    #[test]
    fn both_databases_take_the_same_currencies() {
        let all: BTreeSet<_> = Currency::all().iter().map(|one| one.code()).collect();
        for text in [
            include_str!("../../migrations/sqlite/0015_currencies.sql"),
            include_str!("../../migrations/postgres/0015_currencies.sql"),
        ] {
            let lists = text.split("check (currency in (\n").skip(1).map(|list| list.split(')').next().unwrap());
            let codes =
                |list: &'static str| list.split(|c: char| !c.is_ascii_uppercase()).filter(|word| !word.is_empty());
            let lists: Vec<BTreeSet<&str>> = lists.map(|list| codes(list).collect()).collect();
            assert!(!lists.is_empty());
            for list in lists {
                assert_eq!(list, all, "a release of iso_currency knows others: write a migration");
            }
        }
    }

    #[test]
    fn new_currencies_are_known_old_ones_too_and_metals_are_none() {
        for code in ["SLE", "VED", "XCG", "ZWG", "BGN", "HRK", "CLF", "KPW"] {
            assert!(code.parse::<Currency>().is_ok(), "{code}");
        }
        for code in ["XAU", "XDR", "XTS", "XXX", "XAD", "ABC", "krw", "KR", "KRWW", "", "원"] {
            assert_eq!(code.parse::<Currency>(), Err(UnknownCurrency), "{code}");
        }
        let all: Vec<_> = Currency::all().iter().map(|one| one.code()).collect();
        assert_eq!(all[..5], ["KRW", "USD", "EUR", "JPY", "AED"]);
        assert!(all.len() > 160 && all.iter().all(|code| code.len() == 3));
    }
}
