use crate::{
    approvals::support::{approval, request_of, ruled, state, usual},
    kit::{Mode, assert_sound, on_both},
    orders::support::{paying, settled},
};

/// Order 1 as if it had cost two million.
const DEAR: &str = "
    update orders set total = 2087400 where id = 1;
    update order_lines set unit_price = unit_price + 2000000 where order_id = 1 and n = 1;
    update payments set captured = captured + 2000000 where id = 10;";

/// Order 1 as if it had cost two million, most of which were points.
const PAID_WITH_POINTS: &str = "
    update orders set total = 2087400, points_used = 2005000, points_worth = 2005000 where id = 1;
    update order_lines set unit_price = unit_price + 2000000 where order_id = 1 and n = 1;";

on_both! {
    fn a_refund_above_a_million_won_waits_and_goes_to_the_provider_only_when_approved(outer) {
        let world = &ruled(outer.engine);
        world.database().tamper(DEAR).unwrap();
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let form = mina.get("/orders/1?panel=refund").form_to("/refunds").set("units-1", "1").set("reason", "Parcel damaged");
        let preview = form.clone().to("/orders/1/refunds/preview").submit();
        assert!(preview.says("#go").contains("approval"), "{preview}");
        let asked = form.set("code", &world.code("mina")).submit();
        let request = request_of(&asked);
        assert_eq!(world.number("select count(*) from refunds"), 0);
        assert_eq!(world.number("select refunded from payments where id = 10"), 0);
        assert!(mina.get("/orders/1").says("main").contains("is waiting for approval"));
        let done = approval(&hana, request).set("code", &world.code("hana")).submit();
        assert_eq!((done.status, state(world, request).as_str()), (303, "approved"), "{done}");
        assert_eq!(world.number("select count(*) from refunds"), 1);
        assert_eq!(world.database().value("select staff_name from refunds"), "Mina Kang");
        assert_sound(world);
    }

    fn a_cancellation_that_gives_back_as_much_waits_like_a_refund(outer) {
        let world = &ruled(outer.engine);
        world.database().tamper(DEAR).unwrap();
        let mina = world.signed_in("mina");
        let page = mina.get("/orders/1?panel=cancel");
        assert!(page.says("#go").contains("approval"), "{page}");
        let form = page.form_to("/cancellation").set("reason", "Ordered twice");
        let request = request_of(&form.set("code", &world.code("mina")).submit());
        assert_eq!(world.database().value("select state from orders where id = 1"), "paid");
        assert_eq!(state(world, request), "waiting");
    }

    fn a_refund_that_is_no_longer_possible_is_not_forced(outer) {
        let world = &ruled(outer.engine);
        world.database().tamper(DEAR).unwrap();
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let form = mina.get("/orders/1?panel=refund").form_to("/refunds").set("units-1", "1").set("reason", "Parcel damaged");
        let first = request_of(&form.set("code", &world.code("mina")).submit());
        let form = mina.get("/orders/1?panel=refund").form_to("/refunds").set("units-1", "1").set("reason", "Parcel damaged");
        let second = request_of(&form.set("code", &world.code("mina")).submit());
        assert_eq!(approval(&hana, first).set("code", &world.code("hana")).submit().status, 303);
        let refused = approval(&hana, second).set("code", &world.code("hana")).submit();
        assert_eq!((refused.status, state(world, second).as_str()), (409, "obsolete"), "{refused}");
        assert_eq!(world.number("select count(*) from refunds"), 1);
        assert_sound(world);
    }

    fn what_gives_back_a_million_in_points_waits_like_money(outer) {
        let world = &ruled(outer.engine);
        world.database().tamper(PAID_WITH_POINTS).unwrap();
        let mina = world.signed_in("mina");
        let form = mina.get("/orders/1?panel=refund").form_to("/refunds").set("units-1", "1").set("reason", "Parcel damaged");
        let request = request_of(&form.set("code", &world.code("mina")).submit());
        let form = mina.get("/orders/1?panel=cancel").form_to("/cancellation").set("reason", "Ordered twice");
        request_of(&form.set("code", &world.code("mina")).submit());
        assert_eq!(world.number("select points from users where id = 1"), 12_450);
        let hana = world.signed_in("hana");
        let done = approval(&hana, request).set("code", &world.code("hana")).submit();
        assert_eq!((done.status, state(world, request).as_str()), (303, "approved"), "{done}");
        assert!(world.number("select points from users where id = 1") > 1_900_000);
        assert_sound(world);
    }

    fn a_refund_tried_again_waits_like_a_new_one(outer) {
        let (paying, provider) = paying(outer.engine);
        let world = &paying;
        world.database().tamper(DEAR).unwrap();
        provider.set(Mode::Decline);
        let mina = world.signed_in("mina");
        let form = mina.get("/orders/1?panel=refund").form_to("/refunds").set("units-1", "1").set("reason", "Parcel damaged");
        // No rule says anything yet, so the refund goes out and is declined.
        assert_eq!(form.set("code", &world.code("mina")).submit().status, 303);
        settled(world);
        let server = world.another(usual).unwrap();
        let mina = mina.at(server.address);
        let retry = mina.get("/orders/1").attributes("a[href*='panel=retry']", "href").remove(0);
        let form = mina.get(&retry).form_to("/retry").set("reason", "The card works again");
        let request = request_of(&form.set("code", &world.code("mina")).submit());
        assert_eq!((state(world, request).as_str(), world.number("select count(*) from refunds")), ("waiting", 1));
    }
}
