//! What a person is told who is not let in: always the same.

use crate::kit::{Page, World, on_both, try_password};

/// A text without what is different each time: every run of 16 and more hexadecimal digits.
fn without_tokens(text: &str) -> String {
    let mut plain = String::new();
    let mut run = String::new();
    for c in text.chars().chain([' ']) {
        if matches!(c, '0'..='9' | 'a'..='f') {
            run.push(c);
            continue;
        }
        plain.push_str(if run.len() >= 16 { "*" } else { &run });
        run.clear();
        plain.push(c);
    }
    plain
}

/// Everything of an answer but what is different each time.
fn shape(page: &Page, email: &str) -> (u16, Vec<(String, String)>, String, usize) {
    let mut headers: Vec<_> = page
        .headers
        .iter()
        .filter(|(name, _)| name != "date")
        .map(|(name, value)| {
            (name.clone(), if name == "content-length" { String::new() } else { without_tokens(value) })
        })
        .collect();
    headers.sort();
    let text = page.text();
    assert!(text.contains(email), "the page shows what was typed");
    (page.status, headers, without_tokens(&text.replace(email, "someone")), text.replace(email, "").len())
}

fn last_refusal(world: &World) -> (String, String) {
    let row = world.last_audit();
    (row.action, row.refusal)
}

on_both! {
    fn wrong_unknown_disabled_and_not_yet_set_up_are_one_answer(world) {
        world
            .database()
            .tamper(
                "update staff set active = false where email = 'jun@ingam.test';
             insert into staff (id, email, name, roles, time_zone, created_at)
             values (77, 'invited@ingam.test', 'Invited', 'operator', 'UTC', '2026-01-01T00:00:00.000000Z')",
            )
            .unwrap();
        let wrong = try_password(&world.browser(), "mina@ingam.test", "not the password");
        let shape_of_wrong = shape(&wrong, "mina@ingam.test");
        assert_eq!(wrong.status, 422);
        assert_eq!(last_refusal(world), ("session.password".to_owned(), "sign-in-wrong".to_owned()));
        for (email, password) in [
            ("nobody@ingam.test", "not the password"),
            ("jun@ingam.test", "three lamps at dawn"),
            ("invited@ingam.test", "not the password"),
            ("not an address", "not the password"),
            ("MINA@ingam.test", "quiet river stone"),
            ("sora@ingam.test", "No page left unread"),
            ("hana@ingam.test", "another pair of eyes "),
        ] {
            let page = try_password(&world.browser(), email, password);
            assert_eq!(shape(&page, email), shape_of_wrong, "{email}");
            assert_eq!(last_refusal(world), ("session.password".to_owned(), "sign-in-wrong".to_owned()), "{email}");
        }
        assert_eq!(world.number("select count(*) from sessions"), 0);
    }

    fn the_password_alone_opens_nothing_but_the_page_that_asks_for_the_code(world) {
        let mina = world.browser();
        let asked = mina.give_password("mina");
        assert_eq!(asked.status, 200);
        for path in ["/", "/account", "/users", "/users/1", "/audit"] {
            let page = mina.get(path);
            assert_eq!((page.status, page.location()), (303, Some("/login?notice=ended")), "{path}");
        }
        assert_eq!(asked.form_with("code").set("code", &world.wrong_code("mina")).submit().status, 422);
        assert_eq!(mina.get("/users").status, 303);
        let signed_in = mina.get("/login/code").form_with("code").set("code", &world.code("mina")).submit();
        assert_eq!((signed_in.status, signed_in.location()), (303, Some("/users")), "what was wanted last");
        assert_eq!(mina.get("/users").status, 200);
        let log: Vec<_> = world
            .audit()
            .iter()
            .rev()
            .take(3)
            .map(|row| (row.action.clone(), row.outcome.clone(), row.refusal.clone()))
            .collect();
        let log: Vec<_> = log.iter().map(|(a, o, r)| (a.as_str(), o.as_str(), r.as_str())).collect();
        assert_eq!(
            log,
            [
                ("session.start", "applied", ""),
                ("session.start", "refused", "code-wrong"),
                ("session.password", "applied", ""),
            ]
        );
    }

    fn a_code_page_without_a_password_leads_back_to_the_beginning(world) {
        let nobody = world.browser();
        let page = nobody.get("/login/code");
        assert_eq!((page.status, page.location()), (303, Some("/login?notice=restart")));
        // Five minutes are enough to take a phone out of a pocket.
        let mina = world.browser();
        let form = mina.give_password("mina").form_with("code");
        world.clock.advance(std::time::Duration::from_mins(5));
        let page = form.set("code", &world.code("mina")).submit();
        assert_eq!((page.status, page.location()), (303, Some("/login?notice=restart")));
        assert_eq!(mina.get("/").status, 303);
    }

    fn an_e_mail_is_read_without_care_for_case_and_spaces_and_a_password_byte_for_byte(world) {
        let page = try_password(&world.browser(), "  Mina@INGAM.test ", "quiet river stones");
        assert_eq!((page.status, page.location()), (303, Some("/login/code")));
        for password in ["Quiet river stones", "quiet river stones ", " quiet river stones", "quiet  river stones"] {
            assert_eq!(try_password(&world.browser(), "mina@ingam.test", password).status, 422, "{password:?}");
        }
    }

    fn empty_fields_and_endless_passwords_are_refused_without_a_look(world) {
        let before = world.audit_size();
        for (email, password) in
            [("", "x"), ("mina@ingam.test", ""), ("", ""), ("mina@ingam.test", "x".repeat(1025).as_str())]
        {
            let page = try_password(&world.browser(), email, password);
            assert_eq!(page.status, 422, "{page}");
            assert!(page.has(".err"), "{page}");
            assert!(!page.text().contains(&"x".repeat(1025)), "a password never comes back");
        }
        assert_eq!(world.audit_size(), before);
    }

    fn what_is_typed_into_the_wrong_field_is_in_no_table(world) {
        try_password(&world.browser(), "my secret password", "mina@ingam.test");
        assert!(!crate::sign_in::secrets::dump(world).contains("my secret password"));
    }
}
