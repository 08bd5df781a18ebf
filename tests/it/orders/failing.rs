//! Orders whose refunds failed say so where people look, and what cannot be done with an order is not offered.

use crate::{
    kit::{Mode, Page, World, assert_sound, on_both},
    orders::support::{cancellation, paying, refund, settled},
};

const AT: &str = "2026-02-28T03:00:00.000000Z";

/// A refund of order 4 that the shop asked for and that its provider declined with this word.
fn declined_for_shop(world: &World, code: &str) {
    let sql = format!(
        "insert into refunds (id, order_id, at, state, amount, reason_kind, settled_at, released) values (77, 4, '{AT}', 'failed', 15000, 'other', '{AT}', true);
         insert into refund_payments (refund_id, payment_id, order_id, amount, state, failure, settled_at) values (77, 40, 4, 15000, 'failed', '{code}', '{AT}');
         update orders set failed_refunds = 1 where id = 4"
    );
    world.database().tamper(&sql).unwrap();
}

/// An order that points alone had paid, and one that cost nothing.
fn without_money(world: &World) {
    let sql = format!(
        "insert into orders (id, number, user_id, state, currency, total, shipping_fee, points_used, points_worth, placed_at, paid_at) values
           (70, '20260228-000070', 1, 'paid', 'KRW', 2000, 0, 2000, 2000, '{AT}', '{AT}'),
           (71, '20260228-000071', 1, 'paid', 'KRW', 0, 0, 0, 0, '{AT}', '{AT}');
         insert into order_lines (order_id, n, sku, title, quantity, unit_price) values (70, 1, 'X-1', 'Thing', 2, 1000), (71, 1, 'X-2', 'Gift', 1, 0)"
    );
    world.database().tamper(&sql).unwrap();
}

/// What the buttons in the head of a page offer: those that open something, and those that say why they do not.
fn buttons(page: &Page) -> (Vec<String>, Vec<String>) {
    (page.all(".head .acts a.btn"), page.all(".head .acts .btn.off"))
}

