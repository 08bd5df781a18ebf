//! An order's way: legal steps only.

use crate::{
    kit::{assert_sound, on_both},
    orders::support::{cancellation, refund, shipping, state},
};
use serde_json::json;

on_both! {
    fn an_order_is_prepared_shipped_delivered_and_a_wrong_delivered_undone(world) {
        let mina = world.signed_in("mina");
        assert_eq!(shipping(&mina, 1, "preparing").set("code", &world.code("mina")).submit().status, 303);
        let parcel = shipping(&mina, 1, "shipped").set("carrier", "cj").set("tracking_number", " 6012-3456-4471 ");
        let done = parcel.set("code", &world.code("mina")).submit();
        assert_eq!(done.status, 303, "{done}");
        let row = world.last_audit();
        assert_eq!(row.after, json!({ "state": "shipped", "carrier": "cj", "tracking_number": "601234564471" }));
        let shipped = world.database().value("select shipped_at from orders where id = 1");
        assert_eq!(shipping(&mina, 1, "delivered").set("code", &world.code("mina")).submit().status, 303);
        assert_eq!(state(world, 1), "delivered");
        let undone = shipping(&mina, 1, "shipped").set("code", &world.code("mina")).submit();
        assert_eq!((undone.status, state(world, 1)), (303, "shipped".to_owned()), "{undone}");
        let row = &world.rows("select shipped_at, delivered_at, tracking_number from orders where id = 1")[0];
        assert_eq!(row, &[Some(shipped), None, Some("601234564471".to_owned())]);
        let events = world.rows("select kind from order_events where order_id = 1 order by id");
        let kinds: Vec<_> = events.iter().map(|row| row[0].as_deref().unwrap()).collect();
        assert_eq!(kinds, ["preparing", "shipped", "delivered", "delivery-undone"]);
        assert_sound(world);
    }

    fn only_the_next_steps_are_offered_and_taken(world) {
        let mina = world.signed_in("mina");
        let form = shipping(&mina, 4, "delivered").without("seen").set("code", &world.code("mina"));
        for (order, wanted) in [
            (1, "delivered"), (1, "placed"), (1, "paid"), (1, "cancelled"), (2, "preparing"), (2, "paid"), (3, "paid"), (3, "preparing"),
            (3, "shipped"), (4, "paid"), (5, "preparing"), (5, "shipped"), (5, "delivered"), (6, "delivered"), (6, "preparing"),
        ] {
            let before = state(world, order);
            let forged = form.clone().forge("state", wanted).forge("carrier", "cj").forge("tracking_number", "601234564471");
            let refused = forged.to(&format!("/orders/{order}/shipping")).submit();
            assert_eq!((refused.status, state(world, order)), (409, before), "{order} → {wanted}: {refused}");
        }
        let refused = form.forge("state", "lost").submit();
        assert_eq!(refused.status, 422, "{refused}");
    }

    fn a_parcel_has_a_carrier_and_a_number_of_its_shape(world) {
        let mina = world.signed_in("mina");
        let code = world.code("mina");
        for (carrier, number) in [("cj", ""), ("cj", "123"), ("", "601234564471"), ("pigeon", "601234564471"), ("ups", "601234564471"), ("other", "<b>")] {
            let form = shipping(&mina, 1, "shipped").forge("carrier", carrier).set("tracking_number", number);
            let refused = form.set("code", &code).submit();
            assert_eq!((refused.status, state(world, 1)), (422, "paid".to_owned()), "{carrier} {number}: {refused}");
            assert_eq!(refused.form_to("/shipping").value("tracking_number"), Some(number));
        }
        // A tracking number that was mistyped is corrected while the parcel is on its way.
        let corrected = shipping(&mina, 4, "shipped").set("carrier", "hanjin").set("tracking_number", "501234567890");
        assert_eq!(corrected.set("code", &code).submit().status, 303);
        assert_eq!(world.database().value("select tracking_number from orders where id = 4"), "501234567890");
        // What stays as it was is not in the log as if it had changed.
        let number = shipping(&mina, 4, "shipped").set("tracking_number", "501234567891").set("code", &world.code("mina")).submit();
        assert_eq!((number.status, world.last_audit().after), (303, json!({ "tracking_number": "501234567891" })), "{number}");
        let same = shipping(&mina, 4, "shipped").set("code", &world.code("mina")).submit();
        assert_eq!(same.status, 422, "{same}");
    }

    fn a_cancelled_order_is_never_fulfilled_from_an_old_page(world) {
        let mina = world.signed_in("mina");
        let late = shipping(&mina, 1, "shipped").set("carrier", "cj").set("tracking_number", "601234564471");
        assert_eq!(cancellation(&mina, 1).set("code", &world.code("mina")).submit().status, 303);
        let code = world.code("mina");
        for form in [late.clone(), late.without("seen")] {
            let refused = form.set("code", &code).submit();
            assert_eq!((refused.status, state(world, 1)), (409, "cancelled".to_owned()), "{refused}");
        }
        assert_sound(world);
    }

    fn an_order_of_which_everything_was_refunded_is_not_sent(world) {
        let mina = world.signed_in("mina");
        assert_eq!(refund(&mina, 6, &[(1, "1")]).set("code", &world.code("mina")).submit().status, 303);
        assert!(!mina.get("/orders/6?panel=shipping").has("form[action$='/shipping']"));
        let form = shipping(&mina, 1, "shipped").set("carrier", "cj").set("tracking_number", "601234564471").without("seen");
        let refused = form.set("code", &world.code("mina")).to("/orders/6/shipping").submit();
        assert_eq!((refused.status, state(world, 6)), (409, "preparing".to_owned()), "{refused}");
    }
}
