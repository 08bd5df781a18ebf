//! What a command writes, handed on as it comes by a thread of its own: where no reader takes it, that thread waits as
//! the command would have, and neither a signal nor the other pipe waits with it.

use super::summary::Summary;
use crate::supervise::{Charset, Lines, Piece};
use std::{
    io::{self, ErrorKind, PipeReader, Read, Write},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};
use tokio::{sync::oneshot, time::timeout};

/// How long a pipe stays open that something holds which the command left behind.
const REST: Duration = Duration::from_secs(1);
/// A longer line is kept in pieces.
const LONGEST: usize = 8 * 1024;

pub(super) struct Pipe {
    done: oneshot::Receiver<()>,
    is_writing: Arc<AtomicBool>,
}

impl Pipe {
    pub(super) fn hand_on(
        from: PipeReader,
        to: impl Write + Send + 'static,
        summary: Arc<Mutex<Summary>>,
        may_report: bool,
        charset: Charset,
    ) -> io::Result<Self> {
        let (tell, done) = oneshot::channel();
        let is_writing = Arc::new(AtomicBool::new(false));
        let writing = Arc::clone(&is_writing);
        thread::Builder::new().spawn(move || {
            copy(from, to, charset, &writing, |piece| record(&summary, &piece, may_report));
            // Without a receiver the process is about to end.
            let _ = tell.send(());
        })?;
        Ok(Self { done, is_writing })
    }

    /// Waits, once the command has ended, until all that it wrote was handed on.
    pub(super) async fn ended(mut self) {
        while timeout(REST, &mut self.done).await.is_err() {
            // What the command left behind may hold the pipe open for long; the command itself is over.
            if !self.is_writing.load(Ordering::Relaxed) {
                return;
            }
        }
    }
}

/// Reads a pipe to its end. Everything goes on as it comes; line by line, as a terminal shows it, it is also handed to `line`.
fn copy(
    mut from: impl Read,
    mut to: impl Write,
    charset: Charset,
    is_writing: &AtomicBool,
    mut line: impl FnMut(Piece),
) {
    let mut buffer = vec![0; 16 * 1024];
    let mut lines = Lines::open(LONGEST, charset);
    loop {
        let count = match from.read(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            count => count.unwrap_or_default(),
        };
        let read = buffer.get(..count).unwrap_or_default();
        if read.is_empty() {
            break;
        }
        is_writing.store(true, Ordering::Relaxed);
        // Without a reader of this output, the command still has to be attended to.
        let _ = to.write_all(read).and_then(|()| to.flush());
        is_writing.store(false, Ordering::Relaxed);
        lines.feed(read, &mut line);
    }
    lines.finish(&mut line);
}

fn record(summary: &Mutex<Summary>, piece: &Piece, may_report: bool) {
    let mut summary = summary.lock().unwrap_or_else(PoisonError::into_inner);
    if !(may_report && piece.whole && summary.report(&piece.text)) {
        summary.line(&piece.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(written: &[u8]) -> (Vec<u8>, Vec<String>) {
        let (mut handed_on, mut lines) = (Vec::new(), Vec::new());
        let line = |piece: Piece| lines.push(piece.text);
        copy(written, &mut handed_on, Charset::default(), &AtomicBool::new(false), line);
        (handed_on, lines)
    }

    #[test]
    fn lines_are_read_to_the_last_which_may_have_no_end() {
        let (handed_on, lines) = copied(b"one\n\ntwo");
        assert_eq!(handed_on, b"one\n\ntwo");
        assert_eq!(lines, ["one", "", "two"]);
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        // 16 KiB, which are read at once, end within a character.
        let written = format!("{}\nend", "가".repeat(10_000));
        let (handed_on, lines) = copied(written.as_bytes());
        assert_eq!(handed_on, written.as_bytes());
        assert!(lines.len() > 2, "{}", lines.len());
        assert_eq!(lines.concat(), written.replace('\n', ""));
    }

    #[test]
    fn of_a_bar_the_last_state_is_kept_and_all_of_it_is_handed_on() {
        let written: String = (0..=3000)
            .map(|n| ["\r", &n.to_string(), "/3000 \u{1b}[32m", &"#".repeat(n / 100), "\u{1b}[0m"].concat())
            .collect();
        let (handed_on, lines) = copied(format!("{written}\nend\n").as_bytes());
        assert_eq!(handed_on, format!("{written}\nend\n").into_bytes());
        assert_eq!(lines, [format!("3000/3000 {}", "#".repeat(30)), "end".to_owned()]);
    }

    #[test]
    fn bytes_that_are_no_text_are_handed_on_as_they_are() {
        let written = vec![0xff; 40_000];
        let (handed_on, lines) = copied(&written);
        assert_eq!(handed_on, written);
        assert!(!lines.is_empty());
    }
}
