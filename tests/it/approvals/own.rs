use crate::{
    approvals::support::{ask, bare, last_refusal, request_of, ruled, state, under},
    kit::{addition, on_both, points},
};

on_both! {
    fn a_gift_of_points_to_oneself_always_waits(outer) {
        // Independent of the rules: these have none.
        let world = &under(outer.engine, Vec::new());
        world.database().tamper("update users set email = 'mina+shop@ingam.test' where id = 2").unwrap();
        let mina = world.signed_in("mina");
        let request = request_of(&addition(&mina, 2, "1").set("code", &world.code("mina")).submit());
        assert_eq!((points(world, 2), state(world, request).as_str()), (0, "waiting"));
        assert_eq!(world.database().value("select rule from approval_requests"), "own");
        let form = mina.get("/users/2?panel=status").form_to("/status").set("reason", "I asked for it myself");
        request_of(&form.set("code", &world.code("mina")).submit());
        let done = addition(&mina, 1, "1").set("code", &world.code("mina")).submit();
        assert!(done.location().unwrap().starts_with("/users/1"), "{done}");
    }

    fn an_order_of_ones_own_waits_too(outer) {
        let world = &under(outer.engine, Vec::new());
        world.database().tamper("update users set email = 'mina@ingam.test' where id = 1").unwrap();
        let mina = world.signed_in("mina");
        let form = mina.get("/orders/1?panel=refund").form_to("/refunds").set("units-1", "1").set("reason", "I sent it back");
        let asked = form.set("code", &world.code("mina")).submit();
        request_of(&asked);
        assert_eq!(world.number("select count(*) from refunds"), 0);
    }

    fn a_second_account_of_the_same_mailbox_is_no_second_person(outer) {
        let world = &ruled(outer.engine);
        let other = crate::kit::approvers(world, 1).remove(0);
        world.database().tamper(&format!("update staff set email = 'mina+approver@ingam.test' where id = {}", other.id)).unwrap();
        let mina = world.signed_in("mina");
        let request = ask(world, &mina, 1, "50,000");
        let form = crate::approvals::support::bare_of(&other, request, "approval", &other.code(world.clock.now(), 0));
        let refused = form.submit();
        assert_eq!((refused.status, points(world, 1)), (403, 12_450), "{refused}");
        assert_eq!(last_refusal(world).1, "approval-own");
    }

    fn no_one_approves_a_change_about_themselves(outer) {
        let world = &ruled(outer.engine);
        world.database().tamper("update users set email = 'hana@ingam.test' where id = 1").unwrap();
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        let refused = bare(&hana, request, "approval", &world.code("hana")).submit();
        assert_eq!((refused.status, points(world, 1)), (403, 12_450), "{refused}");
        assert_eq!(last_refusal(world), ("approvals.approve".to_owned(), "approval-about-you".to_owned()));
    }
}
