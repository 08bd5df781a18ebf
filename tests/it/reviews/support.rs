//! What the tests of reports have in common.

use crate::kit::{Browser, Form, Page, World};
use ingam::clock::Instant;
use serde_json::Value;

pub(crate) fn at(text: &str) -> Instant {
    Instant::parse(&format!("{text}.000000Z")).unwrap()
}

/// Moves the clock into April, so that March, in which the log begins, is over.
pub(crate) fn end_march(world: &World) {
    world.clock.set(at("2026-04-02T00:00:00"));
}

/// The form that signs the report about a period, filled in.
pub(crate) fn form(sora: &Browser, period: &str) -> Form {
    let path = format!("/audit/reviews/{period}");
    let form = sora.get(&format!("{path}?panel=sign")).form_to(&path);
    form.set("responsible", "Kim Boho, privacy officer").set("reason", "The review of the month")
}

/// Signs it: the number of the report.
pub(crate) fn sign(world: &World, sora: &Browser, period: &str) -> i64 {
    let signed = form(sora, period).set("code", &world.code("sora")).submit();
    assert_eq!(signed.status, 303, "{signed}");
    world.number("select max(id) from reviews")
}

/// The bytes that were signed.
pub(crate) fn file(sora: &Browser, review: i64) -> Page {
    let file = sora.get(&format!("/audit/reviews/signed/{review}/file"));
    assert_eq!(file.status, 200, "{file}");
    file
}

/// The lines of one kind.
pub(crate) fn lines(bytes: &[u8], kind: &str) -> Vec<Value> {
    let text = str::from_utf8(bytes).unwrap();
    let all = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    all.filter(|line| line["kind"] == kind).collect()
}

/// A look at a customer at this time, put into the database as it would be there.
pub(crate) fn plant(world: &World, at: &str, task: &str, place: i64) {
    let mina = world.number("select id from staff where email = 'mina@ingam.test'");
    let sql = format!(
        "insert into access_records (at, staff_id, staff_name, ip, ip_key, task, subject, reason, request_id, lane, place, shown)
           values ('{at}', {mina}, 'Mina Kang', '10.20.4.18', '', '{task}', 'user/1', 'She called', 'req_1', 99, {place}, 1)"
    );
    world.database().tamper(&sql).unwrap();
}
