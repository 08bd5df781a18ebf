//! A provider for tests, which does what it is told: each connection meets the next of its manners.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};
use ureq::http::Uri;

/// How a request is met.
pub(super) enum Manner {
    /// With this status and this body.
    Answer(u16, String),
    /// With a redirect to this address.
    Redirect(u16, String),
    /// With these bytes, unchecked, and the end of the connection.
    Bytes(Vec<u8>),
    /// With a body that has no end.
    Endless,
    /// With a byte now and then, each in time, the whole never.
    Drip,
    /// With silence until the other side gives up, and then with a refund that succeeded.
    Late,
}

impl Manner {
    pub(super) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::Answer(status, body.to_string())
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// `POST /refunds HTTP/1.1`
    pub(super) line: String,
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> &str {
        let mut found = self.headers.iter().filter(|(header, _)| header == name);
        let (_, value) = found.next().unwrap_or_else(|| panic!("{name} is not in {self:?}"));
        assert!(found.next().is_none(), "{name} is twice in {self:?}");
        value
    }
}

pub(super) struct Fake {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Fake {
    /// Listens for as many connections as there are manners, then no more.
    pub(super) fn start(manners: Vec<Manner>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let fake = Self { address: listener.local_addr().unwrap(), seen: Arc::default() };
        let seen = fake.seen.clone();
        thread::spawn(move || {
            for manner in manners {
                let (mut stream, _) = listener.accept().unwrap();
                let request = read(&mut stream);
                seen.lock().unwrap().push(request);
                meet(&mut stream, manner);
            }
        });
        fake
    }

    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn url(&self) -> Uri {
        format!("{}/refunds", self.origin()).parse().unwrap()
    }

    /// What has come so far, in order.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

fn read(stream: &mut TcpStream) -> Seen {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let (line, headers) = head.split_once("\r\n").unwrap();
            let headers: Vec<_> = headers
                .lines()
                .map(|header| header.split_once(": ").unwrap())
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect();
            let length = headers.iter().find(|(name, _)| name == "content-length");
            let length: usize = length.map_or(0, |(_, length)| length.parse().unwrap());
            if body.len() >= length {
                return Seen { line: line.to_owned(), headers, body: body.to_owned() };
            }
        }
        let mut more = [0; 4096];
        let count = stream.read(&mut more).unwrap();
        assert!(count > 0, "a request that has no end: {text}");
        bytes.extend_from_slice(&more[..count]);
    }
}

/// Ignores write errors: the client may hang up at any time.
fn meet(stream: &mut TcpStream, manner: Manner) {
    let _ = match manner {
        Manner::Answer(status, body) => stream.write_all(answer(status, &body).as_bytes()),
        Manner::Redirect(status, location) => {
            let head = format!("HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(head.as_bytes())
        }
        Manner::Bytes(bytes) => stream.write_all(&bytes),
        Manner::Endless => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n{\"status\":\"succeeded\",\"reference\":\"");
            while stream.write_all(&[b'a'; 4096]).is_ok() {}
            Ok(())
        }
        Manner::Drip => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            while stream.write_all(b" ").is_ok() && !hangs_up(stream, Some(Duration::from_millis(20))) {}
            Ok(())
        }
        Manner::Late => {
            hangs_up(stream, None);
            stream.write_all(answer(200, r#"{"id":"re_1","status":"succeeded"}"#).as_bytes())
        }
    };
}

fn answer(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} Thus\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// Whether the other side has gone, or goes within this time.
fn hangs_up(stream: &mut TcpStream, patience: Option<Duration>) -> bool {
    stream.set_read_timeout(patience).unwrap();
    match stream.read(&mut [0; 1]) {
        Ok(count) => count == 0,
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}
