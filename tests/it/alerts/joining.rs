//! Many messages at once for a person become one.

use crate::{
    batches::support::{declare, run, script},
    kit::{MailServer, Says, Sink, World, on_both, wait_until},
};
use std::time::Duration;

/// A world with eight jobs that fail, each of which was run.
fn storm(world: &World, sink: &Sink, routes: &str) -> World {
    let jobs: Vec<String> = (1..=8).map(|n| script(&format!("bad-{n}"), "exit 3", "")).collect();
    let world = World::start_with(world.engine, |config| {
        sink.serve_for(config, routes);
        declare(config, &jobs.concat());
    });
    let jun = world.signed_in("jun");
    for n in 1..=8 {
        run(&world, &jun, "jun", &format!("bad-{n}"));
    }
    // All of them rest: one that is due again is in hand a moment later.
    let rests = format!(
        "select count(*) from deliveries where what = 'opened' and alert in (select id from alerts where kind = 'runs.failed')
            and state = 'waiting' and attempts > 0 and claimed_until is null and next_at > '{}'",
        world.clock.now()
    );
    wait_until(|| world.number(&rests) == 8);
    world
}

on_both! {
    fn more_than_five_that_wait_for_a_chat_are_one_message_that_names_each(world) {
        let sink = Sink::start();
        sink.set("slack", Says::Status(503, ""));
        let world = storm(world, &sink, "[[route]]\nkinds = [\"*\"]\nto = [\"ops\"]");
        let before = sink.sent("slack").len();
        sink.set("slack", Says::Ok);
        world.clock.advance(Duration::from_mins(30));
        wait_until(|| world.number("select count(*) from deliveries where what = 'opened' and channel = 'ops' and state = 'told'") == 8);
        let told = &sink.bodies("slack")[before..];
        let joined = told.iter().find(|body| body["text"].as_str().unwrap().contains("8 messages, among them: ")).unwrap();
        assert!(joined["text"].as_str().unwrap().starts_with("[LOCAL] 8 messages, among them: Run failed: Job bad-"), "{joined}");
        let lines = joined["blocks"][1]["text"]["text"].as_str().unwrap();
        for n in 1..=8 {
            assert!(lines.contains(&format!("|Run failed: Job bad-{n}>")), "{lines}");
        }
        assert_eq!(lines.lines().count(), 8);
    }

    fn more_than_five_that_wait_for_a_person_are_one_mail(world) {
        let (sink, post) = (Sink::start(), MailServer::start());
        post.refuse("oncall@example.com", Some("451 later"));
        let routes = post.channel(&["oncall@example.com"]) + "[[route]]\nkinds = [\"*\"]\nto = [\"mail\"]";
        let world = storm(world, &sink, &routes);
        post.refuse("oncall@example.com", None);
        world.clock.advance(Duration::from_mins(30));
        wait_until(|| world.number("select count(*) from deliveries where what = 'opened' and channel = 'mail' and state = 'told'") == 8);
        let mails = post.mails("oncall@example.com");
        let joined = mails.iter().find(|mail| mail.subject().contains("알림 8건")).unwrap();
        assert!(joined.subject().starts_with("[LOCAL] 알림 8건, 그중 배치 실행 실패: Job bad-"), "{joined:?}");
        assert_eq!(joined.body.matches("/alerts/").count(), 8, "{}", joined.body);
    }

    fn a_pager_gets_each_by_itself(world) {
        let sink = Sink::start();
        sink.set("pagerduty", Says::Status(503, ""));
        let world = storm(world, &sink, "[[route]]\nkinds = [\"*\"]\nto = [\"page\"]");
        let before = sink.sent("pagerduty").len();
        sink.set("pagerduty", Says::Ok);
        world.clock.advance(Duration::from_mins(30));
        wait_until(|| world.number("select count(*) from deliveries where what = 'opened' and channel = 'page' and state = 'told'") == 8);
        let mut keys: Vec<_> = sink.bodies("pagerduty")[before..].iter().map(|body| body["dedup_key"].to_string()).collect();
        keys.retain(|key| key.contains("runs.failed"));
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 8);
    }
}
