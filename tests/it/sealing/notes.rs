//! Notes on a customer: sealed like any other change, and their text is nowhere but on the customer's page.

use crate::kit::{Browser, Form, addition, on_both};

const TEXT: &str = "Call after 6 pm only.\nThe family may answer.";

fn note(browser: &Browser, user: i64, text: &str) -> Form {
    browser
        .get(&format!("/users/{user}?panel=note"))
        .form_to("/notes")
        .set("text", text)
        .set("reason", "Asked for on the phone, ticket CS-7")
}

on_both! {
    fn a_note_is_sealed_and_shown_and_its_text_is_not_in_the_log(world) {
        let mina = world.signed_in("mina");
        let wrong = note(&mina, 1, TEXT).set("code", &world.wrong_code("mina")).submit();
        assert_eq!((wrong.status, wrong.form_to("/notes").value("text")), (422, Some(TEXT)), "{wrong}");
        let done = wrong.form_to("/notes").set("code", &world.code("mina")).submit();
        assert_eq!(done.status, 303, "{done}");
        let page = done.follow();
        assert!(page.says("#panel").contains("Note added") || page.has("#panel [data-tone=ok]"), "{page}");
        assert!(page.says("#notes").contains("The family may answer.") && page.says("#notes").contains("Mina Kang"), "{page}");
        assert_eq!(page.all("#history tbody tr").len(), 2, "the note, and the wrong code before it: {page}");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.target.as_str(), row.outcome.as_str()), ("users.note", "user/1", "applied"));
        assert_eq!(world.number("select count(*) from user_notes n join audit a on a.change_id = n.change_id"), 1);
        let told = world.rows("select cast(after as text), reason from audit order by seq desc limit 1");
        assert!(!format!("{told:?}").contains("family"), "{told:?}");
        assert!(world.rows("select body from outbox").iter().all(|row| !format!("{row:?}").contains("family")));
        assert!(!mina.get("/audit").text().contains("family"));
    }

    fn the_page_shows_the_newest_three_and_all_of_them_a_page_at_a_time(world) {
        let mina = world.signed_in("mina");
        for n in 0..25 {
            let done = note(&mina, 1, &format!("Note number {n}.")).set("code", &world.code("mina")).submit();
            assert_eq!(done.status, 303, "{done}");
            world.clock.advance(std::time::Duration::from_secs(30));
        }
        let shown = |path: &str| mina.get(path).all("#notes .text");
        assert_eq!(shown("/users/1"), ["Note number 24.", "Note number 23.", "Note number 22."]);
        let first = mina.get("/users/1?notes=all");
        assert_eq!(first.all("#notes .text").len(), 20);
        let next = first.attributes("#notes a[rel=next]", "href");
        let rest = shown(next[0].trim_end_matches("#notes"));
        assert_eq!((rest.len(), rest.last().map(String::as_str)), (5, Some("Note number 0.")));
        assert_eq!(mina.get("/users/1?notes=x").status, 400);
    }

    fn two_thousand_characters_are_taken_and_not_one_more(world) {
        let mina = world.signed_in("mina");
        for (text, status) in [
            ("👩".repeat(2_000), 303),
            ("가".repeat(2_000), 303),
            ("가".repeat(2_001), 422),
            ("  \n ".to_owned(), 422),
            ("turned \u{202e} around".to_owned(), 422),
        ] {
            let done = note(&mina, 2, &text).set("code", &world.code("mina")).submit();
            assert_eq!(done.status, status, "{done}");
            if status == 422 {
                assert!(done.has("#text-error"), "{done}");
                assert_eq!(done.form_to("/notes").value("text").map(str::trim), Some(text.trim()), "what was typed is kept");
            }
            world.clock.advance(std::time::Duration::from_secs(30));
        }
        assert_eq!(world.number("select count(*) from user_notes"), 2);
    }

    fn a_note_makes_no_open_form_out_of_date_and_is_found_by_no_search(world) {
        let mina = world.signed_in("mina");
        let open = addition(&mina, 1, "10");
        assert_eq!(note(&mina, 1, "zanzibar").set("code", &world.code("mina")).submit().status, 303);
        assert_eq!(open.set("code", &world.code("mina")).submit().status, 303);
        let found = mina.get("/users").form_to("/users/searches").set("q", "zanzibar").submit().follow();
        assert!(!found.text().contains("u_1"), "{found}");
        assert_eq!(note(&mina, 1, "Where?").set("code", &world.code("mina")).to("/users/999/notes").submit().status, 404);
        assert_eq!(world.last_audit().refusal, "user-missing");
    }

    fn a_note_stays_as_it_was_written(world) {
        let mina = world.signed_in("mina");
        assert_eq!(note(&mina, 1, TEXT).set("code", &world.code("mina")).submit().status, 303);
        for sql in [
            "update user_notes set text = 'x'",
            "delete from user_notes",
        ] {
            assert!(world.database().tamper(sql).is_err(), "{sql}");
        }
    }
}
