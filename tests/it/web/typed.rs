//! What was typed comes back as it was typed, as text, with the reason it was not taken.

use crate::{
    kit::{Page, on_both},
    web::fields::{MARKUP, check},
};

on_both! {
    fn what_was_typed_comes_back_as_text(world) {
        let mina = world.signed_in("mina");
        let shown = |page: &Page, css: &str| page.attributes(css, "value").contains(&MARKUP.to_owned());
        let search =
            mina.get("/users").form_to("/users/searches").set("q", &format!("{MARKUP}{}", "x".repeat(200))).submit();
        assert_eq!(search.status, 422);
        assert!(search.attributes("#term", "value")[0].starts_with(MARKUP), "{search}");
        let page = mina.get("/users").form_to("/users/searches").set("q", MARKUP).submit();
        assert!(shown(&page.follow(), "#term"), "no customer is called that: {page}");
        let points = mina
            .get("/users/1?panel=points")
            .form_to("/point-adjustments")
            .set("amount", MARKUP)
            .set("reason", MARKUP)
            .submit();
        assert_eq!(points.status, 422);
        assert!(shown(&points, "#amount") && points.all("#reason") == [MARKUP], "{points}");
        let nobody = world.browser();
        let login = nobody.get("/login").form_with("password").set("email", MARKUP).set("password", "x").submit();
        assert!(shown(&login, "#email"), "{login}");
        for page in [search, points, login] {
            check("markup", &page);
        }
    }

    fn a_reason_with_markup_is_sealed_as_it_was_typed_and_shown_as_text(world) {
        let mina = world.signed_in("mina");
        let done = mina
            .get("/users/1?panel=points")
            .form_to("/point-adjustments")
            .set("amount", "1")
            .set("reason", MARKUP)
            .set("code", &world.code("mina"))
            .submit();
        assert_eq!(done.status, 303, "{done}");
        assert_eq!(world.last_audit().reason, MARKUP);
        let seq = world.last_audit().seq;
        check("markup", &done.follow());
        let sora = world.signed_in("sora");
        for path in ["/audit".to_owned(), format!("/audit/{seq}"), "/".to_owned(), "/audit?text=script".to_owned()] {
            let page = sora.get(&path);
            assert!(page.says("main").contains(MARKUP), "{path}: {page}");
            check("markup", &page);
        }
    }

    fn a_user_agent_with_markup_is_text_too(world) {
        let mina = world.browser().with_header("user-agent", &format!("{MARKUP}{}", "A".repeat(3000)));
        mina.sign_in("mina");
        check("markup", &mina.get("/account"));
        let sora = world.signed_in("sora");
        let row = world
            .audit()
            .into_iter()
            .find(|row| row.action == "session.start" && row.email == "mina@ingam.test")
            .unwrap();
        let page = sora.get(&format!("/audit/{}", row.seq));
        check("markup", &page);
        assert_eq!(world.number("select max(length(user_agent)) from sessions"), 512);
    }

    fn an_amount_is_a_positive_whole_number_and_nothing_else(world) {
        let mina = world.signed_in("mina");
        let form = mina
            .get("/users/1?panel=points")
            .form_to("/point-adjustments")
            .set("reason", "Late delivery")
            .set("code", &world.code("mina"));
        for amount in [
            "",
            "0",
            "-1",
            "-0",
            "+1",
            "1e3",
            "1.5",
            "0x10",
            "٥",
            "5원",
            "9223372036854775808",
            "1,00",
            "1,0000",
            ",100",
            "1 000",
            "NaN",
            "½",
            "²",
            "1\0",
        ] {
            let page = form.clone().set("amount", amount).submit();
            assert_eq!(page.status, 422, "{amount:?}: {page}");
            assert!(page.has("#amount-error"), "{amount:?}: {page}");
        }
        for (field, value) in [
            ("direction", "remove"),
            ("direction", ""),
            ("reason_kind", "because"),
            ("reason_kind", ""),
            ("seen", "abc"),
            ("seen", "99999999999999999999"),
            ("key", ""),
            ("key", "a b"),
            ("key", &"k".repeat(65)),
        ] {
            let page = form.clone().set("amount", "1").forge(field, value).submit();
            assert_eq!(page.status, 422, "{field}={value:?}: {page}");
        }
        for reason in [
            "",
            "abcd",
            "    a    ",
            &"x".repeat(501),
            "a\u{202e}bcdef",
            "a\0bcdef",
            "abc\u{1b}[31mdef",
            "zero\u{200b}width",
        ] {
            let page = form.clone().set("amount", "1").set("reason", reason).submit();
            assert_eq!(page.status, 422, "{reason:?}: {page}");
            assert!(page.has("#reason-error"), "{reason:?}: {page}");
        }
        assert_eq!(world.number("select points from users where id = 1"), 12_450);
        // Nothing of it cost the code.
        assert_eq!(form.set("amount", "1").set("reason", "가나다라마").submit().status, 303);
    }
}
