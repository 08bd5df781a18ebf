//! Lines out of what is read from a pipe: whole, of bounded length, readable, and without secrets.

use super::mask::{Mask, replaced};
use std::sync::Arc;

/// One pipe, cut into lines.
#[derive(Debug)]
pub(super) struct Lines {
    mask: Arc<Mask>,
    /// The number of bytes a line may have before it is split.
    limit: usize,
    /// What was read of a line that has not ended.
    pending: Vec<u8>,
    /// The number of bytes at the beginning of `pending` that belong to a secret whose beginning was already handed on.
    known: usize,
    /// Whether the beginning of this line was already handed on.
    begun: bool,
}

/// A line, or a piece of one that was too long.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    /// Whether this is all of its line.
    pub(super) whole: bool,
}

impl Lines {
    pub(super) fn new(mask: Arc<Mask>, limit: usize) -> Self {
        // Any character fits.
        Self { mask, limit: limit.max(4), pending: Vec::new(), known: 0, begun: false }
    }

    /// Takes what was read, and hands on every line that is complete with it.
    pub(super) fn feed(&mut self, read: &[u8], take: &mut impl FnMut(Piece)) {
        for part in read.split_inclusive(|byte| *byte == b'\n') {
            let (text, ends) = part.strip_suffix(b"\n").map_or((part, false), |text| (text, true));
            self.pending.extend_from_slice(text);
            if ends {
                self.end(take);
            } else {
                // No piece is handed on before all of a secret that begins in it has been read, and never the last byte:
                // a carriage return there belongs to the end of the line.
                let ahead = self.mask.longest().max(1);
                while self.pending.len() > self.limit + ahead {
                    self.hand_on(boundary(&self.pending, self.limit), false, take);
                }
            }
        }
    }

    /// Hands on the last line where it ends without a line feed.
    pub(super) fn finish(&mut self, take: &mut impl FnMut(Piece)) {
        if !self.pending.is_empty() {
            self.end(take);
        }
    }

    fn end(&mut self, take: &mut impl FnMut(Piece)) {
        self.pending.pop_if(|last| *last == b'\r');
        while self.pending.len() > self.limit {
            self.hand_on(boundary(&self.pending, self.limit), false, take);
        }
        if !self.begun || !self.pending.is_empty() {
            self.hand_on(self.pending.len(), !self.begun, take);
        }
        self.begun = false;
        self.known = 0;
    }

    /// Hands on the first `length` bytes of what is pending.
    fn hand_on(&mut self, length: usize, whole: bool, take: &mut impl FnMut(Piece)) {
        let hidden = self.mask.find(&self.pending, self.known);
        let text = replaced(self.pending.get(..length).unwrap_or_default(), &hidden);
        self.known = hidden.iter().find(|range| range.contains(&length)).map_or(0, |range| range.end - length);
        self.pending.drain(..length);
        self.begun = true;
        take(Piece { text: readable(&text), whole });
    }
}

/// Where text of more than `limit` bytes is split: behind a character, unless it is no UTF-8.
fn boundary(text: &[u8], limit: usize) -> usize {
    let begins = |at: &usize| text.get(*at).is_some_and(|byte| byte & 0b1100_0000 != 0b1000_0000);
    (limit.saturating_sub(3)..=limit).rev().find(begins).unwrap_or(limit)
}

