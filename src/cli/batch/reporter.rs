//! What is told to the console of a command that runs: a thread of its own, so that nothing waits for it.

use super::{say, summary::Summary};
use crate::outgoing;
use std::{
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
const TIMEOUT: Duration = Duration::from_secs(5);
/// Between the tries of a report; there is one more than these.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(1)];
/// How long reporting may go on when the command has ended.
const LAST: Duration = Duration::from_secs(15);

/// Reports in the background.
#[derive(Debug)]
pub(super) struct Reporter {
    end: mpsc::Sender<u8>,
    done: mpsc::Receiver<()>,
}

impl Reporter {
    /// Begins to report, or says why there can be no reports.
    pub(super) fn start(url: &str, name: &str, rid: &str, summary: Arc<Mutex<Summary>>) -> Result<Self, String> {
        let (end, ended) = mpsc::channel();
        let (tell, done) = mpsc::channel();
        let line = Line::new(address(url, name)?, rid, ended);
        let thread = thread::Builder::new().spawn(move || {
            line.run(&summary);
            // Without a receiver the process is about to end.
            let _ = tell.send(());
        });
        thread.map_err(|error| format!("no thread could be started ({error})"))?;
        Ok(Self { end, done })
    }

    /// Reports the exit code, and waits for that a little.
    pub(super) fn finish(self, code: u8) {
        let _ = self.end.send(code);
        if self.done.recv_timeout(LAST).is_err() {
            say("the exit code could not be reported in time");
        }
    }
}

/// `https://console/ping/TOKEN/NAME`, or what is wrong, in words that hold nothing of the token.
fn address(url: &str, name: &str) -> Result<String, String> {
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err("INGAM_PING_URL does not have the form https://console/ping/TOKEN".to_owned());
    }
    // What else a name may hold would change what the address says.
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return Err("this is not a valid name of a job".to_owned());
    }
    Ok(format!("{}/{name}", url.trim_end_matches('/')))
}

/// The line to the console.
struct Line {
    agent: ureq::Agent,
    address: String,
    rid: String,
    ended: mpsc::Receiver<u8>,
    /// The exit code, once the command has ended.
    code: Option<u8>,
    /// Why reports are not taken, as it was said last.
    said: Option<String>,
}

impl Line {
    fn new(address: String, rid: &str, ended: mpsc::Receiver<u8>) -> Self {
        let agent = outgoing::agent().timeout_global(Some(TIMEOUT)).build().new_agent();
        Self { agent, address, rid: rid.to_owned(), ended, code: None, said: None }
    }

    fn run(mut self, summary: &Mutex<Summary>) {
        self.send("start", &format!("&alive={ALIVE}"), "");
        loop {
            self.wait(BEAT);
            let (query, taken) = {
                let mut summary = lock(summary);
                (summary.query(), summary.take())
            };
            if let Some(code) = self.code {
                self.send(&code.to_string(), &query, &taken.body());
                return;
            }
            if !self.send("log", &format!("{query}&alive={ALIVE}"), &taken.body()) {
                lock(summary).give_back(&taken);
            }
        }
    }

    /// Waits so long, or until the command has ended.
    fn wait(&mut self, span: Duration) {
        if self.code.is_some() {
            return;
        }
        match self.ended.recv_timeout(span) {
            Ok(code) => self.code = Some(code),
            Err(RecvTimeoutError::Timeout) => {}
            // The process is about to end without a code to tell.
            Err(RecvTimeoutError::Disconnected) => thread::sleep(span),
        }
    }

    /// Sends a report, and again where it was not taken. A report that cannot be sent is logged and dropped.
    fn send(&mut self, what: &str, query: &str, body: &str) -> bool {
        let is_end = self.code.is_some();
        let url = format!("{}/{what}?rid={}{query}", self.address, self.rid);
        let mut pauses = PAUSES.into_iter();
        let why = loop {
            let why = match self.agent.post(&url).header("content-type", "text/plain; charset=utf-8").send(body) {
                Ok(reply) if reply.status().is_success() => {
                    self.said = None;
                    return true;
                }
                Ok(reply) if reply.status().is_client_error() => break format!("HTTP {}", reply.status().as_u16()),
                Ok(reply) => format!("HTTP {}", reply.status().as_u16()),
                Err(error) => shortly(&error).to_owned(),
            };
            match pauses.next() {
                Some(pause) if is_end => thread::sleep(pause),
                Some(pause) => self.wait(pause),
                None => break why,
            }
            // The command has ended meanwhile. That is what is to be told now, and there is little time for it.
            if self.code.is_some() && !is_end {
                return false;
            }
        };
        // At every beat, the same words would fill what the command itself writes.
        if self.said.as_ref() != Some(&why) {
            say(format_args!("{what} was not reported to {}: {why}", host(&self.address)));
            self.said = Some(why);
        }
        false
    }
}

/// What may be said of an address: neither its token nor a password.
fn host(address: &str) -> &str {
    let authority = address.split('/').nth(2).unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

/// In words that hold nothing of the address.
fn shortly(error: &ureq::Error) -> &'static str {
    match error {
        ureq::Error::Timeout(_) => "the console did not answer in time",
        ureq::Error::HostNotFound => "the host was not found",
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => "INGAM_PING_URL is not an address",
        _ => "the console could not be reached",
    }
}

fn lock(summary: &Mutex<Summary>) -> MutexGuard<'_, Summary> {
    summary.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_ends_in_the_name_of_the_job() {
        let address = |url, name| address(url, name).ok();
        let whole = Some("https://console/ping/TOKEN/sync-2_b".to_owned());
        assert_eq!(address("https://console/ping/TOKEN", "sync-2_b"), whole);
        assert_eq!(address("https://console/ping/TOKEN/", "sync-2_b"), whole);
        for (url, name) in [("TOKEN", "sync"), ("ftp://console/ping/TOKEN", "sync"), ("", "sync")] {
            assert_eq!(address(url, name), None, "{url}");
        }
        for name in ["", "sync/fail", "sync?x=", "sync#", "a b", "..", "정산"] {
            assert_eq!(address("https://console/ping/TOKEN", name), None, "{name}");
        }
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said_without_the_token() {
        for said in [address("TOKEN-7f3a", "sync"), address("https://console/ping/TOKEN-7f3a", "a b")] {
            assert!(said.is_err_and(|why| !why.contains("7f3a")));
        }
    }

    #[test]
    fn only_the_host_of_an_address_is_said() {
        for (address, said) in [
            ("https://console/ping/TOKEN/sync", "console"),
            ("http://127.0.0.1:8080/ping/TOKEN/sync", "127.0.0.1:8080"),
            ("http://[::1]:8080/ping/TOKEN/sync", "[::1]:8080"),
            ("https://who:secret@console/ping/TOKEN/sync", "console"),
        ] {
            assert_eq!(host(address), said);
        }
    }
}
