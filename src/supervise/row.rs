//! One line as a terminal shows it: what is written over is gone, and what is not written over stays.

use super::escapes::Edit;
use icu_properties::{
    CodePointMapData,
    props::{EastAsianWidth, GeneralCategory},
};
use std::mem;

/// A line that has not ended.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// As it came, as long as nothing is written over.
    text: String,
    /// In place of that.
    grid: Option<Grid>,
}

/// Column by column.
#[derive(Debug, Default)]
struct Grid {
    columns: Vec<Column>,
    /// The column that is written next.
    next: usize,
}

/// What a column shows. Of a wide letter the second column is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    letter: Option<char>,
    /// Accents and other marks over the letter.
    marks: String,
}

const BLANK: Column = Column { letter: Some(' '), marks: String::new() };
/// A program that goes to the right edge goes here, or to the end of a longer line.
const EDGE: usize = 200;
/// More marks over one letter than any language has are left out.
const MARKS: usize = 32;
const TAB: usize = 8;

impl Row {
    /// A length that grows with what it holds: bytes, or columns.
    pub(super) fn size(&self) -> usize {
        self.grid.as_ref().map_or(self.text.len(), |grid| grid.columns.len())
    }

    /// Where something is written over, only up to a size beyond `most`, so that it does not matter how the text is divided.
    /// Returns the rest.
    pub(super) fn print<'t>(&mut self, text: &'t str, most: usize) -> &'t str {
        let Some(grid) = &mut self.grid else {
            self.text.push_str(text);
            return "";
        };
        let mut letters = text.chars();
        while grid.columns.len() <= most {
            let Some(letter) = letters.next() else { break };
            grid.put(letter);
        }
        letters.as_str()
    }

    pub(super) fn edit(&mut self, edit: Edit) {
        let text = mem::take(&mut self.text);
        self.grid.get_or_insert_with(|| Grid::of(&text)).edit(edit);
    }

    /// As it is now, with what a program wrote over with blanks.
    pub(super) fn shown(&self) -> String {
        self.grid.as_ref().map_or_else(|| self.text.clone(), Grid::joined)
    }

    /// The same as one text, to whose end is written.
    pub(super) fn flat(&mut self) -> &mut String {
        if let Some(grid) = self.grid.take() {
            self.text = grid.joined();
        }
        &mut self.text
    }

    /// The line that has ended; blanks that were written over something are not part of it.
    pub(super) fn end(&mut self) -> String {
        match self.grid.take() {
            None => mem::take(&mut self.text),
            Some(grid) => grid.joined().trim_end_matches(' ').to_owned(),
        }
    }

    /// Another text in its place, with the cursor where it was, or at its end.
    pub(super) fn replace(&mut self, text: String) {
        match self.grid.as_mut().filter(|grid| grid.next < grid.columns.len()) {
            None => *self = Self { text, grid: None },
            Some(grid) => {
                let changed = Grid::of(&text);
                *grid = Grid { next: grid.next.min(changed.columns.len()), ..changed };
            }
        }
    }
}

impl Grid {
    fn of(text: &str) -> Self {
        let mut grid = Self { columns: Vec::with_capacity(text.len()), next: 0 };
        text.chars().for_each(|letter| grid.put(letter));
        grid
    }

    fn edit(&mut self, edit: Edit) {
        let edge = self.columns.len().max(EDGE);
        let next = self.next;
        match edit {
            Edit::To(column) => self.next = column.min(edge),
            Edit::Back(count) => self.next = next.saturating_sub(count),
            Edit::Forward(count) => self.next = next.saturating_add(count).min(edge),
            Edit::EraseEnd => {
                self.split_before(next);
                self.columns.truncate(next);
            }
            Edit::EraseBeginning => self.blank(0, next.saturating_add(1)),
            Edit::EraseAll => self.columns.clear(),
            Edit::Blank(count) => self.blank(next, next.saturating_add(count)),
            Edit::Delete(count) => {
                let end = next.saturating_add(count).min(self.columns.len());
                self.split_before(next);
                self.split_before(end);
                if next < end {
                    self.columns.drain(next..end);
                }
            }
        }
    }

    /// Writes a letter over what is there.
    fn put(&mut self, letter: char) {
        if letter == '\t' {
            // A terminal moves on without erasing what is there.
            self.next = (self.next / TAB + 1) * TAB;
            return self.pad(self.next);
        }
        let (next, width) = (self.next, width(letter));
        self.pad(next);
        if width == 0 {
            let mut before = self.columns.get_mut(..next).into_iter().flatten().rev();
            let column = before.find(|column| column.letter.is_some());
            if let Some(column) = column.filter(|column| column.marks.len() < MARKS) {
                column.marks.push(letter);
            }
            return;
        }
        let end = next + width;
        self.split_before(next);
        self.split_before(end);
        for (at, letter) in (next..end).zip([Some(letter), None]) {
            let column = Column { letter, marks: String::new() };
            match self.columns.get_mut(at) {
                Some(there) => *there = column,
                None => self.columns.push(column),
            }
        }
        self.next = end;
    }

    fn pad(&mut self, length: usize) {
        if self.columns.len() < length {
            self.columns.resize(length, BLANK);
        }
    }

    fn blank(&mut self, from: usize, until: usize) {
        let until = until.min(self.columns.len());
        self.split_before(from);
        self.split_before(until);
        self.columns.get_mut(from..until).into_iter().flatten().for_each(|column| *column = BLANK);
    }

    /// A wide letter that lies across this border is gone with the half of it that is written over.
    fn split_before(&mut self, at: usize) {
        if self.columns.get(at).is_some_and(|column| column.letter.is_none()) {
            self.columns.get_mut(at.saturating_sub(1)..=at).into_iter().flatten().for_each(|column| *column = BLANK);
        }
    }

    fn joined(&self) -> String {
        let mut text = String::with_capacity(self.columns.len());
        for column in &self.columns {
            text.extend(column.letter);
            text.push_str(&column.marks);
        }
        text
    }
}

/// How many columns a letter takes (Unicode TR 11): two where it is wide, as Hangul is, none where it is drawn over another one.
fn width(letter: char) -> usize {
    if letter.is_ascii() {
        return 1;
    }
    match CodePointMapData::<GeneralCategory>::new().get(letter) {
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark | GeneralCategory::Format => return 0,
        _ => {}
    }
    // Vowels and finals of syllables that come in parts.
    if matches!(letter, '\u{1160}'..='\u{11ff}') {
        return 0;
    }
    match CodePointMapData::<EastAsianWidth>::new().get(letter) {
        EastAsianWidth::Wide | EastAsianWidth::Fullwidth => 2,
        _ => 1,
    }
}
