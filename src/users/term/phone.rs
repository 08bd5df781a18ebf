//! Every way to write a phone number, and the one in which it is stored: E.164 digits without the plus.

/// The country a number is in that does not say.
const HOME: &str = "82";

pub(super) enum Number {
    Id(String),
    Phone(String),
    /// Eight digits, and the phone number that they are where they are no id.
    Eight {
        digits: String,
        phone: String,
    },
    LastFour {
        digits: String,
        or_id: bool,
    },
}

/// Reads a text of digits and what people put between them, or with words around a whole number: a label, a name, an
/// extension. `None` where there is anything else in it.
pub(super) fn read(text: &str) -> Option<Number> {
    if !text.chars().all(is_part) {
        return read(within_words(text)?);
    }
    if text.contains(is_mask) {
        return read_masked(text);
    }
    // The trunk zero that is not dialled from abroad: `+44 (0)20 …`.
    let without_trunk = text.replacen("(0)", "", 1);
    let groups: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    let digits = groups.concat();
    let first = *groups.first()?;

    if text.starts_with(|c: char| c.is_ascii_digit()) && digits.len() == text.len() {
        return Some(read_bare(digits));
    }
    if text.trim_start_matches(['(', '[', ' ']).starts_with('+') {
        return Some(Number::Phone(from_abroad(&only_digits(&without_trunk))));
    }
    if groups.len() == 1 && digits.len() == 4 && !text.starts_with(&digits) {
        return Some(Number::LastFour { digits, or_id: false });
    }
    if let Some(rest) = only_digits(&without_trunk).strip_prefix("00") {
        return Some(Number::Phone(from_abroad(rest)));
    }
    Some(match groups.as_slice() {
        _ if digits.starts_with('0') => Number::Phone(at_home(&digits)),
        _ if first == HOME => Number::Phone(from_abroad(&only_digits(&without_trunk))),
        // The country and the operator in one, as mail signatures have it.
        [first, ..] if first.len() == 4 && first.starts_with("821") && (11..=12).contains(&digits.len()) => {
            Number::Phone(from_abroad(&digits))
        }
        // The last eight digits of a mobile number, as they are said aloud.
        [four, other] if four.len() == 4 && other.len() == 4 => Number::Phone(of_eight(&digits)),
        // North America, written as at home there.
        ["1", ..] if digits.len() == 11 => Number::Phone(digits),
        _ => Number::Phone(at_home(&digits)),
    })
}

/// The only whole phone number in a text with words: at least nine digits, written from home or from abroad. What else has
/// digits is an extension, of at most five.
fn within_words(text: &str) -> Option<&str> {
    let count = |run: &str| run.bytes().filter(u8::is_ascii_digit).count();
    let mut whole = None;
    for run in text.split(|c| !is_part(c)) {
        match count(run) {
            0..=5 => {}
            9..=15 if whole.is_none() => whole = Some(run.trim_matches(|c: char| c != '+' && !c.is_ascii_digit())),
            _ => return None,
        }
    }
    whole.filter(|number| number.starts_with(['0', '+']) || number.starts_with(HOME) || number.starts_with("10"))
}

/// Digits with nothing between them.
fn read_bare(digits: String) -> Number {
    if digits.len() == 4 {
        return Number::LastFour { digits, or_id: true };
    }
    match digits.strip_prefix("00") {
        Some(rest) if rest.is_empty() || rest.starts_with('0') => return Number::Id(digits),
        Some(rest) => return Number::Phone(from_abroad(rest)),
        None => {}
    }
    if digits.starts_with('0') {
        return Number::Phone(at_home(&digits));
    }
    if digits.len() == 8 {
        return Number::Eight { phone: of_eight(&digits), digits };
    }
    // A customer's number is shorter than that; `#` says that one is meant all the same.
    if digits.starts_with(HOME) && digits.len() >= 10 {
        return Number::Phone(from_abroad(&digits));
    }
    // A spreadsheet has eaten the zero of 010.
    if digits.starts_with("10") && digits.len() == 10 {
        return Number::Phone(at_home(&digits));
    }
    Number::Id(digits)
}

/// The phone number of eight digits: of a company (1588-1234), or a mobile one without its 010.
fn of_eight(digits: &str) -> String {
    if digits.starts_with('1') { at_home(digits) } else { format!("{HOME}10{digits}") }
}

/// A number copied from a page on which it is masked: `010-••••-4821`, `010-48••`.
fn read_masked(text: &str) -> Option<Number> {
    let (before, _) = text.split_once(is_mask)?;
    let (_, after) = text.rsplit_once(is_mask)?;
    let after = only_digits(after);
    match after.len() {
        4 => Some(Number::LastFour { digits: after, or_id: false }),
        // The space at the end keeps bare digits from being taken for the number of a customer.
        0 => read(&format!("{before} ")),
        _ => None,
    }
}

/// The digits of a number that is written with its country.
fn from_abroad(digits: &str) -> String {
    match digits.strip_prefix(HOME) {
        Some(rest) => format!("{HOME}{}", rest.trim_start_matches('0')),
        None if digits.starts_with('0') => at_home(digits),
        None => digits.to_owned(),
    }
}

fn at_home(digits: &str) -> String {
    format!("{HOME}{}", digits.trim_start_matches('0'))
}

fn only_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn is_part(c: char) -> bool {
    c.is_ascii_digit() || c == '+' || is_separator(c) || is_mask(c)
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || is_dash(c) || matches!(c, '(' | ')' | '.' | '/' | '·' | ',' | '[' | ']')
}

/// Dashes of every kind, with the signs that input methods and word processors put in their place.
fn is_dash(c: char) -> bool {
    const DASHES: &str = "-~_\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2043}\u{2053}\u{207b}\u{2212}\u{2500}\u{2501}\
                          \u{301c}\u{3030}\u{30fc}\u{3161}\u{fe31}\u{fe32}\u{fe58}\u{fe63}\u{ff70}";
    DASHES.contains(c)
}

fn is_mask(c: char) -> bool {
    matches!(c, '*' | '•' | '●' | '○' | '…' | '∗' | '＊')
}
