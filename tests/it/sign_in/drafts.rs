//! Forms that outlive their session: sent after it ended, or after signing in again.

use crate::kit::{Browser, Form, PEOPLE, Page, Person, World, addition, forms, on_both, points, sample_runs};
use std::time::Duration;

/// What no form keeps.
const SECRETS: [&str; 10] =
    ["way_code", "csrf", "code", "key", "current", "new", "new_again", "new_code", "password", "password_again"];

fn end_sessions(world: &World) {
    world.clock.advance(Duration::from_mins(16));
}

/// Whose form it is, by the menu of their pages; `None` before signing in.
fn owner_of(browser: &Browser) -> Option<Person> {
    let page = browser.get("/account");
    (page.status == 200).then(|| {
        let menu = page.says("#me");
        *PEOPLE.iter().find(|person| menu.contains(person.email)).unwrap()
    })
}

fn sign_in_again(browser: &Browser, who: &str) -> Page {
    let page = browser.sign_in(who);
    assert_eq!(page.status, 200, "{page}");
    page
}

/// The form of this address on a page.
fn form_on(page: &Page, action: &str) -> Form {
    page.find_form(&format!("main form[action=\"{action}\"]")).unwrap_or_else(|| panic!("no form {action} on {page}"))
}

fn holds_the_same(page: &Page, sent: &Form) {
    let again = form_on(page, sent.action());
    for (name, value) in sent.fields().iter().filter(|(name, _)| !SECRETS.contains(&name.as_str())) {
        // Another number offers another authenticator.
        if name != "offer" {
            assert_eq!(again.value(name).unwrap_or_default(), value, "{name} of {}: {page}", sent.action());
        }
    }
    assert_eq!(again.value("code").unwrap_or_default(), "", "{page}");
    assert!(!page.text().contains("987654"), "a code comes back: {page}");
}

fn forged(world: &World) -> i64 {
    world.number("select count(*) from audit where refusal = 'forgery'")
}

/// Forms that make a change and are on a page of a signed-in person.
fn changing(forms: Vec<(Browser, Form)>) -> Vec<(Browser, Form, Person)> {
    let is_other = |action: &str| {
        let is_question = action.ends_with("/preview") || action.ends_with("/searches");
        // Whether more may be looked at is another question in the next hour.
        is_question || action.starts_with("/looks/") || matches!(action, "/logout" | "/session")
    };
    let forms = forms.into_iter().filter(|(_, form)| !is_other(form.action()));
    forms.filter_map(|(browser, form)| owner_of(&browser).map(|person| (browser, form, person))).collect()
}

