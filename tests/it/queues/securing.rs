//! A cluster behind TLS that asks for a login.

use super::support::{EVENTS, RID, TOPIC, read_over, report};
use crate::kit::{Broker, TlsFront, World, addition, on_both, wait_for, wait_until};
use krafka::testing::ApiKey;

const PASSWORD: &str = "nine-lives-of-a-broker";

on_both! {
    fn events_go_out_and_reports_come_in_over_tls_with_a_login(world) {
        let broker = Broker::start_secured(&[EVENTS, TOPIC], "ingam", PASSWORD);
        let world = World::start_with(world.engine, |config| {
            config.channels = read_over(&broker.channel(EVENTS), config);
        });
        broker.write(TOPIC, "sync", &report("success", RID, ""));
        wait_until(|| world.number("select count(*) from batch_runs where state = 'succeeded'") == 1);
        let mina = world.signed_in("mina");
        assert_eq!(addition(&mina, 2, "5").set("code", &world.code("mina")).submit().status, 303);
        wait_until(|| broker.written(EVENTS).iter().any(|record| record.value["event"] == "points.adjusted"));
        assert!(broker.fake.request_count(ApiKey::SaslAuthenticate) > 0);
        wait_until(|| world.number("select count(*) from queue_offsets where error is not null") == 0);
    }

    fn a_wrong_password_and_an_authority_that_is_not_trusted_are_said_and_nothing_is_sent(world) {
        let broker = Broker::start_secured(&[EVENTS, TOPIC], "ingam", PASSWORD);
        let stranger = TlsFront::start(&broker.runtime, broker.fake.broker_addr(0).unwrap());
        let trusted = broker.channel(EVENTS);
        let authority = |front: &TlsFront| front.authority().to_str().unwrap().to_owned();
        let wrong_password = trusted.replace(PASSWORD, "ten-lives-of-a-broker");
        let wrong_authority = trusted.replace(&authority(broker.front.as_ref().unwrap()), &authority(&stranger));
        for (channel, says) in [(wrong_password, "authentication"), (wrong_authority, "certificate")] {
            let world = World::start_with(world.engine, |config| config.channels = read_over(&channel, config));
            let error = wait_for(|| world.rows("select error from queue_offsets where partition = -1 and error is not null").pop());
            let error = error[0].clone().unwrap();
            assert!(error.to_lowercase().contains(says) && !error.contains("lives"), "{error}");
            let mina = world.signed_in("mina");
            assert_eq!(addition(&mina, 2, "5").set("code", &world.code("mina")).submit().status, 303);
            let failed = "select error from deliveries where channel = 'events' and error is not null";
            let error = wait_for(|| world.rows(failed).pop())[0].clone().unwrap();
            assert!(error.to_lowercase().contains(says) && !error.contains("lives"), "{error}");
            let jun = world.signed_in("jun");
            for page in ["/queues", "/deliveries"] {
                let page = jun.get(page);
                assert!(page.text().to_lowercase().contains(says) && !page.text().contains("lives"), "{page}");
            }
        }
        assert!(broker.written(EVENTS).is_empty());
    }
}
