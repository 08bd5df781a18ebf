//! From a failed run to the message that calls the person on duty, beside the message about the same run to an ordinary channel; and the
//! page of an incident whose timeline has 5,000 entries beside one that has 50. Both by `ingam serve` as a program, over HTTP.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a benchmark is run by hand, and goes past the store on purpose"
)]

#[path = "kit/failing.rs"]
mod failing;
#[path = "kit/person.rs"]
mod person;
#[path = "kit/program.rs"]
mod program;
#[path = "kit/sink.rs"]
mod sink;

use chrono::TimeDelta;
use ingam::clock::Clock;
use person::{Person, STAFF};
use program::{Database, jobs, serve};
use sink::Sink;
use std::{
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

fn main() {
    let dir = tempfile::tempdir().expect("a directory");
    let (sink, mut database) = (Sink::start(), Database::fresh(dir.path(), "bench_oncall"));
    let (at, _running) = serve(dir.path(), &database, &config(&sink));
    let mut person = Person::hire(&mut database, at, "oncall");
    person.sign_in(&mut database);
    prove_way(&mut person, &mut database, &sink);
    make_rota(&mut person, &mut database);

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

/// Adds a way to be reached, and proves it with the code that is sent there.
fn prove_way(person: &mut Person, database: &mut Database, sink: &Sink) {
    let add = "/account/ways?panel=add";
    let deadline = Instant::now() + Duration::from_secs(30);
    // Until the worker has written down which channels there are.
    while !person.browser.get(add).contains("name=\"address\"") {
        assert!(Instant::now() < deadline, "no channel takes addresses");
        sleep(Duration::from_millis(50));
    }
    let (code, address) = (person.code(database), format!("http://{}/person", sink.address));
    let reason = ("reason", "on call");
    let prove = person.browser.send(add, &[("channel", "duty"), ("address", &address), reason, ("code", &code)]);
    let came = sink.wait("/person", "Code ", 1);
    let (_, after) = came.first().and_then(|(_, body)| body.split_once("Code ")).expect("a code");
    let (proof, code) = (after.get(..6).expect("six digits"), person.code(database));
    person.browser.send(&prove, &[("way_code", proof), reason, ("code", &code)]);
}

/// Makes a rota in which they are always on duty.
fn make_rota(person: &mut Person, database: &mut Database) {
    let today = Clock::system().now().minus(TimeDelta::days(2)).utc().date_naive().to_string();
    let (code, staff) = (person.code(database), STAFF.to_string());
    let plan = [("zone", "Asia/Seoul"), ("handover", "09:00"), ("every", "1"), ("unit", "week")];
    let about = [("name", "first"), ("title", "First"), ("starts_on", &today), ("member-1", &staff)];
    person
        .browser
        .send("/oncall?panel=create", &[&plan[..], &about, &[("reason", "on call"), ("code", &code)]].concat());
}
