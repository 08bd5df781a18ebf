//! The calendar of a person.

use super::support::{ahead, make_rota, put_on_duty};
use crate::kit::{Browser, World, on_both};
use chrono::TimeDelta;

/// Makes an address and returns its path.
fn address(world: &World, who: &Browser, name: &str) -> String {
    let form = who.get("/oncall?panel=calendar").form_to("/calendars").set("reason", "For my telephone");
    let page = form.set("code", &world.code(name)).submit();
    assert_eq!(page.status, 200, "{page}");
    let link = page.attributes("#calendar-link", "value").remove(0);
    link[link.find("/calendars/").unwrap()..].to_owned()
}

/// The lines of a feed, unfolded.
fn lines(feed: &str) -> Vec<String> {
    feed.replace("\r\n ", "").split("\r\n").map(str::to_owned).collect()
}

fn of<'l>(lines: &'l [String], name: &str) -> Vec<&'l str> {
    lines.iter().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':')).collect()
}

on_both! {
    fn a_calendar_reads_the_shifts_of_its_person_in_utc(outer) {
        let world = &World::start(outer.engine);
        let jun = world.signed_in("jun");
        make_rota(world, &jun, "first", &["jun", "mina"]);
        let path = address(world, &jun, "jun");
        let feed = world.browser().get(&path);
        assert_eq!(feed.status, 200);
        assert_eq!(feed.header("content-type"), Some("text/calendar; charset=utf-8"));
        let before = lines(&feed.text());
        assert_eq!(of(&before, "DTSTART")[1..3], ["20260316T000000Z", "20260330T000000Z"], "{before:#?}");
        assert_eq!(of(&before, "DTEND")[..2], ["20260309T000000Z", "20260323T000000Z"]);
        assert_eq!(of(&before, "SUMMARY")[0], "당직: Rota first", "in the language of the person");
        assert_eq!(of(&before, "REFRESH-INTERVAL;VALUE=DURATION"), of(&before, "X-PUBLISHED-TTL"));
        for never in ["RRULE", "TZID", "VTIMEZONE", "STATUS:CANCELLED", "ingam.test", "Mina"] {
            assert!(!feed.text().contains(never), "{never}");
        }
        // The same feed twice is the same bytes.
        assert_eq!(world.browser().get(&path).text(), feed.text());
        // Half of the shift goes to another person: the event is the same one, with a higher number, and the rest of it is another.
        let (from, until) = (ahead(world, TimeDelta::days(16)), ahead(world, TimeDelta::days(17)));
        assert_eq!(put_on_duty(world, &jun, "first", "hana", &from, &until).status, 303);
        let after = lines(&world.browser().get(&path).text());
        assert_eq!(of(&after, "DTSTART")[1], "20260316T000000Z");
        assert!(of(&after, "DTEND")[1] < "20260323T000000Z");
        assert_eq!(of(&after, "UID")[1], of(&before, "UID")[1]);
        let number = |lines: &[String]| of(lines, "SEQUENCE")[1].parse::<i64>().unwrap();
        assert!(number(&after) > number(&before));
        assert_eq!(of(&after, "UID").len(), of(&before, "UID").len() + 1);
    }

    fn an_address_that_was_ended_or_replaced_or_never_was_answers_404(outer) {
        let world = &World::start(outer.engine);
        let jun = world.signed_in("jun");
        make_rota(world, &jun, "first", &["jun"]);
        let first = address(world, &jun, "jun");
        let second = address(world, &jun, "jun");
        let status = |path: &str| world.browser().get(path).status;
        assert_eq!((status(&first), status(&second)), (404, 200));
        let kept = world.database().value("select hash from calendars where revoked_at is null");
        assert!(!second.contains(&kept) && status(&format!("/calendars/{kept}.ics")) == 404, "only the hash is kept");
        let form = jun.get("/oncall?panel=revoke").form_to("/revocation").set("reason", "Lost the telephone");
        assert_eq!(form.submit().status, 303);
        assert_eq!(status(&second), 404);
        assert_eq!(status("/calendars/aaaaaaaaaaaaaaaaaaaaaaaa.ics"), 404);
        // Nothing to end any more.
        assert!(jun.get("/oncall?panel=revoke").text().contains("There is no calendar address"));
        // Each has their own, also who only reads.
        let sora = world.signed_in("sora");
        let own = address(world, &sora, "sora");
        assert!(!world.browser().get(&own).text().contains("BEGIN:VEVENT"));
    }
}
