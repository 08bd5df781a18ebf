//! Commands as real processes, started by a real launcher. Programs that every Unix has; what is waited for is short.

mod ending;
mod output;
mod starting;
mod waiting;

use crate::kit::launcher;
use ingam::{
    clock::{Clock, Instant},
    supervise::{
        Alive, Allowed, Counts, Ended, Gap, Launcher, Line, News, Outcome, Output, Running, Spec, Waiting, prepare,
    },
};
use std::{fs, time::Duration};

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

async fn wait_with(launcher: &Launcher, spec: &Spec) -> Waiting {
    prepare(spec, &allowed(), &clock(), HOST, launcher).await.unwrap()
}

async fn begin(spec: &Spec) -> (Running, Output) {
    wait_with(&launcher(), spec).await.begin().await.unwrap()
}

/// The living processes of a group.
fn members(group: u32) -> Vec<u32> {
    let pids = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_ascii_whitespace().collect();
        fields.len() > 2 && fields[0] != "Z" && fields[2] == group.to_string()
    })
    .collect()
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
    let (mut running, mut output) = begin(&spec).await;
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
