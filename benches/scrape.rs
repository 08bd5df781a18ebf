//! A scrape of a console with a hundred jobs, a million runs and a million rows in the log: the first, which counts everything; one
//! that asks the database, as happens once in five seconds; and one that is answered with what was asked before.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a benchmark is run by hand, and goes past the store on purpose"
)]

mod kit;

use ingam::{
    batches::definition::Definition,
    clock::{Clock, Instant},
    config::Config,
};
use kit::{Bare, Bench, Times};
use std::{
    fmt::Write as _,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

const JOBS: i64 = 100;
/// Longer than figures are kept.
const LATER: i64 = 6;

fn main() {
    actix_web::rt::System::new().block_on(run());
}

async fn run() {
    let bench = Bench::open().await;
    let rounds: usize = std::env::var("INGAM_BENCH_ROUNDS").map_or(300, |rounds| rounds.parse().expect("a number"));
    let rows: i64 = std::env::var("INGAM_BENCH_ROWS").map_or(1_000_000, |rows| rows.parse().expect("a number"));
    let seconds = Arc::new(AtomicI64::new(Clock::system().now().unix()));
    let told = Arc::clone(&seconds);
    let clock = Clock::from_fn(move || Instant::from_unix(told.load(Ordering::SeqCst)).expect("a time"));
    // Jobs come from the configuration, and their runs are put beside it.
    let running = start(&bench, clock.clone()).await;
    running.stop().await.expect("an orderly end");
    fill(&bench, rows).await;

    let running = start(&bench, clock).await;
    let at = running.metrics_address().expect("a listener");
    let mut first = Times::default();
    let mut body = first.take(scrape(at)).await;
    while !body.contains("ingam_batch_runs_total{") {
        // It is counted behind the scrape, which does not wait for it longer than a second.
        seconds.fetch_add(LATER, Ordering::SeqCst);
        body = first.take(scrape(at)).await;
    }
    let (mut asked, mut kept) = (Times::default(), Times::default());
    for round in 0..rounds + rounds / 10 {
        // The first tenth warms up.
        if round == rounds / 10 {
            (asked, kept) = (Times::default(), Times::default());
        }
        seconds.fetch_add(LATER, Ordering::SeqCst);
        asked.take(scrape(at)).await;
        body = kept.take(scrape(at)).await;
    }
    println!("\na scrape with {JOBS} jobs, {rows} runs and {rows} rows in the log, {}, in ms", bench.engine());
    println!("{} kB in {} lines", body.len() / 1000, body.lines().count());
    println!("| scrape                | p50     | p99     | a second |");
    println!("|-----------------------|--------:|--------:|---------:|");
    for (what, times) in
        [("the first", &mut first), ("asks the database", &mut asked), ("is as of five seconds", &mut kept)]
    {
        let (half, most) = (times.percentile(50) / 1e3, times.percentile(99) / 1e3);
        println!("| {what:21} | {half:7.2} | {most:7.2} | {:8.0} |", times.per_second());
    }
    running.stop().await.expect("an orderly end");
}

async fn start(bench: &Bench, clock: Clock) -> ingam::app::Running {
    #[derive(serde::Deserialize)]
    struct File {
        job: Vec<Definition>,
    }
    let mut jobs = String::new();
    for n in 0..JOBS {
        let (cron, text) = (format!("{} 3 * * *", n % 60), "external = true\ntimeout_seconds = 600");
        writeln!(jobs, "[[job]]\nname = \"bench-{n}\"\ntitle = \"정산 {n}\"\nowner = \"bench\"\n{text}\nschedule = {{ cron = \"{cron}\" }}")
            .expect("a text");
    }
    let url = std::env::var("INGAM_BENCH_DATABASE").expect("a database");
    let mut config = Config::local(ingam::changes::KINDS, url, bench.key.clone());
    config.batches.jobs = toml::from_str::<File>(&jobs).expect("jobs").job;
    config.verifying = None;
    config.judging = None;
    config.metrics.listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    ingam::app::start(config, clock, listener).await.expect("a console")
}

/// As Prometheus asks, each time over a connection of its own, from a thread of its own.
async fn scrape(at: SocketAddr) -> String {
    let ask = move || {
        let mut stream = TcpStream::connect(at).expect("a connection");
        let head = "GET /metrics HTTP/1.1\r\nhost: bench\r\nconnection: close\r\naccept: application/openmetrics-text;version=1.0.0\r\n\r\n";
        stream.write_all(head.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    };
    let answer = tokio::task::spawn_blocking(ask).await.expect("a thread");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}

/// Runs of a year by these jobs, one in fifty of them failed, and rows of the log without their bytes and hashes.
async fn fill(bench: &Bench, rows: i64) {
    let runs = "insert into batch_runs (job, version, state, cause, is_single, params, queued_at, started_at, ended_at, duration_ms, processed,
                                        resolution, resolved_by, resolved_at)
                select 'bench-' || (n.i % 100), 1, case when n.i % 50 = 7 then 'failed' else 'succeeded' end, 'report', YES, '{}', AT, AT, AT,
                       60000 + n.i % 1000, n.i % 5000, case when n.i % 50 = 7 and n.i % 5000 <> 7 then 'accepted' end,
                       case when n.i % 50 = 7 and n.i % 5000 <> 7 then 'bench' end, case when n.i % 50 = 7 and n.i % 5000 <> 7 then AT end
                  from n";
    let at = Clock::system().now();
    let there = number(bench, "select count(*) from batch_runs where job like 'bench-%'").await;
    let now = format!("'{at}'");
    let (log, yes, now) = match &bench.bare {
        Bare::Sqlite(_) => (include_str!("../tests/it/approvals/day.sqlite.sql"), "1", now),
        Bare::Postgres(_) => {
            (include_str!("../tests/it/approvals/day.postgres.sql"), "true", format!("{now}::timestamptz"))
        }
    };
    if there < rows {
        let many =
            format!("with recursive n (i) as (select {there} union all select i + 1 from n where i < {rows} - 1) ");
        execute(bench, many + &runs.replace("YES", yes).replace("AT", &now)).await;
    }
    let size = number(bench, "select size from audit_head").await;
    if size < rows {
        let adds = rows - size;
        let text = log
            .split_inclusive(";\n")
            .filter(|statement| !statement.contains("point_entries") && !statement.contains("update users"))
            .collect::<String>()
            .replace("{rows}", &adds.to_string())
            .replace("{staff}", "900001")
            .replace("{user}", "1")
            .replace("{at}", &at.to_string())
            .replace("{hashes}", &rows.count_ones().to_string());
        execute(bench, text).await;
    }
    execute(
        bench,
        match &bench.bare {
            Bare::Sqlite(_) => "analyze".to_owned(),
            Bare::Postgres(_) => "vacuum analyze".to_owned(),
        },
    )
    .await;
}

async fn execute(bench: &Bench, text: String) {
    match &bench.bare {
        Bare::Sqlite(on) => sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(on).await.map(drop),
        Bare::Postgres(on) => sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(on).await.map(drop),
    }
    .expect("the database");
}

async fn number(bench: &Bench, text: &'static str) -> i64 {
    match &bench.bare {
        Bare::Sqlite(on) => sqlx::query_scalar(text).fetch_one(on).await,
        Bare::Postgres(on) => sqlx::query_scalar(text).fetch_one(on).await,
    }
    .expect("a number")
}
