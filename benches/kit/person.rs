//! A member of staff who uses the program over HTTP, as a browser would.
use crate::program::{Database, KEY, ask};
use argon2::{Argon2, password_hash::PasswordHasher as _};
use ingam::{clock::Clock, gate::code, id::StaffId, secret::SecretKey};
use scraper::{Html, Selector};
use std::{collections::BTreeMap, net::SocketAddr};

pub(crate) const STAFF: StaffId = StaffId::new(900_001);
const EMAIL: &str = "bench@ingam.test";
const PASSWORD: &str = "sixty rounds of failed runs";

/// A member of staff with a browser and an authenticator.
pub(crate) struct Person {
    secret: [u8; 20],
    pub(crate) browser: Browser,
}

impl Person {
    /// Puts them straight into the tables.
    pub(crate) fn hire(database: &mut Database, at: SocketAddr, role: &str) -> Self {
        let secret = code::new_secret();
        let hash = Argon2::default().hash_password(PASSWORD.as_bytes()).expect("a hash");
        let sealed = hex::encode(SecretKey::new(KEY).seal(&code::context(STAFF), &secret));
        let sealed = if database.engine() == "SQLite" { format!("x'{sealed}'") } else { format!("'\\x{sealed}'") };
        database.execute(&format!(
            "insert into staff (id, email, name, roles, time_zone, created_at, password_hash, password_at)
             values ({STAFF}, '{EMAIL}', 'Bench', '{role}', 'Asia/Seoul', {{now}}, '{hash}', {{now}});
             insert into authenticators (staff_id, secret, enrolled_at) values ({STAFF}, {sealed}, {{now}})"
        ));
        Self { secret, browser: Browser { at, cookies: BTreeMap::new() } }
    }

    /// A code that works. Each works once in its half minute: the tables forget what was spent, so that no change waits for the next one.
    pub(crate) fn code(&self, database: &mut Database) -> String {
        database.execute("update authenticators set last_step = 0");
        code::current(&self.secret, Clock::system().now()).expect("a code")
    }

    pub(crate) fn sign_in(&mut self, database: &mut Database) {
        self.browser.send("/login", &[("email", EMAIL), ("password", PASSWORD)]);
        let code = self.code(database);
        self.browser.send("/login/code", &[("code", &code)]);
    }
}

/// What a person signs in with: it keeps cookies, and sends forms as they are on pages.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) at: SocketAddr,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn get(&mut self, path: &str) -> String {
        self.request("GET", path, "")
    }

    /// Sends the form of a page with these fields; where the answer leads to.
    pub(crate) fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let form = self.form(path, "form.seal, form.card", fields);
        self.post(&form)
    }

    /// The form of a page, filled in: where it goes, and what it sends.
    pub(crate) fn form(&mut self, path: &str, css: &str, fields: &[(&str, &str)]) -> (String, String) {
        let selector = |text| Selector::parse(text).expect("a selector");
        let page = self.get(path);
        let html = Html::parse_document(&page);
        let form = html.select(&selector(css)).next().unwrap_or_else(|| panic!("no form: {page}"));
        let hidden = selector("input[type=hidden], input[checked], option[selected]");
        let given = form.select(&hidden).filter_map(|input| {
            let field =
                input.ancestors().filter_map(scraper::ElementRef::wrap).find(|above| above.value().name() == "select");
            let name = field.unwrap_or(input).attr("name")?;
            Some((name, input.attr("value")?)).filter(|(name, _)| fields.iter().all(|(field, _)| field != name))
        });
        let body: Vec<(&str, &str)> = given.chain(fields.iter().copied()).collect();
        let body = serde_urlencoded::to_string(body).expect("a form");
        (form.attr("action").expect("an address").to_owned(), body)
    }

    /// Sends a form; where the answer leads to.
    pub(crate) fn post(&mut self, (action, body): &(String, String)) -> String {
        let answer = self.request("POST", action, body);
        assert!(answer.starts_with("HTTP/1.1 303"), "{action}: {answer}");
        header(&answer, "location").next().expect("an address").to_owned()
    }

    pub(crate) fn cookies(&self) -> String {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        cookies.join("; ")
    }

    fn request(&mut self, method: &str, path: &str, body: &str) -> String {
        let (at, cookies, length) = (self.at, self.cookies(), body.len());
        let answer = ask(
            at,
            &format!(
                "{method} {path} HTTP/1.1\r\nhost: {at}\r\norigin: http://{at}\r\nconnection: close\r\ncookie: {cookies}\r\n\
                 content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
            ),
        );
        for cookie in header(&answer, "set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}

/// The values of a header of an answer.
fn header<'a>(answer: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = answer.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(": "));
    lines.filter(move |(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
