//! Who carries parcels, and what their tracking numbers look like.
//!
//! A number is kept as the carrier prints it without the spaces and hyphens between, so that it is found however it is
//! typed. Only its shape is checked: whether a parcel with it exists is for the carrier to say.

use crate::text;

/// A carrier as it is written in the database and in a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Carrier {
    pub(super) code: &'static str,
    shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// As many digits as one of these says.
    Digits(&'static [usize]),
    /// From as many digits up to as many: carriers whose numbers have grown over the years.
    Between(usize, usize),
    /// Two letters, nine digits, the two letters of a country, as the Universal Postal Union's standard S10 has it; its
    /// check digit is checked.
    Post,
    /// `1Z` and sixteen letters or digits.
    Ups,
    /// Letters and digits.
    Any,
}

/// The carriers there are to choose from; their names are under `carrier.`
pub(super) const CARRIERS: [Carrier; 19] = [
    Carrier { code: "cj", shape: Shape::Digits(&[10, 12]) },
    Carrier { code: "hanjin", shape: Shape::Digits(&[10, 12]) },
    Carrier { code: "lotte", shape: Shape::Digits(&[12, 13]) },
    Carrier { code: "post", shape: Shape::Digits(&[13]) },
    Carrier { code: "logen", shape: Shape::Digits(&[11]) },
    Carrier { code: "cu", shape: Shape::Between(10, 12) },
    Carrier { code: "gs", shape: Shape::Between(10, 12) },
    Carrier { code: "coupang", shape: Shape::Any },
    Carrier { code: "kyungdong", shape: Shape::Between(8, 16) },
    Carrier { code: "daesin", shape: Shape::Digits(&[13]) },
    Carrier { code: "ilyang", shape: Shape::Between(9, 11) },
    Carrier { code: "hapdong", shape: Shape::Between(8, 16) },
    Carrier { code: "kunyoung", shape: Shape::Digits(&[10]) },
    Carrier { code: "chunil", shape: Shape::Digits(&[11]) },
    Carrier { code: "ems", shape: Shape::Post },
    Carrier { code: "dhl", shape: Shape::Digits(&[10]) },
    Carrier { code: "fedex", shape: Shape::Digits(&[12, 15]) },
    Carrier { code: "ups", shape: Shape::Ups },
    Carrier { code: "other", shape: Shape::Any },
];

pub(super) fn find(code: &str) -> Option<Carrier> {
    CARRIERS.into_iter().find(|carrier| carrier.code == code)
}

/// A tracking number without what people put between its digits; letters large.
pub(super) fn tidy(typed: &str) -> String {
    text::typed(typed).replace([' ', '-', '.'], "").to_ascii_uppercase()
}

impl Carrier {
    /// The number as it is kept, where it can be one of this carrier's.
    pub(super) fn tracking_number(self, typed: &str) -> Option<String> {
        let number = tidy(typed);
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let fits = match self.shape {
            Shape::Digits(lengths) => is_digits(&number) && lengths.contains(&number.len()),
            Shape::Between(least, most) => is_digits(&number) && (least..=most).contains(&number.len()),
            Shape::Post => is_s10(&number),
            Shape::Ups => number.len() == 18 && number.starts_with("1Z") && is_alphanumeric(&number),
            Shape::Any => (5..=30).contains(&number.len()) && is_alphanumeric(&number),
        };
        fits.then_some(number)
    }
}

fn is_alphanumeric(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// UPU S10: the check digit is 11 less the weighted sum of the eight digits before it, modulo 11; 10 means 0 and 11
/// means 5.
fn is_s10(number: &str) -> bool {
    const WEIGHTS: [u32; 8] = [8, 6, 4, 2, 3, 5, 9, 7];
    let letters = |text: &str| text.bytes().all(|byte| byte.is_ascii_uppercase());
    let (Some(kind), Some(serial), Some(country)) = (number.get(..2), number.get(2..11), number.get(11..)) else {
        return false;
    };
    let digits: Vec<u32> = serial.chars().filter_map(|c| c.to_digit(10)).collect();
    let [weighed @ .., check] = digits.as_slice() else { return false };
    let sum: u32 = weighed.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    let due = match 11 - sum % 11 {
        10 => 0,
        11 => 5,
        due => due,
    };
    digits.len() == 9 && country.len() == 2 && letters(kind) && letters(country) && *check == due
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(carrier: &str, typed: &str) -> Option<String> {
        find(carrier).unwrap().tracking_number(typed)
    }

    #[test]
    fn a_number_is_kept_without_separators() {
        assert_eq!(number("cj", "6012-3456-4471").as_deref(), Some("601234564471"));
        assert_eq!(number("post", " 60123 45678 901 ").as_deref(), Some("6012345678901"));
        assert_eq!(number("ups", "1z 999 aa1 01 2345 6784").as_deref(), Some("1Z999AA10123456784"));
        assert_eq!(number("other", "abc-12345").as_deref(), Some("ABC12345"));
        assert_eq!(number("coupang", "ec 1234-5678901").as_deref(), Some("EC12345678901"));
        for typed in ["6012–3456–4471", "６０１２３４５６４４７１", "6012\u{a0}3456\u{2212}4471\u{200b}"]
        {
            assert_eq!(number("cj", typed).as_deref(), Some("601234564471"), "{typed:?}");
        }
    }

    #[test]
    fn a_number_of_another_shape_is_none_of_this_carrier() {
        for (carrier, typed) in [
            ("cj", "60123456447"),
            ("cj", "60123456447A"),
            ("logen", "6012345644"),
            ("post", "601234564471"),
            ("dhl", ""),
            ("daesin", "601234564471"),
            ("kyungdong", "1234567"),
            ("ilyang", "123456789012"),
        ] {
            assert_eq!(number(carrier, typed), None, "{carrier} {typed}");
        }
        for typed in ["1234", "<script>", "٠١٢٣٤٥", "12345/../"] {
            assert_eq!(number("other", typed), None, "{typed}");
        }
        assert_eq!(find("pigeon"), None);
    }

    #[test]
    fn an_s10_number_has_the_check_digit_of_the_standard() {
        assert_eq!(number("ems", "RB 123 456 785 KR").as_deref(), Some("RB123456785KR"));
        for typed in ["RB123456784KR", "RB12345678KR", "R1123456785KR", "RB1234567855R", "RB123456785K", "김B123456785"]
        {
            assert_eq!(number("ems", typed), None, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_kept_is_read_as_itself(typed in ".{0,40}") {
            for carrier in CARRIERS {
                if let Some(number) = carrier.tracking_number(&typed) {
                    prop_assert_eq!(carrier.tracking_number(&number), Some(number));
                }
            }
        }
    }
}
