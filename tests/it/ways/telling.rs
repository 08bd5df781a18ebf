//! What becomes of messages to people.

use crate::{
    alerts::support::{ALL, alerting},
    kit::{MailServer, Says, Sink, World, add_way, newest_way, on_both, reached_at, wait_until},
};

/// Writes a message to a way down, as those do that tell people.
fn message(world: &World, way: i64, n: i64) {
    let now = world.clock.now();
    world
        .database()
        .tamper(&format!(
            "insert into deliveries (channel, recipient, thing, what, message, state, created_at, next_at) select channel, 'way/{way}', 'a{n} way/{way}', 'notice',
               '{{\"what\":\"notice\",\"kind\":\"changes.high-value\",\"severity\":\"warning\",\"key\":\"n{n}\",\"title\":\"n{n}\",\
                  \"since\":\"2026-03-05T03:00:00.000000Z\",\"at\":\"2026-03-05T03:00:00.000000Z\",\"n\":1,\"path\":\"/audit/1\"}}', 'waiting', '{now}', '{now}' from ways where id = {way}"
        ))
        .unwrap();
}

fn states(world: &World, way: i64) -> Vec<String> {
    let rows = world.rows(&format!(
        "select state, error from deliveries where recipient = 'way/{way}' and what <> 'test' order by id"
    ));
    rows.iter().map(|row| row.iter().flatten().cloned().collect::<Vec<_>>().join(": ")).collect()
}

fn failing(world: &World) -> i64 {
    world.number("select count(*) from channels where failing_since is not null or failures > 0")
}

on_both! {
    fn an_address_that_is_refused_is_its_own_fault_and_counts_no_more(outer) {
        let (sink, post) = (Sink::start(), MailServer::start());
        let world = alerting(outer.engine, &sink, &(sink.people() + &post.people() + ALL));
        let (jun, mina) = (world.signed_in("jun"), world.signed_in("mina"));
        let (of_jun, of_mina) = (reached_at(&world, &sink, &jun, "jun", "jun"), reached_at(&world, &sink, &mina, "mina", "mina"));
        sink.set("jun", Says::Status(410, "gone"));
        message(&world, of_jun, 1);
        message(&world, of_mina, 1);
        wait_until(|| states(&world, of_jun) == ["failed: HTTP 410: gone"] && states(&world, of_mina) == ["told"]);
        assert_eq!(failing(&world), 0, "the channel works");
        assert!(jun.get("/account/ways").says("tbody").contains("Refused HTTP 410: gone"));
        // Nothing goes there any more.
        sink.set("jun", Says::Ok);
        message(&world, of_jun, 2);
        wait_until(|| states(&world, of_jun).last().is_some_and(|state| state == "dropped: way-gone"));
        assert_eq!(sink.sent("jun").len(), 2);
        post.refuse("left@example.com", Some("550 5.1.1 no such user"));
        assert_eq!(add_way(&world, &mina, "mina", "mail", "left@example.com").status, 303);
        let way = newest_way(&world, "mina");
        wait_until(|| world.number(&format!("select count(*) from ways where id = {way} and failed_at is not null")) == 1);
        assert_eq!(failing(&world), 0);
    }

    fn trouble_that_passes_is_the_channels_and_loses_nothing(outer) {
        let sink = Sink::start();
        let world = alerting(outer.engine, &sink, &(sink.people() + ALL));
        let jun = world.signed_in("jun");
        let way = reached_at(&world, &sink, &jun, "jun", "jun");
        sink.set("jun", Says::Status(503, "later"));
        message(&world, way, 1);
        wait_until(|| states(&world, way) == ["waiting: HTTP 503: later"]);
        assert_eq!(world.number("select failures from channels where name = 'duty'"), 1);
        sink.set("jun", Says::Ok);
        world.clock.advance(std::time::Duration::from_secs(30));
        wait_until(|| states(&world, way) == ["told"]);
        assert_eq!(failing(&world), 0);
    }

    fn what_waits_for_a_way_that_was_removed_or_a_person_who_left_is_dropped_and_says_so(outer) {
        let sink = Sink::start();
        let world = alerting(outer.engine, &sink, &(sink.people() + ALL));
        let (jun, mina) = (world.signed_in("jun"), world.signed_in("mina"));
        let (of_jun, of_mina) = (reached_at(&world, &sink, &jun, "jun", "jun"), reached_at(&world, &sink, &mina, "mina", "mina"));
        let form = jun.get(&format!("/account/ways?panel=remove-{of_jun}")).form_to("/removal");
        assert_eq!(form.set("code", &world.code("jun")).submit().status, 303);
        let no = if world.engine == crate::kit::Engine::Postgres { "false" } else { "0" };
        world.database().tamper(&format!("update staff set active = {no} where email = 'mina@ingam.test'")).unwrap();
        message(&world, of_jun, 1);
        message(&world, of_mina, 1);
        wait_until(|| states(&world, of_jun) == ["dropped: way-gone"] && states(&world, of_mina) == ["dropped: way-gone"]);
        assert_eq!((sink.sent("jun").len(), sink.sent("mina").len()), (1, 1), "the tests alone");
        let page = world.signed_in("owner").get("/deliveries").text();
        assert!(page.contains("Mina Kang") && page.contains("the person has no such address any more"), "{page}");
    }
}
