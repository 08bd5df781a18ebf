//! Personal data as pages show it until a person gives a reason to see it in full.
//!
//! A mask shows enough to tell two people apart and to check what a caller says, and never the part in the middle.

use crate::text::composed;

const DOT: &str = "•";

/// `seoyeon.k@naver.com` → `se•••••••@naver.com`. The domain says which mail service it is, not whose.
pub(crate) fn email(email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').map_or((email, ""), |(local, domain)| (local, domain));
    let length = local.chars().count();
    let shown = (length / 2).min(2);
    let begin: String = local.chars().take(shown).collect();
    let at = if domain.is_empty() { "" } else { "@" };
    format!("{begin}{}{at}{domain}", DOT.repeat(length - shown))
}

/// `821048214821` → `010-••••-4821`, `14155554821` → `+1 ••• ••• 4821`.
pub(crate) fn phone(stored: &str) -> String {
    let phone = Phone::of(stored);
    let Some(split) = phone.rest.len().checked_sub(4).filter(|split| *split > 0) else {
        return DOT.repeat(stored.chars().count());
    };
    let (hidden, end) = phone.rest.split_at_checked(split).unwrap_or((phone.rest, ""));
    match phone.area {
        Area::Abroad => format!("+{} {DOT}{DOT}{DOT} {DOT}{DOT}{DOT} {end}", phone.country),
        Area::Code(area) => format!("0{area}-{}-{end}", DOT.repeat(hidden.len())),
        Area::None => format!("{}-{end}", DOT.repeat(hidden.len())),
    }
}

/// The whole number as people write it: `010-4821-4821`, `+1 415 555 4821`.
pub(crate) fn phone_full(stored: &str) -> String {
    let phone = Phone::of(stored);
    let split = |from_end: usize| {
        phone.rest.len().checked_sub(from_end).filter(|at| *at > 0).and_then(|at| phone.rest.split_at_checked(at))
    };
    match (phone.area, split(4)) {
        (Area::Code(area), Some((middle, end))) => return format!("0{area}-{middle}-{end}"),
        (Area::None, Some((begin, end))) => return format!("{begin}-{end}"),
        _ => {}
    }
    match (phone.country, split(7), split(4)) {
        ("", ..) => stored.to_owned(),
        ("1", Some((area, _)), Some((head, end))) => {
            format!("+1 {area} {} {end}", head.strip_prefix(area).unwrap_or_default())
        }
        (country, _, _) => format!("+{country} {}", stored.strip_prefix(country).unwrap_or_default()),
    }
}

/// `김서연` → `김*연`, `김연` → `김*`, `남궁민수` → `남궁*수`, `Emily Carter` → `E***y C***r`.
pub(crate) fn name(name: &str) -> String {
    // Syllables that came in parts are syllables.
    composed(name).split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

/// Surnames of two syllables; every other Korean surname has one.
const LONG_SURNAMES: [&str; 8] = ["남궁", "황보", "제갈", "사공", "선우", "서문", "독고", "동방"];

fn word(word: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    let [first, middle @ .., last] = letters.as_slice() else { return "*".repeat(letters.len()) };
    // The letters of an alphabet would give a name away by their number; syllables are two or three anyway.
    if word.chars().all(is_alphabetic_script) {
        return if middle.is_empty() { format!("{first}*") } else { format!("{first}***{last}") };
    }
    match (middle, LONG_SURNAMES.iter().find(|surname| word.starts_with(**surname))) {
        ([], _) => format!("{first}*"),
        ([_, hidden @ ..], Some(surname)) if !hidden.is_empty() => {
            format!("{surname}{}{last}", "*".repeat(hidden.len()))
        }
        _ => format!("{first}{}{last}", "*".repeat(middle.len())),
    }
}

/// Latin, Greek, Cyrillic and what else is written letter by letter comes before the scripts of East Asia in Unicode.
fn is_alphabetic_script(c: char) -> bool {
    u32::from(c) < 0x1100 || ('\u{1e00}'..='\u{206f}').contains(&c)
}

/// A stored number in its parts.
struct Phone<'a> {
    country: &'a str,
    area: Area<'a>,
    rest: &'a str,
}

/// What is dialled before a number.
#[derive(Clone, Copy)]
enum Area<'a> {
    /// Of a Korean number, behind the zero: `10`, `2`, `31`, `507`.
    Code(&'a str),
    /// A Korean number of a company, which has none: 1588-1234.
    None,
    Abroad,
}

impl<'a> Phone<'a> {
    fn of(stored: &'a str) -> Self {
        let unknown = Self { country: "", area: Area::Abroad, rest: "" };
        if !stored.bytes().all(|b| b.is_ascii_digit()) {
            return unknown;
        }
        let Some((country, rest)) = stored.split_at_checked(country_length(stored)) else { return unknown };
        if country != "82" {
            return Self { country, area: Area::Abroad, rest };
        }
        let length = match rest.as_bytes() {
            // 15xx, 16xx, 18xx: eight digits, where a mobile number of an old network has nine or ten.
            [b'1', b'4'..=b'9', ..] if rest.len() == 8 => return Self { country, area: Area::None, rest },
            // Seoul.
            [b'2', ..] => 1,
            // Numbers for life, and those of parcels and orders that hide another one.
            [b'5', b'0', ..] if rest.len() >= 10 => 3,
            // Every other area and network.
            _ => 2,
        };
        let (area, rest) = rest.split_at_checked(length).unwrap_or(("", rest));
        Self { country, area: if area.is_empty() { Area::Abroad } else { Area::Code(area) }, rest }
    }
}

