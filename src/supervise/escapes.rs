//! What only a terminal understands among the text that a program writes: control characters and escape sequences (ECMA-48).
//!
//! A terminal moves in its line, writes over it and erases parts of it; that is kept. Colours, titles, links, character sets and
//! everything else is swallowed whole, however it is written and also if a read ends within it.

/// What a character does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Nothing,
    Print(char),
    /// The line ends.
    End,
    Edit(Edit),
}

/// Something that changes a line other than at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// To this column, the first being 0.
    To(usize),
    Back(usize),
    Forward(usize),
    /// From here to the end of the line, from its beginning to here, or all of it.
    EraseEnd,
    EraseBeginning,
    EraseAll,
    /// This number of columns from here becomes blank, or is removed.
    Blank(usize),
    Delete(usize),
}

/// Where in a sequence the last character was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Escapes {
    #[default]
    None,
    /// Behind ESC.
    Begun,
    /// Behind ESC and an intermediate character: the next letter or digit is the last of the sequence.
    Set,
    /// Behind CSI, with the first parameter as far as it was read.
    Control { first: Option<usize>, is_first: bool, is_other: bool },
    /// In a title, a link, an image or the like, which ends with BEL or ST. A line feed ends it too: what looks like the beginning
    /// of one is not to swallow the rest of the log.
    Text,
}

const ESC: char = '\u{1b}';
const CSI: char = '\u{9b}';

impl Escapes {
    /// Whether the next character is not part of a sequence.
    pub(super) fn is_outside(self) -> bool {
        self == Self::None
    }

    pub(super) fn take(&mut self, c: char) -> Action {
        match (*self, c) {
            (_, '\n') => {
                *self = Self::None;
                Action::End
            }
            (_, ESC) => self.becomes(Self::Begun),
            // Both break off what has begun.
            (_, '\u{18}' | '\u{1a}') | (Self::Text, '\u{7}' | '\u{9c}') => self.becomes(Self::None),
            (Self::Text, _) => Action::Nothing,
            (_, CSI) => self.becomes(Self::Control { first: None, is_first: true, is_other: false }),
            (_, '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}') => self.becomes(Self::Text),
            (_, c) if c.is_control() => self.control(c),
            (Self::None, c) => Action::Print(c),
            (Self::Begun, '[') => self.becomes(Self::Control { first: None, is_first: true, is_other: false }),
            (Self::Begun, ']' | 'P' | 'X' | '^' | '_') => self.becomes(Self::Text),
            (Self::Begun | Self::Set, ' '..='/') => self.becomes(Self::Set),
            (Self::Begun | Self::Set, '0'..='~') => self.becomes(Self::None),
            (Self::Control { first, is_first, is_other }, ' '..='?') => {
                let digit = c.to_digit(10).and_then(|digit| usize::try_from(digit).ok()).filter(|_| is_first);
                let first = digit.map_or(first, |digit| Some((first.unwrap_or(0) * 10 + digit).min(9999)));
                let is_other = is_other || !(c.is_ascii_digit() || matches!(c, ';' | ':'));
                self.becomes(Self::Control { first, is_first: is_first && c.is_ascii_digit(), is_other })
            }
            (Self::Control { first, is_other, .. }, '@'..='~') => {
                *self = Self::None;
                if is_other { Action::Nothing } else { function(c, first) }
            }
            // No sequence goes on like this, so none had begun.
            (_, c) => {
                *self = Self::None;
                Action::Print(c)
            }
        }
    }

    fn becomes(&mut self, next: Self) -> Action {
        *self = next;
        Action::Nothing
    }

    /// A control character, which a terminal obeys within a sequence too.
    fn control(self, c: char) -> Action {
        match c {
            '\r' => Action::Edit(Edit::To(0)),
            '\u{8}' => Action::Edit(Edit::Back(1)),
            '\t' if self.is_outside() => Action::Print('\t'),
            // PostgreSQL cannot keep that character in a text.
            '\0' if self.is_outside() => Action::Print(char::REPLACEMENT_CHARACTER),
            _ => Action::Nothing,
        }
    }
}

/// A control function by its last character.
fn function(last: char, first: Option<usize>) -> Action {
    let count = first.filter(|n| *n > 0).unwrap_or(1);
    Action::Edit(match (last, first.unwrap_or(0)) {
        ('C', _) => Edit::Forward(count),
        ('D', _) => Edit::Back(count),
        ('G', _) => Edit::To(count - 1),
        ('K' | 'J', 0) => Edit::EraseEnd,
        ('K' | 'J', 1) => Edit::EraseBeginning,
        ('K', 2) | ('J', 2..=3) => Edit::EraseAll,
        ('P', _) => Edit::Delete(count),
        ('X', _) => Edit::Blank(count),
        _ => return Action::Nothing,
    })
}
