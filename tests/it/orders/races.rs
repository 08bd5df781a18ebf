//! Many refunds at once: never more than was captured, on whichever process they arrive.

use crate::{
    kit::{Form, assert_sound, on_both, operators_here, submit_at_once, wait_until, with_status},
    orders::support::{
        PATIENCE, cancellation, held, orders, paying, refund, refund_amount, settled, settled_in_time, shipping, state,
    },
};
use std::time::Duration;

on_both! {
    fn two_hundred_orders_refunded_by_four_at_once_on_two_processes_never_pay_more_than_was_captured(world) {
        let (world, provider) = paying(world.engine);
        let second = world.another(|config| provider.serve_for(config, PATIENCE)).unwrap();
        orders(&world, 1000, 200);
        let people = operators_here(&world, 4);
        for order in 1000..1200 {
            // Everybody has one code in half a minute.
            world.clock.advance(Duration::from_secs(30));
            let now = world.clock.now();
            for person in &people {
                // Sessions that idle for a quarter of an hour end.
                if order % 20 == 0 {
                    assert_eq!(person.browser.get("/").status, 200);
                }
            }
            let form = |(n, person): (usize, &crate::kit::Operator)| -> Form {
                let browser = if n % 2 == 0 { person.browser.clone() } else { person.browser.at(second.address) };
                let fields = [
                    ("amount", "6000"), ("override_reason", "As agreed by phone"), ("reason_kind", "goodwill"), ("reason", "Everybody at once"),
                    ("code", &person.code(now, 0)), ("key", &format!("race-{order}-{n}")), ("csrf", &person.csrf),
                ].map(|(name, value)| (name.to_owned(), value.to_owned()));
                Form::bare(&browser, &format!("/orders/{order}/refunds"), &fields)
            };
            let forms: Vec<Form> = people.iter().enumerate().map(form).collect();
            let answers = submit_at_once(&forms);
            assert_eq!((with_status(&answers, 303), with_status(&answers, 422)), (1, 3), "{order}: {:?}", answers[0]);
            assert_eq!(held(&world, order * 10), 6000);
        }
        settled_in_time(&world);
        for order in 1000..1200 {
            assert_eq!(provider.paid(&format!("card-{order}")), 6000);
        }
        assert_sound(&world);
    }

    fn of_refunds_and_a_cancellation_and_a_shipment_at_once_what_is_left_is_whole(world) {
        orders(world, 1000, 20);
        let people = operators_here(world, 5);
        for order in 1000..1020 {
            world.clock.advance(Duration::from_secs(30));
            let now = world.clock.now();
            let forms: Vec<Form> = people.iter().enumerate().map(|(n, person)| {
                let form = match n {
                    0 => cancellation(&person.browser, order),
                    1 => shipping(&person.browser, order, "shipped").set("carrier", "cj").set("tracking_number", "601234564471"),
                    2 => refund(&person.browser, order, &[(1, "7")]),
                    _ => refund_amount(&person.browser, order, "4000"),
                };
                form.without("seen").set("code", &person.code(now, 0))
            }).collect();
            let answers = submit_at_once(&forms);
            let is_done = |n: usize| answers[n].status == 303;
            assert!(held(world, order * 10) <= 10_000);
            match state(world, order).as_str() {
                "cancelled" => assert!(is_done(0) && !is_done(1) && held(world, order * 10) == 10_000),
                "shipped" => assert!(is_done(1) && !is_done(0)),
                other => panic!("{order} is {other}: neither went through"),
            }
        }
        settled(world);
        assert_sound(world);
    }

    fn a_double_click_that_reaches_two_processes_refunds_once(world) {
        let second = world.second_process();
        let mina = world.signed_in("mina");
        let form = refund(&mina, 4, &[(1, "1")]).set("code", &world.code("mina"));
        let fields = form.fields().to_vec();
        let to = [&mina, &mina.at(second.address)].map(|browser| Form::bare(browser, form.action(), &fields));
        let answers = submit_at_once(&[&to[..], &to[..], &to[..]].concat());
        assert!(answers.iter().all(|answer| answer.status == 303 && answer.location() == answers[0].location()), "{answers:?}");
        assert_eq!((held(world, 40), world.number("select count(*) from refunds")), (15_000, 1));
    }

    fn a_refund_that_two_processes_could_ask_for_is_asked_for_once(world) {
        let (world, provider) = paying(world.engine);
        let others: Vec<_> = (0..2).map(|_| world.another(|config| provider.serve_for(config, PATIENCE)).unwrap()).collect();
        orders(&world, 1000, 30);
        let people = operators_here(&world, 30);
        let now = world.clock.now();
        let forms: Vec<Form> = people.iter().zip(1000..).map(|(person, order)| refund(&person.browser, order, &[(1, "1")]).set("code", &person.code(now, 0))).collect();
        let answers = submit_at_once(&forms);
        assert_eq!(with_status(&answers, 303), 30, "{:?}", answers.iter().find(|answer| answer.status != 303));
        wait_until(|| world.number("select count(*) from refunds where state = 'succeeded'") == 30);
        assert_eq!((provider.asked("refund.requested"), provider.asked("refund.status")), (30, 0));
        drop(others);
        assert_sound(&world);
    }
}
