//! A mail server to try the console against: it keeps what it takes and refuses the addresses that it is told to. It speaks SMTP without
//! encryption, which the console speaks on this machine alone.

use super::listening::serve_each;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::{
    collections::{BTreeMap, HashMap},
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// A mail as it came.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    /// The address that the server was asked to take it for.
    pub(crate) to: String,
    /// By lower-case names, unfolded; words in RFC 2047 are decoded.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Mail {
    pub(crate) fn subject(&self) -> &str {
        &self.headers["subject"]
    }
}

#[derive(Debug, Default)]
struct Book {
    refuses: HashMap<String, &'static str>,
    mails: Vec<Mail>,
}

/// Runs until the test ends.
#[derive(Clone, Debug)]
pub(crate) struct MailServer {
    address: SocketAddr,
    book: Arc<Mutex<Book>>,
}

impl MailServer {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let this = Self { address: listener.local_addr().unwrap(), book: Arc::default() };
        let served = this.clone();
        // A client that hangs up ends its own conversation.
        serve_each(listener, move |stream| drop(served.serve(&stream)));
        this
    }

    /// What it answers from now on when it is to take a mail for this address; nothing takes that back.
    pub(crate) fn refuse(&self, to: &str, answer: Option<&'static str>) {
        let mut book = self.book.lock().unwrap();
        match answer {
            Some(answer) => book.refuses.insert(to.to_owned(), answer),
            None => book.refuses.remove(to),
        };
    }

    pub(crate) fn mails(&self, to: &str) -> Vec<Mail> {
        self.book.lock().unwrap().mails.iter().filter(|mail| mail.to == to).cloned().collect()
    }

    /// A channel called `mail` that goes to these addresses.
    pub(crate) fn channel(&self, to: &[&str]) -> String {
        format!(
            "[[channel]]\nname = \"mail\"\nkind = \"email\"\nsmtp = \"smtp://{}\"\nfrom = \"인감 <ingam@example.com>\"\nto = {to:?}\n",
            self.address
        )
    }

    /// A channel called `mail` in which people have mailboxes of their own.
    pub(crate) fn people(&self) -> String {
        format!(
            "[[channel]]\nname = \"mail\"\nkind = \"email\"\npeople = true\nsmtp = \"smtp://{}\"\nfrom = \"인감 <ingam@example.com>\"\n",
            self.address
        )
    }

    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        let (mut lines, mut answers) = (BufReader::new(stream).lines(), stream);
        answers.write_all(b"220 mail.example.com\r\n")?;
        let mut to = Vec::new();
        while let Some(line) = lines.next().transpose()? {
            let said = match line.to_ascii_uppercase() {
                hello if hello.starts_with("EHLO") => "250-mail.example.com\r\n250 8BITMIME".to_owned(),
                rcpt if rcpt.starts_with("RCPT TO:") => {
                    let address = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    let refused = self.book.lock().unwrap().refuses.get(&address).copied();
                    if refused.is_none() {
                        to.push(address);
                    }
                    refused.unwrap_or("250 taken").to_owned()
                }
                data if data == "DATA" => {
                    answers.write_all(b"354 go on\r\n")?;
                    let mut mail = Vec::new();
                    for line in lines.by_ref() {
                        let line = line?;
                        if line == "." {
                            break;
                        }
                        mail.push(line.strip_prefix('.').map_or(line.clone(), str::to_owned));
                    }
                    let mut book = self.book.lock().unwrap();
                    book.mails.extend(to.drain(..).map(|to| read(to, &mail)));
                    "250 kept".to_owned()
                }
                quit if quit == "QUIT" => {
                    return answers.write_all(b"221 bye\r\n");
                }
                _ => "250 well".to_owned(),
            };
            answers.write_all(format!("{said}\r\n").as_bytes())?;
        }
        Ok(())
    }
}

fn read(to: String, lines: &[String]) -> Mail {
    let end = lines.iter().position(String::is_empty).unwrap_or(lines.len());
    let mut unfolded: Vec<String> = Vec::new();
    for line in &lines[..end] {
        match unfolded.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => last.push_str(line),
            _ => unfolded.push(line.clone()),
        }
    }
    let headers: BTreeMap<String, String> = unfolded
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), decoded(value)))
        .collect();
    let body = &lines[(end + 1).min(lines.len())..];
    let body = match headers.get("content-transfer-encoding").map(String::as_str) {
        Some("base64") => String::from_utf8(STANDARD.decode(body.concat()).unwrap()).unwrap(),
        _ => body.join("\n"),
    };
    Mail { to, headers, body }
}

/// A header whose encoded words are read; blanks between two of them are no part of it (RFC 2047, 6.2).
fn decoded(value: &str) -> String {
    let (mut text, mut rest) = (String::new(), value);
    let mut after_word = false;
    while let Some((before, word)) = rest.split_once("=?utf-8?b?") {
        if !(after_word && before.trim().is_empty()) {
            text.push_str(before);
        }
        let (word, more) = word.split_once("?=").unwrap();
        text.push_str(&String::from_utf8(STANDARD.decode(word).unwrap()).unwrap());
        (rest, after_word) = (more, true);
    }
    text + rest
}
