//! Channels over which nothing was sent for a week are tested, and owners see on every page which of them fail.

use super::support::{ALL, alerting, fail};
use crate::kit::{Says, Sink, on_both, wait_until};
use std::{thread::sleep, time::Duration};

/// Hours until the next Wednesday at noon in Seoul that is at least a week away.
fn hours_to_a_wednesday(now: ingam::clock::Instant) -> u64 {
    let hours = now.unix() / 3600 + 9;
    // The first day was a Thursday.
    let wanted = |hour: &i64| (hour / 24) % 7 == 6 && hour % 24 == 12;
    let later = hours + 7 * 24;
    u64::try_from((later..later + 8 * 24).find(wanted).unwrap() - hours).unwrap()
}

on_both! {
    fn a_channel_for_what_is_critical_is_tested_after_a_week_and_no_other(world) {
        let sink = Sink::start();
        let routes = "[[route]]\nkinds = [\"*\"]\nto = [\"hook\"]\n[[route]]\nkinds = [\"runs.slow\"]\nto = [\"ops\"]";
        let world = alerting(world.engine, &sink, routes);
        wait_until(|| world.number("select count(*) from channels where tested_at is not null") == 3);
        world.clock.advance(Duration::from_hours(hours_to_a_wednesday(world.clock.now())));
        wait_until(|| sink.sent("hook").len() == 1);
        let body = &sink.bodies("hook")[0];
        assert_eq!(body["type"], "alert.test");
        assert_eq!(body["data"]["text"], "[LOCAL] 채널 hook 시험: 일주일 동안 보낸 메시지가 없었습니다");
        world.clock.advance(Duration::from_hours(1));
        sleep(Duration::from_millis(1200));
        assert_eq!((sink.sent("hook").len(), sink.sent("slack").len()), (1, 0));
    }

    fn every_page_of_an_owner_tells_of_a_channel_that_takes_no_messages(world) {
        let sink = Sink::start();
        sink.set("slack", Says::Status(404, "no_service"));
        let world = alerting(world.engine, &sink, ALL);
        let (jun, owner) = (world.signed_in("jun"), world.signed_in("owner"));
        assert!(!owner.get("/").text().contains("No messages arrive"), "no channel has failed");
        fail(&world, &jun);
        wait_until(|| owner.get("/staff").says("#main > .note").contains("No messages arrive over: ops"));
        assert!(owner.get("/audit").attributes("#main > .note a", "href").contains(&"/deliveries".to_owned()));
        assert!(!jun.get("/batches").text().contains("No messages arrive"));
    }
}
