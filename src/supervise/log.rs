//! The log of a run in constant memory: its beginning, its end, and how much is missing in between.
//!
//! # How it is stored
//!
//! Every line has a number, counted from 0 over everything the job wrote. Once a second, say, the one who stores takes what
//! is new with [`Log::take_new`]; it tells three things, and all are cheap:
//!
//! - `lines`: append these under their numbers. A line is told once. There are never more of them than head and tail hold,
//!   however much was written meanwhile.
//! - `gap`: delete the lines from `gap.from` up to `gap.until`. The gap only grows at its end, so what is deleted
//!   are lines of the former tail.
//! - `pending`: lines that have not ended, such as the bar of a progress, as they are now. They come after all others, and what is
//!   told next replaces them: it says with `replaces` from which number on.
//!
//! What is stored is then the log at any time: the lines below `gap.from`, a note that `gap.lines()` lines with
//! `gap.bytes` bytes are missing, and the lines from `gap.until`. Where many lines are kept in one row, a row may go as soon
//! as all of its lines lie in the gap, and the reader leaves out the others by their numbers. A page that follows the log
//! asks for what has a higher number than it has seen.

use crate::clock::Instant;
use std::collections::VecDeque;

/// How much is kept of what a command writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes at the beginning.
    pub head: usize,
    /// Bytes at the end. The last line is kept even where it is longer.
    pub tail: usize,
    /// Bytes of one line as the job wrote it, before it is split.
    pub line: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head: 64 * 1024, tail: 192 * 1024, line: 8 * 1024 }
    }
}

/// Which of its two outputs a command wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    Out,
    Err,
}

impl Stream {
    /// As it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::Err => "err",
        }
    }
}

/// A line of the log, or a piece of one that was too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The number of lines before it, those in the gap included.
    pub number: i64,
    /// When its end was read.
    pub at: Instant,
    pub stream: Stream,
    /// As a terminal shows it: without its end and other control characters, and without secrets.
    pub text: String,
}

/// A line is charged at least this much, so that a flood of empty lines does not become hundreds of thousands of rows.
const LEAST: usize = 32;

impl Line {
    /// With the line feed.
    fn bytes(&self) -> usize {
        self.text.len() + 1
    }

    /// What it takes of the limits.
    fn charge(&self) -> usize {
        self.bytes().max(LEAST)
    }
}

/// What is missing between the beginning and the end: the lines with the numbers `from..until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    pub from: i64,
    pub until: i64,
    /// How long those lines were, with their line feeds.
    pub bytes: i64,
}

impl Gap {
    pub fn lines(self) -> i64 {
        self.until - self.from
    }
}

/// What is to be stored; see the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    /// Ascending.
    pub lines: Vec<Line>,
    /// Lines that have not ended, after all others.
    pub pending: Vec<Line>,
    /// The number from which lines had not ended when it was told last: what was told under it and later numbers is void.
    pub replaces: Option<i64>,
    /// All that is missing by now, not only what became so.
    pub gap: Option<Gap>,
}

/// The lines of one run, as they come.
#[derive(Clone, Debug)]
pub struct Log {
    limits: Limits,
    /// The number of the line that comes next.
    next: i64,
    /// Lines before this one were taken.
    taken: i64,
    /// Lines of the head that were not taken; those that were need not be kept.
    head: Vec<Line>,
    /// What the head was charged.
    head_charge: usize,
    /// Where the head ended: there it stays, or a short line could get in front of a longer one.
    head_end: Option<i64>,
    /// All lines of the tail, taken or not: the next one may push out any of them.
    tail: VecDeque<Line>,
    tail_charge: usize,
    dropped_bytes: i64,
    /// The lines of both outputs that have not ended.
    pending: [Option<(Instant, String)>; 2],
    /// Whether these have changed since they were told.
    is_pending_new: bool,
    /// From which number on lines were told that had not ended.
    told_pending: Option<i64>,
}

impl Log {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            next: 0,
            taken: 0,
            head: Vec::new(),
            head_charge: 0,
            head_end: None,
            tail: VecDeque::new(),
            tail_charge: 0,
            dropped_bytes: 0,
            pending: [None, None],
            is_pending_new: false,
            told_pending: None,
        }
    }

    /// The line of one output that has not ended, as it is now.
    pub fn set_pending(&mut self, at: Instant, stream: Stream, text: Option<String>) {
        let [out, err] = &mut self.pending;
        let there = if stream == Stream::Out { out } else { err };
        if there.as_ref().map(|(_, text)| text) != text.as_ref() {
            *there = text.map(|text| (at, text));
            self.is_pending_new = true;
        }
    }

    pub fn push(&mut self, at: Instant, stream: Stream, text: String) {
        let line = Line { number: self.next, at, stream, text };
        self.next += 1;
        if self.head_end.is_none() && self.head_charge + line.charge() <= self.limits.head {
            self.head_charge += line.charge();
            self.head.push(line);
            return;
        }
        self.head_end.get_or_insert(line.number);
        self.tail_charge += line.charge();
        self.tail.push_back(line);
        while self.tail_charge > self.limits.tail
            && self.tail.len() > 1
            && let Some(line) = self.tail.pop_front()
        {
            self.tail_charge -= line.charge();
            self.dropped_bytes = self.dropped_bytes.saturating_add(i64::try_from(line.bytes()).unwrap_or(i64::MAX));
        }
    }

    /// The gap so far.
    pub fn gap(&self) -> Option<Gap> {
        let gap = Gap { from: self.head_end?, until: self.tail.front()?.number, bytes: self.dropped_bytes };
        Some(gap).filter(|gap| gap.lines() > 0)
    }

    /// What came since it was last asked, if anything did. What was dropped before it was ever taken is in the gap only.
    pub fn take_new(&mut self) -> Option<New> {
        let mut lines = std::mem::take(&mut self.head);
        lines.extend(self.tail.iter().filter(|line| line.number >= self.taken).cloned());
        self.taken = self.next;
        if lines.is_empty() && !self.is_pending_new {
            return None;
        }
        self.is_pending_new = false;
        let numbers = self.next..;
        let pending = [Stream::Out, Stream::Err].into_iter().zip(&self.pending);
        let pending = pending.filter_map(|(stream, there)| Some((stream, there.clone()?)));
        let pending: Vec<Line> =
            numbers.zip(pending).map(|(number, (stream, (at, text)))| Line { number, at, stream, text }).collect();
        let replaces = self.told_pending.take();
        self.told_pending = pending.first().map(|line| line.number);
        Some(New { lines, pending, replaces, gap: self.gap() })
    }
}

#[cfg(test)]
mod tests;
