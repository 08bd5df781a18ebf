//! Where no step reaches a person, that is loud.

use super::support::{a_while, become_events, calling, events, minutes, page, rota, told};
use crate::{
    alerts::support::fail,
    kit::{Sink, on_both, reached_at, wait_until},
};

const TWO_ROTAS: &str = "steps = [{ after = 0, rota = \"first\" }, { after = 10, rota = \"second\" }]";

on_both! {
    fn an_alert_that_reaches_no_person_is_told_to_every_channel_and_shown_to_owners(outer) {
        let sink = Sink::start();
        let world = calling(outer.engine, &sink, TWO_ROTAS);
        let (jun, owner) = (world.signed_in("jun"), world.signed_in("owner"));
        assert!(!owner.get("/").text().contains("No person was reached"));
        fail(&world, &jun);
        let round = ["unreachable 0 no-duty", "unreachable 1 no-duty", "unreachable round"];
        become_events(&world, &[&["started"][..], &round].concat());
        // Also the channels that no route names: they are told how it goes on, too.
        wait_until(|| sink.sent("slack").len() == 1 && sink.sent("pagerduty").len() == 1 && sink.sent("hook").len() == 2);
        let said = sink.bodies("slack")[0]["text"].as_str().unwrap().to_owned();
        assert_eq!(said, "[LOCAL] No person was reached: Run failed: Job bad");
        assert_eq!(told(&sink, "hook"), ["opened", "again"]);
        let banner = owner.get("/staff").says("#main > .note");
        assert!(banner.contains("No person was reached about an alert: Job bad"), "{banner}");
        assert!(!jun.get("/batches").text().contains("No person was reached"));
        let shown = jun.get(&page(&world)).text();
        assert!(shown.contains("no step of the round reached a person"), "{shown}");
        // The next round is not at once.
        a_while();
        assert_eq!(events(&world).len(), 4);
        minutes(&world, 10);
        become_events(&world, &[&["started"][..], &round, &round, &["ended steps"]].concat());
        wait_until(|| sink.sent("slack").len() == 2);
        // A person who looks at it ends the noise.
        let hana = world.signed_in("hana");
        assert_eq!(hana.get(&page(&world)).form_to("/acknowledgement").submit().status, 303);
        assert!(!world.signed_in("owner").get("/").text().contains("No person was reached"));
    }

    fn a_person_who_can_be_reached_by_the_next_round_is(outer) {
        let sink = Sink::start();
        let world = calling(outer.engine, &sink, TWO_ROTAS);
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        wait_until(|| events(&world).len() == 4);
        rota(world.database(), "second", "mina");
        reached_at(&world, &sink, &world.signed_in("mina"), "mina", "mina");
        minutes(&world, 10);
        wait_until(|| told(&sink, "mina") == ["opened"]);
        // It has reached one.
        wait_until(|| world.number("select count(*) from escalations where unreached_at is not null") == 0);
    }
}
