//! Numbers as people type them into a field.

use super::{shell::field::wrong, words::Message};
use crate::{money::Currency, text::typed};

/// A positive number of points, grouped with commas or not, with its unit or not: `1000`, `1,000`, `1,000 P`, `1,000포인트`.
pub(crate) fn positive(text: &str) -> Result<i64, Message> {
    let text = typed(text);
    let text = without_unit(&text, &["P", "p", "포인트"]);
    if text.is_empty() {
        return Err(wrong::required());
    }
    match whole(text) {
        Some(Ok(0)) | None => Err(wrong::not_an_amount()),
        Some(Ok(amount)) => Ok(amount),
        Some(Err(TooLarge)) => Err(wrong::too_large()),
    }
}

/// A number of things, also none: an empty field is none.
pub(crate) fn count(text: &str) -> Result<i64, Message> {
    match typed(text).as_str() {
        "" => Ok(0),
        text => whole(text).and_then(Result::ok).ok_or_else(wrong::not_a_count),
    }
}

/// An amount of money in minor units, also none: `12,300`, `₩12,300`, `12,300원`, `KRW 12,300`, `12.34`. No more digits after the
/// point than the currency has, but for zeros, which spreadsheets add.
pub(crate) fn money(text: &str, currency: Currency) -> Result<i64, Message> {
    // The won sign of full width is not the full-width form of an ASCII character.
    let text = typed(text).replace('￦', "₩").replace('￥', "¥");
    let text = without_code(&text, currency.code());
    let units: Vec<&str> = currency.symbol().into_iter().chain(currency.unit()).collect();
    let text = units.iter().find_map(|unit| text.strip_prefix(*unit)).unwrap_or(text).trim_start();
    let text = without_unit(text, &units);
    let (units, fraction) = text.split_once('.').map_or((text, None), |(units, fraction)| (units, Some(fraction)));
    let digits = currency.digits();
    let fraction = match fraction {
        None => Some(0),
        Some(fraction) if is_digits(fraction) => match fraction.split_at_checked(digits) {
            Some((fraction, rest)) if rest.bytes().all(|digit| digit == b'0') => format!("0{fraction}").parse().ok(),
            Some(_) => None,
            None => format!("{fraction:0<digits$}").parse().ok(),
        },
        Some(_) => None,
    };
    let (Some(Ok(units)), Some(fraction)) = (whole(units), fraction) else { return Err(wrong::not_money(currency)) };
    match units.checked_mul(currency.scale()).and_then(|minor| minor.checked_add(fraction)) {
        None => Err(wrong::not_money(currency)),
        Some(minor) => Ok(minor),
    }
}

/// The text without the code of its currency before or behind it, in any case.
fn without_code<'a>(text: &'a str, code: &str) -> &'a str {
    let is_code = |part: &str| part.eq_ignore_ascii_case(code);
    let before = text.split_at_checked(code.len()).filter(|(part, _)| is_code(part));
    let text = before.map_or(text, |(_, rest)| rest.trim_start());
    let behind = text.len().checked_sub(code.len()).and_then(|at| text.split_at_checked(at));
    behind.filter(|(_, part)| is_code(part)).map_or(text, |(rest, _)| rest.trim_end())
}

/// The text without the unit that follows a number, if one does.
fn without_unit<'a>(text: &'a str, units: &[&str]) -> &'a str {
    units.iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(text).trim_end()
}

/// More than 64 bits hold.
struct TooLarge;

