//! A payment provider to try the console against: it keeps books of its own, gives each key's money back once, and misbehaves
//! when it is told to.

use super::listening::serve_each;
use ingam::{config::Config, payments};
use ring::hmac;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::Command,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// What it does with the next requests for a refund. Questions about refunds it answers from its books in every mode but
/// [`Mode::Away`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Pays and says so.
    Pay,
    Decline,
    /// Takes it and does not decide.
    Pend,
    /// Pays, and never says so.
    PayAndHang,
    /// Pays, and hangs up without a word.
    PayAndDrop,
    /// Never hears of it: hangs up before it reads.
    Away,
}

const SECRET: [u8; 32] = [7; 32];

/// What its books hold about a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Booked {
    payment: String,
    amount: i64,
    status: &'static str,
}

#[derive(Debug)]
struct Books {
    mode: Mode,
    by_payment: HashMap<String, Mode>,
    booked: BTreeMap<String, Booked>,
    /// The type and key of every request, in order.
    asked: Vec<(String, String)>,
}

/// Runs until the test ends.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    address: SocketAddr,
    books: Arc<Mutex<Books>>,
}

impl Provider {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let books = Books { mode: Mode::Pay, by_payment: HashMap::new(), booked: BTreeMap::new(), asked: Vec::new() };
        let this = Self { address: listener.local_addr().unwrap(), books: Arc::new(Mutex::new(books)) };
        let served = this.clone();
        serve_each(listener, move |stream| served.serve(stream));
        this
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.books.lock().unwrap().mode = mode;
    }

    /// What it does with refunds of this payment, independent of others.
    pub(crate) fn set_for(&self, payment: &str, mode: Mode) {
        self.books.lock().unwrap().by_payment.insert(payment.to_owned(), mode);
    }

    /// Decides what it had left open.
    pub(crate) fn decide(&self, status: &'static str) {
        for booked in self.books.lock().unwrap().booked.values_mut().filter(|booked| booked.status == "pending") {
            booked.status = status;
        }
    }

    /// What it has paid back of this payment.
    pub(crate) fn paid(&self, payment: &str) -> i64 {
        let books = self.books.lock().unwrap();
        let paid = books.booked.values().filter(|booked| booked.payment == payment && booked.status == "succeeded");
        paid.map(|booked| booked.amount).sum()
    }

    /// How many requests of a type it has had: `refund.requested` or `refund.status`.
    pub(crate) fn asked(&self, kind: &str) -> usize {
        self.books.lock().unwrap().asked.iter().filter(|(asked, _)| asked == kind).count()
    }

    /// How often money was asked for under the same key, at most.
    pub(crate) fn most_under_one_key(&self) -> usize {
        let books = self.books.lock().unwrap();
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, key) in books.asked.iter().filter(|(kind, _)| kind == "refund.requested") {
            *times.entry(key).or_default() += 1;
        }
        times.into_values().max().unwrap_or_default()
    }

    /// Makes a console in this process ask it.
    pub(crate) fn serve_for(&self, config: &mut Config, timeout: Duration) {
        let secret = payments::SigningSecret::parse(&secret()).unwrap();
        config.payments =
            payments::Provider::Webhook(payments::Webhook::new(self.url().parse().unwrap(), secret, timeout));
    }

    /// Makes the real program ask it.
    pub(crate) fn serve_program(&self, command: &mut Command) {
        command
            .env("INGAM_PAYMENTS", "webhook")
            .env("INGAM_PAYMENTS_URL", self.url())
            .env("INGAM_PAYMENTS_SECRET", secret())
            .env("INGAM_PAYMENTS_TIMEOUT_SECONDS", "1");
    }

    fn url(&self) -> String {
        format!("http://{}/refunds", self.address)
    }

    fn serve(&self, mut stream: TcpStream) {
        if self.books.lock().unwrap().mode == Mode::Away {
            return;
        }
        let Some((_, headers, body)) = read(&stream) else { return };
        assert!(is_signed(&headers, &body, &SECRET), "a request that is not signed: {headers:?}");
        let request: Value = serde_json::from_slice(&body).unwrap();
        let kind = request["type"].as_str().unwrap().to_owned();
        let data = &request["data"];
        let key = data["key"].as_str().unwrap().to_owned();
        let (answer, mode) = {
            let mut books = self.books.lock().unwrap();
            books.asked.push((kind.clone(), key.clone()));
            let payment = data["payment"].as_str().unwrap().to_owned();
            let mode = books.by_payment.get(&payment).copied().unwrap_or(books.mode);
            if kind == "refund.requested" {
                let status = match mode {
                    Mode::Decline => "failed",
                    Mode::Pend => "pending",
                    _ => "succeeded",
                };
                let amount = data["amount"].as_str().unwrap().parse().unwrap();
                // What was asked for before stays what it was.
                books.booked.entry(key.clone()).or_insert(Booked { payment, amount, status });
            }
            let status = books.booked.get(&key).map_or("unknown", |booked| booked.status);
            (json!({ "status": status, "reference": format!("prov_{key}"), "code": "insufficient_funds" }), mode)
        };
        if kind == "refund.requested" {
            match mode {
                Mode::PayAndHang => thread::sleep(Duration::from_mins(1)),
                Mode::PayAndDrop => return,
                _ => {}
            }
        }
        let body = answer.to_string();
        let _ = write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
    }
}

fn secret() -> String {
    use base64::Engine as _;
    format!("whsec_{}", base64::engine::general_purpose::STANDARD.encode(SECRET))
}

type Headers = BTreeMap<String, String>;

/// Path, headers and body of the next request.
pub(super) fn read(stream: &TcpStream) -> Option<(String, Headers, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut headers = Headers::new();
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.trim().to_owned()),
            None => break,
        };
    }
    let length = headers.get("content-length").map_or(Some(0), |length| length.parse().ok())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, headers, body))
}

/// Standard Webhooks, worked out here once more.
pub(crate) fn is_signed(headers: &Headers, body: &[u8], secret: &[u8]) -> bool {
    use base64::Engine as _;
    let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
    let signed = [format!("{}.{}.", header("webhook-id"), header("webhook-timestamp")).as_bytes(), body].concat();
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), &signed);
    header("webhook-signature") == format!("v1,{}", base64::engine::general_purpose::STANDARD.encode(signature))
}
