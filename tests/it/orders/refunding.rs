//! What a refund does, and what it refuses.

use crate::{
    kit::{World, assert_sound, on_both, points},
    orders::support::{REASON, cancellation, held, refund, refund_amount, settled, state},
};
use serde_json::json;

/// The newest refusal; the worker may have settled a refund since.
fn refusal(world: &World) -> String {
    let refused = world.audit().into_iter().rev().find(|row| !row.refusal.is_empty());
    refused.map(|row| row.refusal).unwrap_or_default()
}

on_both! {
    fn one_of_two_units_gives_back_its_price_and_points_in_proportion(world) {
        let mina = world.signed_in("mina");
        let done = refund(&mina, 1, &[(3, "1")]).set("code", &world.code("mina")).submit();
        assert_eq!(done.status, 303, "{done}");
        // 5,000 of the ₩87,400 that 5,000 points paid a part of: 286 points; 824 × 4,714 ÷ 82,400 = 47 earned ones.
        let row = world.last_audit();
        let row = if row.action == "orders.refund" { row } else { world.audit_from(row.seq - 1).remove(0) };
        assert_eq!((row.action.as_str(), row.target.as_str(), row.reason.as_str()), ("orders.refund", "order/1", REASON));
        let refund = world.database().value("select max(id) from refunds");
        assert_eq!(row.before, json!({
            "amount": null, "line.3": "0", "payment.10": "KRW 0", "points": "12450", "points_claimed": "0",
            "points_returned": "0", "reason_kind": null, "refund": null,
        }));
        assert_eq!(row.after, json!({
            "amount": "KRW 4714", "line.3": "1", "payment.10": "KRW 4714", "points": "12689", "points_claimed": "47",
            "points_returned": "286", "reason_kind": "damaged", "refund": refund,
        }));
        assert_eq!((held(world, 10), held(world, 11), points(world, 1)), (4714, 0, 12_689));
        let ledger = world.rows("select delta, balance, kind, memo from point_entries where change_id is not null order by id");
        let ledger: Vec<Vec<_>> = ledger.iter().map(|row| row.iter().map(|cell| cell.as_deref().unwrap()).collect()).collect();
        assert_eq!(ledger, [["286", "12736", "returned", "20260228-000017"], ["-47", "12689", "reclaimed", "20260228-000017"]]);
        settled(world);
        assert_eq!(world.last_audit().action, "refunds.settle");
        let page = mina.get("/orders/1");
        assert!(page.says("main").contains("₩4,714"), "{page}");
        assert_sound(world);
    }

    fn refunding_everything_in_steps_gives_back_exactly_what_was_paid(world) {
        let mina = world.signed_in("mina");
        let had = points(world, 1);
        for line in [1, 2, 1, 1] {
            let done = refund(&mina, 2, &[(line, "1")]).set("code", &world.code("mina")).submit();
            assert_eq!(done.status, 303, "{done}");
        }
        assert!(!mina.get("/orders/2?panel=refund").has("form[action$='/refunds']"), "there is nothing left");
        assert_eq!(held(world, 20), 6402);
        let order = world.rows("select points_returned, points_claimed from orders where id = 2");
        assert_eq!(order[0], [Some("1000".to_owned()), Some("64".to_owned())]);
        assert_eq!(points(world, 1), had + 1000 - 64);
        settled(world);
        assert_sound(world);
    }

    fn a_refund_over_two_payments_fills_the_first_and_goes_on_to_the_second(world) {
        let mina = world.signed_in("mina");
        let done = refund(&mina, 1, &[(1, "1"), (2, "1")]).set("code", &world.code("mina")).submit();
        assert_eq!(done.status, 303, "{done}");
        // 74,400 less the 4,256 that points had paid.
        assert_eq!((held(world, 10), held(world, 11)), (60_000, 10_144));
        settled(world);
        let parts = world.rows("select payment_id, amount, state from refund_payments order by payment_id");
        assert_eq!(parts.len(), 2);
        assert!(parts.iter().all(|part| part[2].as_deref() == Some("succeeded")), "{parts:?}");
        assert_sound(world);
    }

    fn how_it_is_spread_can_be_chosen_and_must_add_up(world) {
        let mina = world.signed_in("mina");
        let code = world.code("mina");
        let form = refund(&mina, 1, &[(3, "2")]).set("payment-10", "1,000").set("payment-11", "8,000").set("code", &code);
        let refused = form.submit();
        assert_eq!(refused.status, 422, "{refused}");
        // 10,000 less 572 points.
        assert!(refused.says("form[action$='/refunds']").contains("₩9,428"), "{refused}");
        assert_eq!(refused.form_to("/refunds").value("payment-11"), Some("8,000"), "what was typed is kept");
        let done = refused.form_to("/refunds").set("payment-11", "8,428").set("code", &code).submit();
        assert_eq!(done.status, 303, "{done}");
        assert_eq!((held(world, 10), held(world, 11)), (1000, 8428));
        assert_sound(world);
    }

    fn another_amount_wants_a_reason_of_its_own_and_is_bounded_by_what_was_captured(world) {
        let mina = world.signed_in("mina");
        let code = world.code("mina");
        let bare = refund(&mina, 4, &[]).set("amount", "5,000").set("code", &code).submit();
        assert_eq!(bare.status, 422, "{bare}");
        assert!(bare.has("#override_reason-error"), "{bare}");
        let too_much = refund_amount(&mina, 4, "30,001").set("code", &code).submit();
        assert_eq!(too_much.status, 422, "{too_much}");
        assert!(too_much.says("form[action$='/refunds']").contains("₩30,000"), "{too_much}");
        for odd in ["-1", "0", "1.5", "abc", "9223372036854775808", "٣"] {
            let refused = refund(&mina, 4, &[]).set("amount", odd).set("override_reason", "Why not").set("code", &code).submit();
            assert_eq!((refused.status, held(world, 40)), (422, 0), "{odd}: {refused}");
        }
        let done = refund_amount(&mina, 4, "₩5,000").set("code", &code).submit();
        assert_eq!((done.status, held(world, 40)), (303, 5000), "{done}");
        // All lines together come to more than is left now, which is said instead of clamped.
        let refused = refund(&mina, 4, &[(1, "2")]).set("code", &world.code("mina")).submit();
        assert_eq!(refused.status, 422, "{refused}");
        assert!(refused.says("form[action$='/refunds']").contains("₩25,000"), "{refused}");
        settled(world);
        assert_sound(world);
    }

    fn shipping_is_given_back_once(world) {
        let mina = world.signed_in("mina");
        let done = refund(&mina, 1, &[]).set("shipping", "yes").set("code", &world.code("mina")).submit();
        assert_eq!((done.status, held(world, 10)), (303, 2829), "{done}");
        let again = refund(&mina, 1, &[(3, "1")]).forge("shipping", "yes").set("code", &world.code("mina")).submit();
        assert_eq!((again.status, held(world, 10)), (422, 2829), "{again}");
        assert_eq!(refusal(world), "refund-shipping-gone");
        assert_sound(world);
    }

    fn more_units_than_are_left_are_refused_at_the_line_and_cost_no_code(world) {
        let mina = world.signed_in("mina");
        let code = world.code("mina");
        for (quantity, status) in [("3", 422), ("-1", 422), ("1.5", 422), ("99999999999999999999", 422), ("x", 422)] {
            let form = refund(&mina, 1, &[]).forge("units-3", quantity).set("code", &code);
            let refused = form.submit();
            assert_eq!((refused.status, held(world, 10)), (status, 0), "{quantity}: {refused}");
            assert_eq!(refused.form_to("/refunds").value("units-3"), Some(quantity), "what was typed is kept");
        }
        assert_eq!(refund(&mina, 1, &[(3, "2")]).set("code", &code).submit().status, 303);
        assert_eq!(refund(&mina, 1, &[]).forge("units-3", "1").set("code", &world.code("mina")).submit().status, 422);
    }

    fn nothing_is_no_refund(world) {
        let mina = world.signed_in("mina");
        let refused = refund(&mina, 1, &[]).set("code", &world.code("mina")).submit();
        assert_eq!(refused.status, 422, "{refused}");
        assert_eq!(world.number("select count(*) from refunds"), 0);
    }

    fn points_that_were_spent_are_a_shortfall_that_is_shown_and_recorded(world) {
        let mina = world.signed_in("mina");
        let form = refund(&mina, 6, &[(1, "1")]);
        let shown = form.clone().to("/orders/6/refunds/preview").submit();
        assert_eq!(shown.status, 200, "{shown}");
        assert!(shown.says("#panel").contains("60"), "the shortfall is shown: {}", shown.says("#panel"));
        let done = form.set("code", &world.code("mina")).submit();
        assert_eq!(done.status, 303, "{done}");
        assert_eq!(points(world, 5), 0);
        let row = &world.rows("select points_claimed, points_taken from refunds")[0];
        assert_eq!(row, &[Some("100".to_owned()), Some("40".to_owned())]);
        let log = world.audit();
        let row = log.iter().rfind(|row| row.action == "orders.refund").unwrap();
        assert_eq!((&row.after["points_shortfall"], &row.after["points"]), (&json!("60"), &json!("0")));
        assert_sound(world);
    }

    fn a_preview_works_everything_out_and_changes_nothing(world) {
        let mina = world.signed_in("mina");
        let before = world.audit_size();
        let page = refund(&mina, 1, &[(3, "1")]).to("/orders/1/refunds/preview").submit();
        assert_eq!(page.status, 200, "{page}");
        let button = page.says("#panel button[type=submit]");
        assert!(button.contains("₩4,714"), "{button}");
        assert!(page.says("#panel").contains("286"), "points that come back: {}", page.says("#panel"));
        assert_eq!((held(world, 10), world.audit_size()), (0, before));
        // The form that comes back is the one that is sent.
        let done = page.form_to("/refunds").set("code", &world.code("mina")).submit();
        assert_eq!((done.status, held(world, 10)), (303, 4714), "{done}");
    }

    fn a_form_opened_before_another_refund_is_refused_with_the_fresh_numbers(world) {
        let mina = world.signed_in("mina");
        let code = world.code("mina");
        let late = refund(&mina, 4, &[(1, "1")]);
        let first = refund_amount(&mina, 4, "20,000").set("code", &code).submit();
        assert_eq!(first.status, 303, "{first}");
        let code = world.code("mina");
        let refused = late.set("code", &code).submit();
        assert_eq!(refused.status, 409, "{refused}");
        assert_eq!((refusal(world).as_str(), held(world, 40)), ("stale", 20_000));
        assert!(refused.says("#panel").contains("₩10,000"), "what is left now: {}", refused.says("#panel"));
        // Looked at again, it is refused for what it asks, and the code has not been used up.
        let again = refused.form_to("/refunds").set("code", &code).submit();
        assert_eq!(again.status, 422, "{again}");
        let done = again.form_to("/refunds").set("amount", "10,000").set("override_reason", "The rest of it").set("code", &code).submit();
        assert_eq!((done.status, held(world, 40)), (303, 30_000), "{done}");
        assert_sound(world);
    }

    fn points_that_paid_come_back_alone_where_all_the_money_already_has(world) {
        let mina = world.signed_in("mina");
        let done = refund_amount(&mina, 2, "64.02").set("code", &world.code("mina")).submit();
        assert_eq!((done.status, held(world, 20)), (303, 6402), "{done}");
        settled(world);
        let before = points(world, 1);
        let form = refund(&mina, 2, &[(1, "3"), (2, "1")]).set("override_reason", "Only the points");
        let empty = form.clone().set("units-1", "").set("units-2", "").set("amount", "0").set("code", &world.code("mina")).submit();
        assert_eq!(empty.status, 422, "{empty}");
        let done = form.set("amount", "0.00").set("code", &world.code("mina")).submit();
        assert_eq!((done.status, held(world, 20), points(world, 1)), (303, 6402, before + 1000), "{done}");
        assert_sound(world);
    }

    fn a_mistake_in_a_field_does_not_make_an_old_form_a_new_one(world) {
        let mina = world.signed_in("mina");
        let late = refund(&mina, 4, &[(1, "1")]);
        assert_eq!(refund(&mina, 4, &[(1, "1")]).set("code", &world.code("mina")).submit().status, 303);
        let wrong = late.set("reason", "x").set("code", &world.code("mina")).submit();
        assert_eq!(wrong.status, 422, "{wrong}");
        let again = wrong.form_to("/refunds").set("reason", REASON).set("code", &world.code("mina")).submit();
        assert_eq!((again.status, held(world, 40)), (409, 15_000), "{again}");
        // Having been told, it is a new one.
        let told = again.form_to("/refunds").set("code", &world.code("mina")).submit();
        assert_eq!((told.status, held(world, 40)), (303, 30_000), "{told}");
    }

    fn a_double_click_refunds_once(world) {
        let mina = world.signed_in("mina");
        let form = refund(&mina, 4, &[(1, "1")]).set("code", &world.code("mina"));
        let (first, second) = (form.submit(), form.submit());
        assert_eq!((first.status, second.status), (303, 303), "{second}");
        assert_eq!(first.location(), second.location());
        assert_eq!((held(world, 40), world.number("select count(*) from refunds")), (15_000, 1));
        assert_sound(world);
    }

    fn a_confirmed_refund_leaves_open_forms_as_they_are(world) {
        let mina = world.signed_in("mina");
        assert_eq!(refund(&mina, 4, &[(1, "1")]).set("code", &world.code("mina")).submit().status, 303);
        let form = refund(&mina, 4, &[(1, "1")]);
        settled(world);
        let done = form.set("code", &world.code("mina")).submit();
        assert_eq!((done.status, held(world, 40)), (303, 30_000), "{done}");
    }

    fn what_was_not_paid_cannot_be_refunded_nor_what_is_refunded_already(world) {
        let mina = world.signed_in("mina");
        assert_eq!(mina.get("/orders/3?panel=refund").find_form("form[action$='/refunds']").map(|_| ()), None);
        let fields = refund(&mina, 1, &[(3, "1")]).without("seen").set("code", &world.code("mina"));
        for order in [3, 5] {
            let refused = fields.clone().without("units-1").without("units-2").without("units-3").without("payment-10").without("payment-11")
                .forge("units-1", "1").to(&format!("/orders/{order}/refunds")).submit();
            assert_eq!(refused.status, 409, "{refused}");
        }
        assert_eq!(fields.to("/orders/999/refunds").submit().status, 404);
        assert_eq!(cancellation(&mina, 1).set("code", &world.code("mina")).submit().status, 303);
        assert_eq!(state(world, 1), "cancelled");
        let refused = mina.get("/orders/1?panel=refund");
        assert!(!refused.has("form[action$='/refunds']"), "{refused}");
    }
}
