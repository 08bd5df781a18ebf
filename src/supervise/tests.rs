//! Real processes. Programs that every Unix has; what is waited for is short.

mod ending;
mod output;
mod starting;

use super::*;
use crate::clock::Instant;

const HOST: &str = "here";

fn allowed() -> Allowed {
    // On most systems one of them is a link to the other.
    Allowed::parse("/bin/:/usr/bin/").unwrap()
}

/// The times that a test sees are told: one second later each time.
fn clock() -> Clock {
    let seconds = std::sync::atomic::AtomicI64::new(0);
    Clock::from_fn(move || Instant::from_unix(seconds.fetch_add(1, std::sync::atomic::Ordering::Relaxed)).unwrap())
}

fn shell(script: &str) -> Spec {
    Spec { env: vec![("PATH".to_owned(), "/bin:/usr/bin".to_owned())], ..Spec::new(["/bin/sh", "-c", script]) }
}

fn begin(spec: &Spec) -> (Running, Output) {
    start(spec, &allowed(), &clock(), HOST).unwrap()
}

/// All that was told of a run.
#[derive(Debug, Default)]
struct Reported {
    lines: Vec<Line>,
    gap: Option<Gap>,
    progress: Vec<f64>,
    counts: Option<Counts>,
}

impl Reported {
    fn add(&mut self, news: News) {
        if let Some(new) = news.log {
            self.lines.extend(new.lines);
            if let Some(gap) = new.gap {
                self.lines.retain(|line| !(gap.from..gap.until).contains(&line.number));
            }
            self.gap = new.gap;
        }
        self.progress.extend(news.progress);
        self.counts = news.counts.or(self.counts);
    }

    fn texts(&self) -> Vec<&str> {
        self.lines.iter().map(|line| line.text.as_str()).collect()
    }
}

async fn rest(output: &mut Output) -> Reported {
    let mut reported = Reported::default();
    while let Some(news) = output.next().await {
        reported.add(news);
    }
    reported
}

async fn run(spec: Spec) -> (Ended, Reported) {
    let (mut running, mut output) = begin(&spec);
    let reported = rest(&mut output).await;
    (running.ended().await, reported)
}

/// Waits until the command has written a line, so that it has done what comes before.
async fn said(output: &mut Output, text: &str) {
    let mut reported = Reported::default();
    while !reported.texts().contains(&text) {
        reported.add(output.next().await.unwrap());
    }
}
