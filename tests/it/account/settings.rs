//! Looking after one's own account: password, authenticator, language, time zone and theme.

use crate::{
    kit::{Browser, Form, World, is_in, on_both, totp, try_password},
    sign_in::setup::{code_of, offered},
};

const OLD: &str = "quiet river stones";
const NEW: &str = "seven boats going home";

fn password_form(browser: &Browser, current: &str, new: &str) -> Form {
    browser
        .get("/account?panel=password")
        .form_to("/account/password")
        .set("current", current)
        .set("new", new)
        .set("new_again", new)
}

fn hash(world: &World) -> String {
    world.database().value("select password_hash from staff where email = 'mina@ingam.test'")
}

on_both! {
    fn a_new_password_replaces_the_old_one_and_ends_the_other_sessions(world) {
        let (here, there) = (world.signed_in("mina"), world.signed_in("mina"));
        let sora = world.signed_in("sora");
        let done = password_form(&here, OLD, NEW).set("code", &world.code("mina")).submit();
        assert_eq!((done.status, done.location()), (303, Some("/account?done=password")), "{done}");
        assert!(is_in(&here) && !is_in(&there) && is_in(&sora));
        assert_eq!(try_password(&world.browser(), "mina@ingam.test", OLD).status, 422);
        assert_eq!(try_password(&world.browser(), "mina@ingam.test", NEW).status, 303);
        let row = world.audit().into_iter().rfind(|row| row.action == "account.password").unwrap();
        assert_eq!((row.outcome.as_str(), row.email.as_str()), ("applied", "mina@ingam.test"));
        let row = format!("{row:?}");
        assert!(!row.contains(NEW) && !row.contains("argon2"), "{row}");
    }

    fn a_password_changes_only_with_the_current_one_and_a_code(world) {
        let mina = world.signed_in("mina");
        let before = hash(world);
        let form = |current: &str, new: &str| password_form(&mina, current, new);
        let code = world.code("mina");
        for (refused, why) in [
            (form("not my password", NEW).set("code", &code), "wrong current"),
            (form(OLD, NEW), "no code"),
            (form(OLD, NEW).set("code", &world.wrong_code("mina")), "wrong code"),
            (form("", NEW).set("code", &code), "no current"),
            (form(OLD, "").set("code", &code), "no new"),
            (form(OLD, "too short").set("code", &code), "short"),
            (form(OLD, "password1234").set("code", &code), "common"),
            (form(OLD, "mina@ingam.test").set("code", &code), "own e-mail"),
            (form(OLD, OLD).set("code", &code), "the same"),
            (form(OLD, NEW).set("new_again", "seven boats").set("code", &code), "not repeated"),
        ] {
            let page = refused.submit();
            assert_eq!(page.status, 422, "{why}: {page}");
            assert!(page.has(".err") || page.has("[role=alert]"), "{why}: {page}");
            for password in [OLD, NEW] {
                assert!(
                    !page.attributes("input[type=password]", "value").iter().any(|value| value == password),
                    "{why}"
                );
            }
        }
        assert_eq!(hash(world), before);
        // None of these mistakes cost the code.
        assert_eq!(form(OLD, NEW).set("code", &code).submit().status, 303);
        assert_ne!(hash(world), before);
    }

    fn guessing_the_current_password_is_slowed_down_as_at_the_door(world) {
        let mina = world.signed_in("mina");
        // A wrong password does not cost the code, so it is the same one every time.
        let code = world.code("mina");
        let statuses: Vec<u16> = (0..6)
            .map(|n| password_form(&mina, &format!("guess number {n}"), NEW).set("code", &code).submit().status)
            .collect();
        assert_eq!(statuses[..5], [422; 5]);
        assert_eq!(statuses[5], 429);
        assert_eq!(try_password(&world.browser(), "mina@ingam.test", OLD).status, 429, "and at the door itself");
    }

    fn a_new_authenticator_takes_a_code_of_each_and_the_old_one_is_dead(world) {
        let (here, there) = (world.signed_in("mina"), world.signed_in("mina"));
        let old = crate::kit::Person::called("mina").secret;
        let page = here.get("/account?panel=authenticator");
        let secret = offered(&page);
        assert_ne!(secret, old.to_vec());
        let code = world.code("mina");
        let form = page.form_to("/account/authenticator");
        for (old_code, new_code) in [
            (code.as_str(), ""),
            (code.as_str(), code.as_str()),
            (&code_of(world, &secret), &code_of(world, &secret)),
            ("", &code_of(world, &secret)),
            (&world.wrong_code("mina"), &code_of(world, &secret)),
        ] {
            let refused = form.clone().forge("code", old_code).forge("new_code", new_code).submit();
            assert_eq!(refused.status, 422, "{refused}");
            assert_eq!(offered(&refused), secret, "what was scanned stays good");
        }
        // A wrong code or two were counted; the right one is still taken.
        let done = form.set("code", &code).set("new_code", &code_of(world, &secret)).submit();
        assert_eq!((done.status, done.location()), (303, Some("/account?done=authenticator")), "{done}");
        assert!(is_in(&here) && !is_in(&there));

        let sign_in = |code: &str| {
            let browser = world.browser();
            browser.give_password("mina").form_with("code").set("code", code).submit().status
        };
        world.clock.advance(std::time::Duration::from_secs(30));
        assert_eq!(sign_in(&totp(&old, world.clock.now().unix() / 30)), 422, "the old secret is dead");
        assert_eq!(
            sign_in(&totp(&secret, world.clock.now().unix() / 30 - 1)),
            422,
            "the code that proved the new one is used up"
        );
        assert_eq!(sign_in(&code_of(world, &secret)), 303);
        assert_ne!(offered(&here.get("/account?panel=authenticator")), secret, "the next one is another one");
    }

    fn who_holds_a_copied_cookie_is_offered_another_authenticator_than_its_owner(world) {
        let (one, two) = (world.signed_in("mina"), world.signed_in("mina"));
        let secret = |browser: &Browser| offered(&browser.get("/account?panel=authenticator"));
        let mine = one.get("/account?panel=authenticator");
        let others = [secret(&one.fork()), secret(&one), secret(&two)];
        assert!(others.iter().all(|other| *other != offered(&mine)), "{mine}");
        let form = mine.form_to("/account/authenticator").set("code", &world.code("mina"));
        // Neither does it help to make the number up that the secret follows from.
        for forged in ["", "0", &"0".repeat(33), &"G".repeat(32)] {
            let page = form.clone().forge("offer", forged).set("new_code", "123456").submit();
            assert_eq!(page.status, 422, "{forged}: {page}");
            assert_eq!(world.last_audit().refusal, "form-malformed fault=forged-value", "{forged}");
        }
        assert_eq!(form.clone().set("new_code", &code_of(world, &others[0])).submit().status, 422);
        assert_eq!(form.set("new_code", &code_of(world, &offered(&mine))).submit().status, 303);
    }

    fn language_zone_and_theme_are_remembered(world) {
        let mina = world.signed_in("mina");
        let form = mina.get("/account").form("#preferences form");
        let done = form.set("lang", "ko").set("time_zone", "America/New_York").set("theme", "dark").submit();
        assert_eq!((done.status, done.location()), (303, Some("/account")), "{done}");
        let page = mina.get("/users/1");
        assert_eq!(
            (page.attributes("html", "lang"), page.attributes("html", "data-theme")),
            (vec!["ko".to_owned()], vec!["dark".to_owned()])
        );
        // 2025-12-01T03:00Z is the evening before in New York.
        assert!(page.text().contains("2025-11-30"), "{page}");
        let row = world.audit().into_iter().rfind(|row| row.action == "account.preferences").unwrap();
        assert_eq!((&row.after["time_zone"], &row.after["theme"]), (&"America/New_York".into(), &"dark".into()));
        // In another browser too.
        assert_eq!(world.signed_in("mina").get("/").attributes("html", "lang"), ["ko"]);
    }

    fn preferences_that_do_not_exist_are_refused(world) {
        let mina = world.signed_in("mina");
        let form = mina.get("/account").form("#preferences form");
        for (field, value) in [
            ("lang", "xx"),
            ("time_zone", "Mars/Olympus"),
            ("time_zone", "<b>"),
            ("theme", "pink"),
            ("key", ""),
            ("key", "a b"),
            ("key", &"k".repeat(65)),
        ] {
            let page = form.clone().forge(field, value).submit();
            assert_eq!(page.status, 422, "{field}={value}: {page}");
            assert!(!page.text().contains("<b>\""), "{page}");
        }
        assert_eq!(world.database().value("select theme from staff where email = 'mina@ingam.test'"), "system");
    }

    fn coming_back_stays_here(world) {
        let mina = world.signed_in("mina");
        for away in [
            "//evil.test",
            "https://evil.test",
            "https:evil.test",
            "/\\evil.test",
            "\\\\evil.test",
            "javascript:alert(1)",
            "evil.test",
            "/\r\nSet-Cookie: a=b",
            "/\t/evil.test",
            " /x",
            "/caf\u{e9}",
        ] {
            let page = mina.get("/account").form("#preferences form").forge("return", away).submit();
            assert_eq!((page.status, page.location()), (303, Some("/account?done=preferences")), "{away:?}: {page}");
        }
        let page = mina.get("/account").form("#preferences form").forge("return", "/users/1?panel=status").submit();
        assert_eq!(page.location(), Some("/users/1?panel=status"));
    }

    fn the_switches_in_the_menu_of_a_refused_form_lead_to_a_page(world) {
        let mina = world.signed_in("mina");
        for (open, action) in [
            ("/users/1?panel=points", "/point-adjustments"),
            ("/users", "/users/searches"),
            ("/account?panel=password", "/account/password"),
        ] {
            let refused = mina.get(open).form_to(action).submit();
            assert_eq!(refused.status, 422, "{refused}");
            let switched = refused.form("#me form[action=\"/account/preferences\"]").forge("lang", "en").submit();
            assert_eq!(switched.status, 303, "{switched}");
            let back = switched.follow();
            assert_eq!(back.status, 200, "{action}: {back}");
        }
    }
}
