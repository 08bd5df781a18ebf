//! A thousand alerts to one receiver, each as a message of its own: from the moment in which they are there to the last message, by
//! `ingam serve` and by Alertmanager, one after the other in one run. Ingam writes each alert and each message down before it sends it.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a benchmark is run by hand, and goes past the store on purpose"
)]

#[path = "kit/failing.rs"]
mod failing;
#[path = "kit/program.rs"]
mod program;
#[path = "kit/sink.rs"]
mod sink;

use program::{Database, Running, answers, ask, free, jobs, serve};
use sink::Sink;
use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const ALERTS: usize = 1000;

fn main() {
    let dir = tempfile::tempdir().expect("a directory");
    println!("\n{ALERTS} alerts to one receiver, a message each");
    println!("| notifier                  | until the first | until the last | a second | memory at most |");
    println!("|---------------------------|----------------:|---------------:|---------:|---------------:|");
    ingam(dir.path());
    match alertmanager(dir.path()) {
        Ok(()) => {}
        Err(error) => println!("Alertmanager could not be measured: {error}"),
    }
}

fn show(name: &str, begun: Instant, sink: &Sink, child: &Child) {
    let times: Vec<Duration> = sink.wait("/", "", ALERTS).iter().map(|(at, _)| at.duration_since(begun)).collect();
    let (first, last) =
        (times.first().expect("a message").as_secs_f64(), times.last().expect("a message").as_secs_f64());
    let a_second = f64::from(u32::try_from(ALERTS).expect("a small number")) / last;
    println!(
        "| {name:25} | {:13.0} ms | {:12.0} ms | {a_second:8.0} | {:11} kB |",
        first * 1e3,
        last * 1e3,
        memory(child)
    );
}

/// The most memory that a process has held, in kB.
fn memory(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// Jobs of which each has a run that failed, put into the database at once.
fn ingam(dir: &Path) {
    let (sink, mut database) = (Sink::start(), Database::fresh(dir, "bench_notify"));
    let config = format!(
        "[[channel]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"http://{}/\"\nsecret = \"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\"\n\
         [[route]]\nkinds = [\"*\"]\nto = [\"hook\"]\n{}",
        sink.address,
        jobs(ALERTS)
    );
    let (_, child) = serve(dir, &database, &config);
    let begun = Instant::now();
    database.fail(0, ALERTS);
    show(&format!("ingam on {}", database.engine()), begun, &sink, &child.0);
}

/// The same number of alerts, posted at once, each a group of its own.
fn alertmanager(dir: &Path) -> Result<(), String> {
    let (sink, listen) = (Sink::start(), free());
    let file = dir.join("alertmanager.yml");
    let config = format!(
        "route:\n  receiver: sink\n  group_by: [alertname]\n  group_wait: 0s\n  group_interval: 5m\n\
         receivers:\n  - name: sink\n    webhook_configs:\n      - url: http://{}/\n",
        sink.address
    );
    fs::write(&file, config).map_err(|error| error.to_string())?;
    let child = Command::new("prometheus-alertmanager")
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--storage.path={}", dir.join("alertmanager").display()))
        .arg(format!("--web.listen-address={listen}"))
        .arg("--cluster.listen-address=")
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let child = Running(child);
    answers(listen, "/-/ready");
    let alerts: Vec<String> = (0..ALERTS)
        .map(|n| format!("{{\"labels\":{{\"alertname\":\"job-{n}\",\"severity\":\"critical\"}},\"annotations\":{{\"summary\":\"Job {n}\"}}}}"))
        .collect();
    let body = format!("[{}]", alerts.join(","));
    let begun = Instant::now();
    let answer = ask(
        listen,
        &format!(
            "POST /api/v2/alerts HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ),
    );
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    show("Alertmanager", begun, &sink, &child.0);
    Ok(())
}
