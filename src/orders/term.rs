//! What a person may type to find an order: its number, its customer's id, the reference of a payment, a tracking number.
//!
//! A list of orders has its search in an address, so that it can be shared; what could be a person's e-mail or telephone is
//! therefore refused in [`Term::parse`]. The box posts what is typed, so it may look for an order under anything
//! ([`Term::named`]).

use super::carrier;
use crate::{id::CustomerId, text};

/// Everything a term can mean, each in its normal form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Term {
    pub number: Option<String>,
    /// The number of an order of any other shape that the column allows.
    pub other_number: Option<String>,
    pub user: Option<CustomerId>,
    pub reference: Option<String>,
    pub tracking_number: Option<String>,
}

/// Why a term cannot be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TermError {
    #[error("nothing was typed")]
    Empty,
    #[error("the term is longer than {LONGEST} characters")]
    TooLong,
    /// An e-mail, a telephone number, a name.
    #[error("the term belongs into the search for customers")]
    Person,
}

const LONGEST: usize = 64;

impl Term {
    pub(crate) fn parse(typed: &str) -> Result<Self, TermError> {
        let typed = text::typed(typed);
        let text = typed.as_str();
        if text.is_empty() {
            return Err(TermError::Empty);
        }
        if text.chars().count() > LONGEST {
            return Err(TermError::TooLong);
        }
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'#' | b' ')) {
            return Err(TermError::Person);
        }
        if let Some(digits) = text.strip_prefix("u_").or_else(|| text.strip_prefix('#')) {
            let user = digits.parse().map_err(|_| TermError::Person)?;
            return Ok(Self { user: Some(user), ..Self::default() });
        }
        if is_telephone(text) || is_resident(text) || !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return Err(TermError::Person);
        }
        let named = Self::named(text).unwrap_or_default();
        let term = Self { user: carrier::tidy(text).parse().ok(), ..named };
        // Such as `0 a`: with a space it is no reference, and it is too short for a number.
        if term == Self::default() { Err(TermError::Person) } else { Ok(term) }
    }

    /// What names an order or a part of one. `None` where it can name none.
    pub(crate) fn named(typed: &str) -> Option<Self> {
        let typed = text::typed(typed);
        let text = typed.strip_prefix('#').unwrap_or(&typed).trim();
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b' ' | b'.');
        let is_any = text.bytes().any(|byte| byte.is_ascii_alphanumeric());
        if !is_any || text.len() > LONGEST || !text.bytes().all(is_part) {
            return None;
        }
        let parcel = carrier::tidy(text);
        let term = Self {
            number: number(text),
            other_number: other_number(text),
            user: None,
            reference: (!text.contains(' ')).then(|| text.to_ascii_lowercase()),
            tracking_number: (parcel.len() >= 5).then_some(parcel),
        };
        (term != Self::default()).then_some(term)
    }

    /// The customer, where it can be nothing else.
    pub(crate) fn customer(&self) -> Option<CustomerId> {
        self.user.filter(|user| *self == Self { user: Some(*user), ..Self::default() })
    }
}

/// The number of an order: `20261119-004829`, also with another dash, a space or nothing in the place of its hyphen.
pub(crate) fn number(text: &str) -> Option<String> {
    let text = text::typed(text);
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (day, serial) = match text.split_once(['-', ' ']) {
        Some(parts) => parts,
        None => text.split_at_checked(8)?,
    };
    let is_number = day.len() == 8 && (6..=12).contains(&serial.len()) && is_digits(day) && is_digits(serial);
    (is_number && (day.starts_with("19") || day.starts_with("20"))).then(|| format!("{day}-{serial}"))
}

/// The same of any shape that the column takes: `R281277012`, `ORD-2026-1234`, `100000123`.
fn other_number(text: &str) -> Option<String> {
    let number = text.to_ascii_uppercase().replace(' ', "-");
    let fits = number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    ((4..=32).contains(&number.len()) && fits).then_some(number)
}

