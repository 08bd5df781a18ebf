//! Reading both pipes of a command until they end, or until no caller waits for that.

use super::{Spec, lines::Lines, log::Stream, mask::Mask, output::Sink};
use crate::clock::Clock;
use std::sync::Arc;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    net::unix::pipe::Receiver,
    sync::oneshot,
    task::JoinHandle,
};

/// How much is read at once. What comes from the two pipes is merged in order of arrival, to this precision.
const AT_ONCE: usize = 16 * 1024;

/// The reading of one command's output, a task of its own: the pipes are emptied even while other work waits.
#[derive(Debug)]
pub(super) struct Reading {
    /// Ends the reading, by being dropped as well.
    stop: oneshot::Sender<()>,
    task: Option<JoinHandle<()>>,
}

impl Reading {
    pub(super) fn start([out, err]: [Receiver; 2], mask: Mask, spec: &Spec, sink: Sink, clock: Clock) -> Self {
        let (stop, stopped) = oneshot::channel();
        let mask = Arc::new(mask);
        let lines = || Lines::new(Arc::clone(&mask), spec.limits.line, spec.charset);
        let (out, err) = (Source::new(out, Stream::Out, lines()), Source::new(err, Stream::Err, lines()));
        Self { stop, task: Some(tokio::spawn(read(out, err, sink, clock, stopped))) }
    }

    /// Waits until both pipes have ended.
    pub(super) async fn ended(&mut self) {
        if let Some(task) = &mut self.task {
            if task.await.is_err() {
                tracing::error!("the output of a command could not be read to its end");
            }
            self.task = None;
        }
    }

    /// Ends now. What was read is handed on.
    pub(super) async fn stop(mut self) {
        let _ = self.stop.send(());
        if let Some(task) = self.task.take() {
            let _ = task.await;
        }
    }
}

async fn read(
    mut out: Source<Receiver>,
    mut err: Source<Receiver>,
    sink: Sink,
    clock: Clock,
    mut stopped: oneshot::Receiver<()>,
) {
    while out.open || err.open {
        tokio::select! {
            _ = &mut stopped => break,
            count = out.read(), if out.open => out.put(count, &sink, &clock),
            count = err.read(), if err.open => err.put(count, &sink, &clock),
        }
        // A pipe that is always full would be read on and on, and the lease of the run would run out meanwhile: timers and
        // connections are looked after only between turns.
        tokio::task::yield_now().await;
    }
    out.finish(&sink, &clock);
    err.finish(&sink, &clock);
}

struct Source<R> {
    pipe: R,
    stream: Stream,
    lines: Lines,
    buffer: Vec<u8>,
    open: bool,
}

impl<R: AsyncRead + Unpin> Source<R> {
    fn new(pipe: R, stream: Stream, lines: Lines) -> Self {
        Self { pipe, stream, lines, buffer: vec![0; AT_ONCE], open: true }
    }

    /// A pipe that cannot be read has ended as well.
    async fn read(&mut self) -> usize {
        self.pipe.read(&mut self.buffer).await.unwrap_or_default()
    }

    fn put(&mut self, count: usize, sink: &Sink, clock: &Clock) {
        let read = self.buffer.get(..count).unwrap_or_default();
        self.open = !read.is_empty();
        sink.put(self.stream, clock.now(), |mut take| {
            self.lines.feed(read, &mut take);
            self.lines.pending()
        });
    }

    fn finish(&mut self, sink: &Sink, clock: &Clock) {
        sink.put(self.stream, clock.now(), |mut take| {
            self.lines.finish(&mut take);
            None
        });
    }
}
