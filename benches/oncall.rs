//! From a failed run to the message that calls the person on duty, beside the message about the same run to an ordinary channel; and the
//! page of an incident whose timeline has 5,000 entries beside one that has 50. Both by `ingam serve` as a program, over HTTP.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a benchmark is run by hand, and goes past the store on purpose"
)]

#[path = "kit/program.rs"]
mod program;
#[path = "kit/sink.rs"]
mod sink;

use argon2::{Argon2, password_hash::PasswordHasher as _};
use chrono::TimeDelta;
use ingam::{clock::Clock, gate::code, id::StaffId, secret::SecretKey};
use program::{Database, KEY, ask, jobs, serve};
use scraper::{Html, Selector};
use sink::Sink;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    thread::sleep,
    time::{Duration, Instant},
};

/// Runs that fail one after the other.
const ROUNDS: usize = 60;
/// Runs that fail at once, after those.
const AT_ONCE: usize = 100;
/// How often each page is asked for.
const PAGES: usize = 200;
/// How many entries the timelines of incidents 1 and 2 have.
const ENTRIES: [i64; 2] = [50, 5000];

const STAFF: StaffId = StaffId::new(900_001);
const EMAIL: &str = "bench@ingam.test";
const PASSWORD: &str = "sixty rounds of failed runs";

fn main() {
    let dir = tempfile::tempdir().expect("a directory");
    let (sink, mut database) = (Sink::start(), Database::fresh(dir.path(), "bench_oncall"));
    let (at, _running) = serve(dir.path(), &database, &config(&sink));
    let mut person = Person::hire(&mut database, at);
    person.sign_in(&mut database);
    person.prove_way(&mut database, &sink);
    person.make_rota(&mut database);

    println!("\nfrom a failed run to the message about it, {}, in ms", database.engine());
    println!("|                 | the person on duty: p50 | p99   | a channel: p50 | p99   | p50 by p50 |");
    println!("|-----------------|------------------------:|------:|---------------:|------:|-----------:|");
    let mut times = [Vec::new(), Vec::new()];
    for n in 0..ROUNDS {
        // The console looks twice a second: runs fail at all moments between two looks.
        sleep(Duration::from_millis(500 + u64::try_from(n * 309 % 500).expect("a small number")));
        fail(&mut database, &sink, n, 1, &mut times);
    }
    show_messages(&format!("{ROUNDS} one by one"), times);
    let mut times = [Vec::new(), Vec::new()];
    fail(&mut database, &sink, ROUNDS, AT_ONCE, &mut times);
    show_messages(&format!("{AT_ONCE} at once"), times);

    fill(&mut database);
    let mut times = ENTRIES.map(|_| Vec::new());
    for round in 0..PAGES + PAGES / 10 {
        // The first tenth warms up.
        if round == PAGES / 10 {
            times = ENTRIES.map(|_| Vec::new());
        }
        for (n, times) in (1..=ENTRIES.len()).zip(&mut times) {
            let begun = Instant::now();
            let page = person.browser.get(&format!("/incidents/{n}"));
            times.push(begun.elapsed());
            let (is_it, shown) = (page.contains(&format!("<h1>Bench {n}</h1>")), page.matches("of that night").count());
            assert!(is_it && shown == 50, "{shown} entries on {page}");
        }
    }
    println!("\nthe page of an incident, {}, {PAGES} times each, in ms", database.engine());
    println!("| entries | p50    | p99    |");
    println!("|--------:|-------:|-------:|");
    let halves = times.map(|times| (percentile(&times, 50), percentile(&times, 99)));
    for (entries, (half, most)) in ENTRIES.iter().zip(&halves) {
        println!("| {entries:7} | {half:6.2} | {most:6.2} |");
    }
    let [(few, _), (many, _)] = halves;
    println!("with {} entries it takes {:.2} of the time", ENTRIES[1], many / few);
}

