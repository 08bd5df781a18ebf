//! A session in another browser and on another network at once is asked for a code; one of the two alone is not.

use crate::{
    kit::{Browser, Page, Server, World, addition, assert_sound, is_in, on_both, points, sample_runs, submit_at_once},
    networks::support::{HERE, console, from, signed_in},
    sign_in::recovery::{recover, renew},
};
use std::time::Duration;

const PAGE: &str = "/login/confirmation";
/// Another address of this machine's network, and another browser.
const THERE: &str = "127.0.0.3";
const OTHER: &str = "Mozilla/5.0 (Macintosh) Other/2.0";

fn open(world: &World) -> Server {
    console(world, "127.0.0.0/8, 2001:db8::/32")
}

/// A copy of this browser's cookies that comes from `ip`, in the same kind of browser.
fn on(browser: &Browser, ip: &str) -> Browser {
    browser.fork().with_header("x-forwarded-for", ip)
}

/// The same in another kind of browser.
fn thief(browser: &Browser, ip: &str) -> Browser {
    on(browser, ip).with_header("user-agent", OTHER)
}

/// The same browser after it was updated.
fn updated(browser: &Browser) -> Browser {
    browser.fork().with_header("user-agent", OTHER)
}

/// Whether the page asks for a code and shows nothing else.
fn asks(page: &Page) -> bool {
    (page.status, page.location(), page.text().as_str()) == (303, Some(PAGE), "")
}

fn confirm(browser: &Browser, code: &str) -> Page {
    browser.get(PAGE).form_with("code").set("code", code).submit()
}

fn seen_at(world: &World) -> String {
    world.database().value("select seen_at from sessions where stage = 'signed'")
}

