//! Text that others will read: reasons, notes, names, titles. One rule for all of it, by the properties of Unicode, so that no text
//! is empty to the eye, hides a part of itself or is shown in another order than it was typed (Unicode TR 36, section 3).

pub(crate) mod name;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory},
};

/// What a page or a log can show of a text: each character that is not printable is written as U+FFFD.
pub(crate) fn shown(text: &str) -> String {
    text.chars().map(|c| if is_printable(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// Whether a character may be in text that others will read. Refused are controls, format characters (which turn the direction of
/// what follows), private-use and unassigned ones (which each reader sees differently), line separators, and all that is
/// shown as nothing: `Default_Ignorable_Code_Point`, such as the Hangul fillers, and the blank Braille pattern.
pub(crate) fn is_printable(c: char) -> bool {
    use GeneralCategory as Category;
    let category = CodePointMapData::<Category>::new().get(c);
    let is_refused = matches!(
        category,
        Category::Control
            | Category::Format
            | Category::PrivateUse
            | Category::Unassigned
            | Category::Surrogate
            | Category::LineSeparator
            | Category::ParagraphSeparator
    );
    !is_refused && c != BRAILLE_BLANK && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether a text of one line holds only such characters.
pub(crate) fn is_line(text: &str) -> bool {
    text.chars().all(is_printable)
}

/// Whether a text of several lines does.
pub(crate) fn is_lines(text: &str) -> bool {
    text.split('\n').all(is_line)
}

/// A symbol by its category, and a blank on the screen.
const BRAILLE_BLANK: char = '\u{2800}';

/// How many characters of a text are seen by themselves: neither white space nor marks, which are drawn over another one.
pub(crate) fn visible(text: &str) -> usize {
    use GeneralCategory as Category;
    let is_seen = |c: &char| {
        let category = CodePointMapData::<Category>::new().get(*c);
        is_printable(*c)
            && !matches!(
                category,
                Category::SpaceSeparator | Category::NonspacingMark | Category::EnclosingMark | Category::SpacingMark
            )
    };
    text.chars().filter(is_seen).count()
}

/// The composed form (NFC): the same text from a Mac, which sends syllables in parts, and from elsewhere.
pub(crate) fn composed(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

/// What a person meant who typed or pasted a number, a code or the like: full-width forms become ASCII, every hyphen and dash the
/// hyphen, every space the space, and format characters and fillers go. Spaces around it are no part of it.
pub(crate) fn typed(text: &str) -> String {
    use GeneralCategory as Category;
    let categories = CodePointMapData::<Category>::new();
    let plain = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        // The minus of mathematics and the bullet that some programs put for a hyphen are no dashes by their category.
        '\u{2212}' | '\u{2043}' => Some('-'),
        _ => match categories.get(c) {
            Category::DashPunctuation => Some('-'),
            Category::SpaceSeparator | Category::LineSeparator | Category::ParagraphSeparator => Some(' '),
            _ if c.is_whitespace() => Some(' '),
            Category::Format => None,
            _ => (c != BRAILLE_BLANK && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)).then_some(c),
        },
    };
    let plain: String = text.chars().filter_map(plain).collect();
    composed(plain.trim())
}

/// Whether two different texts look alike: the same skeleton (Unicode TS 39, section 4), without regard to case and spaces.
pub(crate) fn is_lookalike(one: &str, other: &str) -> bool {
    one != other && skeleton(one) == skeleton(other)
}

fn skeleton(text: &str) -> String {
    use unicode_security::confusable_detection::skeleton;
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    // Before the case is dropped too: a Cyrillic capital looks like a Latin one whose small form it does not look like.
    let latin: String = skeleton(&plain).collect();
    skeleton(&latin.to_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_shown_as_nothing_or_turns_the_text_is_refused() {
        for (name, c) in [
            ("Hangul filler", '\u{3164}'),
            ("Hangul choseong filler", '\u{115f}'),
            ("Hangul jungseong filler", '\u{1160}'),
            ("halfwidth Hangul filler", '\u{ffa0}'),
            ("blank Braille pattern", '\u{2800}'),
            ("Arabic letter mark", '\u{61c}'),
            ("soft hyphen", '\u{ad}'),
            ("combining grapheme joiner", '\u{34f}'),
            ("Mongolian vowel separator", '\u{180e}'),
            ("zero-width space", '\u{200b}'),
            ("right-to-left override", '\u{202e}'),
            ("word joiner", '\u{2060}'),
            ("variation selector", '\u{fe0f}'),
            ("tag", '\u{e0041}'),
            ("private use", '\u{e000}'),
            ("plane 16 private use", '\u{10fffd}'),
            ("noncharacter", '\u{fdd0}'),
            ("last code point", '\u{10ffff}'),
            ("unassigned", '\u{378}'),
            ("line separator", '\u{2028}'),
            ("paragraph separator", '\u{2029}'),
            ("byte order mark", '\u{feff}'),
            ("interlinear annotation", '\u{fff9}'),
            ("NUL", '\0'),
            ("escape", '\u{1b}'),
            ("C1 control", '\u{9b}'),
        ] {
            assert!(!is_printable(c), "{name}");
            assert_eq!(visible(&c.to_string()), 0, "{name}");
        }
    }

    #[test]
    fn what_people_write_is_printable() {
        let text = "고객 요청: 오배송 보상 (CS-1234) — “20,000원” ₩ ㄱㅏ 각 café naïve 注文 取消 ❤ 😀 𠮷 \u{3000}½ ①";
        assert_eq!(text.chars().find(|c| !is_printable(*c)), None);
    }

    #[test]
    fn only_what_is_seen_by_itself_counts() {
        assert_eq!(visible("고객 요청"), 4);
        assert_eq!(visible("   \u{3000}\u{a0}"), 0);
        assert_eq!(visible("e\u{301}\u{302}\u{303}\u{304}"), 1);
    }

    #[test]
    fn names_that_only_look_alike_are_told() {
        assert!(is_lookalike("Mina Park", "Міnа Раrk"), "Cyrillic letters");
        assert!(is_lookalike("Mina Park", "mina  park"));
        assert!(is_lookalike("Jill", "Ji1l"));
        assert!(!is_lookalike("Mina Park", "Mina Park"), "two people may have one name");
        assert!(!is_lookalike("김민아", "김민이"));
        assert_eq!(composed("\u{1100}\u{1175}\u{11b7}"), "김");
    }

    #[test]
    fn what_was_typed_is_read_through_input_methods_and_spreadsheets() {
        assert_eq!(typed(" １２３\u{a0}４５６ "), "123 456");
        assert_eq!(typed("6012–3456—4471"), "6012-3456-4471");
        assert_eq!(typed("6012\u{2212}3456\u{ff0d}4471"), "6012-3456-4471");
        assert_eq!(typed("\u{202a}12\u{200b}34\u{202c}\r\n"), "1234");
        assert_eq!(typed("김\u{3000}서연"), "김 서연");
    }

    proptest! {
        #[test]
        fn what_was_typed_is_typed_once(text in "\\PC{0,40}|.{0,40}") {
            prop_assert_eq!(typed(&typed(&text)), typed(&text));
        }

        #[test]
        fn no_control_is_printable(c in any::<char>()) {
            prop_assert!(!(c.is_control() && is_printable(c)));
        }

        #[test]
        fn letters_and_digits_are_printable(c in "[\\p{L}\\p{N}]") {
            let c = c.chars().next().unwrap();
            let is_filler = matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}');
            // The generator may know letters of a newer Unicode than the tables.
            let is_new = CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::Unassigned;
            prop_assert!(is_filler || is_new || is_printable(c), "{:?}", c);
        }
    }
}