on_both! {
    fn every_form_of_an_ended_session_is_there_again_as_it_was_typed(world) {
        let forms = changing(forms(world));
        assert!(forms.len() > 30, "{}", forms.len());
        end_sessions(world);
        let before = forged(world);
        for (browser, form, person) in forms {
            let browser = browser.fork();
            let form = if form.value("code").is_some() { form.set("code", "987654") } else { form };
            let sent = |browser: &Browser| Form::bare(browser, form.action(), form.fields());
            let rows = world.audit_size();
            let page = sent(&browser).submit();
            let action = form.action();
            assert_eq!((page.status, page.location()), (303, Some("/login?notice=ended")), "{action}: {page}");
            assert_eq!(world.audit_size(), rows, "{action}");
            let login = page.follow().says("main");
            assert!(login.contains("is kept for an hour"), "{action}: {login}");
            let page = sign_in_again(&browser, person.email);
            assert!(!page.path.contains("draft"), "{}", page.path);
            // Preferences are to be chosen again, and a session that is to be ended has ended like all others.
            let is_gone = action.starts_with("/account/sessions/") && action != "/account/sessions/revocation";
            if action != "/account/preferences" && !is_gone {
                holds_the_same(&page, &form);
            }
            let says = page.says("main");
            assert!(says.contains("our session had ended"), "{action}: {says}");
            // The old form, from another tab: it is the person's own.
            let page = sent(&browser).submit();
            assert_eq!(page.status, 409, "{action}: {page}");
            let row = world.last_audit();
            assert_eq!((row.action.as_str(), row.refusal.as_str()), ("request.refused", "form-expired"), "{action}");
            assert_eq!(row.email, person.email);
            if is_gone {
                assert!(page.says("main").contains("from before your last sign-in"), "{page}");
            } else {
                holds_the_same(&page, &form);
                assert_ne!(form_on(&page, action).value("csrf"), form.value("csrf"), "{action}");
            }
        }
        assert_eq!(forged(world), before);
    }

    fn a_search_of_an_ended_session_is_in_the_box_again_and_in_no_address(world) {
        for (who, page, action) in [
            ("mina", "/users", "/users/searches"), ("mina", "/orders", "/orders/searches"), ("jun", "/searches", "/searches"),
        ] {
            let browser = world.signed_in(who);
            let form = browser.get(page).form_to(action).set("q", "seoyeon.k@naver.com");
            end_sessions(world);
            let sent = form.submit();
            assert_eq!((sent.status, sent.location()), (303, Some("/login?notice=ended")), "{action}: {sent}");
            let page = sign_in_again(&browser, who);
            assert_eq!(page.path, "/searches", "{action}");
            assert_eq!(page.attributes("#term", "value"), ["seoyeon.k@naver.com"], "{action}: {page}");
            assert!(page.says("#term-error").contains("sign-in"), "{action}: {page}");
            assert_eq!(world.number("select count(*) from drafts"), 0, "it is shown once");
        }
        // Another person who signs in there sees nothing of it.
        let mina = world.signed_in("mina");
        let form = mina.get("/users").form_to("/users/searches").set("q", "010-4821-4821");
        end_sessions(world);
        form.submit();
        let page = sign_in_again(&mina, "hana");
        assert!(!page.text().contains("4821"), "{page}");
        assert!(!mina.get("/searches").text().contains("4821"));
    }

    fn a_list_that_is_filtered_after_its_session_ended_is_there_with_its_filter_after_signing_in(world) {
        for (who, list) in [
            ("mina", "/users?status=suspended"),
            ("mina", "/orders?state=delivered&from=2026-01-01&sort=total"),
            ("sora", "/audit?action=points.adjust&outcome=refused&q=%EB%B0%B0%EC%86%A1"),
            ("sora", &format!("/audit?q={}", "%EA%B0%80".repeat(200))),
            ("sora", "/access-records?what=contact"),
            ("jun", "/runs?job=nightly&show=lost"),
            ("owner", "/staff?role=approver&state=active"),
        ] {
            let browser = world.signed_in(who);
            end_sessions(world);
            let sent = browser.get(list);
            assert_eq!((sent.status, sent.location()), (303, Some("/login?notice=ended")), "{list}: {sent}");
            let page = sign_in_again(&browser, who);
            assert_eq!(page.path, list);
        }
    }

    fn a_form_that_is_there_again_needs_one_code_and_is_not_kept_any_longer(world) {
        let mina = world.signed_in("mina");
        let form = addition(&mina, 1, "7").set("code", &world.code("mina"));
        end_sessions(world);
        assert_eq!(form.submit().status, 303);
        assert_eq!((points(world, 1), world.number("select count(*) from drafts")), (12_450, 1));
        let again = sign_in_again(&mina, "mina").form_to("/point-adjustments");
        let done = again.set("code", &world.code("mina")).submit();
        assert!(done.location().unwrap().starts_with("/users/1?sealed="), "{done}");
        assert_eq!((points(world, 1), world.number("select count(*) from drafts")), (12_457, 0));
        assert_eq!(mina.get("/users/1?panel=points").form_to("/point-adjustments").value("amount"), Some(""));
    }

    fn an_old_form_that_comes_back_needs_one_code(world) {
        let mina = world.signed_in("mina");
        let form = addition(&mina, 1, "7");
        end_sessions(world);
        mina.sign_in("mina");
        let page = form.set("code", &world.code("mina")).submit();
        assert_eq!((page.status, points(world, 1)), (409, 12_450), "{page}");
        assert!(page.says("#panel").contains("from before your last sign-in"), "{page}");
        let done = page.form_to("/point-adjustments").set("code", &world.code("mina")).submit();
        assert_eq!((done.status, points(world, 1)), (303, 12_457), "{done}");
    }

    fn another_person_in_the_same_browser_sees_nothing_of_it(world) {
        let mina = world.signed_in("mina");
        let form = addition(&mina, 1, "7").set("code", &world.code("mina"));
        end_sessions(world);
        form.submit();
        let page = sign_in_again(&mina, "hana");
        assert_eq!(page.path, "/");
        let page = mina.get("/users/1?panel=points");
        assert!(!page.text().contains("ticket CS-1"), "{page}");
        // The old form is not theirs.
        world.database().tamper("update staff set roles = 'operator' where email = 'hana@ingam.test'").unwrap();
        let page = form.submit();
        assert_eq!((page.status, world.last_audit().refusal.as_str()), (403, "forgery"), "{page}");
        assert!(!page.text().contains("ticket CS-1"), "{page}");
        // Its person has it in another browser too.
        let other = world.signed_in("mina");
        let again = other.get("/users/1?panel=points").form_to("/point-adjustments");
        assert_eq!(again.value("amount"), Some("7"));
        let empty = other.get("/users/1?panel=points&draft=none").form_to("/point-adjustments");
        assert_eq!(empty.value("amount"), Some(""));
    }

    fn what_is_kept_is_encrypted_and_bounded_and_shown_for_an_hour(world) {
        let mina = world.signed_in("mina");
        let own: Vec<_> = (1..6)
            .flat_map(|user| {
                let note = mina.get(&format!("/users/{user}?panel=note")).form_to("/notes");
                let status = mina.get(&format!("/users/{user}?panel=status")).form_to("/status");
                [note.set("text", "Call after 6 pm"), status]
            })
            .map(|form| form.set("reason", "She asked for it").set("code", "987654"))
            .collect();
        end_sessions(world);
        for form in &own {
            assert_eq!(form.submit().status, 303);
            world.clock.advance(Duration::from_secs(1));
        }
        assert_eq!(own.len(), 10);
        assert_eq!(world.number("select count(*) from drafts"), 8, "of one person");
        for row in world.rows("select form, sealed from drafts") {
            let sealed = row[1].clone().unwrap();
            for secret in ["Call after", "She asked", "987654"] {
                assert!(!sealed.contains(&hex::encode(secret)) && !sealed.contains(secret), "{sealed}");
            }
        }
        // One that is sent again takes the place of the one before.
        own[9].clone().set("reason", "She asked for it twice").submit();
        assert_eq!(world.number("select count(*) from drafts"), 8);
        mina.sign_in("mina");
        let status = "/users/5?panel=status";
        assert_eq!(mina.get(status).form_to("/status").value("reason"), Some("She asked for it twice"));
        world.clock.advance(Duration::from_mins(10));
        assert_eq!(mina.get("/").status, 200);
        for _ in 0..5 {
            world.clock.advance(Duration::from_mins(10));
            assert_eq!(mina.get("/").status, 200);
        }
        assert_eq!(mina.get(status).form_to("/status").value("reason"), Some(""));
        // Nothing that was typed is in the address or in a cookie.
        assert!(!format!("{:?}", mina.cookies()).contains("asked"));
    }

    fn a_form_with_two_hundred_lines_is_there_again(world) {
        let lines: Vec<String> =
            (2..=200).map(|n| format!("(3, {n}, 'UM-{n}', 'Umbrella', null, 1, 0)")).collect();
        let lines = lines.join(", ");
        world
            .database()
            .tamper(&format!(
                "insert into order_lines (order_id, n, sku, title, variant, quantity, unit_price) values {lines};
                 update orders set state = 'paid', paid_at = '2026-03-01T03:01:00.000000Z' where id = 3;
                 insert into payments (id, order_id, method, label, reference, captured, captured_at) values
                   (30, 3, 'card', '1111', '30000030', 13000, '2026-03-01T03:01:00.000000Z')"
            ))
            .unwrap();
        let mina = world.signed_in("mina");
        let mut form = mina.get("/orders/3?panel=refund").form_to("/refunds").set("reason", "All of them broken");
        for n in 1..=200 {
            form = form.set(&format!("units-{n}"), "1");
        }
        end_sessions(world);
        assert_eq!(form.submit().status, 303);
        holds_the_same(&sign_in_again(&mina, "mina"), &form);
    }

    fn signed_out_in_another_tab_or_by_an_owner_loses_nothing_either(world) {
        let mina = world.signed_in("mina");
        let form = addition(&mina, 1, "7");
        mina.get("/").form_to("/logout").submit();
        assert!(!mina.cookies().contains_key("ingam-session"));
        assert_eq!(form.submit().location(), Some("/login"));
        holds_the_same(&sign_in_again(&mina, "mina"), &form);
        let form = addition(&mina, 2, "9");
        let id = world.number("select id from staff where email = 'mina@ingam.test'");
        let end = world.signed_in("owner").get(&format!("/staff/{id}?panel=sessions")).form("form.seal");
        let ended = end.set("reason", "Left it on a train").set("code", &world.code("owner")).submit();
        assert_eq!(ended.status, 303, "{ended}");
        assert_eq!(form.submit().location(), Some("/login?notice=ended"));
        holds_the_same(&sign_in_again(&mina, "mina"), &form);
    }

    fn htmx_is_led_to_sign_in_and_back_too(world) {
        let mina = world.signed_in("mina");
        let form = addition(&mina, 1, "7");
        end_sessions(world);
        let sent = form.request().htmx().send();
        assert_eq!((sent.status, sent.header("hx-redirect")), (200, Some("/login?notice=ended")), "{sent}");
        let page = sign_in_again(&mina, "mina");
        assert_eq!(page.path, "/users/1?panel=points");
        holds_the_same(&page, &form);
        end_sessions(world);
        let opened = mina.request("GET", "/users/2").htmx().send();
        assert_eq!(opened.header("hx-redirect"), Some("/login?notice=ended"), "{opened}");
        assert_eq!(sign_in_again(&mina, "mina").path, "/users/2");
    }

    fn what_a_page_asks_by_itself_under_an_ended_session_leads_nowhere(world) {
        sample_runs(world);
        let mina = world.signed_in("mina");
        let preview = addition(&mina, 1, "7").to("/users/1/point-adjustments/preview");
        end_sessions(world);
        assert_eq!(mina.get("/users/3").status, 303);
        for path in ["/runs/1/live", "/runs/1/log", "/orders/1/refunds"] {
            let page = mina.request("GET", path).htmx().send();
            assert_eq!((page.status, page.header("ingam-session")), (204, Some("over")), "{path}: {page}");
            assert!(page.header("hx-redirect").is_none() && page.header("set-cookie").is_none(), "{path}");
        }
        let page = preview.request().htmx().send();
        assert_eq!((page.status, page.header("ingam-session"), page.header("set-cookie")), (204, Some("over"), None));
        assert_eq!(world.number("select count(*) from drafts"), 0);
        // The page that was wanted before is still the one.
        assert_eq!(sign_in_again(&mina, "mina").path, "/users/3");
    }

    fn a_sign_in_page_that_was_left_open_works_on_the_second_press(world) {
        let mina = world.browser();
        let form = mina.get("/login").form_with("password").set("email", "mina@ingam.test");
        let form = form.set("password", Person::called("mina").password);
        // The browser was closed over night and forgot its cookies.
        mina.forget_cookies();
        let page = form.submit();
        assert_eq!(page.status, 403, "{page}");
        assert!(page.says("main").contains("opened too long ago"), "{page}");
        let again = page.form_with("password");
        assert_eq!((again.value("email"), again.value("password")), (Some("mina@ingam.test"), Some("")));
        let code = again.set("password", Person::called("mina").password).submit();
        assert_eq!(code.location(), Some("/login/code"), "{code}");
        // The page for the code waits longer than the password counts.
        let code = code.follow().form_with("code").set("code", &world.code("mina"));
        world.clock.advance(Duration::from_mins(6));
        let page = code.submit();
        assert_eq!(page.location(), Some("/login?notice=restart"), "{page}");
        assert!(page.follow().says("main").contains("took too long"));
        let row = world.last_audit();
        assert_ne!(row.refusal, "forgery");
        // Signed in in one tab, and the form of another is sent.
        let form = mina.get("/login").form_with("password").set("email", "mina@ingam.test").set("password", "x");
        mina.sign_in("mina");
        assert_eq!(form.submit().location(), Some("/"));
        assert_ne!(world.last_audit().refusal, "forgery");
    }

    fn a_token_of_another_person_or_of_another_browser_is_forged(world) {
        let (mina, jun) = (world.signed_in("mina"), world.signed_in("jun"));
        let form = addition(&mina, 1, "7").set("code", "987654");
        let theirs = jun.get("/account").form_with("csrf").value("csrf").unwrap().to_owned();
        let elsewhere = world.signed_in("mina").get("/account").form_with("csrf").value("csrf").unwrap().to_owned();
        for token in [theirs.as_str(), &elsewhere, "", "1.x.y"] {
            let page = form.clone().forge("csrf", token).submit();
            assert_eq!((page.status, world.last_audit().refusal.as_str()), (403, "forgery"), "{token}: {page}");
        }
        end_sessions(world);
        let drafts = || world.number("select count(*) from drafts");
        for token in ["", "x", &theirs.replacen('.', "9.", 1)] {
            assert_eq!(form.clone().forge("csrf", token).submit().status, 303);
            assert_eq!(drafts(), 0, "{token}");
        }
        assert!(!mina.cookies().contains_key("ingam-wanted"));
        let too_long = form.clone().forge("reason", &"x".repeat(161 * 1024)).submit();
        assert_eq!((too_long.status, drafts()), (303, 0), "{too_long}");
    }

    fn a_disabled_person_has_no_drafts(world) {
        let mina = world.signed_in("mina");
        let form = addition(&mina, 1, "7");
        world.database().tamper("update staff set active = false where email = 'mina@ingam.test'").unwrap();
        assert_eq!(form.submit().status, 303);
        assert_eq!(world.number("select count(*) from drafts"), 0);
    }
}
