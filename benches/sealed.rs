//! A sealed change, beside the statements of the same seal run bare: same texts, same transaction, same database, without
//! the code that decides what they say. A third column is the change with nothing to seal it, as a person would run it
//! by hand: what the seal costs as a whole.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a benchmark is run by hand, and goes past the store on purpose"
)]

#[path = "kit/bare.rs"]
mod bare;
mod kit;
#[path = "kit/staff.rs"]
mod staff;

use bare::{Dice, statement};
use ingam::{
    clock::{Clock, Instant},
    gate::{Admits, Change, Fault, Reason, Role, Seal, Target, Tx, code},
    id::StaffId,
    merkle::{self, Frontier},
    sql,
};
use kit::{Bare, Bench, Times};
use serde::{Deserialize, Serialize};
use serde_json::json;
use staff::{hire, person, session};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

const STAFF: StaffId = StaffId::new(900_001);
const ROLES: &[Role] = &[Role::Operator];

const READ: &str = "select points, version from users where id = $1";
const ADJUST: &str = "update users set points = $2, version = version + 1 where id = $1";
const ENTER: &str = "insert into point_entries (user_id, at, delta, balance, kind, memo, change_id, staff_name)
 values ($1, $2, $3, $4, 'adjusted', 'goodwill', $5, 'Bench')";

/// Adding one point, in the statements an adjustment has.
#[derive(Serialize, Deserialize)]
struct AddPoint {
    user: i64,
}

impl Change for AddPoint {
    const KIND: &'static str = "bench.add";
    const ADMITS: Admits = Admits::sealed(ROLES);
    type Output = i64;

    fn target(&self) -> Target {
        Target::new("user", self.user)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<i64, Fault> {
        let (now, change_id) = (tx.now(), tx.change_id().to_owned());
        let (points, _): (i64, i64) = tx
            .query(sql!(
                sqlite: "select points, version from users where id = $1",
                postgres: "select points, version from users where id = $1 for update",
            ))
            .bind(self.user)
            .one()
            .await?;
        tx.query(sql!("update users set points = $2, version = version + 1 where id = $1"))
            .bind(self.user)
            .bind(points + 1)
            .run()
            .await?;
        tx.query(sql!(
            "insert into point_entries (user_id, at, delta, balance, kind, memo, change_id, staff_name)
             values ($1, $2, $3, $4, 'adjusted', 'goodwill', $5, 'Bench')"
        ))
        .bind(self.user)
        .bind(now)
        .bind(1_i64)
        .bind(points + 1)
        .bind(change_id)
        .run()
        .await?;
        tx.note("points", points, points + 1);
        Ok(points + 1)
    }
}

fn main() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(run());
}

async fn run() {
    let bench = Bench::open().await;
    let rounds: usize = std::env::var("INGAM_BENCH_ROUNDS").map_or(1000, |rounds| rounds.parse().expect("a number"));
    let secret = code::new_secret();
    hire(&bench, STAFF, &bench.key.seal(&code::context(STAFF), &secret)).await;

    // Each code works once, and there is a new one every 30 seconds: a minute passes between changes, one step for each
    // side.
    let seconds = Arc::new(AtomicI64::new(Clock::system().now().unix()));
    let told = Arc::clone(&seconds);
    let clock = Clock::from_fn(move || Instant::from_unix(told.load(Ordering::SeqCst)).expect("a time"));
    let gate = bench.gate(clock.clone()).await;
    let (actor, session) = (person(STAFF), session(STAFF));

    let (mut alone, mut bare, mut sealed) = (Times::default(), Times::default(), Times::default());
    let mut dice = Dice(2026);
    for round in 0..rounds + rounds / 10 {
        if round == rounds / 10 {
            (alone, bare, sealed) = (Times::default(), Times::default(), Times::default());
        }
        seconds.fetch_add(60, Ordering::SeqCst);
        let now = clock.now();
        let user = 1 + dice.below(bench.users);
        let name = format!("{:032x}", (u128::from(now.unix().unsigned_abs()) << 64) + round as u128);
        alone.take(run_alone(&bench.bare, user, &format!("a{name}"), now)).await;
        bare.take(run_bare(&bench.bare, &session, user, &name, now)).await;
        let seal = Seal {
            reason: Reason::parse("a benchmark, not a customer").expect("a reason"),
            code: code::current(&secret, now),
            key: Some(format!("k{name}")),
            ..Seal::none()
        };
        sealed.take(gate.submit(&actor, &AddPoint { user }, &seal)).await.expect("a sealed change");
    }

    println!("\nsealed changes among {} customers, {}, {rounds} times each, in µs", bench.users, bench.engine());
    println!("|                                       |    p50 |    p99 | a second |");
    println!("|---------------------------------------|-------:|-------:|---------:|");
    for (what, times) in [
        ("the change by hand, nothing recorded", &mut alone),
        ("all statements of the seal, bare", &mut bare),
        ("the sealed change", &mut sealed),
    ] {
        let (half, most) = (times.percentile(50), times.percentile(99));
        println!("| {what:37} | {half:6.0} | {most:6.0} | {:8.0} |", times.per_second());
    }
    println!(
        "the sealed change takes {:.2} of the time of its statements run bare",
        sealed.percentile(50) / bare.percentile(50)
    );
}

