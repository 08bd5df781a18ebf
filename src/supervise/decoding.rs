//! Text out of bytes, read by read: a character of which only the beginning was read waits for its rest.

use encoding_rs::{CoderResult, Encoding, REPLACEMENT, UTF_8};
use std::mem;

/// How a program writes its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charset(&'static Encoding);

impl Default for Charset {
    fn default() -> Self {
        Self(UTF_8)
    }
}

impl Charset {
    /// By a label of the [Encoding standard](https://encoding.spec.whatwg.org/#names-and-labels). Some labels are there for
    /// encodings that are not decoded for safety; they are none here.
    pub fn of(label: &str) -> Option<Self> {
        Encoding::for_label(label.as_bytes()).filter(|encoding| *encoding != REPLACEMENT).map(Self)
    }

    /// As [`of`](Self::of), and by the names that Windows and Java have for what the standard calls `euc-kr`. For what other
    /// programs say of themselves.
    pub(crate) fn of_any(label: &str) -> Option<Self> {
        let label = label.trim();
        let is_korean = ["cp949", "ms949", "x-windows-949", "uhc"].iter().any(|name| label.eq_ignore_ascii_case(name));
        Self::of(if is_korean { "euc-kr" } else { label })
    }
}

/// Decodes one output.
#[derive(Debug)]
pub(super) enum Decoder {
    /// With what was read of a character.
    Utf8(Vec<u8>),
    Other(Box<encoding_rs::Decoder>),
}

impl Decoder {
    pub(super) fn new(charset: Charset) -> Self {
        if charset.0 == UTF_8 {
            Self::Utf8(Vec::new())
        } else {
            Self::Other(Box::new(charset.0.new_decoder_with_bom_removal()))
        }
    }

    /// What was read, as text; `last` where nothing comes after it.
    pub(super) fn decode(&mut self, read: &[u8], last: bool, text: &mut String) {
        match self {
            Self::Utf8(pending) if pending.is_empty() => *pending = utf8(read, last, text),
            Self::Utf8(pending) => {
                let mut all = mem::take(pending);
                all.extend_from_slice(read);
                *pending = utf8(&all, last, text);
            }
            Self::Other(decoder) => {
                let mut rest = read;
                loop {
                    text.reserve(decoder.max_utf8_buffer_length(rest.len()).unwrap_or(rest.len()).max(16));
                    let (result, count, _) = decoder.decode_to_string(rest, text, last);
                    rest = rest.get(count..).unwrap_or_default();
                    if result == CoderResult::InputEmpty {
                        break;
                    }
                }
            }
        }
    }
}

/// Appends it, with `U+FFFD` for what is no UTF-8, and returns the beginning of a character whose rest is still to come.
///
/// Bytes by which a program talks to a terminal in eight bits (ECMA-48, C1) are no UTF-8 either, and become what they mean: CSI
/// and ST anywhere, but DCS and OSC, which swallow what comes after them, only before a parameter. Text in another encoding
/// holds such bytes too, and is not to vanish.
fn utf8(bytes: &[u8], last: bool, text: &mut String) -> Vec<u8> {
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        text.push_str(chunk.valid());
        let is_last = chunks.peek().is_none();
        let follows = || chunks.clone().next().and_then(|next| next.valid().bytes().next());
        match chunk.invalid() {
            [] => {}
            [0x9b] => text.push('\u{9b}'),
            [0x9c] => text.push('\u{9c}'),
            [byte @ (0x90 | 0x9d)] if is_last && !last => return vec![*byte],
            [byte @ (0x90 | 0x9d)] if follows().is_some_and(|byte| matches!(byte, 0x30..=0x3f)) => {
                text.push(char::from(*byte));
            }
            // Only a whole character could tell that it is none.
            begun if is_last && !last && std::str::from_utf8(begun).is_err_and(|error| error.error_len().is_none()) => {
                return begun.to_vec();
            }
            _ => text.push(char::REPLACEMENT_CHARACTER),
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Read in pieces of this number of bytes.
    fn decoded(label: &str, bytes: &[u8], at_once: usize) -> String {
        let mut decoder = Decoder::new(Charset::of(label).unwrap());
        let mut text = String::new();
        for read in bytes.chunks(at_once) {
            decoder.decode(read, false, &mut text);
        }
        decoder.decode(b"", true, &mut text);
        text
    }

    #[test]
    fn a_character_may_come_in_two_reads() {
        let (korean, _, _) = encoding_rs::EUC_KR.encode("정산 오류: 똠방각하 🙂");
        for at_once in 1..8 {
            assert_eq!(decoded("euc-kr", &korean, at_once), "정산 오류: 똠방각하 &#128578;");
            assert_eq!(decoded("utf-8", "정산 오류 🙂".as_bytes(), at_once), "정산 오류 🙂");
            assert_eq!(decoded("utf-16le", &[0xff, 0xfe, 0x15, 0xc8, 0x41, 0], at_once), "정A");
            assert_eq!(decoded("utf-8", b"a\x9d0;title\x9cb\x90\xeez", at_once), "a\u{9d}0;title\u{9c}b��z");
        }
    }

    #[test]
    fn a_half_character_at_the_end_is_shown_as_that() {
        assert_eq!(decoded("euc-kr", b"a\xb0", 1), "a�");
        assert_eq!(decoded("utf-8", b"a\xed\x95", 1), "a�");
        assert_eq!(decoded("utf-8", b"a\x90", 1), "a�");
    }

    #[test]
    fn labels_are_those_of_the_standard() {
        for label in ["utf-8", "EUC-KR", "windows-949", "ks_c_5601-1987", "shift_jis", "utf-16le", "latin1"] {
            assert!(Charset::of(label).is_some(), "{label}");
        }
        for label in ["", "cp949", "utf-9", "iso-2022-kr", "replacement", "euc_kr"] {
            assert!(Charset::of(label).is_none(), "{label}");
        }
        assert_eq!(Charset::of_any(" MS949 "), Charset::of("euc-kr"));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..60), at_once in 1..9_usize) {
            for label in ["utf-8", "euc-kr", "shift_jis", "utf-16le", "gb18030"] {
                prop_assert_eq!(decoded(label, &bytes, at_once), decoded(label, &bytes, 60), "{}", label);
            }
        }

        #[test]
        fn utf8_is_read_as_the_standard_library_reads_it(text in "\\PC{0,30}") {
            prop_assert_eq!(decoded("utf-8", text.as_bytes(), 3), text);
        }
    }
}
