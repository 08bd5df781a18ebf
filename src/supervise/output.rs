//! What a command writes, on its way from the pipes to the one who stores it.
//!
//! Reading never waits for storing, or a slow database would stop the job. What was not taken yet is held in a [`Log`],
//! whose size is bounded; of progress and counts only the latest matters.

use super::{
    lines::Piece,
    log::{Limits, Log, New, Stream},
    report::{Counts, Report},
};
use crate::clock::Instant;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The end from which the output of one command is taken. Where it is dropped, the command goes on.
#[derive(Debug)]
pub struct Output(Arc<Shared>);

/// The news since the last call, at least one of these.
#[derive(Clone, Debug, PartialEq)]
pub struct News {
    /// See [`super::log`] for how it is stored.
    pub log: Option<New>,
    /// The share that is done, from 0 to 1, if the job told it again.
    pub progress: Option<f64>,
    /// All that the job has counted so far, if it told any of it again.
    pub counts: Option<Counts>,
}

impl Output {
    /// Waits until there is something new and takes it, or `None` when the command will not write any more.
    ///
    /// It answers as soon as there is one line. A caller that stores should wait a second between two calls; what is
    /// written meanwhile comes at once. Nothing is lost where the call is dropped while it waits.
    pub async fn next(&mut self) -> Option<News> {
        loop {
            let (news, closed) = {
                let mut state = self.0.lock();
                (state.take_news(), state.closed)
            };
            if news.is_some() || closed {
                return news;
            }
            // A change since the lock was released is remembered: this returns at once.
            self.0.changed.notified().await;
        }
    }
}

/// The end into which the pipes are read.
#[derive(Debug)]
pub(super) struct Sink(Arc<Shared>);

pub(super) fn channel(limits: Limits) -> (Sink, Output) {
    let state =
        State { log: Log::new(limits), progress: None, counts: Counts::default(), counted: false, closed: false };
    let shared = Arc::new(Shared { state: Mutex::new(state), changed: Notify::new() });
    (Sink(Arc::clone(&shared)), Output(shared))
}

impl Sink {
    /// Puts in what `produce` hands on, and the line that has not ended, which it returns, as read `at`.
    pub(super) fn put(
        &self,
        stream: Stream,
        at: Instant,
        produce: impl FnOnce(&mut dyn FnMut(Piece)) -> Option<String>,
    ) {
        let mut state = self.0.lock();
        let pending = produce(&mut |piece| state.put(stream, at, piece));
        // It may become a report.
        state.log.set_pending(at, stream, pending.filter(|text| !(stream == Stream::Out && text.starts_with("::"))));
        drop(state);
        self.0.changed.notify_one();
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_one();
    }
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

impl Shared {
    /// What is in there is whole after each step, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct State {
    log: Log,
    /// The latest, until it is taken.
    progress: Option<f64>,
    counts: Counts,
    /// Whether there were counts since they were taken.
    counted: bool,
    closed: bool,
}

impl State {
    fn put(&mut self, stream: Stream, at: Instant, piece: Piece) {
        let report = if piece.whole && stream == Stream::Out { Report::parse(&piece.text) } else { None };
        match report {
            Some(Report::Progress(share)) => self.progress = Some(share),
            Some(Report::Count(counts)) => {
                self.counts = self.counts.updated(counts);
                self.counted = true;
            }
            None => self.log.push(at, stream, piece.text),
        }
    }

    fn take_news(&mut self) -> Option<News> {
        let counts = std::mem::take(&mut self.counted).then_some(self.counts);
        let news = News { log: self.log.take_new(), progress: self.progress.take(), counts };
        Some(news).filter(|news| news.log.is_some() || news.progress.is_some() || news.counts.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(sink: &Sink, stream: Stream, text: &str, whole: bool) {
        sink.put(stream, Instant::earliest(), |take| {
            take(Piece { text: text.to_owned(), whole });
            None
        });
    }

    fn texts(news: &News) -> Vec<&str> {
        news.log.iter().flat_map(|log| &log.lines).map(|line| line.text.as_str()).collect()
    }

    #[tokio::test]
    async fn reports_are_taken_out_of_the_log_and_the_latest_counts() {
        let (sink, mut output) = channel(Limits::default());
        for line in
            ["::progress 0.1", "begun", "::progress 20%", "::count failed=1", "::count processed=9", "::count x=1"]
        {
            put(&sink, Stream::Out, line, true);
        }
        let news = output.next().await.unwrap();
        assert_eq!(texts(&news), ["begun", "::count x=1"]);
        assert_eq!(news.progress, Some(0.2));
        assert_eq!(news.counts, Some(Counts { processed: Some(9), failed: Some(1), skipped: None }));
        put(&sink, Stream::Out, "::count skipped=2", true);
        let news = output.next().await.unwrap();
        let counts = Counts { processed: Some(9), failed: Some(1), skipped: Some(2) };
        assert_eq!(news, News { log: None, progress: None, counts: Some(counts) });
        drop(sink);
        assert_eq!(output.next().await, None);
        assert_eq!(output.next().await, None);
    }

    #[tokio::test]
    async fn only_whole_lines_of_the_standard_output_are_reports() {
        let (sink, mut output) = channel(Limits::default());
        put(&sink, Stream::Err, "::progress 0.1", true);
        put(&sink, Stream::Out, "::progress 0.2", false);
        let news = output.next().await.unwrap();
        assert_eq!(texts(&news), ["::progress 0.1", "::progress 0.2"]);
        assert_eq!(news.progress, None);
    }

    #[tokio::test]
    async fn what_is_left_comes_before_the_end() {
        let (sink, mut output) = channel(Limits::default());
        put(&sink, Stream::Out, "last words", true);
        drop(sink);
        assert_eq!(texts(&output.next().await.unwrap()), ["last words"]);
        assert_eq!(output.next().await, None);
    }

    #[tokio::test]
    async fn waiting_ends_with_the_next_line() {
        let (sink, mut output) = channel(Limits::default());
        let waiting = tokio::spawn(async move { output.next().await });
        tokio::task::yield_now().await;
        put(&sink, Stream::Out, "there", true);
        assert_eq!(texts(&waiting.await.unwrap().unwrap()), ["there"]);
    }
}
