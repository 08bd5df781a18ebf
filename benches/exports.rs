//! Files of a log of a million rows, from `ingam serve` as a program over HTTP, beside reading the same rows with nothing in between;
//! what they take in memory; proofs of single rows; verifying; and changes that are made meanwhile.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a benchmark is run by hand, and goes past the store on purpose"
)]

#[path = "kit/person.rs"]
mod person;
#[path = "kit/program.rs"]
mod program;
#[path = "kit/reading.rs"]
mod reading;
#[path = "kit/signing.rs"]
mod signing;

use ingam::{
    clock::Clock,
    merkle::{Frontier, leaf},
};
use person::{Browser, Person, STAFF};
use program::{Database, jobs, program, serve};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How many changes are timed before, and at most while a file is sent.
const CHANGES: usize = 200;
/// How many proofs are timed.
const PROOFS: i64 = 2_000;

fn main() {
    let rows: i64 = std::env::var("INGAM_BENCH_ROWS").map_or(1_000_000, |rows| rows.parse().expect("a number"));
    let dir = tempfile::tempdir().expect("a directory");
    let mut database = Database::fresh(dir.path(), "bench_exports");
    fill(&mut database, rows);
    let (at, running) = serve(dir.path(), &database, &(signing::signing(dir.path()) + &jobs(0)));
    wait_for_subtrees(&mut database, rows);
    let mut person = Person::hire(&mut database, at, "auditor");
    person.sign_in(&mut database);
    let idle = memory(running.0.id());

    println!("\nfiles of a log of {rows} rows, {}", database.engine());
    println!("| what           | asked for in s | rows a second | MB a second | of the bare rows | MiB above idle |");
    println!("|----------------|---------------:|--------------:|------------:|-----------------:|---------------:|");
    let begun = Instant::now();
    let bytes = database.read("select body from audit order by seq");
    let bare = show("bare rows", None, (rows, bytes), begun.elapsed(), None, 0);
    for format in ["jsonl", "csv", "ocsf", "bundle"] {
        let begun = Instant::now();
        let page = ask_for(&mut person, &mut database, format);
        let asked = begun.elapsed();
        let begun = Instant::now();
        let bytes = take(&person.browser, &page);
        let above = memory(running.0.id()).saturating_sub(idle);
        show(format, Some(asked), (rows, bytes), begun.elapsed(), Some(bare), above);
    }
    proofs(&mut person, &database, rows);
    verifying(&database, rows);
    meanwhile(&mut person, &mut database);
}

/// Waits until the log is signed, and the subtrees that proofs are made of are kept.
fn wait_for_subtrees(database: &mut Database, rows: i64) {
    while database.number("select count(*) from audit_nodes where level = 8") < rows / 256 {
        thread::sleep(Duration::from_millis(200));
    }
}

/// Times proofs of rows all over the log, each over HTTP.
fn proofs(person: &mut Person, database: &Database, rows: i64) {
    let mut times = Vec::new();
    for n in 0..PROOFS {
        let seq = n * 7_919 % rows;
        let begun = Instant::now();
        let receipt = person.browser.get(&format!("/audit/{seq}/receipt"));
        times.push(begun.elapsed());
        assert!(receipt.contains(&format!("index {seq}\n")), "{receipt}");
    }
    println!(
        "\nproofs of rows, {}: p50 {:.2} ms, p99 {:.2} ms",
        database.engine(),
        percentile(&times, 50),
        percentile(&times, 99)
    );
}

/// Times how many rows `ingam audit verify --leaves` verifies in a second of the processor; on PostgreSQL the server's part is not in it.
fn verifying(database: &Database, rows: i64) {
    let (begun, used) = (Instant::now(), children());
    let ended = program(&database.url, &["audit", "verify", "--leaves"]).output().expect("the program");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let a_second = f64::from(i32::try_from(rows).expect("fewer rows")) / (children() - used);
    println!(
        "\nleaves verified, {}: {a_second:.0} rows a second of the processor, {:.1} s",
        database.engine(),
        begun.elapsed().as_secs_f64()
    );
}

