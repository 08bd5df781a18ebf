//! Cancelling: everything at once, or nothing.

use crate::{
    kit::{assert_sound, on_both, points},
    orders::support::{cancellation, held, refund, settled, shipping, state},
};
use serde_json::json;

on_both! {
    fn cancelling_gives_back_everything_in_one_change(world) {
        let mina = world.signed_in("mina");
        let page = mina.get("/orders/1?panel=cancel");
        let said = page.says("#panel");
        for part in ["₩60,000", "₩22,400", "5,000", "824"] {
            assert!(said.contains(part), "{part} is not said before: {said}");
        }
        let before = world.audit_size();
        let done = cancellation(&mina, 1).set("code", &world.code("mina")).submit();
        assert_eq!(done.status, 303, "{done}");
        assert_eq!((state(world, 1), held(world, 10), held(world, 11)), ("cancelled".to_owned(), 60_000, 22_400));
        assert_eq!(points(world, 1), 12_450 + 5000 - 824);
        let row = &world.audit_from(before)[0];
        assert_eq!((row.action.as_str(), row.outcome.as_str()), ("orders.cancel", "applied"));
        for (field, was, is) in [
            ("state", json!("paid"), json!("cancelled")),
            ("points", json!("12450"), json!("16626")),
            ("points_returned", json!("0"), json!("5000")),
            ("payment.11", json!("KRW 0"), json!("KRW 22400")),
            ("line.3", json!("0"), json!("2")),
            ("shipping_refunded", json!(false), json!(true)),
        ] {
            assert_eq!((&row.before[field], &row.after[field]), (&was, &is), "{field}");
        }
        settled(world);
        assert!(mina.get("/orders/1").status == 200);
        assert_sound(world);
    }

    fn what_refunds_have_left_is_what_cancelling_gives_back(world) {
        let mina = world.signed_in("mina");
        assert_eq!(refund(&mina, 1, &[(1, "1")]).set("code", &world.code("mina")).submit().status, 303);
        let done = cancellation(&mina, 1).set("code", &world.code("mina")).submit();
        assert_eq!(done.status, 303, "{done}");
        assert_eq!((held(world, 10), held(world, 11), points(world, 1)), (60_000, 22_400, 12_450 + 5000 - 824));
        settled(world);
        assert_sound(world);
    }

    fn what_was_never_paid_is_cancelled_without_a_refund(world) {
        let mina = world.signed_in("mina");
        let done = cancellation(&mina, 3).set("code", &world.code("mina")).submit();
        assert_eq!((done.status, state(world, 3)), (303, "cancelled".to_owned()), "{done}");
        assert_eq!(world.number("select count(*) from refunds"), 0);
        assert_sound(world);
    }

    fn what_has_left_the_house_is_not_cancelled(world) {
        let mina = world.signed_in("mina");
        let form = cancellation(&mina, 1).without("seen").set("code", &world.code("mina"));
        for order in [2, 4, 5] {
            assert!(!mina.get(&format!("/orders/{order}?panel=cancel")).has("form[action$='/cancellation']"));
            let before = state(world, order);
            let refused = form.clone().to(&format!("/orders/{order}/cancellation")).submit();
            assert_eq!((refused.status, state(world, order)), (409, before), "{refused}");
        }
        // Nor from a page that was opened before it left.
        let late = cancellation(&mina, 1);
        let parcel = shipping(&mina, 1, "shipped").set("carrier", "cj").set("tracking_number", "6012-3456-4471");
        assert_eq!(parcel.set("code", &world.code("mina")).submit().status, 303);
        let refused = late.set("code", &world.code("mina")).submit();
        assert_eq!((refused.status, state(world, 1)), (409, "shipped".to_owned()), "{refused}");
        assert_eq!((held(world, 10), points(world, 1)), (0, 12_450));
        assert_sound(world);
    }

    fn a_wrong_code_cancels_nothing_and_a_kind_of_reason_is_one_of_those_offered(world) {
        let mina = world.signed_in("mina");
        let refused = cancellation(&mina, 1).set("code", &world.wrong_code("mina")).submit();
        assert_eq!((refused.status, state(world, 1), held(world, 10)), (422, "paid".to_owned(), 0), "{refused}");
        let refused = cancellation(&mina, 1).forge("reason_kind", "because").set("code", &world.code("mina")).submit();
        assert_eq!((refused.status, state(world, 1)), (422, "paid".to_owned()), "{refused}");
    }
}
