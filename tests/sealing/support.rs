//! What the tests of the gate have in common.

use crate::kit::{Browser, Engine, Form, Page, World, totp};
use actix_web::cookie::{Cookie, CookieJar, Key};
use ingam::{clock::Instant, gate::code, secret, web::forgery};
use std::{
    fmt::Write as _,
    process::{Command, Output, Stdio},
    sync::Barrier,
    thread,
    time::{Duration, Instant as Moment},
};

pub(crate) const REASON: &str = "Late delivery, ticket CS-1";

/// An operator with an authenticator and a session, put into the database as if they had signed in long ago. Founding a
/// hundred people and signing them in would cost some hundred Argon2 hashes.
#[derive(Debug)]
pub(crate) struct Operator {
    pub(crate) id: i64,
    pub(crate) browser: Browser,
    /// What the forms of this session bear.
    pub(crate) csrf: String,
    secret: [u8; 20],
}

impl Operator {
    /// The code of the step `back` before the one that `now` is in.
    pub(crate) fn code(&self, now: Instant, back: i64) -> String {
        totp(&self.secret, now.unix() / 30 - back)
    }

    pub(crate) fn code_of(&self, step: i64) -> String {
        totp(&self.secret, step)
    }
}

const FIRST: i64 = 1000;

/// `count` operators whose sessions began at `now`, each in a browser that `open` gives.
pub(crate) fn operators(world: &World, count: i64, now: Instant, open: impl Fn() -> Browser) -> Vec<Operator> {
    let key = world.config().secret_key;
    let signer = Key::from(&key.cookie_key());
    let mut sql = String::new();
    let mut people = Vec::new();
    for id in FIRST..FIRST + count {
        let secret: [u8; 20] = secret::random();
        let token = secret::token();
        let sealed = bytes(world.engine, &key.seal(&code::context(id), &secret));
        let session = hex::encode(secret::sha256(token.as_bytes()));
        write!(
            sql,
            "insert into staff (id, email, name, roles, time_zone, created_at)
               values ({id}, 'operator{id}@ingam.test', 'Operator {id}', 'operator', 'Asia/Seoul', '{now}');
             insert into authenticators (staff_id, secret, enrolled_at) values ({id}, {sealed}, '{now}');
             insert into sessions (id, staff_id, stage, created_at, seen_at, ip, user_agent)
               values ('{session}', {id}, 'signed', '{now}', '{now}', '127.0.0.1', 'Kit');"
        )
        .unwrap();
        let mut jar = CookieJar::new();
        jar.signed_mut(&signer).add(Cookie::new("ingam-session", token));
        let cookie = jar.get("ingam-session").unwrap().encoded().to_string();
        let browser = open();
        browser.set_cookie("ingam-session", cookie.split_once('=').unwrap().1);
        people.push(Operator { id, browser, csrf: forgery::token(&key, &session), secret });
    }
    world.database().tamper(&sql).unwrap();
    people
}

/// `count` operators of this world's server.
pub(crate) fn operators_here(world: &World, count: i64) -> Vec<Operator> {
    operators(world, count, world.clock.now(), || world.browser())
}

/// Bytes as both engines read them in a statement.
pub(crate) fn bytes(engine: Engine, bytes: &[u8]) -> String {
    match engine {
        Engine::Sqlite => format!("x'{}'", hex::encode(bytes)),
        Engine::Postgres => format!("'\\x{}'::bytea", hex::encode(bytes)),
    }
}

/// Customers `first` and up, each with nothing.
pub(crate) fn customers(world: &World, first: i64, count: i64) {
    let values: Vec<_> = (first..first + count)
        .map(|id| format!("({id}, 'c{id}@example.com', 'Customer {id}', '2026-01-01T00:00:00.000000Z')"))
        .collect();
    world
        .database()
        .tamper(&format!("insert into users (id, email, name, joined_at) values {}", values.join(", ")))
        .unwrap();
}

/// The form that gives points to a customer, filled in but for the code.
pub(crate) fn addition(browser: &Browser, user: i64, amount: &str) -> Form {
    browser
        .get(&format!("/users/{user}?panel=points"))
        .form_to("/point-adjustments")
        .set("direction", "add")
        .set("amount", amount)
        .set("reason_kind", "goodwill")
        .set("reason", REASON)
}

pub(crate) fn deduction(browser: &Browser, user: i64, amount: &str) -> Form {
    addition(browser, user, amount).set("direction", "deduct")
}

pub(crate) fn points(world: &World, user: i64) -> i64 {
    world.number(&format!("select points from users where id = {user}"))
}

/// How many adjustments the ledger holds.
pub(crate) fn entries(world: &World) -> i64 {
    world.number("select count(*) from point_entries where kind = 'adjusted'")
}

/// How many adjustments the log holds as made.
pub(crate) fn applied(world: &World) -> i64 {
    world.number("select count(*) from audit where action = 'points.adjust' and outcome = 'applied'")
}

/// How many adjustments were turned away for this reason.
pub(crate) fn refused(world: &World, refusal: &str) -> i64 {
    world.number(&format!("select count(*) from audit where action = 'points.adjust' and refusal = '{refusal}'"))
}

/// The customer who does not get away: points, ledger and log say the same.
pub(crate) fn assert_sound(world: &World) {
    let odd = world.rows(
        "select u.id, u.points from users u
          where u.points <> coalesce((select sum(p.delta) from point_entries p where p.user_id = u.id), 0)",
    );
    assert!(odd.is_empty(), "balances that are not the sum of their ledger: {odd:?}");
    assert_eq!(entries(world), applied(world), "adjustments in the ledger and in the log");
    let gaps = world.number("select count(*) from audit where seq >= (select count(*) from audit)");
    assert_eq!(gaps, 0, "gaps in the log");
    let verified = world.command(&["audit", "verify"]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}

/// Does `act` with all of `items` in as many threads, which begin together.
pub(crate) fn at_once<T: Sync, R: Send>(items: &[T], act: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let start = Barrier::new(items.len());
    let (start, act) = (&start, &act);
    thread::scope(|scope| {
        let threads: Vec<_> = items
            .iter()
            .map(|item| {
                scope.spawn(move || {
                    start.wait();
                    act(item)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Submits all forms together and says how many were answered with each status.
pub(crate) fn submit_at_once(forms: &[Form]) -> Vec<Page> {
    at_once(forms, Form::submit)
}

pub(crate) fn with_status(pages: &[Page], status: u16) -> usize {
    pages.iter().filter(|page| page.status == status).count()
}

/// Runs a command that must end by itself soon.
pub(crate) fn run(mut command: Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Moment::now() + Duration::from_secs(30);
    while child.try_wait().unwrap().is_none() {
        if Moment::now() > deadline {
            let _ = child.kill();
            panic!("it does not end: {command:?}");
        }
        thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().unwrap()
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
