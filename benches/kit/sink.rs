//! A receiver of messages, for benchmarks of what the console tells others.
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread::{self, sleep},
    time::{Duration, Instant},
};

/// Takes every message, and notes when it came and to which path.
pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    messages: Arc<Mutex<Vec<Message>>>,
}

struct Message {
    at: Instant,
    path: String,
    body: String,
}

impl Sink {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let sink = Self { address: listener.local_addr().expect("an address"), messages: Arc::default() };
        let messages = Arc::clone(&sink.messages);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let messages = Arc::clone(&messages);
                thread::spawn(move || while take(&stream, &messages).is_some() {});
            }
        });
        sink
    }

    /// Waits until this number of messages that contain `part` has come to a path; when each came, and its body.
    pub(crate) fn wait(&self, path: &str, part: &str, number: usize) -> Vec<(Instant, String)> {
        let is_meant = |message: &&Message| message.path == path && message.body.contains(part);
        let deadline = Instant::now() + Duration::from_mins(2);
        loop {
            let messages = self.messages.lock().expect("the messages");
            let there = messages.iter().filter(is_meant).count();
            if there >= number {
                return messages.iter().filter(is_meant).map(|message| (message.at, message.body.clone())).collect();
            }
            drop(messages);
            assert!(Instant::now() < deadline, "only {there} messages with {part:?} came to {path}");
            sleep(Duration::from_millis(5));
        }
    }
}

fn take(stream: &TcpStream, messages: &Mutex<Vec<Message>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let at = Instant::now();
    messages.lock().ok()?.push(Message { at, path, body: String::from_utf8_lossy(&body).into_owned() });
    let mut stream = stream;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").ok()
}
