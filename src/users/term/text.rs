//! The same text for what looks the same.

/// Full-width forms become ASCII, invisible characters go, loose Hangul letters become syllables, and runs of spaces
/// become one.
pub(super) fn tidy(typed: &str) -> String {
    let plain: String = typed.chars().filter(|c| !is_invisible(*c)).map(narrow).collect();
    compose(plain.split_whitespace().collect::<Vec<_>>().join(" ").chars())
}

/// A Korean name is one word, however it was typed: `김 서연` is 김서연.
pub(super) fn close_hangul(text: String) -> String {
    if text.chars().all(|c| c == ' ' || is_syllable(c)) { text.replace(' ', "") } else { text }
}

/// Marks that come along when a number is copied from a contact or a spreadsheet: direction marks, joiners, soft
/// hyphens, the byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

fn is_syllable(c: char) -> bool {
    ('\u{ac00}'..='\u{d7a3}').contains(&c)
}

/// Composes Hangul typed or pasted as single letters (a Mac's file names are), by the arithmetic of the Unicode
/// standard, section 3.12. Other scripts are left as they are.
fn compose(letters: impl Iterator<Item = char>) -> String {
    let mut composed: Vec<char> = Vec::new();
    for letter in letters {
        let joined = composed.last().and_then(|last| join(*last, letter));
        if joined.is_some() {
            composed.pop();
        }
        composed.push(joined.unwrap_or(letter));
    }
    composed.into_iter().collect()
}

fn join(left: char, right: char) -> Option<char> {
    let (left, right) = (u32::from(left), u32::from(right));
    match (left, right) {
        (0x1100..=0x1112, 0x1161..=0x1175) => char::from_u32(0xac00 + ((left - 0x1100) * 21 + (right - 0x1161)) * 28),
        // Only a syllable without a final consonant takes one.
        (0xac00..=0xd7a3, 0x11a8..=0x11c2) if (left - 0xac00).is_multiple_of(28) => {
            char::from_u32(left + (right - 0x11a7))
        }
        _ => None,
    }
}
