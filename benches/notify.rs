//! A thousand alerts to one receiver, each as a message of its own: from the moment in which they are there to the last message, by
//! `ingam serve` and by Alertmanager, one after the other in one run. Ingam writes each alert and each message down before it sends it.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a benchmark is run by hand, and goes past the store on purpose"
)]

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread::{self, sleep},
    time::{Duration, Instant},
};

const ALERTS: usize = 1000;

fn main() {
    let dir = tempfile::tempdir().expect("a directory");
    let url = std::env::var("INGAM_BENCH_DATABASE").expect("INGAM_BENCH_DATABASE names a database; see scripts/bench");
    println!("\n{ALERTS} alerts to one receiver, a message each");
    println!("| notifier                  | until the first | until the last | a second | memory at most |");
    println!("|---------------------------|----------------:|---------------:|---------:|---------------:|");
    ingam(dir.path(), &url);
    match alertmanager(dir.path()) {
        Ok(()) => {}
        Err(error) => println!("Alertmanager could not be measured: {error}"),
    }
}

fn show(name: &str, begun: Instant, sink: &Sink, child: &Child) {
    let times: Vec<Duration> =
        sink.times.lock().expect("the times").iter().map(|at| at.duration_since(begun)).collect();
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
fn ingam(dir: &Path, url: &str) {
    let sink = Sink::start();
    let database = Database::fresh(dir, url);
    let mut config = format!(
        "[[channel]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"http://{}/\"\nsecret = \"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\"\n\
         [[route]]\nkinds = [\"*\"]\nto = [\"hook\"]\n",
        sink.address
    );
    for n in 0..ALERTS {
        let _ =
            writeln!(config, "[[job]]\nname = \"job-{n}\"\ntitle = \"Job {n}\"\nowner = \"bench\"\nexternal = true\n");
    }
    let file = dir.join("ingam.toml");
    fs::write(&file, config).expect("the configuration");
    let listen = free();
    let program = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ingam"));
        command
            .args(arguments)
            .env_clear()
            .env("INGAM_PROFILE", "local")
            .env("INGAM_SECRET_KEY", "ab".repeat(32))
            .env("DATABASE_URL", &database.url)
            .env("INGAM_ALLOWED_NETWORKS", "127.0.0.0/8")
            .env("INGAM_LISTEN", listen.to_string())
            .env("INGAM_PUBLIC_ORIGIN", format!("http://{listen}"))
            .env("RUST_LOG", "error")
            .stdout(Stdio::null());
        command
    };
    assert!(program(&["migrate"]).status().expect("the program").success());
    let child = Running(program(&["serve", "--config", file.to_str().expect("a path")]).spawn().expect("the program"));
    answers(listen, "/readyz");
    let begun = Instant::now();
    database.fail();
    sink.wait();
    show(&format!("ingam on {}", database.engine), begun, &sink, &child.0);
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
    sink.wait();
    show("Alertmanager", begun, &sink, &child.0);
    Ok(())
}

/// A receiver that takes every message and notes when it came.
struct Sink {
    address: SocketAddr,
    times: Arc<Mutex<Vec<Instant>>>,
}

impl Sink {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let sink = Self { address: listener.local_addr().expect("an address"), times: Arc::default() };
        let times = Arc::clone(&sink.times);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let times = Arc::clone(&times);
                thread::spawn(move || while take(&stream, &times).is_some() {});
            }
        });
        sink
    }

    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_mins(2);
        while self.times.lock().expect("the times").len() < ALERTS {
            assert!(Instant::now() < deadline, "only {} messages came", self.times.lock().expect("the times").len());
            sleep(Duration::from_millis(5));
        }
    }
}

fn take(stream: &TcpStream, times: &Mutex<Vec<Instant>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
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
    times.lock().ok()?.push(Instant::now());
    let mut stream = stream;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").ok()
}

/// A database of its own for this run.
struct Database {
    url: String,
    engine: &'static str,
}

impl Database {
    fn fresh(dir: &Path, url: &str) -> Self {
        if url.starts_with("sqlite") {
            return Self { url: format!("sqlite://{}?mode=rwc", dir.join("notify.db").display()), engine: "SQLite" };
        }
        block_on(async {
            let pool = sqlx::PgPool::connect(url).await.expect("the database");
            for statement in ["drop database if exists bench_notify", "create database bench_notify"] {
                sqlx::raw_sql(statement).execute(&pool).await.expect("a database");
            }
        });
        Self { url: url.replacen("/postgres", "/bench_notify", 1), engine: "PostgreSQL" }
    }

    fn fail(&self) {
        let runs = "with recursive n (i) as (select 0 union all select i + 1 from n where i < LAST)
                    insert into batch_runs (job, version, state, cause, is_single, params, queued_at, started_at, ended_at, duration_ms, exit_code)
                    select 'job-' || i, 1, 'failed', 'report', YES, '{}', AT, AT, AT, 60000, 1 from n"
            .replace("LAST", &(ALERTS - 1).to_string());
        let now = format!("'{}'", ::ingam::clock::Clock::system().now());
        block_on(async {
            if self.engine == "SQLite" {
                let pool = sqlx::SqlitePool::connect(&self.url).await.expect("the database");
                let runs = runs.replace("YES", "1").replace("AT", &now);
                sqlx::raw_sql(sqlx::AssertSqlSafe(runs)).execute(&pool).await.expect("runs");
            } else {
                let pool = sqlx::PgPool::connect(&self.url).await.expect("the database");
                let runs = runs.replace("YES", "true").replace("AT", &format!("{now}::timestamptz"));
                sqlx::raw_sql(sqlx::AssertSqlSafe(runs)).execute(&pool).await.expect("runs");
            }
        });
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(future)
}

/// A program that is ended with the measurement.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port")
}

fn answers(at: SocketAddr, path: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !ask(at, &format!("GET {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n"))
        .starts_with("HTTP/1.1 200")
    {
        assert!(Instant::now() < deadline, "{at} does not answer");
        sleep(Duration::from_millis(50));
    }
}

fn ask(at: SocketAddr, request: &str) -> String {
    let Ok(mut stream) = TcpStream::connect(at) else { return String::new() };
    let mut answer = Vec::new();
    let _ = stream.write_all(request.as_bytes());
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
