//! What is to be told leaves if and only if the change did, and once.

use crate::kit::{addition, at_once, block_on, on_both, wait_until};
use ingam::{
    gate::{ClaimDeliveries, Gate, MarkDelivered, OutboxEvent},
    id::EventId,
    store::Store,
};
use std::{collections::BTreeSet, time::Duration};

on_both! {
    fn a_change_tells_of_itself_and_a_refused_one_of_nothing(world) {
        let mina = world.signed_in("mina");
        let told = || world.rows("select seq, topic, body from outbox where topic not in ('staff.invited', 'host.changed') order by id");
        assert_eq!(told().len(), 0, "signing in is nothing to tell");
        assert_eq!(addition(&mina, 2, "5").set("code", &world.wrong_code("mina")).submit().status, 422);
        assert_eq!(told().len(), 0);
        let form = addition(&mina, 2, "5").set("code", &world.code("mina"));
        assert_eq!((form.submit().status, form.submit().status), (303, 303));
        let events = told();
        assert_eq!(events.len(), 1, "{events:?}");
        let [Some(seq), Some(topic), Some(body)] = events[0].as_slice() else { panic!("{events:?}") };
        assert_eq!((seq, topic.as_str()), (&world.last_audit().seq.to_string(), "points.adjusted"));
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body, serde_json::json!({ "user": 2, "delta": "5", "balance": "5" }));
    }

    fn an_event_is_delivered_once_by_several_deliverers(world) {
        // This world's console delivers too, twice a second, so there are three at work here.
        let values: Vec<_> = (0..200).map(|n| format!("({n}, 'test', '{{}}', '{}')", world.clock.now())).collect();
        world.database().tamper(&format!("insert into outbox (seq, topic, body, at) values {}", values.join(", "))).unwrap();
        let config = world.config();
        let deliver = |_: &u8| -> Vec<EventId> {
            block_on(async {
                let store = Store::open(&config.database_url, 2).await.unwrap();
                let gate = Gate::open(&store, ingam::changes::CATALOG, world.clock.clock(), config.secret_key.clone(), config.allowed_networks.clone()).await.unwrap();
                let mut mine = Vec::new();
                loop {
                    let claimed: Vec<OutboxEvent> = gate.run_housekeeping(&ClaimDeliveries { limit: 7 }).await.unwrap();
                    if claimed.is_empty() {
                        break;
                    }
                    for delivery in claimed {
                        gate.run_housekeeping(&MarkDelivered { id: delivery.id }).await.unwrap();
                        mine.push(delivery.id);
                    }
                }
                store.close().await;
                gate.close().await;
                mine
            })
        };
        let both: Vec<EventId> = at_once(&[1, 2], deliver).concat();
        let distinct: BTreeSet<_> = both.iter().collect();
        assert_eq!(distinct.len(), both.len(), "an event was delivered by both");
        assert!(!both.is_empty());
        wait_until(|| world.number("select count(*) from outbox where delivered_at is null") == 0);
        assert_eq!(world.number("select count(*) from outbox where topic = 'test' and attempts <> 1"), 0);
    }

    fn what_a_dead_worker_had_in_hand_is_delivered_by_another(world) {
        let (now, later) = (world.clock.now(), world.clock.after(chrono::TimeDelta::minutes(1)));
        let claimed = format!("insert into outbox (seq, topic, body, at, attempts, claimed_until) values (0, 'test', '{{}}', '{now}', 1, '{later}')");
        world.database().tamper(&claimed).unwrap();
        let fresh = format!("insert into outbox (seq, topic, body, at) values (1, 'test', '{{}}', '{now}')");
        world.database().tamper(&fresh).unwrap();
        wait_until(|| world.number("select count(*) from outbox where topic = 'test' and seq = 1 and delivered_at is not null") == 1);
        assert_eq!(world.number("select count(*) from outbox where topic = 'test' and seq = 0 and delivered_at is null and attempts = 1"), 1);
        world.clock.advance(Duration::from_secs(61));
        wait_until(|| world.number("select count(*) from outbox where topic = 'test' and seq = 0 and delivered_at is not null") == 1);
        assert_eq!(world.number("select attempts from outbox where topic = 'test' and seq = 0"), 2);
    }
}
