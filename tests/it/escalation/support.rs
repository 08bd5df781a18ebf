//! What the tests of escalation have in common.

use crate::{
    alerts::support::alert,
    batches::support::{declare, script},
    kit::{Database, Engine, Sink, World, wait_until},
};
use ingam::config::{Config, EscalationConfig, escalations};
use serde::Deserialize;
use std::time::Duration;

/// The first two are people, the last is a channel that no route names.
pub(crate) const STEPS: &str =
    "steps = [{ after = 0, rota = \"first\" }, { after = 10, rota = \"second\" }, { after = 20, channel = \"ops\" }]";

const ROUTE: &str = "[[route]]\nkinds = [\"*\"]\nto = [\"hook\"]\n";

#[derive(Deserialize)]
struct File {
    escalation: Vec<EscalationConfig>,
}

/// What a configuration file says of channels: those of the sink, and one for people.
pub(crate) fn channels(sink: &Sink) -> String {
    sink.people() + ROUTE
}

/// A policy for everything that is critical.
pub(crate) fn policy(steps: &str) -> String {
    format!("[[escalation]]\nname = \"batches\"\nkinds = [\"*\"]\nseverity = \"critical\"\n{steps}\n")
}

/// Makes a console in this process tell the sink and call people.
pub(crate) fn call_for(config: &mut Config, sink: &Sink, steps: &str) {
    sink.serve_for(config, &channels(sink));
    call_about(config, steps);
}

/// Gives a console whose channels are known a policy for everything that is critical.
pub(crate) fn call_about(config: &mut Config, steps: &str) {
    let file: File = toml::from_str(&policy(steps)).unwrap();
    config.escalations = escalations(&file.escalation, &config.channels).unwrap();
}

/// A world with a job that fails, about which people are called.
pub(crate) fn calling(engine: Engine, sink: &Sink, steps: &str) -> World {
    World::start_with(engine, |config| {
        call_for(config, sink, steps);
        declare(config, &script("bad", "exit 3", ""));
    })
}

/// A rota in which one person is always on duty.
pub(crate) fn rota(database: &Database, name: &str, who: &str) {
    let staff = database.value(&format!("select id from staff where email = '{who}@ingam.test'"));
    let then = "2026-01-01T00:00:00.000000Z";
    let id = database.number("select coalesce(max(id), 0) + 1 from rotas");
    database
        .tamper(&format!(
            "insert into rotas (id, name, title, made_at, changed_at, announced_at, told_at) values ({id}, '{name}', '{name}', '{then}', '{then}', '{then}', '{then}');
             insert into rota_plans (id, rota, from_at, zone, handover, unit, every, starts_on, members)
               values ({id}, {id}, '{then}', 'Asia/Seoul', '09:00', 'week', 1, '2026-01-01', '{staff}')"
        ))
        .unwrap();
}

/// What happened in the escalation of the newest alert: `called 0 jun`, `unreachable 1 no-duty`.
pub(crate) fn events(world: &World) -> Vec<String> {
    let rows = world.rows(
        "select e.what, cast(e.step as text), substr(s.email, 1, length(s.email) - 11), case when e.what = 'noted' then null else e.detail end
           from escalation_events e left join staff s on s.id = e.staff
          where e.alert = (select max(id) from alerts) order by e.id",
    );
    rows.iter().map(|row| row.iter().flatten().cloned().collect::<Vec<_>>().join(" ")).collect()
}

/// Waits until this is what happened since the escalation began, no more and no less.
pub(crate) fn become_events(world: &World, expected: &[&str]) {
    wait_until(|| events(world) == expected);
}

/// What a person was told at their path, after the message that proved it.
pub(crate) fn told(sink: &Sink, path: &str) -> Vec<String> {
    let bodies = sink.bodies(path);
    let types = bodies.iter().map(|body| body["type"].as_str().unwrap().trim_start_matches("alert.").to_owned());
    types.filter(|what| what != "test").collect()
}

/// A moment in which no person may be called.
pub(crate) fn a_while() {
    std::thread::sleep(Duration::from_millis(1300));
}

pub(crate) fn minutes(world: &World, minutes: u64) {
    world.clock.advance(Duration::from_secs(minutes * 60 + 1));
}

/// The page of the newest alert of a job that failed.
pub(crate) fn page(world: &World) -> String {
    format!("/alerts/{}", alert(world, "runs.failed"))
}
