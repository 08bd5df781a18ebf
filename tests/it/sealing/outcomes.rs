//! A person whose answer was lost on the way learns what became of the form.

use crate::{
    approvals::support::{points_rule, under},
    kit::{addition, on_both},
};
use std::time::Duration;

on_both! {
    fn a_lost_answer_can_be_asked_for_by_the_key_of_the_form(world) {
        let mina = world.signed_in("mina");
        let form = addition(&mina, 1, "100").set("code", &world.code("mina"));
        let outcome = format!("/outcomes/{}", form.value("key").unwrap());
        let before = mina.get(&outcome);
        assert_eq!(before.status, 200);
        assert!(before.says("#outcome").contains("No change has been recorded"), "{before}");
        assert!(before.attributes("#outcome", "data-seq").is_empty());

        assert_eq!(form.submit().status, 303);
        let made = mina.get(&outcome);
        assert!(made.says("#outcome").contains("The change was made"), "{made}");
        let seq = world.last_audit().seq.to_string();
        assert_eq!(made.attributes("#outcome", "data-seq"), [seq.as_str()]);
        // Where the script leads with it.
        let receipt = mina.get(&format!("/users/1?sealed={seq}"));
        assert!(receipt.has("#panel .signed"), "{receipt}");
        // The form of another person is none of theirs, and says nothing about it.
        let jun = world.signed_in("jun");
        assert!(jun.get(&outcome).says("#outcome").contains("No change has been recorded"));
        assert_eq!(world.browser().get(&outcome).status, 303);
    }

    fn a_form_that_waits_for_a_second_person_leads_to_its_request(outer) {
        let world = &under(outer.engine, vec![points_rule(10_000, None, 1)]);
        let mina = world.signed_in("mina");
        let form = addition(&mina, 1, "50000").set("code", &world.code("mina"));
        let request = form.submit();
        assert_eq!(request.status, 303, "{request}");
        let page = mina.get(&format!("/outcomes/{}", form.value("key").unwrap()));
        let to = page.attributes("#outcome a", "href");
        assert!(request.location().unwrap().starts_with(&to[0]), "{to:?}");
        assert!(page.says("#outcome").contains("waits for a second person"), "{page}");
    }

    fn a_refused_form_has_made_nothing(world) {
        let mina = world.signed_in("mina");
        let form = addition(&mina, 1, "100").set("code", "000000");
        assert_eq!(form.submit().status, 422);
        let page = mina.get(&format!("/outcomes/{}", form.value("key").unwrap()));
        assert!(page.says("#outcome").contains("No change has been recorded"), "{page}");
        assert_eq!(mina.get("/outcomes/%00").status, 404);
    }

    /// A key is what a form can be sent with: what one of the two takes the other takes too.
    fn every_key_that_a_form_can_have_can_be_asked_about(world) {
        let mina = world.signed_in("mina");
        for key in ["a", "Retry-2_of-7", &"k".repeat(64)] {
            let form = addition(&mina, 1, "100").set("key", key).set("code", &world.code("mina"));
            assert_eq!(form.submit().status, 303, "{key}");
            let page = mina.get(&format!("/outcomes/{key}"));
            assert!(page.says("#outcome").contains("The change was made"), "{key}: {page}");
            world.clock.advance(Duration::from_mins(1));
        }
        for key in ["k.k", "%6B%20", &"k".repeat(65)] {
            assert_eq!(mina.get(&format!("/outcomes/{key}")).status, 404, "{key}");
            let form = addition(&mina, 1, "100").set("key", key).set("code", &world.code("mina"));
            assert_eq!(form.submit().status, 422, "{key}");
        }
    }

    /// A script of the page tells by these whether a proxy answered in the console's place.
    fn every_answer_says_that_it_is_the_consoles_own(world) {
        let mina = world.signed_in("mina");
        for path in ["/", "/login", "/healthz", "/static/x/ingam.js", "/users/1"] {
            let id = mina.get(path).header("ingam-request").map(str::to_owned).unwrap_or_default();
            assert!(id.starts_with("req_"), "{path}: {id}");
        }
        let missing = mina.get("/users/999999");
        assert_eq!(missing.header("ingam-problem"), Some("not-found"));
        assert!(missing.says("main").contains(missing.header("ingam-request").unwrap()), "{missing}");
        assert_eq!(mina.get("/users/1").header("ingam-problem"), None);
    }
}