on_both! {
    fn a_failed_refund_is_told_at_the_top_of_its_order_and_in_the_list(world) {
        let (world, provider) = paying(world.engine);
        provider.set(Mode::Decline);
        let mina = world.signed_in("mina");
        assert_eq!(refund(&mina, 4, &[(1, "1")]).set("code", &world.code("mina")).submit().status, 303);
        settled(&world);
        let failure = world.database().value("select failure from refund_payments where state = 'failed'");
        let page = mina.get("/orders/4");
        let note = page.says("main > .note[data-tone=bad]");
        assert!(note.contains("Refund of ₩15,000 failed") && note.contains("Try it again"), "{failure}: {note}");
        let whole = page.says("main");
        assert!(whole.find("Refund of ₩15,000 failed") < whole.find("Items"), "above everything else");
        let open = page.form("main > .note form:has(input[value=retry])").submit();
        assert!(open.has("form[action$='/retry']"), "{open}");

        let list = mina.get("/orders?needs=retrying");
        let row = list.says("tbody tr");
        assert!(row.contains("₩15,000") && row.contains("Try again or dismiss"), "{row}");
        assert!(list.says("thead").contains("Not paid back") && list.says("thead").contains("Reason"), "{list}");
        assert!(mina.get("/").says("main").contains("Check the reason, then try again"));
        // Those who only look are told too, and offered nothing.
        let hana = world.signed_in("hana").get("/orders/4");
        assert!(hana.says("main > .note").contains("₩15,000") && !hana.has("main > .note form"), "{hana}");
        assert_sound(&world);
    }

    fn a_word_of_the_provider_is_said_in_words(world) {
        declined_for_shop(world, "card_expired");
        let mina = world.signed_in("mina");
        for path in ["/orders/4", "/orders?needs=retrying"] {
            let page = mina.get(path).says("main");
            assert!(page.contains("The card has expired.") && !page.contains("card_expired"), "{page}");
        }
    }

    fn a_word_that_is_not_known_stays_beside_a_general_sentence(world) {
        declined_for_shop(world, "EX-17");
        let page = world.signed_in("mina").get("/orders/4").says("main");
        assert!(page.contains("The payment provider declined it (EX-17)."), "{page}");
    }

    fn what_only_the_shop_can_try_again_is_not_offered_and_not_promised_on_the_first_page(world) {
        declined_for_shop(world, "card_expired");
        let mina = world.signed_in("mina");
        let page = mina.get("/orders/4");
        assert!(page.says("main > .note").contains("only the shop can try it again"), "{page}");
        assert!(!page.has("form:has(input[value=retry])") && !page.has("a[href*='panel=retry']"), "{page}");
        let home = mina.get("/").says("main");
        assert!(home.contains("Only the shop can try these again") && !home.contains("then try again"), "{home}");
        assert!(mina.get("/orders?needs=retrying").says("tbody").contains("Only the shop can try again"));
    }

    fn what_was_refunded_otherwise_is_not_offered_to_be_tried_again(world) {
        let (world, provider) = paying(world.engine);
        provider.set(Mode::Decline);
        let mina = world.signed_in("mina");
        assert_eq!(refund(&mina, 4, &[(1, "2")]).set("code", &world.code("mina")).submit().status, 303);
        settled(&world);
        let retry = mina.get("/orders/4").attributes("a[href*='panel=retry']", "href").remove(0);
        let form = mina.get(&retry).form_to("/retry").set("reason", "The card works again");
        provider.set(Mode::Pay);
        assert_eq!(refund(&mina, 4, &[(1, "1")]).set("code", &world.code("mina")).submit().status, 303);
        settled(&world);
        let page = mina.get("/orders/4");
        assert!(!page.has("a[href*='panel=retry']") && !page.has("form:has(input[value=retry])"), "{page}");
        assert!(page.says("main > .note").contains("cannot be tried again"), "{page}");
        // The server refuses it as before.
        assert_eq!(form.without("seen").set("code", &world.code("mina")).submit().status, 409);
    }

    fn what_the_state_of_an_order_rules_out_is_disabled_with_its_reason(world) {
        let mina = world.signed_in("mina");
        for (order, open, off) in [
            (1, vec!["Refund", "Change shipping", "Cancel order"], vec![]),
            (2, vec!["Refund", "Change shipping"], vec!["Cancel order"]),
            (3, vec!["Cancel order"], vec!["Refund", "Change shipping"]),
            (4, vec!["Refund", "Change shipping"], vec!["Cancel order"]),
            (5, vec![], vec!["Refund", "Change shipping", "Cancel order"]),
        ] {
            let page = mina.get(&format!("/orders/{order}"));
            let (opens, offs) = buttons(&page);
            let offs: Vec<String> = offs.iter().map(|label| label.replace(" (not possible now)", "")).collect();
            assert_eq!((opens, offs), (open.iter().map(|one| (*one).to_owned()).collect(), off.iter().map(|one| (*one).to_owned()).collect()), "order {order}");
            for target in page.attributes(".btn.off", "popovertarget") {
                assert!(page.says(&format!("#{target}")).len() > 20, "{target} says why on {page}");
            }
        }
        assert!(mina.get("/orders/2").says("#why-cancel").contains("already shipped"));
        // A person who has the address is told the same, and one who has the form is refused.
        let form = cancellation(&mina, 1).to("/orders/2/cancellation").without("seen").set("code", &world.code("mina"));
        assert!(mina.get("/orders/2?panel=cancel").says("main").contains("already shipped"));
        assert_eq!(form.submit().status, 409);
    }

    fn orders_that_points_or_nothing_paid_are_shown_as_they_are(world) {
        without_money(world);
        let mina = world.signed_in("mina");
        let points = mina.get("/orders/70");
        assert!(points.says("#timeline").contains("−2,000 P") && !points.says("#timeline").contains("₩0"), "{points}");
        let form = mina.get("/orders/70?panel=refund").form_to("/refunds").set("units-1", "1");
        let preview = form.clone().to("/orders/70/refunds/preview").submit();
        assert!(preview.says("#go").contains("Return 1,000 points") && !preview.says("#panel").contains("₩0"), "{preview}");
        assert!(!preview.has("#panel [name=amount]"), "there is no money to give back");
        let done = form.set("reason_kind", "damaged").set("reason", "One of two was broken").set("code", &world.code("mina")).submit();
        let page = done.follow();
        assert!(page.has("#panel") && !page.says("#panel").contains("₩0"), "{page}");
        let refunds = page.says("#refunds");
        assert!(refunds.contains("+1,000 P") && !refunds.contains("₩0"), "{refunds}");
        assert!(page.says("#timeline").contains("+1,000 P") && !page.says("#timeline").contains("₩0"), "{page}");
        let listed = mina.get("/orders?q=20260228-000070").says("tbody");
        assert!(listed.contains("1,000 P returned") && !listed.contains("₩0"), "{listed}");
        let cancel = mina.get("/orders/70?panel=cancel").says("#panel");
        assert!(cancel.contains("returns 1,000 points") && !cancel.contains("not been paid"), "{cancel}");

        let free = mina.get("/orders/71");
        assert!(free.says("#payments").contains("There was nothing to pay"), "{free}");
        assert!(!free.says("#timeline").contains("₩0"), "{free}");
        assert!(mina.get("/orders/71").says("#why-refund").contains("nothing to pay"));
        assert!(mina.get("/orders/71?panel=cancel").says("#panel").contains("There was nothing to pay"));
        assert_eq!(cancellation(&mina, 71).set("code", &world.code("mina")).submit().status, 303);
        assert_eq!(crate::orders::support::state(world, 71), "cancelled");
    }

    fn the_example_of_an_amount_is_in_the_currency_of_the_order(world) {
        let mina = world.signed_in("mina");
        for (order, example) in [(1, "₩12,300"), (2, "$12,300.00")] {
            let form = mina.get(&format!("/orders/{order}?panel=refund")).form_to("/refunds").set("amount", "many");
            let page = form.set("reason", "Agreed on the telephone").set("code", &world.code("mina")).submit();
            assert!(page.says("#refund-effect").contains(&format!("an amount such as {example}")), "{page}");
        }
    }
}