/// The number of digits of the calling code (ITU-T E.164, Annex D): codes are prefix-free.
fn country_length(digits: &str) -> usize {
    match digits.as_bytes() {
        [b'1' | b'7', ..] => 1,
        [b'2', b'0' | b'7', ..]
        | [b'3', b'0'..=b'4' | b'6' | b'9', ..]
        | [b'4', b'0' | b'1' | b'3'..=b'9', ..]
        | [b'5', b'1'..=b'8', ..]
        | [b'6', b'0'..=b'6', ..]
        | [b'8', b'1' | b'2' | b'4' | b'6', ..]
        | [b'9', b'0'..=b'5' | b'8', ..] => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn masks_look_like_this() {
        assert_eq!(email("seoyeon.k@naver.com"), "se•••••••@naver.com");
        assert_eq!(email("kim@naver.com"), "k••@naver.com");
        assert_eq!(email("ab@b.kr"), "a•@b.kr");
        assert_eq!(email("a@b.kr"), "•@b.kr");
        assert_eq!(email("no address"), "no••••••••");
        assert_eq!(phone("821048214821"), "010-••••-4821");
        assert_eq!(phone("82112344821"), "011-•••-4821");
        assert_eq!(phone("82212345678"), "02-••••-5678");
        assert_eq!(phone("82311234567"), "031-•••-4567");
        assert_eq!(phone("8250712345678"), "0507-••••-5678");
        assert_eq!(phone("827012345678"), "070-••••-5678");
        assert_eq!(phone("8215881234"), "••••-1234");
        assert_eq!(phone("14155554821"), "+1 ••• ••• 4821");
        assert_eq!(phone("442079460018"), "+44 ••• ••• 0018");
        assert_eq!(phone("3531234567"), "+353 ••• ••• 4567");
        assert_eq!(phone("8210"), "••••");
        assert_eq!(phone(""), "");
        assert_eq!(name("김서연"), "김*연");
        assert_eq!(name("김연"), "김*");
        assert_eq!(name("김"), "*");
        assert_eq!(name("남궁민수"), "남궁*수");
        assert_eq!(name("남궁민"), "남*민");
        assert_eq!(name("김빛나라"), "김**라");
        assert_eq!(name("Emily Carter"), "E***y C***r");
        assert_eq!(name("Bo Li"), "B* L*");
        assert_eq!(name("J Smith"), "* S***h");
    }

    #[test]
    fn a_name_whose_letters_came_in_parts_is_masked_like_any_other() {
        assert_eq!(name("\u{1100}\u{1175}\u{11b7}\u{1109}\u{1165}\u{110b}\u{1167}\u{11ab}"), "김*연");
        assert_eq!(name("Zoe\u{308}"), "Z***ë");
    }

    #[test]
    fn a_revealed_number_is_written_as_people_write_it() {
        assert_eq!(phone_full("821048214821"), "010-4821-4821");
        assert_eq!(phone_full("82212345678"), "02-1234-5678");
        assert_eq!(phone_full("8250712345678"), "0507-1234-5678");
        assert_eq!(phone_full("825041234567"), "0504-123-4567");
        assert_eq!(phone_full("8215881234"), "1588-1234");
        assert_eq!(phone_full("8216001234"), "1600-1234");
        assert_eq!(phone_full("82161234567"), "016-123-4567");
        assert_eq!(phone_full("827012345678"), "070-1234-5678");
        assert_eq!(phone_full("82801234567"), "080-123-4567");
        assert_eq!(phone_full("8225551234"), "02-555-1234");
        assert_eq!(phone_full("8254123456"), "054-12-3456");
        assert_eq!(phone_full("14155554821"), "+1 415 555 4821");
        assert_eq!(phone_full("442079460018"), "+44 2079460018");
        assert_eq!(phone_full("82105"), "+82 105");
        assert_eq!(phone_full("ring twice"), "ring twice");
    }

    proptest! {
        #[test]
        fn nothing_panics_and_nothing_is_left_out(text in "\\PC{0,30}") {
            email(&text);
            name(&text);
            phone(&text);
            phone_full(&text);
        }

        #[test]
        fn the_middle_of_an_address_is_hidden(local in "[a-z0-9._]{1,20}", domain in "[A-Z]{1,10}") {
            let masked = email(&format!("{local}@{domain}"));
            let shown = masked.chars().filter(|c| *c != '•').count() - domain.len() - 1;
            prop_assert!(shown <= 2 && shown * 2 <= local.len());
            prop_assert_eq!(masked.chars().count(), local.len() + 1 + domain.len());
        }

        #[test]
        fn the_middle_of_a_number_is_hidden(digits in "[1-9][0-9]{9,14}") {
            let masked = phone(&digits);
            let shown = masked.chars().filter(char::is_ascii_digit).count();
            // The country, or the zero and the area, and the last four.
            prop_assert!(shown <= 4 + 4, "{}", masked);
            prop_assert!(masked.ends_with(&digits[digits.len() - 4..]));
        }

        #[test]
        fn the_middle_of_a_name_is_hidden(name_ in "[가-힣]{2,4}|[A-Z][a-z]{2,12}") {
            let masked = name(&name_);
            let letters: Vec<char> = name_.chars().collect();
            prop_assert!(masked.contains('*'));
            prop_assert!(masked.chars().filter(|c| *c != '*').count() <= 3);
            prop_assert!(!masked.contains(&letters[1..].iter().collect::<String>()));
        }

        #[test]
        fn a_revealed_number_loses_no_digit(digits in "[1-9][0-9]{4,14}") {
            let written: String = phone_full(&digits).chars().filter(char::is_ascii_digit).collect();
            // The number of a company has neither a country nor a zero.
            let bare = match written.strip_prefix('0') {
                Some(rest) => format!("82{rest}"),
                None if digits.strip_prefix("82") == Some(&written) => digits.clone(),
                None => written,
            };
            prop_assert_eq!(bare, digits);
        }
    }
}
