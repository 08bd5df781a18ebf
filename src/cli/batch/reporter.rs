//! What is told to the console of a command that runs: a thread of its own, so that nothing waits for it.

use crate::batches::{
    command::{Counts, Report},
    ping::BODY_LIMIT,
};
use std::{
    fmt::Write,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

/// How often it is said that the command is still there, and until when that holds.
const BEAT: Duration = Duration::from_secs(15);
const ALIVE: u32 = 60;
const PATIENCE: Duration = Duration::from_secs(5);
/// Between the tries of a report; there is one more than these.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(1)];
/// How long reporting may go on when the command has ended.
const LAST: Duration = Duration::from_secs(15);

/// What the command has said since the last report.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The end of what it wrote, at most as long as a report.
    lines: String,
    /// Bytes before that which no report will hold.
    dropped: usize,
    progress: Option<f64>,
    counts: Counts,
}

impl Told {
    pub(super) fn line(&mut self, line: &str) {
        self.lines.push_str(line);
        self.lines.push('\n');
        // Room for the note of what is missing.
        let room = BODY_LIMIT - 100;
        if self.lines.len() > 2 * room {
            self.shorten(room);
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

    /// Keeps the end, from the beginning of a line where there is one.
    fn shorten(&mut self, room: usize) {
        let cut = self.lines.ceil_char_boundary(self.lines.len().saturating_sub(room));
        let cut = self.lines.get(cut..).and_then(|rest| rest.find('\n')).map_or(cut, |at| cut + at + 1);
        self.dropped += cut;
        self.lines.drain(..cut);
    }

    /// The body of the next report.
    fn take(&mut self) -> String {
        let room = BODY_LIMIT - 100;
        if self.lines.len() > room {
            self.shorten(room);
        }
        let lines = std::mem::take(&mut self.lines);
        match std::mem::take(&mut self.dropped) {
            0 => lines,
            dropped => format!("… {dropped} bytes before this were not sent\n{lines}"),
        }
    }

    fn query(&self) -> String {
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

/// Reports in the background.
#[derive(Debug)]
pub(super) struct Reporter {
    end: mpsc::Sender<u8>,
    done: mpsc::Receiver<()>,
}

impl Reporter {
    pub(super) fn start(url: &str, name: &str, rid: &str, told: Arc<Mutex<Told>>) -> Self {
        let (end, ended) = mpsc::channel();
        let (tell, done) = mpsc::channel();
        let line = Line::new(url, name, rid);
        thread::spawn(move || {
            line.run(&ended, &told);
            // Where nobody waits any more, the process is about to end.
            let _ = tell.send(());
        });
        Self { end, done }
    }

    /// Reports the exit code, and waits for that a little.
    pub(super) fn finish(self, code: u8) {
        let _ = self.end.send(code);
        if self.done.recv_timeout(LAST).is_err() {
            eprintln!("ingam: the end could not be reported in time");
        }
    }
}

/// The line to the console.
struct Line {
    agent: ureq::Agent,
    /// `https://console/ping/TOKEN/NAME`
    base: String,
    rid: String,
}

impl Line {
    fn new(url: &str, name: &str, rid: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .user_agent(concat!("ingam/", env!("CARGO_PKG_VERSION")))
            .http_status_as_error(false)
            // The token is for one address only.
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        Self { agent, base: format!("{}/{name}", url.trim_end_matches('/')), rid: rid.to_owned() }
    }

    fn run(&self, ended: &mpsc::Receiver<u8>, told: &Mutex<Told>) {
        self.send("/start", &format!("&alive={ALIVE}"), "");
        loop {
            let code = match ended.recv_timeout(BEAT) {
                Ok(code) => Some(code),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let (query, body) = {
                let mut told = lock(told);
                (told.query(), told.take())
            };
            match code {
                Some(code) => return self.send(&format!("/{code}"), &query, &body),
                None => self.send("/log", &format!("{query}&alive={ALIVE}"), &body),
            }
        }
    }

    /// Sends a report, and again where it was not taken. What cannot be sent is said and let be.
    fn send(&self, what: &str, query: &str, body: &str) {
        let url = format!("{}{what}?rid={}{query}", self.base, self.rid);
        let mut pauses = PAUSES.into_iter();
        let why = loop {
            let why = match self.agent.post(&url).header("content-type", "text/plain; charset=utf-8").send(body) {
                Ok(reply) if reply.status().is_success() => return,
                Ok(reply) if reply.status().is_client_error() => break format!("HTTP {}", reply.status().as_u16()),
                Ok(reply) => format!("HTTP {}", reply.status().as_u16()),
                Err(error) => shortly(&error).to_owned(),
            };
            match pauses.next() {
                Some(pause) => thread::sleep(pause),
                None => break why,
            }
        };
        // The address holds the token.
        eprintln!("ingam: {} was not reported: {why}", what.trim_start_matches('/'));
    }
}

/// In words that hold nothing of the address.
fn shortly(error: &ureq::Error) -> &'static str {
    match error {
        ureq::Error::Timeout(_) => "the console did not answer in time",
        ureq::Error::HostNotFound => "the host was not found",
        ureq::Error::BadUri(_) => "INGAM_PING_URL is no address",
        _ => "the console could not be reached",
    }
}

fn lock(told: &Mutex<Told>) -> MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_long_output_is_kept_from_the_beginning_of_a_line() {
        let mut told = Told::default();
        for n in 0..5_000 {
            told.line(&format!("row {n} 완료"));
        }
        let body = told.take();
        assert!(body.len() <= BODY_LIMIT, "{}", body.len());
        assert!(body.starts_with("… ") && body.ends_with("row 4999 완료\n"), "{body}");
        assert!(body.lines().skip(1).all(|line| line.starts_with("row ")));
        assert_eq!(told.take(), "");
    }

    #[test]
    fn one_endless_line_is_cut_as_well() {
        let mut told = Told::default();
        told.line(&"가".repeat(20_000));
        assert!(told.take().len() <= BODY_LIMIT);
    }

    #[test]
    fn progress_and_counts_go_into_the_address() {
        let mut told = Told::default();
        assert!(told.report("::progress 50%") && told.report("::count processed=4120 failed=3"));
        assert!(!told.report("::progress soon"));
        assert_eq!(told.query(), "&count=4120&failed=3&progress=0.5");
    }
}