/// The seconds that programs which have ended took of the processor: fields 16 and 17 of proc(5)'s stat, in hundredths.
fn children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("its own times");
    let fields = stat.rsplit_once(") ").map(|(_, fields)| fields).unwrap_or_default();
    let times = fields.split(' ').skip(13).take(2).map(|time| time.parse::<f64>().expect("a number"));
    times.sum::<f64>() / 100.0
}

/// Prints a line; how many rows a second there were.
fn show(
    what: &str,
    asked: Option<Duration>,
    (rows, bytes): (i64, usize),
    took: Duration,
    bare: Option<f64>,
    above: u64,
) -> f64 {
    let asked = asked.map_or_else(String::new, |asked| format!("{:.2}", asked.as_secs_f64()));
    let seconds = took.as_secs_f64();
    let a_second = f64::from(i32::try_from(rows).expect("fewer rows")) / seconds;
    let megabytes = f64::from(u32::try_from(bytes / 1000).expect("fewer bytes")) / 1e3 / seconds;
    let share = bare.map_or_else(String::new, |bare| format!("{:.2}", a_second / bare));
    println!("| {what:14} | {asked:>14} | {a_second:13.0} | {megabytes:11.0} | {share:>16} | {above:14} |");
    a_second
}

/// Asks for a file of everything; the path of its page.
fn ask_for(person: &mut Person, database: &mut Database, format: &str) -> String {
    let code = person.code(database);
    let page = person.browser.send(
        "/audit/exports?panel=export",
        &[("format", format), ("purpose", "audit"), ("reason", "a benchmark"), ("code", &code)],
    );
    // About many customers it would wait for a second person: the rows are about one.
    assert!(page.starts_with("/audit/exports/"), "{page}");
    page.split('?').next().unwrap_or_default().to_owned()
}

/// Takes a file; its bytes as they came, with those of the way.
fn take(browser: &Browser, page: &str) -> usize {
    let mut stream = TcpStream::connect(browser.at).expect("the program");
    let (at, cookies) = (browser.at, browser.cookies());
    write!(stream, "GET {page}/file HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\ncookie: {cookies}\r\n\r\n")
        .expect("a request");
    let (mut buffer, mut bytes, mut first) = (vec![0; 256 * 1024], 0, true);
    loop {
        let read = stream.read(&mut buffer).expect("an answer");
        let piece = buffer.get(..read).unwrap_or_default();
        assert!(!first || piece.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(piece));
        first = false;
        if read == 0 {
            return bytes;
        }
        bytes += read;
    }
}

/// Times changes alone, and while files are sent.
fn meanwhile(person: &mut Person, database: &mut Database) {
    let alone = change(&mut person.browser, &|| true);
    let pages = [ask_for(person, database, "csv"), ask_for(person, database, "ocsf")];
    let (browser, goes_on) = (person.browser.clone(), Arc::new(AtomicBool::new(true)));
    let ends = Arc::clone(&goes_on);
    let sending = thread::spawn(move || {
        for page in pages {
            take(&browser, &page);
        }
        ends.store(false, Ordering::SeqCst);
    });
    let beside = change(&mut person.browser, &|| goes_on.load(Ordering::SeqCst));
    sending.join().expect("the files");
    println!("\nchanges of a setting, {}, in ms", database.engine());
    println!("| changes            | number | p50    | p99    |");
    println!("|--------------------|-------:|-------:|-------:|");
    for (what, times) in [("alone", &alone), ("while files are sent", &beside)] {
        println!("| {what:18} | {:6} | {:6.2} | {:6.2} |", times.len(), percentile(times, 50), percentile(times, 99));
    }
    println!("p99 is {:.2} times that alone", percentile(&beside, 99) / percentile(&alone, 99));
}