/// One body for both engines: `$text` picks the engine's text of a statement.
macro_rules! transaction {
    ($pool:expr, $begin:expr, |$tx:ident| $body:block) => {{
        let mut $tx = $pool.begin_with($begin).await.expect("a transaction");
        $body
        $tx.commit().await.expect("a commit");
    }};
}

macro_rules! change {
    ($tx:ident, $lock:expr, $user:expr, $name:expr, $now:expr) => {{
        let (points, _): (i64, i64) = sqlx::query_as(sqlx::AssertSqlSafe(format!("{READ}{}", $lock)))
            .bind($user)
            .fetch_one(&mut *$tx)
            .await
            .expect("a customer");
        sqlx::query(ADJUST).bind($user).bind(points + 1).execute(&mut *$tx).await.expect("an update");
        sqlx::query(ENTER)
            .bind($user)
            .bind($now)
            .bind(1_i64)
            .bind(points + 1)
            .bind($name)
            .execute(&mut *$tx)
            .await
            .expect("an entry");
        points
    }};
}

async fn run_alone(bare: &Bare, user: i64, name: &str, now: Instant) {
    match bare {
        Bare::Sqlite(pool) => transaction!(pool, "begin immediate", |tx| {
            change!(tx, "", user, name, now);
        }),
        Bare::Postgres(pool) => transaction!(pool, "begin", |tx| {
            change!(tx, " for update", user, name, now);
        }),
    }
}

macro_rules! seal {
    ($tx:ident, $engine:tt, $lock:expr, $session:expr, $user:expr, $name:expr, $now:expr) => {{
        let text = |part: &str| statement(part).$engine;
        let done = "a statement of the seal";
        sqlx::query(text("insert into idempotency (staff_id"))
            .bind(STAFF).bind($name).bind(vec![7_u8; 32]).bind($now)
            .execute(&mut *$tx).await.expect(done);
        sqlx::query(text("select s.active, s.roles, s.networks, e.stage")).bind(STAFF).bind($session).fetch_optional(&mut *$tx).await.expect(done);
        sqlx::query(text("select secret, last_step, waits_until, locked from authenticators"))
            .bind(STAFF).fetch_optional(&mut *$tx).await.expect(done);
        // Not past the step that the sealed change is about to spend.
        sqlx::query(text("update authenticators set last_step = $2, failures = 0"))
            .bind(STAFF).bind($now.unix() / 30 - 1).execute(&mut *$tx).await.expect(done);
        sqlx::query("savepoint change").execute(&mut *$tx).await.expect(done);
        let points = change!($tx, $lock, $user, $name, $now);
        let (size, frontier): (i64, Vec<u8>) =
            sqlx::query_as(text("select size, frontier from audit_head where id = 1")).fetch_one(&mut *$tx).await.expect(done);
        sqlx::query(text("select at from audit where seq = $1")).bind(size - 1).fetch_optional(&mut *$tx).await.expect(done);
        let (before, after) = (json!({"points": points.to_string()}), json!({"points": (points + 1).to_string()}));
        let body = [b'x'; 640];
        let leaf = merkle::leaf(&body);
        let mut frontier = Frontier::read(size, &frontier).expect("a frontier");
        frontier.push(leaf);
        sqlx::query(text("insert into audit ("))
            .bind(size).bind($now).bind($name).bind("staff").bind(STAFF).bind("Bench").bind("bench@ingam.test").bind("operator")
            .bind("bench.add").bind("user").bind($user.to_string())
            .bind(sqlx::types::Json(&before)).bind(sqlx::types::Json(&after))
            .bind("a benchmark, not a customer").bind("127.0.0.1").bind("127.0.0.1")
            .bind("Mozilla/5.0 (a browser of the usual length, with all the names they carry along)")
            .bind("00000000000000bb").bind("bench").bind(None::<i64>).bind(None::<i64>).bind("applied").bind("").bind("")
            .bind("7f000001").bind(&body[..]).bind(leaf.to_vec())
            .execute(&mut *$tx).await.expect(done);
        sqlx::query(text("update audit_head set size"))
            .bind(size + 1).bind(frontier.bytes()).bind(frontier.root().to_vec())
            .execute(&mut *$tx).await.expect(done);
        sqlx::query(text("update idempotency set seq"))
            .bind(STAFF).bind($name).bind(size).bind("1")
            .execute(&mut *$tx).await.expect(done);
    }};
}

async fn run_bare(bare: &Bare, session: &str, user: i64, name: &str, now: Instant) {
    match bare {
        Bare::Sqlite(pool) => transaction!(pool, "begin immediate", |tx| {
            seal!(tx, 0, "", session, user, name, now);
        }),
        Bare::Postgres(pool) => transaction!(pool, "begin", |tx| {
            seal!(tx, 1, " for update", session, user, name, now);
        }),
    }
}