on_both! {
    fn a_copied_cookie_on_another_network_and_in_another_browser_is_asked_for_a_code(world) {
        let server = open(world);
        let mina = signed_in(world, &server, "mina");
        let code = world.code("mina");
        let form = addition(&mina, 1, "5").set("code", &code);
        let before = points(world, 1);
        let looked = world.number("select count(*) from access_records");
        let thief = thief(&mina, THERE);
        for path in ["/", "/users", "/users/1", "/account", "/users/1?panel=points"] {
            let rows = world.audit_size();
            let page = thief.get(path);
            assert!(asks(&page), "{path}: {page}");
            let row = world.last_audit();
            assert_eq!((world.audit_size(), row.action.as_str(), row.refusal.as_str()), (rows + 1, "request.refused", "session-moved"));
            assert_eq!(row.email, "mina@ingam.test");
            assert_eq!(world.database().value("select ip from audit order by seq desc limit 1"), THERE);
            // htmx would put the page it is led to inside this one.
            let page = thief.request("GET", path).htmx().header("x-forwarded-for", THERE).header("user-agent", OTHER).send();
            assert_eq!((page.status, page.header("hx-redirect"), page.text().as_str()), (200, Some(PAGE), ""), "{path}");
        }
        // A form with its token and a right code is not made, and the code is not used up.
        let sent = |htmx: bool| {
            let request = form.request().header("x-forwarded-for", THERE).header("user-agent", OTHER);
            if htmx { request.htmx().send() } else { request.send() }
        };
        assert!(asks(&sent(false)));
        assert_eq!(sent(true).header("hx-redirect"), Some(PAGE));
        let out = mina.get("/").form_to("/logout").request().header("x-forwarded-for", THERE).header("user-agent", OTHER).send();
        assert!(asks(&out), "{out}");
        assert_eq!((points(world, 1), world.number("select count(*) from access_records")), (before, looked));
        // The page that asks says nothing of whose session it is, and the one for signing in is as for anybody.
        let page = thief.get(PAGE);
        assert_eq!(page.status, 200, "{page}");
        assert!(!page.text().contains("Mina") && !page.text().contains("mina@"), "{page}");
        assert!(thief.get("/login").has("[name=password]"));
        assert_eq!(thief.get("/nowhere").status, 404);
        // Its owner is not troubled.
        assert_eq!(form.submit().status, 303);
        assert_eq!(points(world, 1), before + 5);
        assert!(is_in(&mina));
        assert_eq!(mina.get(PAGE).location(), Some("/"), "there is nothing to confirm");
    }

    fn another_network_or_another_browser_alone_passes(world) {
        let server = open(world);
        let mina = signed_in(world, &server, "mina");
        assert!(is_in(&on(&mina, THERE)), "a phone that leaves the Wi-Fi");
        assert!(is_in(&updated(&mina)), "a browser that was updated");
        assert!(asks(&thief(&mina, THERE).get("/")));
        // Of IPv6 the /64 counts.
        let jun = from(world, &server, "2001:db8:0:1::5");
        jun.sign_in("jun");
        assert!(is_in(&thief(&jun, "2001:db8:0:1:ffff::9")));
        assert!(asks(&thief(&jun, "2001:db8:0:2::5").get("/")));
        assert!(asks(&thief(&jun, HERE).get("/")));
        // No user agent is one too.
        let none = thief(&jun, HERE).request("GET", "/").without("user-agent").send();
        assert!(asks(&none), "{none}");
    }

    fn a_thief_does_not_come_in_two_steps(world) {
        let server = open(world);
        let mina = signed_in(world, &server, "mina");
        for _ in 0..3 {
            // First with the owner's kind of browser, then from the owner's network, with time for a session to be touched.
            assert!(is_in(&on(&mina, THERE)));
            world.clock.advance(Duration::from_secs(61));
            assert!(is_in(&updated(&mina)));
            world.clock.advance(Duration::from_secs(61));
            assert!(asks(&thief(&mina, THERE).get("/")), "neither step moved what the session is bound to");
        }
        assert_eq!(world.rows("select ip from sessions")[0][0].as_deref(), Some(HERE));
    }

    fn a_right_code_binds_the_session_to_the_new_place_under_a_new_token(world) {
        let server = open(world);
        let mina = signed_in(world, &server, "mina");
        let (began, created) = (world.clock.now().to_string(), world.database().value("select created_at from sessions"));
        let travelled = thief(&mina, THERE);
        world.clock.advance(Duration::from_mins(10));
        assert!(asks(&travelled.get("/users/2")));
        let code = world.code("mina");
        let done = confirm(&travelled, &code);
        assert_eq!((done.status, done.location()), (303, Some("/users/2")), "the page that was wanted: {done}");
        assert_eq!(done.follow().status, 200);
        let row = world.audit().into_iter().rfind(|row| row.action == "session.confirm").unwrap();
        assert_eq!((row.outcome.as_str(), row.email.as_str()), ("applied", "mina@ingam.test"));
        assert!(row.before["session"].is_string() && row.before["session"] != row.after["session"], "{row:?}");
        assert_eq!(row.after["session_began_at"], serde_json::Value::from(began));
        assert!(!is_in(&mina), "the old token is over");
        assert!(is_in(&travelled) && is_in(&on(&travelled, HERE)));
        let back = travelled.fork().with_header("x-forwarded-for", HERE).with_header("user-agent", "Kit/1.0");
        assert!(asks(&back.get("/")), "and now the former place is elsewhere");
        // The code is used up as any other is.
        let again = world.browser().give_password("mina").form_with("code").set("code", &code).submit();
        assert_eq!((again.status, world.last_audit().refusal.as_str()), (422, "code-reused"), "{again}");
        // It lasts no longer than it would have.
        assert_eq!(world.database().value("select created_at from sessions where stage = 'signed'"), created);
        assert_sound(world);
        let verified = world.command(&["audit", "verify"]).output().unwrap();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
        for what in ["ip = '127.0.0.9'", "user_agent = 'x'", "created_at = seen_at", "stage = 'recovery'"] {
            let copy = "id, created_at, ip, user_agent, stage";
            let held = world.rows(&format!("select {copy} from sessions where stage = 'signed'")).remove(0);
            let text = |at: usize| held[at].clone().unwrap();
            world.database().tamper(&format!("update sessions set {what} where id = '{}'", text(0))).unwrap();
            let verified = world.command(&["audit", "verify"]).output().unwrap();
            assert!(!verified.status.success(), "{what} is not noticed");
            world
                .database()
                .tamper(&format!(
                    "update sessions set created_at = '{created}', ip = '{}', user_agent = '{}', stage = '{}' where id = '{}'",
                    text(2), text(3), text(4), text(0)
                ))
                .unwrap();
        }
    }

    fn eight_hours_after_signing_in_a_confirmed_session_is_over_too(world) {
        let server = open(world);
        let mina = signed_in(world, &server, "mina");
        let minutes = |n: u64| world.clock.advance(Duration::from_mins(n));
        for _ in 0..47 {
            minutes(10);
            assert!(is_in(&mina));
        }
        let travelled = thief(&mina, THERE);
        assert_eq!(confirm(&travelled, &world.code("mina")).status, 303);
        minutes(9);
        assert!(is_in(&travelled));
        minutes(1);
        assert!(!is_in(&travelled));
    }

    fn wrong_codes_count_and_wait_as_everywhere(world) {
        let server = open(world);
        let mina = signed_in(world, &server, "mina");
        let thief = thief(&mina, THERE);
        // Before the wait, which a fresh one would outlast.
        let code = world.code("mina");
        assert_eq!(confirm(&thief, "").status, 422);
        assert_eq!(confirm(&thief, "12345").status, 422);
        for n in 1..=3 {
            let page = confirm(&thief, &world.wrong_code("mina"));
            assert_eq!(page.status, 422, "try {n}: {page}");
            let row = world.last_audit();
            assert_eq!((row.action.as_str(), row.refusal.as_str()), ("session.confirm", "code-wrong"), "try {n}");
        }
        let page = confirm(&thief, &code);
        assert_eq!((page.status, world.last_audit().refusal.split(' ').next()), (429, Some("code-waiting")), "{page}");
        let change = addition(&mina, 1, "5").set("code", &code).submit();
        assert_eq!(change.status, 429, "the same count as for changes: {change}");
        assert!(is_in(&mina) && asks(&thief.get("/")));
        let forged = thief.get(PAGE).form_with("code").forge("csrf", "x").set("code", &code).submit();
        assert_eq!(forged.status, 403, "{forged}");
        world.clock.advance(Duration::from_secs(30));
        assert_eq!(confirm(&thief, &world.code("mina")).location(), Some("/"));
    }

    fn two_tabs_at_once_confirm_once(world) {
        let server = open(world);
        let mina = signed_in(world, &server, "mina");
        let thief = thief(&mina, THERE);
        let form = thief.get(PAGE).form_with("code").set("code", &world.code("mina"));
        let answers = submit_at_once(&vec![form; 5]);
        assert!(answers.iter().all(|page| matches!(page.status, 303 | 422)), "{answers:?}");
        assert_eq!(world.number("select count(*) from audit where action = 'session.confirm' and outcome = 'applied'"), 1);
        assert_eq!(world.number("select count(*) from sessions where stage = 'signed'"), 1);
    }

    fn what_a_page_asks_by_itself_is_asked_for_a_code_too_and_keeps_no_session_alive(world) {
        sample_runs(world);
        let server = open(world);
        let jun = signed_in(world, &server, "jun");
        let seen = seen_at(world);
        let thief = thief(&jun, THERE);
        for _ in 0..7 {
            world.clock.advance(Duration::from_mins(2));
            for path in ["/runs/1/live", "/runs/1/log", "/runs", "/"] {
                assert!(asks(&thief.get(path)), "{path}");
            }
            assert!(!thief.cookies().get("ingam-wanted").is_some_and(|wanted| wanted.contains("live") || wanted.contains("log")));
            assert_eq!(thief.get(PAGE).status, 200);
        }
        assert_eq!(seen_at(world), seen);
        world.clock.advance(Duration::from_mins(1));
        assert_eq!(thief.get("/").location(), Some("/login?notice=ended"));
        assert!(!is_in(&jun), "idle as if no one had been there");
    }

    fn a_form_sent_from_elsewhere_comes_back_to_its_page(world) {
        let server = open(world);
        let mina = signed_in(world, &server, "mina");
        let travelled = thief(&mina, THERE);
        let fields = addition(&mina, 1, "5").fields().to_vec();
        assert!(asks(&travelled.request("POST", "/users/1/point-adjustments").form(&fields).send()));
        let page = confirm(&travelled, &world.code("mina"));
        assert_eq!(page.location(), Some("/users/1?panel=points"));
        let again = page.follow().form_to("/point-adjustments");
        assert_eq!((again.value("amount"), again.value("reason")), (Some("5"), Some("Late delivery, ticket CS-1")));
    }

    fn a_flood_from_elsewhere_does_not_fill_the_log(world) {
        let server = open(world);
        let mina = signed_in(world, &server, "mina");
        let thief = thief(&mina, THERE);
        let before = world.audit_size();
        for _ in 0..100 {
            assert!(asks(&thief.get("/users/1")));
        }
        assert!(world.audit_size() - before <= 61, "{}", world.audit_size() - before);
    }

    fn who_is_half_way_through_signing_in_is_asked_for_nothing_more(world) {
        let server = open(world);
        let half = from(world, &server, HERE);
        let form = half.give_password("mina").form_with("code").set("code", &world.code("mina"));
        let page = form.request().header("x-forwarded-for", THERE).header("user-agent", OTHER).send();
        assert_eq!((page.status, page.location()), (303, Some("/")), "{page}");
        assert!(is_in(&thief(&half, THERE)), "bound to where the code came from");
        assert!(asks(&half.get("/")));
    }

    fn a_recovery_session_is_good_for_nothing_elsewhere(world) {
        let server = open(world);
        let codes = renew(world, &signed_in(world, &server, "mina"), "mina");
        let lost = from(world, &server, HERE);
        assert_eq!(recover(&lost, "mina", &codes[0]), 303);
        let thief = thief(&lost, THERE);
        for path in ["/login/authenticator", PAGE, "/login/code", "/", "/users"] {
            let page = thief.get(path);
            assert_eq!(page.location(), Some("/login?notice=ended"), "{path}: {page}");
            assert_eq!(world.last_audit().refusal, "session-moved", "{path}");
        }
        assert_eq!(on(&lost, THERE).get("/login/authenticator").status, 200);
        assert_eq!(lost.get("/login/authenticator").status, 200);
    }

    fn a_disabled_person_confirms_nothing(world) {
        let server = open(world);
        let mina = signed_in(world, &server, "mina");
        let thief = thief(&mina, THERE);
        let form = thief.get(PAGE).form_with("code").set("code", &world.code("mina"));
        world.database().tamper("update staff set active = false where email = 'mina@ingam.test'").unwrap();
        for page in [form.submit(), thief.get(PAGE), thief.get("/")] {
            assert!(page.location().unwrap_or_default().starts_with("/login?notice="), "{page}");
        }
        assert_eq!(world.number("select count(*) from audit where action = 'session.confirm' and outcome = 'applied'"), 0);
    }
}
