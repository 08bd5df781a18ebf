//! Consoles that are killed between the steps of escalations, beside one that goes on.

use super::support::{channels, policy, rota};
use crate::kit::{Engine, Process, Sink, World, on_both, reached_at, wait_until};
use std::{collections::HashMap, fs, process::Command};
use tempfile::TempDir;

const ALERTS: i64 = 60;

/// The program with the channels of the sink, and a policy that takes what other systems tell.
fn escalating(world: &World, sink: &Sink, folder: &TempDir) -> Command {
    let file = folder.path().join("ingam.toml");
    let steps = "steps = [{ after = 0, rota = \"first\" }, { after = 60, rota = \"second\" }]";
    fs::write(&file, sink.channels(&(channels(sink) + &policy(steps)))).unwrap();
    let mut command = world.command(&["serve", "--config"]);
    command.arg(file);
    command
}

/// Alerts of another system that are open.
fn firing(world: &World) {
    let no = if world.engine == Engine::Postgres { "false" } else { "0" };
    let now = ingam::clock::Clock::system().now();
    let rows: Vec<String> = (0..ALERTS)
        .map(|n| format!("('am:{n}:x', 'am', '{n}', '{now}', 'Alert {n}', 'critical', '{{}}', '{now}', '{now}', '2099-01-01T00:00:00.000000Z', {no})"))
        .collect();
    world
        .database()
        .tamper(&format!(
            "insert into received_alerts (subject, source, fingerprint, starts_at, title, severity, labels, first_at, heard_at, stale_at, is_suppressed) values {}",
            rows.join(", ")
        ))
        .unwrap();
}

fn called(world: &World, step: i64) -> i64 {
    world.number(&format!("select count(*) from escalation_events where what = 'called' and step = {step}"))
}

fn all_told(world: &World) -> bool {
    world.number("select count(*) from deliveries where called_by is not null and state = 'told'") == 2 * ALERTS
}

on_both! {
    fn consoles_that_are_killed_between_the_steps_lose_no_call_and_make_none_twice(outer) {
        let (sink, folder) = (Sink::start(), TempDir::with_prefix("ingam-test-").unwrap());
        // It makes the people reachable, and calls none itself.
        let world = World::start_with(outer.engine, |config| sink.serve_for(config, &channels(&sink)));
        world.clock.reach(ingam::clock::Clock::system().now().unix());
        rota(world.database(), "first", "jun");
        rota(world.database(), "second", "mina");
        for who in ["jun", "mina"] {
            reached_at(&world, &sink, &world.signed_in(who), who, who);
        }
        let mut killed = Process::start_serving(escalating(&world, &sink, &folder));
        let mut beside = Process::start_serving(escalating(&world, &sink, &folder));
        firing(&world);
        wait_until(|| called(&world, 0) > 0);
        killed.kill();
        killed.restart_serving(escalating(&world, &sink, &folder));
        wait_until(|| called(&world, 0) == ALERTS);
        // The hour of the second step comes for all of them, and the other one dies in the middle.
        let now = ingam::clock::Clock::system().now();
        world.database().tamper(&format!("update escalations set next_at = '{now}'")).unwrap();
        wait_until(|| called(&world, 1) > 0);
        beside.kill();
        beside.restart_serving(escalating(&world, &sink, &folder));
        wait_until(|| called(&world, 1) == ALERTS && all_told(&world));

        let twice = world.rows("select alert, step from escalation_events where what = 'called' group by alert, step having count(*) > 1");
        assert!(twice.is_empty(), "{twice:?}");
        let without = world.number("select count(*) from escalation_events c where c.what = 'called' and not exists (select 1 from deliveries d where d.called_by = c.id)");
        assert_eq!(without, 0, "each call has its message");
        for who in ["jun", "mina"] {
            let mut times: HashMap<String, usize> = HashMap::new();
            for sent in sink.sent(who).iter().filter(|sent| sent.body["type"] == "alert.opened") {
                *times.entry(sent.headers["webhook-id"].clone()).or_default() += 1;
            }
            assert_eq!(times.len(), usize::try_from(ALERTS).unwrap(), "{who} is told of each alert once");
        }
        killed.terminate();
        beside.terminate();
    }
}
