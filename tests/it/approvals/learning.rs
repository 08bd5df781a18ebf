//! A person who asked for an approval learns what became of it, and nothing that was not made looks as if it had been.

use crate::{
    approvals::support::{VERDICT, approval, ask, rejection, ruled},
    kit::{Browser, on_both},
};
use chrono::TimeDelta;

/// The mark in the navigation that says how many of one's requests were decided.
fn mark(browser: &Browser) -> Vec<String> {
    browser.get("/account").all(".nav .count.news")
}

on_both! {
    fn the_requester_is_told_of_a_rejection_with_its_reason_until_they_have_seen_it(outer) {
        let world = &ruled(outer.engine);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        assert!(mark(&mina).is_empty(), "it waits");
        assert!(!mina.get("/").has("#decided-title"));
        assert_eq!(rejection(&hana, request).set("code", &world.code("hana")).submit().status, 303);

        let home = mina.get("/");
        let told = home.says("section[aria-labelledby=decided-title]");
        for part in ["62,450", "Rejected", "Hana", VERDICT] {
            assert!(told.contains(part), "{part} in {told}");
        }
        assert_eq!(mark(&mina), ["1 of your requests decided"]);
        // The customer's page says it now, to everybody, and leads there.
        let customer = mina.get("/users/1");
        assert!(customer.says("#history").contains("Rejected") && !customer.says("#history").contains("Waiting"), "{customer}");
        assert!(customer.attributes("#history a", "href").contains(&format!("/approvals/{request}")));
        assert!(customer.says("main").contains("was rejected and not made"), "{customer}");
        assert!(mark(&hana).is_empty() && !hana.get("/").has("#decided-title"), "it was not hers");

        let page = mina.get(&format!("/approvals/{request}"));
        let asked = world.number(&format!("select seq from audit where outcome = 'requested' and approval_id = {request}"));
        let decided = world.number("select seq from audit where action = 'approvals.reject'");
        assert!(page.says("main").contains(&format!("#{asked}")) && page.says("main").contains(&format!("#{decided}")), "{page}");
        assert!(mark(&mina).is_empty(), "she has seen it");
        assert!(!mina.get("/").has("#decided-title"));
    }

    fn the_list_of_ones_own_requests_shows_what_is_new_and_then_it_is_seen(outer) {
        let world = &ruled(outer.engine);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let requests = [ask(world, &mina, 1, "50,000"), ask(world, &mina, 2, "20,000"), ask(world, &mina, 3, "30,000")];
        for request in &requests[..2] {
            assert_eq!(approval(&hana, *request).set("code", &world.code("hana")).submit().status, 303);
        }
        assert_eq!(mark(&mina), ["2 of your requests decided"]);
        // Reading one of two leaves the other to be told.
        mina.get(&format!("/approvals/{}", requests[0]));
        assert_eq!(mark(&mina), ["2 of your requests decided"]);
        let list = mina.get("/approvals?show=mine");
        assert_eq!(list.says("main").matches(" new").count(), 2, "{list}");
        assert!(mark(&mina).is_empty());
        assert_eq!(mina.get("/approvals?show=mine").says("main").matches(" new").count(), 0);
        // What is decided afterwards is new again.
        world.clock.advance(std::time::Duration::from_mins(1));
        assert_eq!(rejection(&hana, requests[2]).set("code", &world.code("hana")).submit().status, 303);
        assert_eq!(mark(&mina), ["1 of your requests decided"]);
        // In a browser that does not know it, it is news for a week.
        let other = world.signed_in("mina");
        assert_eq!(mark(&other), ["3 of your requests decided"]);
        // Another person at the same browser is told nothing of hers, and their own.
        other.set_cookie("ingam-seen", "999.1");
        assert_eq!(mark(&other), ["3 of your requests decided"]);
    }

    fn what_was_rejected_or_ran_out_does_not_look_approved_anywhere(outer) {
        let world = &ruled(outer.engine);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        let done = rejection(&hana, request).set("code", &world.code("hana")).submit();
        for page in [done.follow(), mina.get(&format!("/approvals/{request}"))] {
            let panel = page.says("#panel");
            assert!(panel.contains("not made") && !panel.contains("+50,000"), "{panel}");
            assert!(!page.has("#panel [data-tone=ok]"), "nothing of it is green: {page}");
            assert!(page.has("#panel .slot.no") && page.attributes("#panel .slot svg.mark", "class").len() == 1, "one stamp only: {page}");
            assert!(!panel.contains("Sending the same request again"), "{panel}");
            // A kind of reason has no before.
            assert!(!page.says("main").contains("— Late"), "{page}");
        }
        let panel = done.follow().says("#panel");
        assert!(panel.contains(&format!("Reason for the decision {VERDICT}")), "{panel}");
        let listed = mina.get("/approvals?show=decided");
        assert_eq!(listed.attributes("tbody .tag[data-tone=ok]", "data-tone").len(), 0, "{listed}");

        let late = ask(world, &mina, 2, "50,000");
        world.clock.advance(TimeDelta::hours(25).to_std().unwrap());
        crate::kit::wait_until(|| crate::approvals::support::state(world, late) == "expired");
        let mina = world.signed_in("mina");
        let page = mina.get(&format!("/approvals/{late}"));
        assert!(page.says("#panel").contains("not made") && !page.has("#panel [data-tone=ok]"), "{page}");
        assert!(mina.get("/").says("section[aria-labelledby=decided-title]").contains("Expired"));
        assert!(mina.get("/users/2").says("#history").contains("Expired"));
    }

    fn no_one_is_offered_to_decide_what_the_gate_would_not_let_them_decide(outer) {
        let world = &ruled(outer.engine);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        let offers = |browser: &Browser| {
            let page = browser.get(&format!("/approvals/{request}"));
            let listed = browser.get("/approvals").says("main").contains("Your decision");
            let counted = browser.get("/account").all(".nav .count:not(.news)");
            (page.has("form[action$='/approval']"), listed, counted)
        };
        assert_eq!(offers(&hana), (true, true, vec!["1 waiting".to_owned()]));
        assert_eq!(offers(&mina), (false, false, vec![]));
        // A request about oneself as a customer.
        world.database().tamper("update users set email = 'hana@ingam.test' where id = 1").unwrap();
        assert_eq!(offers(&hana), (false, false, vec![]));
        let form = crate::approvals::support::bare(&hana, request, "approval", &world.code("hana"));
        assert_eq!(form.submit().status, 403);
        world.database().tamper("update users set email = 'seoyeon.k@naver.com' where id = 1").unwrap();
        assert_eq!(offers(&hana), (true, true, vec!["1 waiting".to_owned()]));
    }
}
