//! Which texts a spreadsheet takes for something else. A cell is guarded with a leading `'` by the class of its column: numbers and times
//! never are. A text is, where it
//!
//! - begins with `=`, `+`, `-` or `@`, in any width and after any blanks, or with a tab or a line break: some spreadsheet computes it;
//! - begins with `'`, so that taking one leading `'` away always gives the text back;
//! - reads as a number, a date, a time, a truth or an error to people who write English, Korean or Japanese. That is judged generously: it
//!   holds a digit, and besides nothing but blanks, the signs of numbers, and the words of dates. Calc 7.4, asked in these languages about
//!   730,000 texts, at random and with every letter and sign beside digits, took none that has no guard for anything but a text.
//!
//! An address of the internet protocol is left alone, for none of these takes it for a number. A German one takes `192.168.100.100` for
//! one, and has other names of months: what it opens is to be imported as text.

use std::net::IpAddr;

/// Whether a cell holds this text with a leading `'`.
pub(super) fn is_guarded(text: &str) -> bool {
    let first = text.chars().map(narrow).find(|character| !is_blank(*character));
    text.starts_with(['\t', '\r', '\n'])
        || first.is_some_and(|first| matches!(first, '=' | '+' | '-' | '@' | '\''))
        || is_error(text)
        || (is_value(text) && text.parse::<IpAddr>().is_err())
}

/// Excel makes an error of what is written like one, such as `#N/A` or `#REF!`.
fn is_error(text: &str) -> bool {
    let text = text.trim();
    text.starts_with('#') && (text.ends_with(['!', '?']) || text.eq_ignore_ascii_case("#N/A"))
}

/// Whether a spreadsheet may take it for a number, a date, a time or a truth.
fn is_value(text: &str) -> bool {
    let mut word = String::new();
    let mut has_digit = false;
    // After a digit of another script or width numerals count too: Korean Calc reads `３삼` as 33.
    let has_other_digit = text.chars().any(|character| !character.is_ascii() && character.is_numeric());
    // The sign at the end ends the last word.
    for character in text.chars().map(narrow).chain(['.']) {
        if character.is_ascii_alphabetic() {
            word.push(character.to_ascii_lowercase());
            if word.len() > LONGEST_WORD {
                return false;
            }
            continue;
        }
        if !word.is_empty() && !WORDS.split(' ').any(|known| known == word) {
            return is_truth(text);
        }
        word.clear();
        has_digit |= character.is_numeric();
        let is_other = has_other_digit && !character.is_ascii();
        if !(character.is_numeric() || is_blank(character) || SIGNS.contains(character) || is_other) {
            return is_truth(text);
        }
    }
    has_digit
}

fn is_truth(text: &str) -> bool {
    let said: String = text.chars().map(narrow).filter(|character| !is_blank(*character)).take(LONGEST_WORD).collect();
    TRUTHS.iter().any(|truth| said.eq_ignore_ascii_case(truth))
}

/// The signs of numbers, sums of money, dates and times, and the letters of Korean and Japanese dates. Korean Windows shows `\` as the
/// sign of the won.
const SIGNS: &str = ".,:/-+%'()−’\\$₩￦€£¥￥년월일시분초오전후화수목금토요年月日時分秒午前後火水木金土曜";
const LONGEST_WORD: usize = 9;
const TRUTHS: [&str; 4] = ["true", "false", "참", "거짓"];
/// The `e` of powers of ten, halves of the day, the `T` and `Z` of ISO 8601, months and days: Calc reads `Mon 1/2` as a date.
const WORDS: &str = "e a p am pm t z jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july \
    august september october november december mon tue tues wed thu thur thurs fri sat sun monday tuesday \
    wednesday thursday friday saturday sunday";

/// The narrow form of a full-width character: Japanese and Korean spreadsheets compute both alike.
fn narrow(character: char) -> char {
    match u32::from(character) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(character),
        _ => character,
    }
}

/// White space, and what is not seen at all.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}
