//! Events as records of a topic: each at least once, and all that happens to one thing in order.

use crate::kit::{Broker, Engine, World, addition, on_both, wait_for, wait_until};
use krafka::testing::{ApiKey, Control};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

const TOPIC: &str = "dev-ingam.events";

fn publishing(engine: Engine, broker: &Broker) -> World {
    World::start_with(engine, |config| broker.serve_for(config, TOPIC))
}

/// Events that came with rows of the log in turn, of which each is about something else.
fn events(world: &World, from: usize, until: usize) {
    let now = world.clock.now();
    let values: Vec<_> = (from..until).map(|n| format!("({}, 'test', '{{\"n\":{n}}}', '{now}')", n % 5)).collect();
    let insert = format!("insert into outbox (seq, topic, body, at) values {}", values.join(", "));
    world.database().tamper(&insert).unwrap();
}

fn waiting(world: &World) -> i64 {
    world.number("select (select count(*) from outbox where delivered_at is null) + (select count(*) from deliveries where state = 'waiting')")
}

/// The numbers of the events of each key as they were written, without what was written again.
fn by_key(broker: &Broker) -> BTreeMap<String, Vec<i64>> {
    let mut by_key = BTreeMap::<_, Vec<i64>>::new();
    let mut partitions = BTreeMap::new();
    for record in broker.written(TOPIC) {
        assert_eq!(
            *partitions.entry(record.key.clone()).or_insert(record.partition),
            record.partition,
            "one key, one partition"
        );
        assert_eq!(record.value["id"].to_string(), record.id);
        let ids = by_key.entry(record.key).or_default();
        let id = record.id.parse().unwrap();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    by_key
}

on_both! {
    fn a_change_is_a_record_that_names_no_person(world) {
        let broker = Broker::start(&[TOPIC]);
        let world = publishing(world.engine, &broker);
        let mina = world.signed_in("mina");
        assert_eq!(addition(&mina, 2, "5").set("code", &world.code("mina")).submit().status, 303);
        let found = || broker.written(TOPIC).into_iter().find(|record| record.value["event"] == "points.adjusted");
        let record = wait_for(found);
        assert_eq!(record.key, "user/2");
        let murmur2 = krafka::producer::murmur2(b"user/2") & 0x7fff_ffff;
        assert_eq!(u32::try_from(record.partition).unwrap(), murmur2 % 3, "where the clients of Java put it");
        let seq = world.last_audit().seq;
        let id = world.number(&format!("select id from outbox where seq = {seq}"));
        assert_eq!(record.id, id.to_string());
        let expected = serde_json::json!({
            "id": id, "topic": "dev-ingam-events", "environment": "local", "event": "points.adjusted", "target": "user/2",
            "audit": seq, "at": record.value["at"], "body": { "user": 2, "delta": "5", "balance": "5" },
        });
        assert_eq!(record.value, expected);
        wait_until(|| world.number("select count(*) from channels where name = 'events' and proven_at is not null") == 1);
        // The channel says so on the page, and its messages name the change.
        let page = world.signed_in("owner").get("/deliveries");
        assert!(page.text().contains("points.adjusted user/2"), "{}", page.text());
    }

    fn three_consoles_keep_all_that_happens_to_one_thing_in_order(world) {
        let broker = Broker::start(&[TOPIC]);
        let world = publishing(world.engine, &broker);
        let others = [1, 2].map(|_| world.another(|config| broker.serve_for(config, TOPIC)).unwrap());
        for n in 0..12 {
            events(&world, n * 50, n * 50 + 50);
        }
        wait_until(|| waiting(&world) == 0);
        drop(others);
        let handed_on = world.rows("select thing, event from deliveries where what = 'event' order by id");
        let mut last = BTreeMap::new();
        for row in &handed_on {
            let event: i64 = row[1].as_ref().unwrap().parse().unwrap();
            assert!(last.insert(row[0].clone(), event).is_none_or(|before| before < event), "{handed_on:?}");
        }
        let by_key = by_key(&broker);
        let told: BTreeSet<i64> = by_key.values().flatten().copied().collect();
        let all: BTreeSet<i64> = world.rows("select id from outbox").iter().map(|row| row[0].as_ref().unwrap().parse().unwrap()).collect();
        assert_eq!(told, all, "every event is there");
        assert!(by_key.values().all(|ids| ids.is_sorted()), "{by_key:?}");
        assert_eq!(world.number("select count(*) from outbox where topic = 'test' and attempts <> 1"), 0, "each was handed on once");
    }

    fn a_cluster_that_is_down_loses_nothing_and_is_told_of(world) {
        let broker = Broker::start(&[TOPIC]);
        let world = publishing(world.engine, &broker);
        events(&world, 0, 5);
        wait_until(|| waiting(&world) == 0);
        broker.fake.crash(0);
        events(&world, 5, 25);
        let fails = || world.number("select count(*) from channels where failing_since is not null") == 1;
        // Each attempt is later than the one before; the clock moves as time does.
        crate::kit::poll(|| {
            world.clock.advance(Duration::from_mins(1));
            fails().then_some(())
        })
        .expect("a cluster that does not answer is a channel that fails");
        assert_eq!(world.number("select count(*) from deliveries where state = 'failed'"), 0);
        wait_until(|| world.number("select count(*) from alerts where kind = 'notify.channel-failing' and subject = 'events'") == 1);
        // However long it takes: an event is not given up after a day as a message to people is.
        world.clock.advance(Duration::from_hours(30));
        broker.fake.restart(0);
        crate::kit::poll(|| {
            world.clock.advance(Duration::from_mins(1));
            (waiting(&world) == 0).then_some(())
        })
        .expect("what waited is written");
        let by_key = by_key(&broker);
        assert_eq!(by_key.values().map(Vec::len).sum::<usize>(), usize::try_from(world.number("select count(*) from outbox")).unwrap());
        assert!(by_key.values().all(|ids| ids.is_sorted()), "{by_key:?}");
        assert!(!fails());
    }

    fn a_record_that_is_refused_holds_back_its_key_only(world) {
        let broker = Broker::start(&[TOPIC]);
        let world = publishing(world.engine, &broker);
        wait_until(|| waiting(&world) == 0);
        let before = broker.written(TOPIC).len();
        broker.fake.on_once(ApiKey::Produce, |_| Control::Error(krafka::error::ErrorCode::MessageTooLarge));
        let now = world.clock.now();
        let insert = |seq: i64| world.database().tamper(&format!("insert into outbox (seq, topic, body, at) values ({seq}, 'test', '{{}}', '{now}')")).unwrap();
        insert(0);
        wait_until(|| world.number("select count(*) from deliveries where state = 'failed' and what = 'event'") == 1);
        let (held, id) = {
            let row = world.rows("select thing, id from deliveries where state = 'failed'").remove(0);
            (row[0].clone().unwrap(), row[1].clone().unwrap())
        };
        insert(0);
        insert(1);
        wait_until(|| broker.written(TOPIC).len() == before + 1);
        std::thread::sleep(Duration::from_millis(700));
        let of_held = || broker.written(TOPIC).into_iter().filter(|record| record.key == held && record.value["event"] == "test").count();
        assert_eq!((broker.written(TOPIC).len(), of_held()), (before + 1, 0), "what follows it waits");
        // A person gives it up, and what waited behind it goes.
        let jun = world.signed_in("jun");
        let form = jun.get(&format!("/deliveries?panel=give-up-{id}")).form_to("/abandonment");
        assert_eq!(form.set("reason", "The record is too large for the topic").set("code", &world.code("jun")).submit().status, 303);
        wait_until(|| of_held() == 1);
    }

    fn a_topic_is_tested_from_the_host_and_one_that_is_not_there_is_said(world) {
        let broker = Broker::start(&[TOPIC]);
        let world = publishing(world.engine, &broker);
        let folder = tempfile::TempDir::new().unwrap();
        let test = |topic: &str| {
            let file = folder.path().join("ingam.toml");
            std::fs::write(&file, broker.channel(topic)).unwrap();
            let mut command = world.command(&["notify", "test", "events", "--reason", "A test of the topic", "--config", file.to_str().unwrap()]);
            command.env("INGAM_PUBLIC_ORIGIN", "http://127.0.0.1:8080").output().unwrap()
        };
        wait_until(|| world.number("select count(*) from channels where is_declared") == 1);
        let output = test(TOPIC);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(broker.written(TOPIC).iter().any(|record| record.value["event"] == "channels.test"));
        let output = test("dev-nowhere");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("dev-nowhere"), "{said}");
    }
}
