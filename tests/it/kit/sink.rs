//! Receivers of messages to try the console against: each path is one, keeps what it was sent, and answers as it is told to.

use super::{listening::serve_each, provider::read};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ingam::{
    config::{Config, Declared, DeclaredChannels},
    profile::Profile,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    io::Write as _,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// What the webhook is signed with.
pub(crate) const SECRET: &[u8] = b"console-tests-sign-their-messages";

/// How a receiver answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// Takes it, as the kind of receiver does.
    Ok,
    /// This status, and a word.
    Status(u16, &'static str),
    /// Later, in this number of seconds.
    RetryAfter(u32),
    /// Takes this number of messages, and never answers to those that come after them.
    HangAfter(usize),
    /// Takes it and hangs up without an answer.
    HangUp,
    /// Never answers.
    Hang,
}

/// A message as it came.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) headers: BTreeMap<String, String>,
    /// As it came, and read.
    pub(crate) raw: Vec<u8>,
    pub(crate) body: Value,
}

#[derive(Debug, Default)]
struct Book {
    says: HashMap<String, Says>,
    sent: HashMap<String, Vec<Sent>>,
}

/// Runs until the test ends.
#[derive(Clone, Debug)]
pub(crate) struct Sink {
    address: SocketAddr,
    book: Arc<Mutex<Book>>,
}

impl Sink {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let this = Self { address: listener.local_addr().unwrap(), book: Arc::default() };
        let served = this.clone();
        serve_each(listener, move |stream| served.serve(stream));
        this
    }

    /// What the receiver at this path answers from now on.
    pub(crate) fn set(&self, path: &str, says: Says) {
        self.book.lock().unwrap().says.insert(path.to_owned(), says);
    }

    /// What the receiver at this path was sent, also what it did not take.
    pub(crate) fn sent(&self, path: &str) -> Vec<Sent> {
        self.book.lock().unwrap().sent.get(path).cloned().unwrap_or_default()
    }

    /// The bodies of these.
    pub(crate) fn bodies(&self, path: &str) -> Vec<Value> {
        self.sent(path).into_iter().map(|sent| sent.body).collect()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The host and port, as an address has them.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    /// With what webhooks are signed, as a configuration file has it.
    #[expect(clippy::unused_self, reason = "it belongs to the sink")]
    pub(super) fn secret(&self) -> String {
        format!("whsec_{}", STANDARD.encode(SECRET))
    }

    /// A channel of each kind, as a configuration file declares them: `ops`, `page`, `hook`. `$SINK` in `more` is its address.
    pub(crate) fn channels(&self, more: &str) -> String {
        let base = format!("http://{}", self.address);
        let secret = self.secret();
        format!(
            "[[channel]]\nname = \"ops\"\nkind = \"slack\"\nurl = \"{base}/slack\"\nlang = \"en\"\n\
             [[channel]]\nname = \"page\"\nkind = \"pagerduty\"\nurl = \"{base}/pagerduty\"\nrouting_key = \"R0UT1NGK3Y\"\nlang = \"en\"\nenvironments = [\"local\"]\n\
             [[channel]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"{base}/hook\"\nsecret = \"{secret}\"\nlang = \"ko\"\n{more}\n"
        )
        .replace("$SINK", &base)
    }

    /// Makes a console in this process send its messages here.
    pub(crate) fn serve_for(&self, config: &mut Config, more: &str) {
        let declared: DeclaredChannels = toml::from_str(&self.channels(more)).unwrap();
        config.channels = declared.channels(&Declared::default(), Profile::Local, true).unwrap();
        config.heartbeats = declared.heartbeats(Profile::Local).unwrap();
    }

    fn serve(&self, mut stream: TcpStream) {
        while let Some((path, headers, body)) = read(&stream) {
            let path = path.trim_start_matches('/').to_owned();
            let sent = Sent { headers, body: serde_json::from_slice(&body).unwrap_or_default(), raw: body };
            let says = {
                let mut book = self.book.lock().unwrap();
                let all = book.sent.entry(path.clone()).or_default();
                all.push(sent);
                let count = all.len();
                match book.says.get(&path).copied().unwrap_or(Says::Ok) {
                    Says::HangAfter(taken) if count > taken => Says::Hang,
                    Says::HangAfter(_) => Says::Ok,
                    says => says,
                }
            };
            let (status, word, more) = match says {
                Says::Ok if path.starts_with("slack") => (200, "ok".to_owned(), String::new()),
                Says::Ok if path.starts_with("influx") => (204, String::new(), String::new()),
                Says::Ok => (202, "{\"status\":\"success\"}".to_owned(), String::new()),
                Says::Status(status, word) => (status, word.to_owned(), String::new()),
                Says::RetryAfter(seconds) => (429, "rate_limited".to_owned(), format!("retry-after: {seconds}\r\n")),
                Says::HangUp => return,
                Says::Hang | Says::HangAfter(_) => return thread::sleep(Duration::from_mins(5)),
            };
            let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{more}\r\n{word}", word.len());
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }
}
