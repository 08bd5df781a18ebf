//! What the tests of the gate have in common.

use crate::kit::{Browser, Engine, Form, World, addition, poll};
use std::process::{Command, Output, Stdio};

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

pub(crate) fn deduction(browser: &Browser, user: i64, amount: &str) -> Form {
    addition(browser, user, amount).set("direction", "deduct")
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

/// Runs a command that must end by itself soon.
pub(crate) fn run(mut command: Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    if poll(|| child.try_wait().unwrap()).is_none() {
        let _ = child.kill();
        panic!("it does not end: {command:?}");
    }
    child.wait_with_output().unwrap()
}

/// What keeps access records from being written, and what lets them be written again.
pub(crate) fn unrecorded_access(world: &World) -> (&'static str, &'static str) {
    match world.engine {
        Engine::Sqlite => (
            "create trigger broken before insert on access_records begin select raise(abort, 'broken'); end",
            "drop trigger broken",
        ),
        Engine::Postgres => {
            ("revoke insert on access_records from ingam_app", "grant insert on access_records to ingam_app")
        }
    }
}
