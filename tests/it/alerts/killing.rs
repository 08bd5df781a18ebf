//! A console that is killed in the middle of a thousand messages.

use crate::kit::{Database, Process, Says, Sink, on_both, program, wait_until};
use std::{collections::HashMap, fs, process::Command};
use tempfile::TempDir;

const MESSAGES: usize = 1000;
/// Messages that a lane has in hand at once.
const IN_HAND: usize = 32;

/// The program with a channel that leads to the sink.
fn sending(database: &Database, sink: &Sink, folder: &TempDir) -> Command {
    let file = folder.path().join("ingam.toml");
    fs::write(&file, sink.channels("[[route]]\nkinds = [\"*\"]\nto = [\"hook\"]")).unwrap();
    let mut command = program(database);
    command.args(["serve", "--config"]).arg(file);
    command
}

fn message(n: usize) -> String {
    format!(
        "{{\"what\":\"notice\",\"kind\":\"changes.high-value\",\"severity\":\"warning\",\"key\":\"n{n}\",\"title\":\"n{n}\",\
         \"since\":\"2026-11-28T03:00:00.000000Z\",\"at\":\"2026-11-28T03:00:00.000000Z\",\"n\":1,\"path\":\"/audit/{n}\"}}"
    )
}

on_both! {
    fn of_a_thousand_messages_none_is_lost_when_it_is_killed_and_only_those_in_hand_come_twice(world) {
        let (database, sink, folder) = (Database::fresh(world.engine), Sink::start(), TempDir::with_prefix("ingam-test-").unwrap());
        let now = ingam::clock::Clock::system().now();
        let rows: Vec<String> = (0..MESSAGES)
            .map(|n| format!("('hook', 'thing-{}', 'notice', '{}', 'waiting', '{now}', '{now}')", n % 500, message(n)))
            .collect();
        database.tamper(&format!("insert into deliveries (channel, thing, what, message, state, created_at, next_at) values {}", rows.join(", "))).unwrap();
        let told = |database: &Database| database.number("select count(*) from deliveries where state = 'told'");
        // However late it is killed, it is in the middle.
        sink.set("hook", Says::HangAfter(300));
        let mut process = Process::start_serving(sending(&database, &sink, &folder));
        wait_until(|| sink.sent("hook").len() > 300);
        process.kill();
        let before = sink.sent("hook").len();
        assert!(before < MESSAGES, "it was too late to be killed in the middle");
        sink.set("hook", Says::Ok);
        process.restart_serving(sending(&database, &sink, &folder));
        wait_until(|| told(&database) == i64::try_from(MESSAGES).unwrap());

        let sent = sink.sent("hook");
        let mut times: HashMap<String, usize> = HashMap::new();
        for one in &sent {
            *times.entry(one.headers["webhook-id"].clone()).or_default() += 1;
        }
        assert_eq!(times.len(), MESSAGES, "none is lost");
        let twice = times.values().filter(|times| **times > 1).count();
        assert!(twice <= IN_HAND && times.values().all(|times| *times <= 2), "{twice} came twice");
        // Of one thing they come in order.
        let titles: Vec<usize> = sent.iter().map(|one| one.body["data"]["title"].as_str().unwrap()[1..].parse().unwrap()).collect();
        for thing in 0..500 {
            let first = titles.iter().position(|n| *n == thing);
            let second = titles.iter().position(|n| *n == thing + 500);
            assert!(first < second, "thing {thing}: {first:?} {second:?}");
        }
        process.terminate();
    }
}
