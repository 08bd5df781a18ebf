//! What a recovery code is good for: a new authenticator in place of the lost one, and nothing else.

use crate::{
    kit::{
        Browser, Form, Page, Person, World, assert_sound, csrf, forms, is_in, on_both, recovering, sample_requests,
        sample_runs, submit_at_once, totp,
    },
    sign_in::{
        recovery::{recover, renew},
        setup::{code_of, offered},
    },
};
use ingam::{
    routes::ROUTES,
    web::route::{Opens, Route},
};
use std::time::Duration;

const PAGE: &str = "/login/authenticator";

/// Replaces the authenticator; the answer, and what the new one holds.
pub(crate) fn replace(world: &World, browser: &Browser) -> (Page, Vec<u8>) {
    let page = browser.get(PAGE);
    let secret = offered(&page);
    let done = page.form_to(PAGE).set("code", &code_of(world, &secret)).submit();
    assert_eq!(done.status, 303, "{done}");
    (done, secret)
}

fn is_for_everybody(route: &Route) -> bool {
    matches!(route.opens, Opens::Machines | Opens::Reports | Opens::Public | Opens::Session)
}

/// A path of this route with something in place of every `{…}`.
fn path(route: &Route) -> String {
    let put = |part: &'static str| match part {
        "{job}" => "settle",
        part if part.starts_with('{') => "1",
        part => part,
    };
    route.path.split('/').map(put).collect::<Vec<_>>().join("/")
}

/// Whether the page leads to the one of a new authenticator and shows nothing else.
fn leads_on(page: &Page) -> bool {
    (page.status, page.location(), page.text().as_str()) == (303, Some(PAGE), "")
}

fn with_token(form: &Form, browser: &Browser, token: &str) -> Form {
    let mut fields = form.fields().to_vec();
    fields.iter_mut().filter(|(name, _)| name == "csrf").for_each(|(_, value)| token.clone_into(value));
    Form::bare(browser, form.action(), &fields)
}

fn made(world: &World) -> i64 {
    world.number("select count(*) from audit where outcome in ('applied', 'requested')")
}

fn sign_in(world: &World, code: &str) -> u16 {
    world.browser().give_password("mina").form_with("code").set("code", code).submit().status
}