/// A whole number, or none at all.
fn whole(text: &str) -> Option<Result<i64, TooLarge>> {
    let mut groups = text.split(',');
    let first = groups.next().unwrap_or_default();
    let grouped = text.contains(',');
    if !is_digits(first) || (grouped && first.len() > 3) || !groups.all(|group| group.len() == 3 && is_digits(group)) {
        return None;
    }
    Some(text.replace(',', "").parse::<i64>().map_err(|_| TooLarge))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_amount_is_a_positive_whole_number() {
        for (text, amount) in [
            ("1", 1),
            ("1000", 1000),
            ("1,000", 1000),
            ("12,345,678", 12_345_678),
            ("007", 7),
            (" 5", 5),
            ("5\u{a0}", 5),
            ("５", 5),
            ("１，０００", 1000),
            ("1,000 P", 1000),
            ("1,000포인트", 1000),
            ("9223372036854775807", i64::MAX),
        ] {
            assert_eq!(positive(text).ok(), Some(amount), "{text}");
        }
        for text in [
            "",
            "0",
            "-1",
            "+1",
            "-0",
            "1e3",
            "P",
            "5 0",
            "5원",
            "٥",
            "1.5",
            "1,00",
            "1,0000",
            ",100",
            "1,",
            "1,,000",
            "1234,567",
            "0x10",
            "NaN",
            "∞",
            "1\0",
            "9223372036854775808",
            "99999999999999999999999999",
            "<b>1</b>",
        ] {
            assert!(positive(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn money_has_the_digits_of_its_currency() {
        let krw = |text| money(text, Currency::KRW).ok();
        let usd = |text| money(text, Currency::USD).ok();
        assert_eq!(krw("12,300"), Some(12_300));
        for text in [" ₩12300 ", "12,300원", "12,300 원", "KRW 12,300", "１２，３００", "12300.00", "￦12,300"]
        {
            assert_eq!(krw(text), Some(12_300), "{text:?}");
        }
        assert_eq!((usd("12.340"), usd("USD 12.34"), usd("12.34 달러")), (Some(1234), Some(1234), Some(1234)));
        assert_eq!(usd("12.34"), Some(1234));
        assert_eq!(usd("$1,234.5"), Some(123_450));
        assert_eq!(usd("12"), Some(1200));
        assert_eq!(usd("0.01"), Some(1));
        assert_eq!((krw("0"), usd("0"), usd("0.00")), (Some(0), Some(0), Some(0)));
        for text in ["", "12.3", "12.", "-5", "$5", "1,2", "9223372036854775808", "5 000", "원", "12.0.0", "5 P"] {
            assert_eq!(krw(text), None, "{text:?}");
        }
        for text in ["", "1.234", ".5", "1.", "₩5", "1.-1", "1.2.3", "92233720368547758.08"] {
            assert_eq!(usd(text), None, "{text:?}");
        }
        assert_eq!(usd("92233720368547758.07"), Some(i64::MAX));
        let kwd = |text| money(text, "KWD".parse().unwrap()).ok();
        for text in ["1.234", "1.2340", "KWD 1.234", "KWD\u{a0}1.234", "1.234 KWD", "kwd 1.234"] {
            assert_eq!(kwd(text), Some(1234), "{text:?}");
        }
        assert_eq!((kwd("1,234.5"), kwd("7"), kwd("0.001")), (Some(1_234_500), Some(7000), Some(1)));
        assert_eq!((kwd("1.2345"), kwd("$1"), kwd("USD 1")), (None, None, None));
    }

    #[test]
    fn an_empty_count_is_none_of_them() {
        assert_eq!((count("").ok(), count(" 2 ").ok(), count("0").ok()), (Some(0), Some(2), Some(0)));
        assert!(count("-1").is_err() && count("two").is_err() && count("1.0").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_number_or_an_error(text in ".{0,40}") {
            for currency in Currency::all() {
                if let Ok(minor) = money(&text, *currency) {
                    prop_assert!(minor >= 0);
                }
            }
            if let Ok(amount) = positive(&text) {
                prop_assert!(amount > 0);
            }
            if let Ok(count) = count(&text) {
                prop_assert!(count >= 0);
            }
        }

        #[test]
        fn grouping_does_not_change_an_amount(amount in 1..=i64::MAX) {
            prop_assert_eq!(positive(&amount.to_string()).ok(), Some(amount));
            prop_assert_eq!(positive(&crate::digits::group(amount)).ok(), Some(amount));
        }

        #[test]
        fn money_is_read_as_it_is_shown_and_as_it_is_typed(minor in 1..=i64::MAX, which in any::<prop::sample::Index>()) {
            let amount = which.get(Currency::all()).amount(minor);
            prop_assert_eq!(money(&amount.shown(), amount.currency).ok(), Some(minor));
            prop_assert_eq!(money(&amount.typed(), amount.currency).ok(), Some(minor));
        }
    }
}