fn change(browser: &mut Browser, goes_on: &dyn Fn() -> bool) -> Vec<Duration> {
    let mut times = Vec::new();
    while times.len() < CHANGES && goes_on() {
        let theme = if times.len() % 2 == 0 { "dark" } else { "light" };
        let form = browser.form("/account", "#preferences form", &[("theme", theme)]);
        let begun = Instant::now();
        browser.post(&form);
        times.push(begun.elapsed());
    }
    times
}

/// In milliseconds.
fn percentile(times: &[Duration], percent: usize) -> f64 {
    let mut times = times.to_vec();
    times.sort();
    let at = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

/// The most that a process has had in memory so far, in MiB.
fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the status of a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
}

/// Rows as an adjustment makes them, and their tree.
fn fill(database: &mut Database, rows: i64) {
    let body = "'{\"action\":\"points.adjust\",\"actor\":\"staff\",\"after\":{\"balance\":\"12450\",\"points\":\"' || n.i || '\",\"reason_kind\":\"goodwill\"},\
                \"approval\":null,\"at\":\"2026-11-28T03:22:22.123456Z\",\"before\":{\"points\":\"9450\"},\"change\":\"chg_0123456789abcdef0123\",\"email\":\"mina@ingam.test\",\
                \"flags\":\"\",\"ip\":\"10.20.4.31\",\"name\":\"김민아\",\"outcome\":\"applied\",\"peer\":\"10.20.4.31\",\"reason\":\"배송이 닷새 늦어 보상합니다. 문의 CS-20931\",\"refusal\":\"\",\
                \"request\":\"req_0123456789abcdef0123\",\"reversal\":null,\"roles\":\"operator\",\"seq\":\"' || n.i || '\",\"session\":\"29532bc611c7c861\",\"staff\":\"1\",\"target_id\":\"482913\",\
                \"target_kind\":\"user\",\"user_agent\":\"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\",\"v\":\"1\"}'";
    let sqlite = database.engine() == "SQLite";
    let (text, bytes) = if sqlite {
        (include_str!("../tests/it/approvals/day.sqlite.sql"), ("x'7b7d'", format!("cast({body} as blob)")))
    } else {
        (include_str!("../tests/it/approvals/day.postgres.sql"), ("'\\x7b7d'", format!("convert_to({body}, 'UTF8')")))
    };
    let log: String = text
        .split_inclusive(";\n")
        .filter(|statement| !statement.contains("point_entries") && !statement.contains("update users"))
        .collect();
    let size = database.number("select size from audit_head");
    let log = log
        .replace(bytes.0, &bytes.1)
        .replace("{rows}", &(rows - size).to_string())
        .replace("{staff}", &STAFF.to_string())
        .replace("{user}", "482913")
        .replace("{at}", &Clock::system().now().to_string())
        .replace("{hashes}", &rows.count_ones().to_string());
    database.execute(&log);
    assert_eq!(size, 0, "a new log");
    let literal = |hex: String| if sqlite { format!("x'{hex}'") } else { format!("decode('{hex}', 'hex')") };
    if sqlite {
        database.execute("drop trigger audit_no_update");
    }
    let mut tree = Frontier::default();
    for first in (0..rows).step_by(10_000) {
        let mut leaves = Vec::new();
        for (seq, body) in (first..).zip(database.bodies(first, rows.min(first + 10_000))) {
            let leaf = leaf(&body);
            tree.push(leaf);
            leaves.push(format!("({seq}, {})", literal(hex::encode(leaf))));
        }
        let values = leaves.join(", ");
        database.execute(&format!(
            "update audit set leaf = hashed.column2 from (values {values}) as hashed where audit.seq = hashed.column1"
        ));
    }
    let [edge, root] = [tree.bytes(), tree.root().to_vec()].map(hex::encode);
    database.execute(&format!("update audit_head set frontier = {}, root = {}", literal(edge), literal(root)));
    database.repair();
    database.execute("analyze");
}
