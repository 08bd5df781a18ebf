//! What the tests of the gate have in common.

use crate::kit::{Browser, Form, World};
use std::{
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant as Moment},
};

pub(crate) use crate::kit::{Operator, at_once, bytes, operators, operators_here, submit_at_once, with_status};

pub(crate) const REASON: &str = "Late delivery, ticket CS-1";

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
