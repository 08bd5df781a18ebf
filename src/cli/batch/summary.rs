//! What a command has said, kept until it is reported.

use crate::{
    batches::ping::BODY_LIMIT,
    supervise::{Counts, Report},
};
use std::{fmt::Write as _, mem};

/// The number of bytes of output that are kept. The rest of a report is for the note of what is missing.
const ROOM: usize = BODY_LIMIT - 100;

/// What the command has said since the last report.
#[derive(Debug, Default)]
pub(super) struct Summary {
    /// The end of what it wrote, at most as long as a report.
    lines: String,
    /// Bytes before that which no report will hold.
    dropped: usize,
    progress: Option<f64>,
    counts: Counts,
}

impl Summary {
    pub(super) fn line(&mut self, line: &str) {
        self.lines.push_str(line);
        self.lines.push('\n');
        // Not at every line, since what is kept moves each time.
        if self.lines.len() > 2 * ROOM {
            self.shorten(ROOM);
        }
    }

    /// Takes a line such as `::progress 0.5`, and says whether it was one.
    pub(super) fn report(&mut self, line: &str) -> bool {
        match Report::parse(line) {
            Some(Report::Progress(share)) => self.progress = Some(share),
            Some(Report::Count(counts)) => self.counts = self.counts.updated(counts),
            None => return false,
        }
        true
    }

    /// Keeps the end, from the beginning of a line where one begins in it.
    fn shorten(&mut self, room: usize) {
        let from = self.lines.ceil_char_boundary(self.lines.len().saturating_sub(room));
        let line = self.lines.get(from..).and_then(|rest| rest.find('\n')).map(|at| from + at + 1);
        // The last line alone may be longer than a report. Its end says more than nothing.
        let cut = line.filter(|line| *line < self.lines.len()).unwrap_or(from);
        self.dropped += cut;
        self.lines.drain(..cut);
    }

    /// What the next report is to hold.
    pub(super) fn take(&mut self) -> Taken {
        if self.lines.len() > ROOM {
            self.shorten(ROOM);
        }
        Taken { lines: mem::take(&mut self.lines), dropped: mem::take(&mut self.dropped) }
    }

    /// Takes back what could not be reported, for the report after that.
    pub(super) fn give_back(&mut self, taken: &Taken) {
        self.dropped += taken.dropped;
        if self.dropped > taken.dropped {
            // Something after it is missing already, and a report tells only of what is missing before it.
            self.dropped += taken.lines.len();
        } else {
            self.lines.insert_str(0, &taken.lines);
        }
    }

    pub(super) fn query(&self) -> String {
        let mut query = String::new();
        let counts =
            [("count", self.counts.processed), ("failed", self.counts.failed), ("skipped", self.counts.skipped)];
        for (name, count) in counts {
            if let Some(count) = count {
                // Writing to a string cannot fail.
                let _ = write!(query, "&{name}={count}");
            }
        }
        if let Some(progress) = self.progress {
            let _ = write!(query, "&progress={progress}");
        }
        query
    }
}

/// The lines of one report.
#[derive(Debug)]
pub(super) struct Taken {
    lines: String,
    dropped: usize,
}

impl Taken {
    pub(super) fn body(&self) -> String {
        match self.dropped {
            0 => self.lines.clone(),
            dropped => format!("… {dropped} bytes before this were not sent\n{}", self.lines),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_long_output_is_kept_from_the_beginning_of_a_line() {
        let mut summary = Summary::default();
        for n in 0..5_000 {
            summary.line(&format!("row {n} 완료"));
        }
        let body = summary.take().body();
        assert!(body.len() <= BODY_LIMIT, "{}", body.len());
        assert!(body.starts_with("… ") && body.ends_with("row 4999 완료\n"), "{body}");
        assert!(body.lines().skip(1).all(|line| line.starts_with("row ")));
        assert_eq!(summary.take().body(), "");
    }

    #[test]
    fn one_endless_line_is_cut_as_well() {
        let mut summary = Summary::default();
        summary.line("begun");
        summary.line(&format!("{}끝", "가".repeat(20_000)));
        let body = summary.take().body();
        assert!(body.len() <= BODY_LIMIT && body.len() > ROOM, "{}", body.len());
        assert!(body.starts_with("… ") && body.ends_with("가끝\n"), "{body}");
    }

    #[test]
    fn what_was_not_reported_comes_with_the_next_report() {
        let mut summary = Summary::default();
        summary.line("first");
        let taken = summary.take();
        summary.line("second");
        summary.give_back(&taken);
        assert_eq!(summary.take().body(), "first\nsecond\n");
    }

    #[test]
    fn what_was_not_reported_is_counted_where_more_is_missing_after_it() {
        let mut summary = Summary::default();
        summary.line("first");
        let taken = summary.take();
        summary.line(&"x".repeat(3 * ROOM));
        summary.give_back(&taken);
        let missing = "first\n".len() + 2 * ROOM + 1;
        let body = summary.take().body();
        assert!(body.starts_with(&format!("… {missing} bytes before this were not sent\nx")), "{body}");
    }

    #[test]
    fn progress_and_counts_go_into_the_address() {
        let mut summary = Summary::default();
        assert!(summary.report("::progress 50%") && summary.report("::count processed=4120 failed=3"));
        assert!(!summary.report("::progress soon"));
        assert_eq!(summary.query(), "&count=4120&failed=3&progress=0.5");
    }
}
