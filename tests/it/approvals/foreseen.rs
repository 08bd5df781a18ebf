//! What a form says about a second person before it is sent is what the gate then does, for any amount in both directions.

use crate::{
    approvals::support::{points_rule, request_of, rule, ruled, under},
    kit::{Browser, Form, Page, World, addition, on_both, points},
};
use ingam::gate::{Amount, When};

/// Whether a panel says that another person has to approve what it says so far: on its button, in its note, beside the seals
/// and in the fine print. All of them have to agree.
fn asks(page: &Page) -> bool {
    let html = page.html();
    let shown = |css: &str| {
        let selector = scraper::Selector::parse(css).unwrap();
        html.select(&selector).any(|element| {
            let hidden = |element: scraper::ElementRef<'_>| element.attr("hidden").is_some();
            !hidden(element) && !element.ancestors().filter_map(scraper::ElementRef::wrap).any(hidden)
        })
    };
    let says = [
        page.says("#go").contains("Request approval"),
        shown("#panel .short[data-second]"),
        shown("#panel .signs .later"),
        shown("#fine [data-second]"),
        !shown("#fine [data-alone]"),
    ];
    assert!(says.iter().all(|one| *one == says[0]), "{says:?} on {page}");
    says[0]
}

fn typed(mina: &Browser, direction: &str, amount: &str) -> Form {
    addition(mina, 1, amount).set("direction", direction)
}

fn preview(form: &Form) -> Page {
    form.clone().to("/users/1/point-adjustments/preview").submit()
}

/// The form is previewed, comes back with a mistake, and is then sent: each says the same, and that is what happens.
fn is_as_said(world: &World, mina: &Browser, direction: &str, amount: &str, waits: bool) {
    let form = typed(mina, direction, amount);
    assert_eq!(asks(&preview(&form)), waits, "the preview of {direction} {amount}");
    let wrong = form.clone().set("reason", "no").set("code", &world.code("mina")).submit();
    assert_eq!((wrong.status, asks(&wrong)), (422, waits), "{direction} {amount} with a short reason");
    let before = points(world, 1);
    let sent = form.set("code", &world.code("mina")).submit();
    if waits {
        request_of(&sent);
    } else {
        assert_eq!(sent.location().map(|to| to.starts_with("/users/1?sealed=")), Some(true), "{sent}");
    }
    assert_eq!(points(world, 1) == before, waits, "{direction} {amount}");
}

fn daily(world: &World) -> Browser {
    world.signed_in("mina")
}

on_both! {
    fn the_points_panel_asks_for_a_second_person_only_where_one_is_needed(outer) {
        let world = &ruled(outer.engine);
        let mina = world.signed_in("mina");
        let fresh = mina.get("/users/1?panel=points");
        assert!(!asks(&fresh), "nothing is typed yet");
        for (direction, amount, waits) in
            [("add", "1,500", false), ("add", "10,000", false), ("add", "10,001", true), ("deduct", "10,001", true), ("deduct", "300", false)]
        {
            is_as_said(world, &mina, direction, amount, waits);
        }
        // What cannot be read, or cannot be deducted, needs no other person.
        for (direction, amount) in [("add", "many"), ("add", ""), ("deduct", "900,000"), ("deduct", "0")] {
            assert!(!asks(&preview(&typed(&mina, direction, amount))), "{direction} {amount}");
        }
    }

    fn what_one_has_done_today_counts_in_what_the_panel_says(outer) {
        let world = &under(outer.engine, vec![points_rule(10_000, Some(12_000), 1)]);
        let mina = daily(world);
        assert_eq!(mina.get("/users/1?panel=points").attributes("[data-points]", "data-limit"), ["10000"]);
        is_as_said(world, &mina, "add", "9,000", false);
        assert_eq!(mina.get("/users/1?panel=points").attributes("[data-points]", "data-limit"), ["3000"]);
        is_as_said(world, &mina, "add", "3,001", true);
        is_as_said(world, &mina, "deduct", "3,000", false);
        is_as_said(world, &mina, "add", "1", true);
    }

    fn a_customer_with_ones_own_address_is_said_to_need_another_person_before_one_types(outer) {
        let world = &ruled(outer.engine);
        world.database().tamper("update users set email = 'mina+shop@ingam.test' where id = 1").unwrap();
        let mina = world.signed_in("mina");
        let fresh = mina.get("/users/1?panel=points");
        assert!(fresh.says("#panel").contains("This customer has your e-mail address"), "{fresh}");
        assert!(fresh.says("#go").contains("Request approval") && fresh.says("#fine").contains("Nothing changes before it is approved"));
        assert_eq!(fresh.attributes("[data-points]", "data-limit"), ["-1"]);
        request_of(&addition(&mina, 1, "5").set("code", &world.code("mina")).submit());
        // An order of theirs is theirs too.
        assert!(mina.get("/orders/1?panel=refund").says("#panel").contains("This customer has your e-mail address"));
        assert!(!mina.get("/orders/4?panel=refund").says("#panel").contains("your e-mail address"));
    }

    fn a_refund_says_so_on_its_button_beside_the_seals_and_in_the_fine_print(outer) {
        let over = vec![Amount { n: 20_000, currency: "KRW".parse().ok() }];
        let when = When::Beyond { quantity: "amount".to_owned(), over, daily: Vec::new() };
        let world = &under(outer.engine, vec![rule(&["orders.*", "refunds.retry"], when)]);
        let mina = world.signed_in("mina");
        for (units, waits) in [("1", false), ("2", true)] {
            let form = mina.get("/orders/4?panel=refund").form_to("/refunds").set("units-1", units);
            let preview = form.to("/orders/4/refunds/preview").submit();
            assert_eq!(preview.says("#go").contains("Request approval"), waits, "{preview}");
            assert_eq!(preview.says("#refund-effect").contains("another person has to approve"), waits, "{preview}");
            assert_eq!(preview.attributes("#signs .later", "hidden").is_empty(), waits, "{preview}");
            assert_eq!(preview.attributes("#fine [data-alone]", "hidden").is_empty(), !waits, "{preview}");
        }
    }

    fn where_no_other_person_could_approve_none_is_asked_for(outer) {
        let world = &under(outer.engine, vec![rule(&["users.status"], When::Always { if_possible: true })]);
        let mina = world.signed_in("mina");
        let panel = mina.get("/users/1?panel=status");
        assert!(panel.says("#panel").contains("only after 1 other person (Approver) has approved it"), "{panel}");
        assert!(panel.says("#go").contains("Request approval"), "{panel}");
        world.database().tamper("update staff set active = active and email <> 'hana@ingam.test'").unwrap();
        let panel = mina.get("/users/1?panel=status");
        assert!(!panel.says("#panel").contains("approv"), "{panel}");
        let form = panel.form_to("/status").set("reason", "Asked for by the customer").set("code", &world.code("mina"));
        assert_eq!(form.submit().location().map(|to| to.starts_with("/users/1?sealed=")), Some(true));
    }
}
