//! A note on an order under a rule: it waits like every other change.

use crate::{
    approvals::support::{approval, request_of, rule, state, under},
    kit::{assert_sound, on_both},
};
use ingam::gate::{Policy, When};

const TEXT: &str = "Customer will be away until Friday";

fn every_note() -> Policy {
    rule(&["orders.note"], When::Always { if_possible: false })
}

on_both! {
    fn a_note_under_a_rule_leads_to_its_request_and_is_made_when_that_is_approved(outer) {
        let world = &under(outer.engine, vec![every_note()]);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let page = mina.get("/orders/4");
        assert!(page.says("#note").contains("approv"), "the box says so before: {}", page.says("#note"));
        let form = page.form_to("/notes").set("reason", TEXT);
        let asked = form.set("code", &world.code("mina")).submit();
        let request = request_of(&asked);
        assert_eq!(state(world, request), "waiting");
        assert_eq!(world.number("select count(*) from order_events"), 0);
        let page = mina.get("/orders/4");
        assert!(!page.says("#timeline").contains(TEXT), "{page}");
        assert!(page.says("main").contains("is waiting for approval"), "{page}");
        let done = approval(&hana, request).set("code", &world.code("hana")).submit();
        assert_eq!((done.status, state(world, request).as_str()), (303, "approved"), "{done}");
        let page = mina.get("/orders/4");
        assert!(page.says("#timeline").contains(TEXT) && page.says("#timeline").contains("Mina Kang"), "{page}");
        assert_sound(world);
    }
}
