use crate::{
    approvals::support::{bare_of, last_refusal, request_of, rule, ruled, state, under},
    kit::{Form, Operator, REASON, World, on_both, owners},
};
use ingam::gate::{Policy, Role, When};
use std::time::Duration;

/// The form of a panel on a person's page, sealed.
fn sealed(world: &World, by: &Operator, whom: i64, panel: &str) -> Form {
    world.clock.advance(Duration::from_secs(30));
    let page = by.browser.get(&format!("/staff/{whom}?panel={panel}"));
    assert_eq!(page.status, 200, "{page}");
    page.form("form.seal").set("reason", REASON).set("code", &by.code(world.clock.now(), 0))
}

fn invitation(world: &World, by: &Operator, email: &str) -> Form {
    world.clock.advance(Duration::from_secs(30));
    let form = by.browser.get("/staff?panel=invite").form("form.seal").without("role-operator");
    let form = form.set("email", email).set("name", "Nari Yoon").set("role-owner", "yes").set("reason", REASON);
    form.set("code", &by.code(world.clock.now(), 0))
}

fn id_of(world: &World, who: &str) -> i64 {
    world.number(&format!("select id from staff where email = '{who}@ingam.test'"))
}

on_both! {
    fn no_one_becomes_the_only_owner_by_urgency(outer) {
        let world = &ruled(outer.engine);
        let pair = owners(world, 2);
        let done = sealed(world, &pair[0], id_of(world, "owner"), "status").set("urgent", "yes").submit();
        assert!(done.location().unwrap().contains("sealed=") && done.location().unwrap().starts_with("/staff/"), "{done}");
        // Two are left, and one of them still has to agree to what was urgent.
        let asked = sealed(world, &pair[0], pair[1].id, "status").submit();
        assert_eq!(state(world, request_of(&asked)), "waiting");
        let done = sealed(world, &pair[0], pair[1].id, "status").set("urgent", "yes").submit();
        assert!(done.location().unwrap().starts_with("/staff/"), "{done}");
        let asked = invitation(world, &pair[0], "nari@ingam.test").submit();
        assert_eq!(state(world, request_of(&asked)), "waiting", "and not made alone");
        assert_eq!(world.number("select count(*) from staff where email = 'nari@ingam.test'"), 0);
    }

    fn enabling_an_account_is_never_urgent(outer) {
        let world = &ruled(outer.engine);
        let pair = owners(world, 2);
        let hana = id_of(world, "hana");
        assert!(pair[0].browser.get(&format!("/staff/{hana}?panel=status")).has("#urgent"));
        world.database().tamper(&format!("update staff set active = false where id = {hana}")).unwrap();
        assert!(!pair[0].browser.get(&format!("/staff/{hana}?panel=status")).has("#urgent"));
        let asked = sealed(world, &pair[0], hana, "status").forge("urgent", "yes").submit();
        assert_eq!(state(world, request_of(&asked)), "waiting");
        assert_eq!(world.number(&format!("select count(*) from staff where active and id = {hana}")), 0);
    }

    fn where_fewer_are_there_than_a_rule_wants_those_who_are_there_are_asked(outer) {
        let invites = rule(&["staff.invite"], When::Always { if_possible: true });
        let world = &under(outer.engine, vec![Policy { approvers: 2, role: Role::Owner, ..invites }]);
        let pair = owners(world, 2);
        world.database().tamper("update staff set active = false where email = 'owner@ingam.test'").unwrap();
        let request = request_of(&invitation(world, &pair[0], "nari@ingam.test").submit());
        world.clock.advance(Duration::from_secs(30));
        let done = bare_of(&pair[1], request, "approval", &pair[1].code(world.clock.now(), 0)).submit();
        assert_eq!((done.status, state(world, request).as_str()), (303, "approved"), "{done}");
    }

    fn a_second_account_of_the_same_mailbox_is_not_another_person(outer) {
        let world = &ruled(outer.engine);
        let trio = owners(world, 3);
        let second = format!("update staff set email = 'owner2000+2@ingam.test' where id = {}", trio[1].id);
        world.database().tamper(&second).unwrap();
        let request = request_of(&invitation(world, &trio[0], "nari@ingam.test").submit());
        let refused = bare_of(&trio[1], request, "approval", &trio[1].code(world.clock.now(), 0)).submit();
        assert_eq!((refused.status, state(world, request).as_str()), (403, "waiting"), "{refused}");
        assert_eq!(last_refusal(world), ("approvals.approve".to_owned(), "approval-own".to_owned()));
        let page = trio[1].browser.get(&format!("/approvals/{request}"));
        assert!(page.find_form("form[action$='/approval']").is_none(), "{page}");
        // Nor is anybody waited for who could not agree.
        world.database().tamper("update staff set active = false where email in ('owner@ingam.test', 'owner2002@ingam.test')").unwrap();
        let made = invitation(world, &trio[0], "seri@ingam.test").submit();
        assert_eq!(made.status, 200, "{made}");
    }

    fn an_authenticator_that_was_replaced_meanwhile_is_not_taken_away(outer) {
        let world = &ruled(outer.engine);
        let pair = owners(world, 2);
        let mina = world.signed_in("mina");
        let request = request_of(&sealed(world, &pair[0], id_of(world, "mina"), "reset").submit());
        // She finds her phone after all, and sets it up again.
        let page = mina.get("/account?panel=recovery-codes");
        let renewed = page.form_to("/recovery-codes").set("reason", "The old ones are lost").set("code", &world.code("mina")).submit();
        assert!(matches!(renewed.status, 200 | 303), "{renewed}");
        let late = bare_of(&pair[1], request, "approval", &pair[1].code(world.clock.now(), 0)).submit();
        assert_eq!((late.status, state(world, request).as_str()), (409, "obsolete"), "{late}");
        assert_eq!(world.number("select count(*) from recovery_codes where staff_id = (select id from staff where email = 'mina@ingam.test')"), 10);
    }

    fn a_person_invited_otherwise_meanwhile_keeps_the_roles_they_were_given(outer) {
        let world = &ruled(outer.engine);
        let pair = owners(world, 2);
        let first = request_of(&invitation(world, &pair[0], "nari@ingam.test").submit());
        let form = invitation(world, &pair[0], "nari@ingam.test").without("role-owner").set("role-auditor", "yes");
        let second = request_of(&form.submit());
        let agree = |request| {
            world.clock.advance(Duration::from_secs(30));
            bare_of(&pair[1], request, "approval", &pair[1].code(world.clock.now(), 0)).submit()
        };
        assert_eq!(agree(second).status, 303);
        let late = agree(first);
        assert_eq!((late.status, state(world, first).as_str()), (409, "obsolete"), "{late}");
        assert_eq!(world.database().value("select roles from staff where email = 'nari@ingam.test'"), "auditor");
        // An owner who has seen the current roles may still give them others.
        let again = request_of(&invitation(world, &pair[0], "nari@ingam.test").submit());
        assert_eq!(agree(again).status, 303);
        assert_eq!(world.database().value("select roles from staff where email = 'nari@ingam.test'"), "owner");
    }

    fn the_log_gives_no_number_to_an_account_that_does_not_exist_yet(outer) {
        let world = &ruled(outer.engine);
        let pair = owners(world, 2);
        let request = request_of(&invitation(world, &pair[0], "nari@ingam.test").submit());
        let row = world.last_audit();
        assert_eq!((row.outcome.as_str(), row.after.get("staff"), &row.after["roles"]), ("requested", None, &"owner".into()));
        world.clock.advance(Duration::from_secs(30));
        let done = bare_of(&pair[1], request, "approval", &pair[1].code(world.clock.now(), 0)).submit();
        assert_eq!((done.status, &world.last_audit().after["staff"]), (303, &id_of(world, "nari").to_string().into()), "{done}");
    }

    fn no_event_tells_the_address_of_the_person_to_be_invited(outer) {
        let world = &ruled(outer.engine);
        let pair = owners(world, 2);
        request_of(&invitation(world, &pair[0], "nari@ingam.test").submit());
        let body = world.database().value("select body from outbox where topic = 'approvals.requested'");
        assert!(body.contains("staff.invite") && !body.contains("nari"), "{body}");
    }
}
