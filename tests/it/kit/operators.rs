use super::{Browser, Engine, World, totp};
use actix_web::cookie::{Cookie, CookieJar, Key};
use ingam::{clock::Instant, gate::code, id::StaffId, secret, web::forgery};
use std::fmt::Write as _;

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
    staff(world, "operator", FIRST..FIRST + count, now, open)
}

/// `count` owners of this world's server.
pub(crate) fn owners(world: &World, count: i64) -> Vec<Operator> {
    let first = 2 * FIRST;
    staff(world, "owner", first..first + count, world.clock.now(), || world.browser())
}

/// `count` approvers of this world's server.
pub(crate) fn approvers(world: &World, count: i64) -> Vec<Operator> {
    let first = 3 * FIRST;
    staff(world, "approver", first..first + count, world.clock.now(), || world.browser())
}

fn staff(
    world: &World,
    role: &str,
    ids: std::ops::Range<i64>,
    now: Instant,
    open: impl Fn() -> Browser,
) -> Vec<Operator> {
    let title = match role {
        "owner" => "Owner",
        "approver" => "Approver",
        _ => "Operator",
    };
    let key = world.config().secret_key;
    let signer = Key::from(&key.cookie_key());
    let mut sql = String::new();
    let mut people = Vec::new();
    for id in ids {
        let secret: [u8; 20] = secret::random();
        let token = secret::token();
        let sealed = bytes(world.engine, &key.seal(&code::context(StaffId::new(id)), &secret));
        let session = hex::encode(secret::sha256(token.as_bytes()));
        write!(
            sql,
            "insert into staff (id, email, name, roles, time_zone, created_at, password_hash)
               values ({id}, '{role}{id}@ingam.test', '{title} {id}', '{role}', 'Asia/Seoul', '{now}', 'fits nothing');
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
        people.push(Operator { id, browser, csrf: forgery::token(&key, &session, Some(StaffId::new(id))), secret });
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
