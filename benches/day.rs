//! An adjustment of points under a rule with a limit for the day, by a person with no change in the day and by one with many
//! in it, in turn: rules ask what a person altered since midnight, and the customer's bound what was adjusted in 24 hours.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a benchmark is run by hand, and goes past the store on purpose"
)]

mod kit;
#[path = "kit/staff.rs"]
mod staff;

use chrono::TimeDelta;
use ingam::{
    clock::{Clock, Instant},
    gate::{Amount, Policies, Policy, Reason, Role, Seal, When, code},
    id::{CustomerId, StaffId},
    users::adjust::AdjustPoints,
};
use kit::{Bare, Bench, Times};
use staff::{hire, person};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

const DAY: i64 = 24 * 60 * 60;

/// Who adjusts, and whose points.
struct Side {
    staff: StaffId,
    customer: CustomerId,
    times: Times,
}

fn main() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(run());
}

async fn run() {
    let bench = Bench::open().await;
    let rounds: i64 = std::env::var("INGAM_BENCH_ROUNDS").map_or(500, |rounds| rounds.parse().expect("a number"));
    let rows: i64 = std::env::var("INGAM_BENCH_ROWS").map_or(100_000, |rows| rows.parse().expect("a number"));
    let secret = code::new_secret();
    let (logged, last) = log(&bench).await;
    // A day that the log has not come to yet, by itself.
    let last = last.map_or(0, Instant::unix).max(Clock::system().now().unix());
    let midnight = (last / DAY + 2) * DAY - 9 * 60 * 60;
    let side = |n: i64| Side {
        staff: StaffId::new(1_000_000 + logged + n),
        customer: CustomerId::new(n),
        times: Times::default(),
    };
    let mut sides = [side(1), side(2)];
    for side in &sides {
        hire(&bench, side.staff, &bench.key.seal(&code::context(side.staff), &secret)).await;
    }
    long_day(&bench, &sides[1], rows, logged, at(midnight + 1)).await;

    // Each code works once, and there is a new one every 30 seconds.
    let seconds = Arc::new(AtomicI64::new(midnight + 60));
    let told = Arc::clone(&seconds);
    let clock = Clock::from_fn(move || at(told.load(Ordering::SeqCst)));
    let gate = bench.gate(clock.clone()).await.with_policies(policies());
    let warming = rounds / 10 + 1;
    for round in 0..rounds + warming {
        if round == warming {
            for side in &mut sides {
                side.times = Times::default();
            }
        }
        seconds.fetch_add(60, Ordering::SeqCst);
        for (n, side) in sides.iter_mut().enumerate() {
            let seal = Seal {
                reason: Reason::parse("a benchmark, not a customer").expect("a reason"),
                code: code::current(&secret, clock.now()),
                key: Some(format!("day{n}{round}{midnight}")),
                ..Seal::none()
            };
            let change = AdjustPoints { user: side.customer, delta: 1, reason_kind: "goodwill".to_owned() };
            let person = person(side.staff);
            side.times.take(gate.submit(&person, &change, &seal)).await.expect("an adjustment");
        }
    }

    println!("\nadjustments of points, {}, {rounds} times each, in µs", bench.engine());
    println!("| rows of the person's day |    p50 |    p99 | a second |");
    println!("|-------------------------:|-------:|-------:|---------:|");
    let [none, many] = &mut sides;
    for (rows, side) in [(0, &mut *none), (rows, &mut *many)] {
        let (half, most) = (side.times.percentile(50), side.times.percentile(99));
        println!("| {rows:24} | {half:6.0} | {most:6.0} | {:8.0} |", side.times.per_second());
    }
    println!("the second takes {:.2} of the time of the first", many.times.percentile(50) / none.times.percentile(50));
}

/// The rule about points that holds by default, with a limit for the day that the benchmark does not reach: a change that is
/// held costs another amount.
fn policies() -> Policies {
    let plain = |n| Amount { n, currency: None };
    let when = When::Beyond { quantity: "points".to_owned(), over: vec![plain(10_000)], daily: vec![plain(i64::MAX)] };
    let rule = Policy {
        changes: vec!["points.adjust".to_owned()],
        when,
        approvers: 1,
        role: Role::Approver,
        expires: TimeDelta::hours(24),
        urgent: None,
    };
    Policies::new(ingam::changes::KINDS, vec![rule], Vec::new(), ingam::zone::Zone::seoul())
}

fn at(seconds: i64) -> Instant {
    Instant::from_unix(seconds).expect("a time")
}

/// The size of the log, and the time of its last row.
async fn log(bench: &Bench) -> (i64, Option<Instant>) {
    const LOG: &str = "select size, (select at from audit order by seq desc limit 1) from audit_head";
    match &bench.bare {
        Bare::Sqlite(on) => sqlx::query_as(LOG).fetch_one(on).await,
        Bare::Postgres(on) => sqlx::query_as(LOG).fetch_one(on).await,
    }
    .expect("the log")
}

/// A day of many adjustments, straight into the tables: the statements are those that the tests have.
async fn long_day(bench: &Bench, side: &Side, rows: i64, logged: i64, at: Instant) {
    let text = match &bench.bare {
        Bare::Sqlite(_) => include_str!("../tests/it/approvals/day.sqlite.sql"),
        Bare::Postgres(_) => include_str!("../tests/it/approvals/day.postgres.sql"),
    };
    let text = text
        .replace("{rows}", &rows.to_string())
        .replace("{staff}", &side.staff.to_string())
        .replace("{user}", &side.customer.to_string())
        .replace("{at}", &at.to_string())
        .replace("{hashes}", &(logged + rows).count_ones().to_string());
    match &bench.bare {
        Bare::Sqlite(on) => {
            sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(on).await.expect("a long day");
            sqlx::raw_sql("analyze").execute(on).await.map(drop)
        }
        Bare::Postgres(on) => {
            sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(on).await.expect("a long day");
            sqlx::raw_sql("vacuum analyze").execute(on).await.map(drop)
        }
    }
    .expect("statistics");
}
