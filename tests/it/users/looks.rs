//! Brakes on looking: how many customers a person can look at before a reason is due, and how many at most.

use crate::kit::{Browser, Page, World, assert_sound, at_once, on_both, operators_here, with_status};
use chrono::TimeDelta;
use ingam::{
    config::Config,
    gate::{Limit, Limits, LookKind, LookLimits, Role},
};
use std::time::Duration;

const fn limits(hour: (i64, i64), day: (i64, i64)) -> Limits {
    Limits { hour: Limit { first: hour.0, second: hour.1 }, day: Limit { first: day.0, second: day.1 } }
}

/// Three reveals an hour and five with a reason; six on a day and seven with a reason.
fn tight(config: &mut Config) {
    let wide = limits((500, 500), (500, 500));
    config.look_limits = LookLimits::new([
        (Role::Operator, LookKind::Reveals, limits((3, 5), (6, 7))),
        (Role::Operator, LookKind::Searches, limits((4, 5), (500, 500))),
        (Role::Operator, LookKind::Opened, wide),
        (Role::Approver, LookKind::Opened, limits((2, 3), (500, 500))),
    ]);
    // The hours of these tests are no reason to sign in again.
    config.session_idle = TimeDelta::hours(24);
    config.session_absolute = TimeDelta::hours(24);
}

fn reveal(browser: &Browser, csrf: &str) -> Page {
    browser.post("/users/1/contact", &[("csrf", csrf), ("reason", "She called about order 17")])
}

fn token(browser: &Browser) -> String {
    crate::kit::csrf(&browser.get("/account"))
}

fn is_shown(page: &Page) -> bool {
    page.status == 200 && page.text().contains("seoyeon.k@naver.com")
}

/// Where a person is led who has to give a reason.
const PAUSED: &str = "/looks/reveals?return=%2Fusers%2F1";

fn is_paused(page: &Page) -> bool {
    page.status == 303 && page.location() == Some(PAUSED) && !page.text().contains("naver")
}

fn go_on(world: &World, browser: &Browser, who: &str) -> Page {
    let form = browser.get(PAUSED).form_to("/looks/reveals/continuation");
    form.set("reason", "All calls of the outage, ticket 9").set("code", &world.code(who)).submit()
}

fn events(world: &World) -> Vec<String> {
    let rows = world.rows("select topic, body from outbox where topic like 'access.%' order by id");
    rows.iter().map(|row| format!("{} {}", row[0].as_deref().unwrap(), row[1].as_deref().unwrap())).collect()
}

fn records(world: &World) -> i64 {
    world.number("select count(*) from access_records where task = 'reveal'")
}