/// As UTF-8, with `U+FFFD` for what is none. For NUL as well: PostgreSQL cannot keep that character in a text.
fn readable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::{super::mask::Hidden, *};
    use proptest::prelude::*;

    /// What comes of these reads, with `+` before a piece that is only part of its line.
    fn lines(masked: &[&str], limit: usize, reads: &[&[u8]]) -> Vec<String> {
        let masked: Vec<String> = masked.iter().map(|value| (*value).to_owned()).collect();
        let mut lines = Lines::new(Arc::new(Mask::new(&masked, &Hidden::default()).unwrap()), limit);
        let mut pieces = Vec::new();
        let mut take = |piece: Piece| pieces.push(format!("{}{}", if piece.whole { "" } else { "+" }, piece.text));
        for read in reads {
            lines.feed(read, &mut take);
        }
        lines.finish(&mut take);
        pieces
    }

    #[test]
    fn lines_end_with_a_line_feed_or_with_the_output() {
        assert_eq!(lines(&[], 80, &[b"one\ntw", b"o\n\nthree"]), ["one", "two", "", "three"]);
        assert_eq!(lines(&[], 80, &[b"one\n"]), ["one"]);
        assert_eq!(lines(&[], 80, &[b"\n"]), [""]);
        assert!(lines(&[], 80, &[b"", b""]).is_empty());
    }

    #[test]
    fn a_carriage_return_before_the_line_feed_is_part_of_the_end() {
        assert_eq!(
            lines(&[], 80, &[b"one\r", b"\ntwo\r\n\r\n10%\r20%\r\nend\r"]),
            ["one", "two", "", "10%\r20%", "end"]
        );
        // Also behind exactly as much as a line may have.
        assert_eq!(lines(&[], 4, &[b"four\r", b"\nnext\r\n"]), ["four", "next"]);
    }

    #[test]
    fn what_is_no_text_is_replaced() {
        assert_eq!(lines(&[], 80, &[b"a\xff\xfeb\n\xed\x95", b"\x9c\n\xed\x95\n", b"\0"]), ["a��b", "한", "�", "�"]);
    }

    #[test]
    fn a_long_line_is_split_between_characters() {
        assert_eq!(lines(&[], 4, &[b"abcdefghij\nk\n"]), ["+abcd", "+efgh", "+ij", "k"]);
        assert_eq!(lines(&[], 4, &[b"abcdefgh\n\n"]), ["+abcd", "+efgh", ""]);
        assert_eq!(lines(&[], 4, &["한글과 컴퓨터".as_bytes()]), ["+한", "+글", "+과 ", "+컴", "+퓨", "+터"]);
        assert_eq!(lines(&[], 4, &[&[0x80; 9]]), ["+����", "+����", "+�"]);
    }

    #[test]
    fn a_secret_is_hidden_across_reads_and_across_pieces() {
        assert_eq!(lines(&["hunter22"], 80, &[b"key=hun", b"ter", b"22;\n"]), ["key=•••;"]);
        // The piece ends within the secret, of which nothing may remain in the next one.
        assert_eq!(lines(&["hunter22"], 6, &[b"key=hunter22;hunter22"]), ["+key=•••", "+•••", "+;•••", "+•••"]);
        assert_eq!(lines(&["hunter22"], 6, &[b"key=hunter", b"22;", b" end\n"]), ["+key=•••", "+•••", "+; end"]);
    }

    #[test]
    fn a_line_that_never_ends_costs_no_more_than_its_limit() {
        let mut lines = Lines::new(Arc::default(), 8192);
        let mut pieces = 0;
        for _ in 0..1000 {
            lines.feed(&[b'x'; 16 * 1024], &mut |piece| {
                assert_eq!(piece.text.len(), 8192);
                pieces += 1;
            });
            assert!(lines.pending.len() <= 8193 && lines.pending.capacity() <= 64 * 1024);
        }
        assert!(pieces >= 1998, "{pieces}");
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_the_output_is_read(
            output in "[ab한\r\n]{0,60}",
            limit in 4..12_usize,
            cuts in prop::collection::vec(0..200_usize, 0..8),
        ) {
            let secrets = ["abab", "bbba한"];
            let whole = output.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(whole.len())).chain([0, whole.len()]).collect();
            cuts.sort_unstable();
            let reads: Vec<&[u8]> = cuts.windows(2).map(|pair| &whole[pair[0]..pair[1]]).collect();
            let pieces = lines(&secrets, limit, &reads);
            prop_assert_eq!(pieces, lines(&secrets, limit, &[whole]));
        }

        #[test]
        fn no_secret_is_in_a_piece_or_in_all_of_them_put_together(output in "[ab한\r]{0,60}", limit in 4..12_usize) {
            let secrets = ["abab", "bbba한"];
            let pieces = lines(&secrets, limit, &[output.as_bytes()]);
            let line: String = pieces.iter().map(|piece| piece.trim_start_matches('+')).collect();
            for secret in secrets {
                prop_assert!(!line.contains(secret), "{:?}", pieces);
            }
        }

        #[test]
        fn without_secrets_nothing_is_lost(output in "[ab한\n]{0,60}", limit in 4..12_usize) {
            let pieces = lines(&[], limit, &[output.as_bytes()]);
            let text: String = pieces.iter().map(|piece| piece.trim_start_matches('+')).collect();
            prop_assert_eq!(text, output.replace('\n', ""));
            prop_assert!(pieces.iter().all(|piece| piece.trim_start_matches('+').len() <= limit));
        }
    }
}
