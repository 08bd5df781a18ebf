//! What is to be told leaves if and only if the change did, and once.

use crate::kit::{addition, on_both, wait_until};

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

    fn an_event_is_handed_on_once_by_several_consoles(world) {
        let _others = [world.second_process(), world.second_process()];
        let now = world.clock.now();
        for n in 0..10 {
            let values: Vec<_> = (0..50).map(|m| format!("({}, 'test', '{{}}', '{now}')", n * 50 + m)).collect();
            world.database().tamper(&format!("insert into outbox (seq, topic, body, at) values {}", values.join(", "))).unwrap();
        }
        wait_until(|| world.number("select count(*) from outbox where delivered_at is null") == 0);
        assert_eq!(world.number("select count(*) from outbox where topic = 'test' and attempts <> 1"), 0);
    }
}
