//! Lines out of what is read from a pipe: as a terminal would show them, of bounded length, and without secrets.

use super::{
    decoding::{Charset, Decoder},
    escapes::{Action, Escapes},
    mask::{Mask, replaced},
    row::Row,
};
use aho_corasick::AhoCorasick;
use std::{
    mem,
    sync::{Arc, LazyLock},
};

/// The characters that do not simply come behind the ones before: C0 without the tabulator, DEL, and C1. A search for all of them
/// at once, because a job may write a gigabyte.
static CONTROLS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let controls = ('\0'..='\u{9f}').filter(|c| c.is_control() && *c != '\t');
    AhoCorasick::new(controls.map(String::from)).ok()
});

/// One pipe, cut into lines.
#[derive(Debug)]
pub(crate) struct Lines {
    decoder: Decoder,
    mask: Arc<Mask>,
    /// The number of bytes a line may have before it is split.
    limit: usize,
    escapes: Escapes,
    /// The line that has not ended.
    row: Row,
    /// The end of what was already handed on of this line, as long as the longest secret.
    before: Vec<u8>,
    /// Whether the beginning of this line was already handed on.
    begun: bool,
}

/// A line, or a piece of one that was too long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    /// Whether this is all of its line.
    pub(crate) whole: bool,
}

impl Lines {
    pub(super) fn new(mask: Arc<Mask>, limit: usize, charset: Charset) -> Self {
        Self {
            decoder: Decoder::new(charset),
            mask,
            // Any character fits.
            limit: limit.max(4),
            escapes: Escapes::default(),
            row: Row::default(),
            before: Vec::new(),
            begun: false,
        }
    }

    /// For output that knows no secrets.
    pub(crate) fn open(limit: usize, charset: Charset) -> Self {
        Self::new(Arc::default(), limit, charset)
    }

    /// Takes what was read, and hands on every line that is complete with it.
    pub(crate) fn feed(&mut self, read: &[u8], take: &mut impl FnMut(Piece)) {
        self.decode(read, false, take);
    }

    /// Hands on the last line where it ends without a line feed.
    pub(crate) fn finish(&mut self, take: &mut impl FnMut(Piece)) {
        self.decode(b"", true, take);
        if self.row.size() > 0 {
            self.end(take);
        }
    }

    /// The line that has not ended, as it is now. A secret that may have begun at its end is left out.
    pub(super) fn pending(&self) -> Option<String> {
        let text = self.row.shown();
        let hidden = self.mask.find(&self.before, text.as_bytes());
        let begun = self.mask.begun(text.as_bytes());
        let whole = hidden.last().map_or(0, |last| last.end);
        let shown = text.as_bytes().get(..begun.max(whole)).unwrap_or_default();
        let text = String::from_utf8_lossy(&replaced(shown, &hidden)).trim_end_matches(' ').to_owned();
        Some(text).filter(|text| !text.is_empty())
    }

    fn decode(&mut self, read: &[u8], last: bool, take: &mut impl FnMut(Piece)) {
        let mut text = String::new();
        self.decoder.decode(read, last, &mut text);
        self.write(&text, take);
    }

    fn write(&mut self, text: &str, take: &mut impl FnMut(Piece)) {
        let mut rest = text;
        while !rest.is_empty() {
            if self.escapes.is_outside() {
                let found = CONTROLS.as_ref().and_then(|controls| controls.find(rest));
                let (plain, more) = rest.split_at(found.map_or(rest.len(), |found| found.start()));
                self.print(plain, take);
                rest = more;
            }
            let mut letters = rest.chars();
            match letters.next().map(|letter| self.escapes.take(letter)) {
                None | Some(Action::Nothing) => {}
                Some(Action::Print(letter)) => self.print(letter.encode_utf8(&mut [0; 4]), take),
                Some(Action::End) => self.end(take),
                Some(Action::Edit(edit)) => {
                    self.hide_before_it_is_written_over();
                    self.row.edit(edit);
                }
            }
            rest = letters.as_str();
        }
    }

    fn print(&mut self, text: &str, take: &mut impl FnMut(Piece)) {
        // No piece is handed on before all of a secret that begins in it has been read.
        let most = self.limit.saturating_add(self.mask.longest());
        let mut rest = text;
        while !rest.is_empty() {
            rest = self.row.print(rest, most);
            if self.row.size() > most {
                let mut line = mem::take(self.row.flat());
                while line.len() > most {
                    self.hand_on(&mut line, boundary, false, take);
                }
                *self.row.flat() = line;
            }
        }
    }

    /// What is left of a secret that is written over in part would not be known for one.
    fn hide_before_it_is_written_over(&mut self) {
        if self.mask.is_empty() {
            return;
        }
        let text = self.row.shown();
        let hidden = self.mask.find(&self.before, text.as_bytes());
        if !hidden.is_empty() {
            self.row.replace(String::from_utf8_lossy(&replaced(text.as_bytes(), &hidden)).into_owned());
        }
    }

    fn end(&mut self, take: &mut impl FnMut(Piece)) {
        let mut line = self.row.end();
        while line.len() > self.limit {
            self.hand_on(&mut line, boundary, false, take);
        }
        if !self.begun || !line.is_empty() {
            self.hand_on(&mut line, |line, _| line.len(), !self.begun, take);
        }
        self.begun = false;
        self.before.clear();
    }

    /// Hands on the beginning of a line up to where it is to be split, and leaves the rest of it.
    fn hand_on(
        &mut self,
        line: &mut String,
        split: impl Fn(&str, usize) -> usize,
        whole: bool,
        take: &mut impl FnMut(Piece),
    ) {
        let length = split(line, self.limit);
        let hidden = self.mask.find(&self.before, line.as_bytes());
        let rest = line.split_off(length);
        let mut piece = mem::replace(line, rest);
        self.before.extend_from_slice(piece.as_bytes());
        self.before.drain(..self.before.len().saturating_sub(self.mask.longest()));
        if !hidden.is_empty() {
            piece = String::from_utf8_lossy(&replaced(piece.as_bytes(), &hidden)).into_owned();
        }
        self.begun = true;
        take(Piece { text: piece, whole });
    }
}

/// A line that was stored as a program wrote it, as a terminal would show it.
pub(crate) fn shown(line: &str) -> String {
    let mut pieces = Vec::new();
    let mut lines = Lines::open(usize::MAX, Charset::default());
    lines.write(line, &mut |piece: Piece| pieces.push(piece.text));
    pieces.push(lines.row.end());
    pieces.concat()
}

/// Where text of more than `limit` bytes is split: behind a character.
fn boundary(text: &str, limit: usize) -> usize {
    text.floor_char_boundary(limit)
}

#[cfg(test)]
#[path = "lines/tests.rs"]
mod tests;
