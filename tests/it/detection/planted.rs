//! Rows that were there before the world began, as a history of months has them.

use crate::{
    evidence::support::{lay_open_tables, literal, recompute, tamper},
    kit::{Engine, World, wait_until},
};
use chrono::TimeDelta;
use ingam::{clock::Instant, config::Config, detection::Detecting, merkle::leaf};
use std::{fmt::Write as _, time::Duration};

/// Mina, whose rows most are.
pub(crate) const MINA: i64 = 1;

/// A row of the log that was planted.
#[derive(Clone, Debug)]
pub(crate) struct Planted {
    pub(crate) at: String,
    pub(crate) staff: i64,
    pub(crate) action: &'static str,
    pub(crate) target: String,
    /// The points that it added.
    pub(crate) delta: i64,
    pub(crate) reason: String,
    pub(crate) ip: String,
    pub(crate) outcome: &'static str,
    pub(crate) refusal: &'static str,
    pub(crate) request: String,
    pub(crate) change: String,
}

/// An adjustment of points of Mina's for a customer.
pub(crate) fn row(at: &str, customer: i64, delta: i64) -> Planted {
    Planted {
        at: at.to_owned(),
        staff: MINA,
        action: "points.adjust",
        target: format!("user/{customer}"),
        delta,
        reason: "Late delivery, ticket 4711".to_owned(),
        ip: "10.20.4.18".to_owned(),
        outcome: "applied",
        refusal: "",
        request: String::new(),
        change: String::new(),
    }
}

/// The same time of the day some days before.
pub(crate) fn days_before(at: &str, days: i64) -> String {
    Instant::parse(at).unwrap().minus(TimeDelta::days(days)).to_string()
}

pub(crate) fn seconds_after(at: &str, seconds: i64) -> String {
    Instant::parse(at).unwrap().plus(TimeDelta::seconds(seconds)).to_string()
}

/// Looks every few milliseconds whether a look is due.
pub(crate) fn looking(config: &mut Config) {
    config.detecting = Some(Detecting { every: TimeDelta::hours(1), look: Duration::from_millis(50) });
}

/// Puts rows into the log in the order of their times, in front of which nothing else is. The log of the world is emptied first: its
/// own rows are newer.
pub(crate) fn plant(world: &World, rows: &[Planted]) {
    lay_open_tables(world, &["audit", "audit_head", "checkpoints"]);
    tamper(world, "delete from audit");
    let mut rows = rows.to_vec();
    rows.sort_by(|one, other| one.at.cmp(&other.at));
    let values: Vec<String> = (0..).zip(&rows).map(|(seq, row)| value(world.engine, seq, row)).collect();
    for values in values.chunks(200) {
        tamper(
            world,
            &format!(
                "insert into audit (seq, at, change_id, actor, staff_id, staff_name, staff_email, roles, action, target_kind, target_id, before, after, reason, \
                 ip, ip_key, peer, user_agent, session, request_id, outcome, refusal, flags, body, leaf) values {}",
                values.join(",")
            ),
        );
    }
    recompute(world);
}

fn value(engine: Engine, seq: i64, row: &Planted) -> String {
    let Planted { at, staff, action, target, delta, reason, ip, outcome, refusal, request, change } = row;
    let (kind, id) = target.split_once('/').unwrap();
    let body = format!("{{\"n\":{seq}}}");
    let (bytes, hash) = (literal(engine, body.as_bytes()), literal(engine, &leaf(body.as_bytes())));
    let (before, after) = match *action {
        "points.adjust" => ("{\"points\":\"1000\"}".to_owned(), format!("{{\"points\":\"{}\"}}", 1000 + delta)),
        _ => ("{}".to_owned(), "{}".to_owned()),
    };
    let change = if change.is_empty() { format!("planted{seq}") } else { change.clone() };
    format!(
        "({seq}, '{at}', '{change}', 'staff', {staff}, 'Mina Kang', 'mina@ingam.test', 'operator', '{action}', '{kind}', '{id}', '{before}', '{after}', \
         '{reason}', '{ip}', '{ip}', '', '', '', '{request}', '{outcome}', '{refusal}', '', {bytes}, {hash})"
    )
}

/// Records that a person saw these customers, one look each.
pub(crate) fn plant_looks(world: &World, at: &str, staff: i64, task: &str, customers: std::ops::Range<i64>) {
    lay_open_tables(world, &["access_records", "access_subjects"]);
    let begin = world.number("select coalesce(max(id), 0) from access_records") + 1;
    let (mut records, mut subjects) = (String::new(), String::new());
    for (id, customer) in (begin..).zip(customers) {
        let comma = if records.is_empty() { "" } else { "," };
        write!(records, "{comma}({id}, '{at}', {staff}, 'Mina Kang', '', '', '{task}', 'user/{customer}', '', 1)")
            .unwrap();
        write!(subjects, "{comma}({id}, {customer})").unwrap();
    }
    tamper(
        world,
        &format!(
            "insert into access_records (id, at, staff_id, staff_name, ip, ip_key, task, subject, request_id, shown) {} values {records}",
            if world.engine == Engine::Postgres { "overriding system value" } else { "" }
        ),
    );
    tamper(world, &format!("insert into access_subjects (record_id, customer) values {subjects}"));
}

/// A world that looks, in which this was planted, and which has looked at the whole window on the day after.
pub(crate) fn swept(engine: Engine, change: impl FnOnce(&mut Config), plants: impl FnOnce(&World)) -> World {
    let world = World::start_with(engine, |config| {
        looking(config);
        change(config);
    });
    wait_until(|| {
        world.number("select count(*) from detection where looked_at is not null and claimed_by is null") == 1
    });
    plants(&world);
    world.clock.advance(Duration::from_hours(24));
    look(&world);
    world
}

/// Stores something found of a person, without what would lead to it; its number.
pub(crate) fn plant_suspicion(world: &World, rule: &str, staff: i64, other: Option<i64>, n: i64) -> i64 {
    let (other, number) =
        (other.map_or("null".to_owned(), |id| id.to_string()), world.number("select count(*) from suspicions"));
    let at = world.clock.now();
    tamper(
        world,
        &format!(
            "insert into suspicions (rule, key, staff_id, other_id, began_at, first_seq, last_seq, n, evidence, found_at) values \
             ('{rule}', 'planted{number}', {staff}, {other}, '{at}', 0, 0, {n}, '{{\"n\":{n},\"seconds\":300,\"least\":10}}', '{at}')"
        ),
    );
    world.number("select max(id) from suspicions")
}

/// Has the rules look again.
pub(crate) fn look(world: &World) {
    world.clock.advance(Duration::from_hours(1));
    let now = world.clock.now();
    wait_until(|| {
        world.number(&format!("select count(*) from detection where looked_at >= '{now}' and claimed_by is null")) == 1
    });
}

/// What was found by a rule, by key.
pub(crate) fn found(world: &World, rule: &str) -> Vec<String> {
    let rows = world.rows(&format!("select key from suspicions where rule = '{rule}' order by key"));
    rows.into_iter().map(|mut row| row.remove(0).unwrap()).collect()
}

/// A number of the sentence of the only one that a rule found.
pub(crate) fn number(world: &World, rule: &str, name: &str) -> i64 {
    world.number(&format!("select cast(evidence ->> '{name}' as bigint) from suspicions where rule = '{rule}'"))
}
