//! A way counts once its person has given the code that was sent over it.

use crate::{
    alerts::support::{ALL, alerting},
    kit::{MailServer, Sink, World, add_way, newest_way, on_both, prove_way, reached_at, wait_for, wait_until},
};
use std::time::Duration;

fn world(outer: &World, sink: &Sink) -> World {
    alerting(outer.engine, sink, &(sink.people() + ALL))
}

fn state(world: &World, id: i64) -> String {
    world
        .database()
        .value(&format!("select case when removed_at is not null then 'removed' when failed_at is not null then 'failed' when proven_at is not null then 'proven' else 'added' end from ways where id = {id}"))
}

on_both! {
    fn a_way_counts_once_the_code_of_its_message_was_given(outer) {
        let sink = Sink::start();
        let world = world(outer, &sink);
        let jun = world.signed_in("jun");
        let added = add_way(&world, &jun, "jun", "duty", &sink.url("jun"));
        let id = newest_way(&world, "jun");
        assert_eq!(added.location(), Some(format!("/account/ways?panel=prove-{id}").as_str()));
        let code = wait_for(|| sink.code("jun"));
        assert_eq!(state(&world, id), "added");
        assert_eq!(sink.bodies("jun")[0]["type"], "alert.test");
        let proven = prove_way(&world, &jun, "jun", id, &format!("{} {}", &code[..3], &code[3..]));
        assert_eq!(proven.status, 303, "{proven}");
        assert_eq!(state(&world, id), "proven");
        assert!(jun.get("/account/ways").says("tbody").contains("Proven"));
        let rows = world.audit();
        let row = |action: &str| rows.iter().find(|row| row.action == action).unwrap();
        assert_eq!((&row("ways.add").after["way_channel"], &row("ways.prove").after["way_proven"]), (&"duty".into(), &true.into()));
        assert!(row("ways.add").target.starts_with("staff/"));
        // Neither is given twice.
        let again = jun.get(&format!("/account/ways?panel=prove-{id}"));
        assert!(again.text().contains("proven already"), "{again}");
        let twice = add_way(&world, &jun, "jun", "duty", &sink.url("jun"));
        assert_eq!(twice.status, 422);
        assert!(twice.text().contains("You have this address in this channel already"));
        let form = jun.get(&format!("/account/ways?panel=remove-{id}")).form_to("/removal");
        assert_eq!(form.set("code", &world.code("jun")).submit().status, 303);
        assert_eq!(state(&world, id), "removed");
        assert_eq!(world.number("select count(*) from ways where address is not null or hint <> ''"), 0);
    }

    fn five_wrong_codes_are_all_that_there_are(outer) {
        let sink = Sink::start();
        let world = world(outer, &sink);
        let jun = world.signed_in("jun");
        add_way(&world, &jun, "jun", "duty", &sink.url("jun"));
        let (id, code) = (newest_way(&world, "jun"), wait_for(|| sink.code("jun")));
        let wrong = if code == "000000" { "000001" } else { "000000" };
        let mut form = jun.get(&format!("/account/ways?panel=prove-{id}")).form_to("/proof");
        for tries in 1..=5 {
            let refused = form.set("way_code", wrong).set("code", &world.code("jun")).submit();
            assert_eq!(refused.status, 422, "{refused}");
            assert!(refused.text().contains("not the code of the message"));
            assert_eq!(world.number("select tries from ways"), tries);
            form = refused.form_to("/proof");
        }
        let late = form.set("way_code", &code).set("code", &world.code("jun")).submit();
        assert_eq!(late.status, 409, "{late}");
        assert!(late.text().contains("five wrong codes"));
        assert_eq!(state(&world, id), "added");
    }

    fn a_code_is_good_for_an_hour_and_belongs_to_one_way_of_one_person(outer) {
        let sink = Sink::start();
        let world = world(outer, &sink);
        let (jun, mina) = (world.signed_in("jun"), world.signed_in("mina"));
        add_way(&world, &jun, "jun", "duty", &sink.url("jun"));
        let (id, code) = (newest_way(&world, "jun"), wait_for(|| sink.code("jun")));
        add_way(&world, &mina, "mina", "duty", &sink.url("mina"));
        let own = newest_way(&world, "mina");
        // Another person's way is none of hers.
        let form = mina.get(&format!("/account/ways?panel=prove-{own}")).form_to("/proof").to(&format!("/account/ways/{id}/proof"));
        assert_eq!(form.set("way_code", &code).set("code", &world.code("mina")).submit().status, 404);
        let form = mina.get(&format!("/account/ways?panel=remove-{own}")).form_to("/removal").to(&format!("/account/ways/{id}/removal"));
        assert_eq!(form.set("code", &world.code("mina")).submit().status, 404);
        assert_eq!(state(&world, id), "added");
        let other = wait_for(|| sink.code("mina"));
        if other != code {
            assert_eq!(prove_way(&world, &mina, "mina", own, &code).status, 422);
        }
        let form = jun.get(&format!("/account/ways?panel=prove-{id}")).form_to("/proof");
        world.clock.advance(Duration::from_mins(61));
        let jun = world.signed_in("jun");
        let late = jun.get(&format!("/account/ways?panel=prove-{id}"));
        assert!(late.text().contains("cannot be proven"), "{late}");
        drop(form);
    }

    fn what_is_no_address_of_the_channel_is_refused_and_calls_nothing(outer) {
        let (sink, elsewhere, post) = (Sink::start(), Sink::start(), MailServer::start());
        let world = alerting(outer.engine, &sink, &(sink.people() + &post.people() + ALL));
        let jun = world.signed_in("jun");
        let refused = |channel: &str, address: &str| {
            let page = add_way(&world, &jun, "jun", channel, address);
            assert_eq!(page.status, 422, "{address}: {page}");
            page.text()
        };
        assert!(refused("duty", &elsewhere.url("x")).contains(&format!("allows addresses at {} only", sink.host())));
        assert!(refused("duty", "https://169.254.169.254/latest").contains("allows addresses at"));
        for wrong in ["", "jun", "ftp://example.com", "http://example.com/x"] {
            refused("duty", wrong);
        }
        assert!(refused("mail", "https://hooks.example.com").contains("Enter an address of this kind"));
        // A channel that has a receiver of its own is none for people.
        let form = jun.get("/account/ways?panel=add").form_to("/account/ways").set("address", &sink.url("x"));
        assert_eq!(form.forge("channel", "ops").set("code", &world.code("jun")).submit().status, 422);
        assert_eq!(world.number("select count(*) from ways"), 0);
        assert_eq!(elsewhere.sent("x").len(), 0);
    }

    fn a_channel_for_people_is_told_of_nothing_by_itself(outer) {
        let sink = Sink::start();
        let world = world(outer, &sink);
        let jun = world.signed_in("jun");
        let id = reached_at(&world, &sink, &jun, "jun", "jun");
        crate::alerts::support::fail(&world, &jun);
        wait_until(|| sink.sent("hook").len() == 1);
        assert_eq!(world.number(&format!("select count(*) from deliveries where recipient = 'way/{id}'")), 1, "the test alone");
        // Its button is not there, and a form that asks for it all the same is refused.
        let page = jun.get("/deliveries");
        assert!(page.text().contains("for people") && page.all("a[href='/deliveries?panel=test-duty']").is_empty());
        let form = jun.get("/deliveries?panel=test-ops").form_to("/tests").to("/deliveries/channels/duty/tests");
        let refused = form.set("reason", "To see whether it works").set("code", &world.code("jun")).submit();
        assert_eq!(refused.status, 409, "{refused}");
    }
}