on_both! {
    fn beyond_the_first_limit_looking_goes_on_with_a_reason_and_a_code(outer) {
        let world = &World::start_with(outer.engine, tight);
        let mina = world.signed_in("mina");
        let csrf = token(&mina);
        for _ in 0..3 {
            assert!(is_shown(&reveal(&mina, &csrf)));
        }
        let paused = reveal(&mina, &csrf);
        assert!(is_paused(&paused), "{paused}");
        assert_eq!(records(world), 3, "what is not shown is not recorded as shown");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.outcome.as_str()), ("access.look", "refused"));
        assert_eq!(row.refusal, "looked-much looks=reveals span=hour");
        let page = paused.follow();
        assert_eq!(page.status, 200, "{page}");
        assert!(page.says(".stats").contains("This hour 3 3 without a reason, 5 at most"), "{page}");
        // Other kinds of looks are not held up.
        assert_eq!(mina.get("/users/2").status, 200);

        let form = page.form_to("/looks/reveals/continuation");
        assert_eq!(form.value("return"), Some("/users/1"));
        let no_reason = form.clone().set("code", &world.code("mina")).submit();
        assert_eq!(no_reason.status, 422, "{no_reason}");
        assert_eq!(no_reason.form_to("/continuation").value("return"), Some("/users/1"));
        let wrong = form.clone().set("reason", "All calls of the outage").set("code", &world.wrong_code("mina")).submit();
        assert_eq!(wrong.status, 422, "{wrong}");
        assert!(is_paused(&reveal(&mina, &csrf)));

        let done = go_on(world, &mina, "mina");
        assert_eq!((done.status, done.location()), (303, Some("/users/1")), "{done}");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.outcome.as_str()), ("access.continue", "applied"));
        assert_eq!(row.reason, "All calls of the outage, ticket 9");
        assert_eq!(row.after, serde_json::json!({ "looks": "reveals", "seen_this_hour": "3" }));
        assert!(is_shown(&reveal(&mina, &csrf)) && is_shown(&reveal(&mina, &csrf)));

        // Beyond the second limit there is no more of it.
        let refused = reveal(&mina, &csrf);
        assert_eq!(refused.status, 429, "{refused}");
        assert!(refused.says("main").contains("You have viewed too many customers") && refused.says("main").contains("10:00"), "{refused}");
        assert!(!refused.text().contains("naver"));
        assert_eq!(world.last_audit().refusal, "looked-too-much looks=reveals span=hour");
        let closed = mina.get(PAUSED);
        assert!(closed.find_form("form.seal").is_none() && closed.says(".head").contains("10:00"), "{closed}");
        assert_eq!(mina.get("/users/1").status, 200, "the masked page is no reveal");
        assert_eq!(records(world), 5);
        assert_sound(world);

        // With the next hour it begins again.
        world.clock.advance(Duration::from_mins(50));
        assert!(is_shown(&reveal(&mina, &csrf)));
        assert_sound(world);
    }

    fn a_day_has_limits_of_its_own(outer) {
        let world = &World::start_with(outer.engine, tight);
        let mina = world.signed_in("mina");
        let csrf = token(&mina);
        for _ in 0..2 {
            for _ in 0..3 {
                assert!(is_shown(&reveal(&mina, &csrf)));
            }
            world.clock.advance(Duration::from_hours(1));
        }
        let paused = reveal(&mina, &csrf);
        assert!(is_paused(&paused), "{paused}");
        assert_eq!(world.last_audit().refusal, "looked-much looks=reveals span=day");
        world.clock.advance(Duration::from_hours(1));
        assert!(is_paused(&reveal(&mina, &csrf)), "another hour is no other day");
        assert_eq!(go_on(world, &mina, "mina").status, 303);
        assert_eq!(world.last_audit().after, serde_json::json!({ "looks": "reveals", "seen_this_day": "6" }));
        assert!(is_shown(&reveal(&mina, &csrf)));
        assert_eq!(reveal(&mina, &csrf).status, 429);
        assert_eq!(world.last_audit().refusal, "looked-too-much looks=reveals span=day");
        assert_sound(world);
        // The day ends at midnight in Seoul.
        world.clock.set(world.clock.now().plus(TimeDelta::hours(11) + TimeDelta::minutes(30)));
        assert_eq!(reveal(&mina, &csrf).status, 429, "it is {}", world.clock.now());
        world.clock.set(world.clock.now().plus(TimeDelta::minutes(30)));
        assert!(is_shown(&reveal(&mina, &csrf)), "it is {}", world.clock.now());
        assert_sound(world);
    }

    fn each_limit_emits_one_event_in_an_hour_and_the_log_does_not_grow_with_every_try(outer) {
        let world = &World::start_with(outer.engine, tight);
        let mina = world.signed_in("mina");
        let csrf = token(&mina);
        let before = world.audit_size();
        let shown = (0..200).filter(|_| is_shown(&reveal(&mina, &csrf))).count();
        assert_eq!(shown, 3);
        let told = events(world);
        assert!(matches!(told.as_slice(), [one] if one.starts_with("access.first-limit ")), "{told:?}");
        assert!(told[0].contains("reveals") && told[0].contains("hour") && !told[0].contains("Mina"), "{told:?}");
        assert!(world.audit_size() - before <= 62, "{} rows", world.audit_size() - before);
        world.clock.advance(Duration::from_mins(2));
        go_on(world, &mina, "mina");
        let shown = (0..50).filter(|_| is_shown(&reveal(&mina, &csrf))).count();
        assert_eq!(shown, 2);
        let told = events(world);
        assert!(matches!(told.as_slice(), [_, two] if two.starts_with("access.second-limit ")), "{told:?}");
        let seqs = world.number(
            "select count(*) from outbox o join audit a on a.seq = o.seq
              where o.topic like 'access.%' and a.action = 'access.look' and a.outcome = 'refused'",
        );
        assert_eq!(seqs, 2, "each event has its row");
    }

    fn no_parallel_request_gets_past_a_limit(outer) {
        let world = &World::start_with(outer.engine, tight);
        let mina = world.signed_in("mina");
        let csrf = token(&mina);
        let second = world.another(tight).unwrap();
        let tries: Vec<Browser> =
            (0..50).map(|n| if n % 2 == 0 { mina.fork() } else { mina.fork().at(second.address) }).collect();
        let pages = at_once(&tries, |browser| reveal(browser, &csrf));
        assert_eq!(pages.iter().filter(|page| is_shown(page)).count(), 3);
        assert_eq!(pages.iter().filter(|page| is_paused(page)).count(), 47);
        assert_eq!((records(world), events(world).len()), (3, 1));
        assert_eq!(go_on(world, &mina, "mina").status, 303);
        let pages = at_once(&tries, |browser| reveal(browser, &csrf));
        assert_eq!(pages.iter().filter(|page| is_shown(page)).count(), 2);
        assert_eq!(with_status(&pages, 429), 48);
        assert_eq!((records(world), events(world).len()), (5, 2));
        assert_sound(world);
    }

    fn two_hundred_contacts_at_once_are_not_shown(world) {
        let person = operators_here(world, 1).remove(0);
        let tries: Vec<Browser> = (0..200).map(|_| person.browser.fork()).collect();
        let pages = at_once(&tries, |browser| reveal(browser, &person.csrf));
        assert_eq!(pages.iter().filter(|page| is_shown(page)).count(), 60, "the usual limit of an hour");
        assert_eq!(with_status(&pages, 303), 140);
        assert_eq!(events(world).len(), 1);
        assert_sound(world);
    }

    fn the_counts_outlive_the_process(outer) {
        let world = &World::start_with(outer.engine, tight);
        let mina = world.signed_in("mina");
        let csrf = token(&mina);
        for _ in 0..2 {
            assert!(is_shown(&reveal(&mina, &csrf)));
        }
        for shown in [true, false] {
            let mut next = world.another(tight).unwrap();
            let page = reveal(&mina.fork().at(next.address), &csrf);
            assert_eq!((is_shown(&page), is_paused(&page)), (shown, !shown), "{page}");
            next.stop();
        }
        assert_eq!(go_on(world, &mina, "mina").status, 303);
        let next = world.another(tight).unwrap();
        assert!(is_shown(&reveal(&mina.fork().at(next.address), &csrf)), "what was lifted is lifted in every process");
    }

    fn a_person_with_several_roles_has_the_highest_limit(outer) {
        let world = &World::start_with(outer.engine, tight);
        let open = |browser: &Browser| {
            let pages: Vec<Page> = (0..5).map(|_| browser.get("/users/2")).collect();
            with_status(&pages, 200)
        };
        assert_eq!(open(&world.signed_in("hana")), 2, "an approver's limit");
        let mut done = world.command(&["staff", "roles", "hana@ingam.test", "--role", "approver", "--role", "operator", "--reason", "Helps out today"]);
        assert!(done.output().unwrap().status.success());
        assert_eq!(open(&world.signed_in("hana")), 5, "an operator's limit");
        // Each person has a count of their own.
        assert_eq!(open(&world.signed_in("owner")), 5);
    }

    fn a_form_that_comes_back_at_the_limit_is_kept_and_is_there_again_when_looking_goes_on(outer) {
        let limit = |config: &mut Config| {
            tight(config);
            config.look_limits =
                LookLimits::new([(Role::Operator, LookKind::Opened, limits((2, 4), (500, 500)))]);
        };
        let world = &World::start_with(outer.engine, limit);
        let mina = world.signed_in("mina");
        let long = "The parcel came nine days late, and she had called twice.";
        let form = mina.get("/users/1?panel=points").form_to("/point-adjustments");
        let typed = |form: crate::kit::Form| form.set("amount", "no number").set("reason", long).set("code", "123456");
        let refused = typed(form).submit();
        assert_eq!(refused.status, 422, "{refused}");
        let led = typed(refused.form_to("/point-adjustments")).submit();
        assert_eq!(led.location(), Some("/looks/opened?return=%2Fusers%2F1%3Fpanel%3Dpoints"), "{led}");
        let go_on = led.follow().form_to("/looks/opened/continuation");
        let back = go_on.set("reason", "All parcels of the strike, ticket 9").set("code", &world.code("mina")).submit();
        assert_eq!(back.location(), Some("/users/1?panel=points"), "{back}");
        let again = back.follow().form_to("/point-adjustments");
        assert_eq!((again.value("amount"), again.value("reason")), (Some("no number"), Some(long)));
        assert_eq!(again.value("code"), Some(""));
        // Beyond the last limit there is no page; what was typed waits for an hour all the same.
        let refused = typed(again.set("amount", "x")).submit();
        assert_eq!(refused.status, 422, "{refused}");
        let end = typed(refused.form_to("/point-adjustments").set("reason", "Typed last of all")).submit();
        assert_eq!(end.status, 429, "{end}");
        assert_eq!(world.number("select count(*) from drafts"), 1);
        assert_sound(world);
    }

    fn lists_orders_and_parts_of_pages_count_as_what_they_show(outer) {
        let world = &World::start_with(outer.engine, tight);
        let hana = world.signed_in("hana");
        assert_eq!(hana.get("/orders/1").status, 200);
        assert_eq!(hana.get("/users/1").status, 200);
        // A part of a page that is open is no look of its own.
        for _ in 0..5 {
            assert_eq!(hana.request("GET", "/orders/1/refunds").htmx().send().status, 200);
        }
        for (path, to) in [("/orders/2", "%2Forders%2F2"), ("/users/2?panel=x", "%2Fusers%2F2%3Fpanel%3Dx")] {
            let page = hana.get(path);
            assert_eq!(page.location(), Some(format!("/looks/opened?return={to}").as_str()), "{path}: {page}");
        }
        // A script follows no redirect of its own kind: it is told where to go, and gets nothing to put into the page.
        let part = hana.request("GET", "/orders/2/refunds").htmx().send();
        assert_eq!(part.header("hx-redirect"), Some("/looks/opened?return=%2Forders%2F2"), "{part}");
        assert!(part.body.is_empty());
        let head = hana.request("HEAD", "/users/2").send();
        assert_eq!(head.status, 303);

        let mina = world.signed_in("mina");
        let found = mina.get("/users").form_to("/users/searches").set("q", "kim").submit();
        assert_eq!(found.status, 303, "{found}");
        assert_eq!((mina.get("/orders").status, mina.get("/users").status), (200, 200));
        let braked = mina.get("/users").location().map(str::to_owned);
        assert_eq!(braked.as_deref(), Some("/looks/searches?return=%2Fusers"));
        let kept = world.number("select count(*) from searches");
        let search = mina.post("/users/searches", &[("csrf", &token(&mina)), ("q", "lee"), ("status", "")]);
        assert_eq!(search.location(), Some("/looks/searches?return=%2Fusers"), "{search}");
        let search = mina.post("/orders/searches", &[("csrf", &token(&mina)), ("q", "20260228-000017")]);
        assert_eq!(search.location(), Some("/looks/searches?return=%2Forders"), "{search}");
        assert_eq!(world.number("select count(*) from searches"), kept, "a search that is not made is not kept");
        // The pages without customers are as they were.
        for path in ["/", "/account", "/batches", "/approvals"] {
            assert_eq!(mina.get(path).status, 200, "{path}");
        }
        assert_sound(world);
    }

    fn a_preview_while_typing_is_no_look_of_its_own(outer) {
        let world = &World::start_with(outer.engine, |config| {
            tight(config);
            config.look_limits = LookLimits::new([(Role::Operator, LookKind::Opened, limits((3, 3), (500, 500)))]);
        });
        let mina = world.signed_in("mina");
        let form = mina.get("/users/1?panel=points").form_to("/point-adjustments").to("/users/1/point-adjustments/preview");
        for amount in ["1", "10", "100", "1000", "10000"] {
            let page = form.clone().set("amount", amount).request().htmx().send();
            assert_eq!(page.status, 200, "{page}");
        }
        assert_eq!(world.number("select count(*) from access_records where task = 'view'"), 1);
        let other = form.to("/users/2/point-adjustments/preview").request().htmx().send();
        assert_eq!(other.status, 200, "{other}");
        assert_eq!(world.number("select count(*) from access_records where task = 'view'"), 2, "another customer is one");
    }

    fn going_on_leads_to_pages_of_this_console_only(outer) {
        let world = &World::start_with(outer.engine, tight);
        let mina = world.signed_in("mina");
        let csrf = token(&mina);
        for _ in 0..4 {
            reveal(&mina, &csrf);
        }
        let strange = ["//evil.test/x", "https://evil.test", "/%5Cevil", "/\\evil", "javascript:1", "/orders/1/refunds", "/nowhere", "", "/users\r\nx: y"];
        for to in strange {
            let query = serde_urlencoded::to_string([("return", to)]).unwrap();
            let page = mina.get(&format!("/looks/reveals?{query}"));
            assert_eq!(page.form_to("/continuation").value("return"), Some("/"), "{to}");
        }
        let form = mina.get(PAUSED).form_to("/continuation").set("reason", "All calls of the outage");
        let done = form.forge("return", "//evil.test/x").set("code", &world.code("mina")).submit();
        assert_eq!((done.status, done.location()), (303, Some("/")), "{done}");
        // Nothing is due now, and nothing is lifted before its time.
        let open = mina.get("/looks/opened?return=/users/2");
        assert!(open.find_form("form.seal").is_none(), "{open}");
        assert_eq!(open.attributes("main .card a[href='/users/2']", "href").len(), 1);
        let early = mina.get("/looks/reveals");
        assert!(early.find_form("form.seal").is_none(), "{early}");
        let key = "k1";
        let fields = [("csrf", csrf.as_str()), ("key", key), ("seen", "0"), ("reason", "Well in advance"), ("return", "/")];
        let code = world.code("mina");
        let page = mina.post("/looks/opened/continuation", &[&fields[..], &[("code", code.as_str())]].concat());
        assert_eq!(page.status, 409, "{page}");
        assert_eq!(world.last_audit().refusal, "looks-go-on");
        assert_eq!(mina.get("/looks/everything").status, 404);
        // Who cannot look at customers has nothing to go on with.
        assert_eq!(world.signed_in("sora").get(PAUSED).status, 403);
    }
}