/// A rota called by a policy, and beside it a route to a channel of its own.
fn config(sink: &Sink) -> String {
    let secret = "secret = \"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\"\nlang = \"en\"\n";
    format!(
        "[[channel]]\nname = \"duty\"\nkind = \"webhook\"\npeople = true\nhosts = [\"{0}\"]\n{secret}\
         [[channel]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"http://{0}/channel\"\n{secret}\
         [[route]]\nkinds = [\"*\"]\nto = [\"hook\"]\n\
         [[escalation]]\nname = \"runs\"\nkinds = [\"runs.*\"]\nsteps = [{{ after = 0, rota = \"first\" }}]\nrepeat = 0\n{1}",
        sink.address,
        jobs(ROUNDS + AT_ONCE)
    )
}

/// Lets runs fail, and notes how long the message about each took to the person and to the channel.
fn fail(database: &mut Database, sink: &Sink, first: usize, number: usize, times: &mut [Vec<Duration>; 2]) {
    let begun = Instant::now();
    database.fail(first, number);
    for (path, times) in ["/person", "/channel"].into_iter().zip(times) {
        for n in first..first + number {
            let came = sink.wait(path, &format!("\"title\":\"Job {n}\""), 1);
            times.extend(came.first().map(|(at, _)| at.duration_since(begun)));
        }
    }
}

fn show_messages(what: &str, times: [Vec<Duration>; 2]) {
    let [(person, person_most), (channel, channel_most)] =
        times.map(|times| (percentile(&times, 50), percentile(&times, 99)));
    let ratio = person / channel;
    println!("| {what:15} | {person:23.0} | {person_most:5.0} | {channel:14.0} | {channel_most:5.0} | {ratio:10.2} |");
}

/// In milliseconds.
fn percentile(times: &[Duration], percent: usize) -> f64 {
    let mut times = times.to_vec();
    times.sort();
    let at = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

/// Puts open incidents into the tables. Their entries are half a second apart, and the last one is half a second old.
fn fill(database: &mut Database) {
    let now = Clock::system().now();
    for (n, entries) in (1..).zip(ENTRIES) {
        let rows: Vec<String> = (0..entries)
            .map(|entry| {
                let at = now.minus(TimeDelta::milliseconds(500 * (entries - entry)));
                let what = if entry % 2 == 0 { "note" } else { "told-again" };
                format!(
                    "({n}, '{at}', '{at}', '{what}', {STAFF}, 'Bench', 'entry {entry} of that night', 'bench', '{entry}')"
                )
            })
            .collect();
        database.execute(&format!(
            "insert into incidents (id, title, severity, step, opened_at, opened_by, opened_name, lead)
             values ({n}, 'Bench {n}', 'sev2', 'responding', {{now}}, {STAFF}, 'Bench', {STAFF});
             insert into incident_events (incident, at, recorded_at, what, staff, staff_name, text, source, source_id) values {};
             analyze",
            rows.join(", ")
        ));
    }
}

/// A member of staff with a browser and an authenticator.
struct Person {
    secret: [u8; 20],
    browser: Browser,
}

impl Person {
    /// Puts them straight into the tables.
    fn hire(database: &mut Database, at: SocketAddr) -> Self {
        let secret = code::new_secret();
        let hash = Argon2::default().hash_password(PASSWORD.as_bytes()).expect("a hash");
        let sealed = hex::encode(SecretKey::new(KEY).seal(&code::context(STAFF), &secret));
        let sealed = if database.engine() == "SQLite" { format!("x'{sealed}'") } else { format!("'\\x{sealed}'") };
        database.execute(&format!(
            "insert into staff (id, email, name, roles, time_zone, created_at, password_hash, password_at)
             values ({STAFF}, '{EMAIL}', 'Bench', 'oncall', 'Asia/Seoul', {{now}}, '{hash}', {{now}});
             insert into authenticators (staff_id, secret, enrolled_at) values ({STAFF}, {sealed}, {{now}})"
        ));
        Self { secret, browser: Browser { at, cookies: BTreeMap::new() } }
    }

    /// A code that works. Each works once in its half minute: the tables forget what was spent, so that no change waits for the next one.
    fn code(&self, database: &mut Database) -> String {
        database.execute("update authenticators set last_step = 0");
        code::current(&self.secret, Clock::system().now()).expect("a code")
    }

    fn sign_in(&mut self, database: &mut Database) {
        self.browser.send("/login", &[("email", EMAIL), ("password", PASSWORD)]);
        let code = self.code(database);
        self.browser.send("/login/code", &[("code", &code)]);
    }

    /// Adds a way to be reached, and proves it with the code that is sent there.
    fn prove_way(&mut self, database: &mut Database, sink: &Sink) {
        let add = "/account/ways?panel=add";
        let deadline = Instant::now() + Duration::from_secs(30);
        // Until the worker has written down which channels there are.
        while !self.browser.get(add).contains("name=\"address\"") {
            assert!(Instant::now() < deadline, "no channel takes addresses");
            sleep(Duration::from_millis(50));
        }
        let (code, address) = (self.code(database), format!("http://{}/person", sink.address));
        let reason = ("reason", "on call");
        let prove = self.browser.send(add, &[("channel", "duty"), ("address", &address), reason, ("code", &code)]);
        let came = sink.wait("/person", "Code ", 1);
        let (_, after) = came.first().and_then(|(_, body)| body.split_once("Code ")).expect("a code");
        let (proof, code) = (after.get(..6).expect("six digits"), self.code(database));
        self.browser.send(&prove, &[("way_code", proof), reason, ("code", &code)]);
    }

    /// Makes a rota in which they are always on duty.
    fn make_rota(&mut self, database: &mut Database) {
        let today = Clock::system().now().minus(TimeDelta::days(2)).utc().date_naive().to_string();
        let (code, staff) = (self.code(database), STAFF.to_string());
        let plan = [("zone", "Asia/Seoul"), ("handover", "09:00"), ("every", "1"), ("unit", "week")];
        let about = [("name", "first"), ("title", "First"), ("starts_on", &today), ("member-1", &staff)];
        self.browser
            .send("/oncall?panel=create", &[&plan[..], &about, &[("reason", "on call"), ("code", &code)]].concat());
    }
}

/// What a person signs in with: it keeps cookies, and sends forms as they are on pages.
struct Browser {
    at: SocketAddr,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn get(&mut self, path: &str) -> String {
        self.request("GET", path, "")
    }

    /// Sends the form of a page with these fields; where the answer leads to.
    fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let selector = |text| Selector::parse(text).expect("a selector");
        let page = self.get(path);
        let html = Html::parse_document(&page);
        let form = html.select(&selector("form.seal, form.card")).next().unwrap_or_else(|| panic!("no form: {page}"));
        let hidden = selector("input[type=hidden]");
        let hidden = form.select(&hidden).filter_map(|input| Some((input.attr("name")?, input.attr("value")?)));
        let body: Vec<(&str, &str)> = hidden.chain(fields.iter().copied()).collect();
        let body = serde_urlencoded::to_string(body).expect("a form");
        let answer = self.request("POST", form.attr("action").expect("an address"), &body);
        assert!(answer.starts_with("HTTP/1.1 303"), "{path}: {answer}");
        header(&answer, "location").next().expect("an address").to_owned()
    }

    fn request(&mut self, method: &str, path: &str, body: &str) -> String {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (at, cookies, length) = (self.at, cookies.join("; "), body.len());
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