/// A Korean telephone number as people write it: with its 0, after the 82 of the country, or a mobile one without either.
/// Without its hyphens it has as many digits as the numbers of some parcels; those are not in an address either.
fn is_telephone(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_only = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | ' '));
    let is_mobile = |digits: &str| {
        let mut digits = digits.bytes();
        (digits.next(), digits.next().is_some_and(|second| b"016789".contains(&second))) == (Some(b'1'), true)
    };
    is_only
        && match digits.len() {
            9 => digits.starts_with('0'),
            10 => digits.starts_with('0') || digits.starts_with("82") || is_mobile(&digits),
            11 | 12 => digits.starts_with('0') && digits.len() == 11 || digits.starts_with("82"),
            13 => digits.starts_with("8210") || digits.starts_with("820"),
            _ => false,
        }
}

/// A resident registration number: a date of birth, a hyphen, and seven digits of which the first is 1 to 8.
fn is_resident(text: &str) -> bool {
    let is_digits = |part: &str, many: usize| part.len() == many && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once(['-', ' ']).is_some_and(|(birth, rest)| {
        is_digits(birth, 6) && is_digits(rest, 7) && rest.starts_with(|first: char| ('1'..='8').contains(&first))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_order_number_is_known_with_and_without_its_hyphen() {
        for text in [
            "20261119-004829",
            "20261119004829",
            " 20261119-004829 ",
            "20261119–004829",
            "20261119 004829",
            "２０２６１１１９－００４８２９",
        ] {
            assert_eq!(Term::parse(text).unwrap().number.as_deref(), Some("20261119-004829"), "{text}");
        }
        assert_eq!(number("20261119-48"), None);
        assert_eq!(number("99991119-004829"), None);
    }

    #[test]
    fn digits_may_be_a_customer_a_reference_or_a_parcel() {
        let term = Term::parse("601234564471").unwrap();
        assert_eq!(term.user, Some(CustomerId::new(601_234_564_471)));
        assert_eq!(term.reference.as_deref(), Some("601234564471"));
        assert_eq!(Term::parse("6012-3456-4471").unwrap().tracking_number.as_deref(), Some("601234564471"));
        assert_eq!(Term::parse("u_42").unwrap(), Term { user: Some(CustomerId::new(42)), ..Term::default() });
        assert_eq!(Term::parse("PI_3Nx7").unwrap().reference.as_deref(), Some("pi_3nx7"));
    }

    #[test]
    fn an_order_may_have_a_number_of_any_shape_and_a_parcel_one_like_a_telephone() {
        for (typed, number) in [
            ("R281277012", "R281277012"),
            ("r281277012", "R281277012"),
            ("ORD-2026-1234", "ORD-2026-1234"),
            ("ord–2026 1234", "ORD-2026-1234"),
            ("#100000123", "100000123"),
            ("ABCD", "ABCD"),
        ] {
            assert_eq!(Term::named(typed).unwrap().other_number.as_deref(), Some(number), "{typed}");
        }
        for (typed, number) in
            [("1912345678", "1912345678"), ("010-1234-5678", "01012345678"), ("1Z 999 AA1", "1Z999AA1")]
        {
            assert_eq!(Term::named(typed).unwrap().tracking_number.as_deref(), Some(number), "{typed}");
        }
        for typed in ["", "김서연", "a@b.kr", "#", &"1".repeat(65)] {
            assert_eq!(Term::named(typed), None, "{typed}");
        }
    }

    #[test]
    fn what_could_be_a_person_is_not_searched_for_here() {
        for text in [
            "minsu@naver.com",
            "010-4821-4821",
            "01048214821",
            "02 123 4567",
            "+82 10 4821 4821",
            "82 10 4821 4821",
            "821048214821",
            "8201048214821",
            "1048214821",
            "10-4821-4821",
            "900101-1234567",
            "김서연",
            "kim",
            "u_x",
            "0 a",
        ] {
            assert_eq!(Term::parse(text), Err(TermError::Person), "{text}");
        }
        assert_eq!(Term::parse("  "), Err(TermError::Empty));
        assert_eq!(Term::parse(&"1".repeat(65)), Err(TermError::TooLong));
    }

    proptest! {
        #[test]
        fn any_text_is_a_term_or_an_error_and_no_term_holds_an_address(text in ".{0,80}") {
            if let Ok(term) = Term::parse(&text) {
                prop_assert!(!text.contains('@'));
                prop_assert!(term != Term::default());
            }
        }
    }
}