on_both! {
    fn after_a_recovery_code_every_route_leads_to_the_new_authenticator(world) {
        sample_runs(world);
        sample_requests(world);
        // An owner who is everything else too: no role opens anything.
        world
            .database()
            .tamper("update staff set roles = 'operator oncall auditor approver owner' where email = 'owner@ingam.test'")
            .unwrap();
        let lost = recovering(world, "owner");
        let (token, code) = (csrf(&lost.get(PAGE)), world.code("owner"));
        let (rows, seen) = (world.audit_size(), world.number("select count(*) from access_records"));
        for route in ROUTES.iter().filter(|route| !is_for_everybody(route) && route.path != PAGE) {
            let path = path(route);
            let page = match route.method {
                "GET" => lost.get(&path),
                _ => lost.post(&path, &[("csrf", &token), ("code", &code), ("key", "k")]),
            };
            assert!(leads_on(&page), "{} {path}: {page}", route.method);
            let page = match route.method {
                "GET" => lost.request("GET", &path).htmx().send(),
                _ => lost.request("POST", &path).form(&[]).htmx().send(),
            };
            assert_eq!((page.status, page.header("hx-redirect")), (200, Some(PAGE)), "{} {path}", route.method);
        }
        assert_eq!(world.audit_size(), rows);
        assert_eq!(world.number("select count(*) from access_records"), seen);
        assert!(leads_on(&lost.get("/login?lang=ko").follow()), "the sign-in page too");
    }

    fn after_a_recovery_code_no_form_of_the_console_does_anything(world) {
        let forms = forms(world);
        world
            .database()
            .tamper("update staff set roles = 'operator oncall auditor approver owner' where email = 'owner@ingam.test'")
            .unwrap();
        let lost = recovering(world, "owner");
        let token = csrf(&lost.get(PAGE));
        let before = made(world);
        for (_, form) in &forms {
            let action = form.action();
            if ["/login", PAGE, "/logout"].contains(&action) || action.starts_with("/setup/") {
                continue;
            }
            let page = with_token(form, &lost, &token).submit();
            assert!(leads_on(&page), "{action}: {page}");
        }
        assert_eq!(made(world), before);
    }

    fn the_new_authenticator_replaces_the_lost_one_and_ends_every_other_session(world) {
        let (there, sora) = (world.signed_in("mina"), world.signed_in("sora"));
        let codes = renew(world, &there, "mina");
        let half = world.browser();
        half.give_password("mina");
        let lost = world.browser();
        assert_eq!(lost.get("/users/2").location(), Some("/login"));
        assert_eq!(recover(&lost, "mina", &codes[0]), 303);
        let cookie = lost.cookies().remove("ingam-session").unwrap();
        assert!(is_in(&there), "giving the code alone ends nothing");
        let (done, secret) = replace(world, &lost);
        assert_eq!(done.location(), Some("/users/2"), "the page that was wanted before");
        assert_eq!(done.follow().status, 200);
        assert!(is_in(&lost) && !is_in(&there) && is_in(&sora));
        let late = half.get("/login/code");
        assert_eq!(late.location(), Some("/login?notice=restart"), "{late}");
        let old = world.browser();
        old.set_cookie("ingam-session", &cookie);
        assert!(!is_in(&old) && old.get(PAGE).location() == Some("/login?notice=restart"), "a new token for a new session");
        assert!(lost.get("/account").says("main").contains("9 left"), "the code that was used stays used");

        let rows = world.audit();
        let row = rows.iter().rfind(|row| row.action == "account.recover-authenticator").unwrap();
        assert_eq!((row.outcome.as_str(), row.email.as_str()), ("applied", "mina@ingam.test"));
        assert_eq!(row.after["sessions_ended"], "3");
        assert!(row.after["session"].is_string() && row.after["authenticator_sha256"].is_string(), "{row:?}");

        world.clock.advance(Duration::from_secs(30));
        let step = world.clock.now().unix() / 30;
        assert_eq!(sign_in(world, &totp(&Person::called("mina").secret, step)), 422, "the lost one is dead");
        assert_eq!(sign_in(world, &totp(&secret, step - 1)), 422, "the code that proved the new one is used up");
        assert_eq!(sign_in(world, &totp(&secret, step)), 303);
        assert_sound(world);
    }

    fn where_no_page_was_wanted_the_account_says_what_was_done(world) {
        let lost = recovering(world, "mina");
        let done = replace(world, &lost).0.follow();
        assert_eq!((done.status, done.path.as_str()), (200, "/account?done=authenticator"), "{done}");
        assert!(done.says("main").contains("9 left"), "{done}");
        assert_eq!(lost.get(PAGE).location(), Some("/"), "there is nothing left to do there");
    }

    fn a_code_of_the_lost_authenticator_proves_no_new_one(world) {
        let lost = recovering(world, "mina");
        let page = lost.get(PAGE);
        let secret = offered(&page);
        let form = page.form_to(PAGE);
        let step = world.clock.now().unix() / 30;
        let stranger = offered(&lost.get(PAGE));
        for (code, why) in [
            (world.code("mina"), "of the lost one"),
            (code_of(world, &stranger), "of what another showing of the page offered"),
            (totp(&secret, step + 3), "of the future"),
            (String::new(), "none"),
            ("12345".to_owned(), "five digits"),
        ] {
            let refused = form.clone().forge("code", &code).submit();
            assert_eq!(refused.status, 422, "{why}: {refused}");
            assert!(refused.has(".err") && offered(&refused) == secret, "what was scanned stays good: {why}");
        }
        assert_eq!(world.last_audit().refusal, "new-code-wrong");
        for forged in ["", "x", &"0".repeat(33)] {
            let refused = form.clone().forge("offer", forged).forge("code", "123456").submit();
            assert_eq!(refused.status, 422, "{refused}");
        }
        assert_eq!(world.number("select failures from authenticators where staff_id = 1"), 0, "no guess at the lost one");
        assert_eq!(form.set("code", &code_of(world, &secret)).submit().status, 303);
    }

    fn what_is_offered_is_known_to_no_one_else(world) {
        let mina = world.signed_in("mina");
        let codes = renew(world, &mina, "mina");
        let lost = world.browser();
        lost.give_password("mina");
        let older = lost.fork();
        assert_eq!(recover(&lost, "mina", &codes[0]), 303);
        let secret = offered(&lost.get(PAGE));
        assert_ne!(secret, offered(&lost.fork().get(PAGE)), "a copy of the very cookie is offered another one");
        assert_ne!(secret, offered(&mina.get("/account?panel=authenticator")));
        assert_eq!(older.get(PAGE).location(), Some("/login?notice=restart"), "the token of the password is over");
    }

    fn two_tabs_at_once_replace_it_once(world) {
        let lost = recovering(world, "mina");
        let forms: Vec<Form> = (0..6)
            .map(|_| {
                let page = lost.get(PAGE);
                let code = code_of(world, &offered(&page));
                page.form_to(PAGE).set("code", &code)
            })
            .collect();
        let answers = submit_at_once(&forms);
        let done = answers.iter().filter(|page| page.location() == Some("/account?done=authenticator")).count();
        assert_eq!(done, 1, "{answers:?}");
        assert!(answers.iter().all(|page| page.status == 303), "{answers:?}");
        let replaced = "select count(*) from audit where action = 'account.recover-authenticator' and outcome = 'applied'";
        assert_eq!(world.number(replaced), 1);
        let open = "select count(*) from sessions where staff_id = (select id from staff where email = 'mina@ingam.test')";
        assert_eq!(world.number(open), 1);
        assert_sound(world);
    }

    fn a_quarter_of_an_hour_after_the_recovery_code_it_is_over(world) {
        let lost = recovering(world, "mina");
        let page = lost.get(PAGE);
        world.clock.advance(Duration::from_secs(14 * 60 + 59));
        let page_later = lost.get(PAGE);
        assert_eq!(page_later.status, 200, "{page_later}");
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(lost.get(PAGE).location(), Some("/login?notice=restart"), "looking at it does not prolong it");
        let before = made(world);
        for page in [page, page_later] {
            let late = page.form_to(PAGE).set("code", &code_of(world, &offered(&page))).submit();
            assert_eq!(late.location(), Some("/login?notice=restart"), "{late}");
        }
        assert_eq!(made(world), before);
        assert!(!is_in(&lost));
    }

    fn where_sessions_are_idle_for_less_it_is_over_earlier(world) {
        let server = world.another(|config| config.session_idle = chrono::TimeDelta::minutes(5)).unwrap();
        let lost = recovering(world, "mina").at(server.address);
        assert_eq!(lost.get(PAGE).status, 200);
        world.clock.advance(Duration::from_mins(5));
        assert_eq!(lost.get(PAGE).location(), Some("/login?notice=restart"));
    }

    fn a_person_disabled_or_limited_meanwhile_replaces_nothing(world) {
        let lost = recovering(world, "mina");
        let page = lost.get(PAGE);
        let form = page.form_to(PAGE).set("code", &code_of(world, &offered(&page)));
        let before = made(world);
        let set = |sql: &str| {
            world.database().tamper(&format!("update staff set {sql} where email = 'mina@ingam.test'")).unwrap();
        };
        set("networks = '10.0.0.0/8'");
        assert_eq!((form.submit().status, lost.get(PAGE).status), (403, 403));
        assert_eq!(world.last_audit().refusal, "network");
        set("networks = '', active = false");
        for page in [form.submit(), lost.get(PAGE), lost.get("/")] {
            assert!(page.location().unwrap_or_default().starts_with("/login?notice="), "{page}");
        }
        assert_eq!(made(world), before);
        set("active = true");
        // An owner who resets the second factor ends it too.
        let reset = world.command(&["staff", "reset-second-factor", "mina@ingam.test", "--reason", "Lost the phone, ticket 7"]).output().unwrap();
        assert!(reset.status.success(), "{}", String::from_utf8_lossy(&reset.stderr));
        assert_eq!(form.submit().location(), Some("/login?notice=restart"));
    }

    fn who_finds_the_phone_again_signs_out_and_in(world) {
        let lost = recovering(world, "mina");
        assert_eq!(lost.get(PAGE).form_to(PAGE).forge("csrf", "x").forge("code", "123456").submit().status, 403, "forged");
        let done = lost.get(PAGE).form_to("/logout").submit();
        assert_eq!((done.status, done.location()), (303, Some("/login?notice=signed-out")), "{done}");
        assert_eq!(lost.get(PAGE).location(), Some("/login?notice=restart"));
        lost.sign_in("mina");
        assert!(is_in(&lost));
    }

    fn a_locked_authenticator_is_replaced_with_a_recovery_code(world) {
        let lost = recovering(world, "mina");
        world.database().tamper("update authenticators set locked = true, failures = 10 where staff_id = 1").unwrap();
        let (_, secret) = replace(world, &lost);
        world.clock.advance(Duration::from_secs(30));
        assert_eq!(sign_in(world, &code_of(world, &secret)), 303);
    }
}
