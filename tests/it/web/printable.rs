//! Text that others will read can be seen: reasons, notes, names, and the titles of jobs.

use crate::kit::{addition, on_both, points};

/// Shown as nothing, each of them.
const BLANK: [&str; 6] = ["\u{3164}", "\u{115f}", "\u{ffa0}", "\u{2800}", "\u{ad}", "\u{e0041}"];

on_both! {
    fn no_reason_can_be_invisible(world) {
        let mina = world.signed_in("mina");
        let before = points(world, 1);
        let code = world.code("mina");
        let parts = ["a\u{61c}bcdef", "ab\u{fe0f}cdef", "abc\u{e000}def", "abc\u{fdd0}def", "a       b", "e\u{301}\u{302}\u{303}\u{304}\u{305}"];
        let reasons = BLANK.iter().map(|blank| blank.repeat(6)).chain(parts.map(str::to_owned));
        for reason in reasons {
            let answer = addition(&mina, 1, "5").set("reason", &reason).set("code", &code).submit();
            assert_eq!(answer.status, 422, "{reason:?}: {answer}");
            assert!(answer.has("#reason-error"), "{reason:?}: {answer}");
            let reveal = mina.get("/users/1?panel=contact").form_to("/contact").set("reason", &reason).submit();
            assert_eq!(reveal.status, 422, "{reason:?}: {reveal}");
        }
        assert_eq!(points(world, 1), before);
        // Two short words are a reason, and a text from a Mac is the same text.
        let done = addition(&mina, 1, "5").set("reason", "\u{1100}\u{1169}\u{1100}\u{1162}\u{11a8} 요청").set("code", &code).submit();
        assert_eq!(done.status, 303, "{done}");
        assert_eq!(world.last_audit().reason, "고객 요청");
    }

    fn no_note_can_be_invisible(world) {
        let mina = world.signed_in("mina");
        for blank in BLANK {
            let form = mina.get("/users/1?panel=note").form_to("/users/1/notes");
            let answer = form.set("text", &blank.repeat(6)).set("code", &world.code("mina")).submit();
            assert_eq!(answer.status, 422, "{blank:?}: {answer}");
        }
        assert_eq!(world.number("select count(*) from user_notes"), 0);
    }

    fn no_two_people_have_names_that_only_look_alike(world) {
        let owner = world.signed_in("owner");
        let invite = |name: &str, email: &str| {
            owner
                .get("/staff?panel=invite")
                .form_with("email")
                .set("email", email)
                .set("name", name)
                .set("role-operator", "yes")
                .set("reason", "Joins the team")
                .set("code", &world.code("owner"))
                .submit()
        };
        // With a filler, in Cyrillic letters, in other case.
        for name in ["Mina Kang\u{3164}", "Мina Kаng", "mina kang"] {
            let answer = invite(name, "other@ingam.test");
            assert_eq!(answer.status, 422, "{name:?}: {answer}");
            assert!(answer.has("#name-error"), "{name:?}: {answer}");
        }
        // Two people may well have one name; the address tells them apart.
        assert!(invite("Mina Kang", "other@ingam.test").status < 400);
    }
}
