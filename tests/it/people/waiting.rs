//! What owners do to the staff where there is a second owner: it waits for them.

use crate::{
    approvals::support::bare_of,
    kit::{Browser, Form, Operator, Page, World, on_both, owners, submit_at_once},
    people::support::{REASON, code, enter, id_of, invitation, link_on, panel, roles_form, set_up},
};
use std::time::Duration;

fn ruled(outer: &World) -> World {
    World::start_with(outer.engine, |config| {
        config.policies = ingam::config::Declared::usual(ingam::changes::KINDS, ingam::zone::Zone::seoul());
    })
}

/// The number of the request that an answer leads to.
fn request_of(page: &Page) -> i64 {
    assert_eq!(page.status, 303, "{page}");
    let location = page.location().unwrap();
    let rest = location.strip_prefix("/approvals/").unwrap_or_else(|| panic!("not a request: {location}"));
    rest.split('?').next().unwrap().parse().unwrap()
}

fn approval(browser: &Browser, request: i64) -> Form {
    browser.get(&format!("/approvals/{request}")).form_to("/approval").set("reason", REASON)
}

fn approve(world: &World, by: &Operator, request: i64) -> Page {
    world.clock.advance(Duration::from_secs(30));
    approval(&by.browser, request).set("code", &code(world, by)).submit()
}

fn state(world: &World, request: i64) -> String {
    world.database().value(&format!("select state from approval_requests where id = {request}"))
}

on_both! {
    fn a_single_owner_goes_on_alone(outer) {
        let world = &ruled(outer);
        let owner = world.signed_in("owner");
        let mina = id_of(world, "mina");
        let done = roles_form(&owner, mina, &["operator", "auditor"]).set("code", &world.code("owner")).submit();
        assert!(done.location().unwrap().starts_with("/staff/"), "{done}");
        let done = panel(&owner, mina, "reset").set("code", &world.code("owner")).submit();
        assert!(done.has("#setup-link"), "{done}");
        assert_eq!(world.number("select count(*) from approval_requests"), 0);
    }

    fn an_invitation_waits_for_the_other_owner_and_then_gets_its_link(outer) {
        let world = &ruled(outer);
        let [first, second]: [_; 2] = owners(world, 2).try_into().unwrap();
        let asked = invitation(&first.browser, "nari@ingam.test", &["operator"]).set("code", &code(world, &first)).submit();
        let request = request_of(&asked);
        assert_eq!(world.number("select count(*) from staff where email = 'nari@ingam.test'"), 0);
        assert!(asked.follow().says("main").contains("issue a set-up link"));
        let done = approve(world, &second, request);
        assert_eq!((done.status, state(world, request).as_str()), (303, "approved"), "{done}");
        assert_eq!(world.number("select count(*) from invitations"), 0, "no one could have been shown it");
        let nari = id_of(world, "nari");
        world.clock.advance(Duration::from_secs(30));
        let page = panel(&first.browser, nari, "link").set("code", &code(world, &first)).submit();
        let (_, secret) = set_up(world, &link_on(&page));
        assert_eq!(enter(world, "nari@ingam.test", &secret).get("/users").status, 200);
        let kept = world.database().value("select payload from approval_requests");
        assert!(!kept.contains("token"), "{kept}");
    }

    fn a_reset_needs_two_owners_where_there_are_two(outer) {
        // Independent of the rules: those of this world ask for nothing.
        let world = outer;
        let [first, second]: [_; 2] = owners(world, 2).try_into().unwrap();
        let mina = id_of(world, "mina");
        let request = request_of(&panel(&first.browser, mina, "reset").set("code", &code(world, &first)).submit());
        let has_factor = format!("select count(*) from authenticators where staff_id = {mina}");
        assert_eq!(world.number(&has_factor), 1);
        assert!(first.browser.get(&format!("/approvals/{request}")).find_form("form[action$='/approval']").is_none());
        let done = approve(world, &second, request);
        assert_eq!((done.status, world.number(&has_factor)), (303, 0), "{done}");
    }

    fn of_two_resets_that_wait_one_is_made(outer) {
        let world = outer;
        let [first, second, third]: [_; 3] = owners(world, 3).try_into().unwrap();
        let mina = id_of(world, "mina");
        let forms: Vec<Form> =
            [&first, &second].map(|by| panel(&by.browser, mina, "reset").set("code", &code(world, by))).into();
        let requests: Vec<i64> = submit_at_once(&forms).iter().map(request_of).collect();
        assert_eq!(approve(world, &third, requests[0]).status, 303);
        let refused = approve(world, &third, requests[1]);
        assert_eq!((refused.status, state(world, requests[1]).as_str()), (409, "obsolete"), "{refused}");
    }

    fn two_owners_can_still_deal_with_each_other(outer) {
        let world = &ruled(outer);
        world.database().tamper("update staff set active = false where email = 'owner@ingam.test'").unwrap();
        let [first, second]: [_; 2] = owners(world, 2).try_into().unwrap();
        // No one is left who could be asked but the one it is about.
        let done = panel(&first.browser, second.id, "status").set("code", &code(world, &first)).submit();
        assert!(done.location().unwrap().starts_with("/staff/"), "{done}");
        assert_eq!(second.browser.get("/staff").status, 303);
    }

    fn of_two_owners_neither_takes_the_others_account(outer) {
        let world = outer;
        world.database().tamper("update staff set active = false where email = 'owner@ingam.test'").unwrap();
        let [first, second]: [_; 2] = owners(world, 2).try_into().unwrap();
        let refused = panel(&first.browser, second.id, "reset").set("code", &code(world, &first)).submit();
        assert_eq!(refused.status, 409, "{refused}");
        assert_eq!(world.last_audit().refusal, "staff-other-owner");
        assert!(refused.says("#panel").contains("on the host"), "{refused}");
        let (done, said) = crate::people::support::host(world, &["reset-second-factor", &format!("owner{}@ingam.test", second.id)]);
        assert!(done && said.contains("/setup/"), "{said}");
    }

    fn no_one_decides_about_their_own_account(outer) {
        let world = &ruled(outer);
        let [first, second]: [_; 2] = owners(world, 2).try_into().unwrap();
        let third = world.signed_in("owner");
        let form = roles_form(&first.browser, second.id, &["owner", "auditor"]);
        let request = request_of(&form.set("code", &code(world, &first)).submit());
        assert!(second.browser.get(&format!("/approvals/{request}?panel=approve")).find_form("form#panel").is_none());
        world.clock.advance(Duration::from_secs(30));
        let refused = bare_of(&second, request, "approval", &code(world, &second)).submit();
        assert_eq!(refused.status, 403, "{refused}");
        assert_eq!(world.last_audit().refusal, "approval-about-you");
        let done = approval(&third, request).set("code", &world.code("owner")).submit();
        assert_eq!((done.status, state(world, request).as_str()), (303, "approved"), "{done}");
    }

    fn an_urgent_disabling_is_made_at_once_and_the_approval_is_owed(outer) {
        let world = &ruled(outer);
        let [first, second]: [_; 2] = owners(world, 2).try_into().unwrap();
        let mina = world.signed_in("mina");
        let form = panel(&first.browser, id_of(world, "mina"), "status").set("urgent", "yes").set("code", &code(world, &first));
        let done = form.submit();
        assert!(done.location().unwrap().starts_with("/staff/"), "{done}");
        assert_eq!(mina.get("/users").status, 303, "she is out");
        let request = world.number("select id from approval_requests where state = 'owed'");
        assert_eq!(approve(world, &second, request).status, 303);
        assert_eq!(state(world, request), "approved");
    }

    fn an_owner_who_lost_the_role_approves_nothing(outer) {
        let world = &ruled(outer);
        let [first, second]: [_; 2] = owners(world, 2).try_into().unwrap();
        let form = roles_form(&first.browser, id_of(world, "mina"), &["auditor"]).set("code", &code(world, &first));
        let request = request_of(&form.submit());
        let open = approval(&second.browser, request).set("code", &code(world, &second));
        world.database().tamper(&format!("update staff set roles = 'operator' where id = {}", second.id)).unwrap();
        // What is not for them any more is not there.
        assert_eq!(open.submit().status, 404);
        assert_eq!(state(world, request), "waiting");
        let roles = world.database().value("select roles from staff where email = 'mina@ingam.test'");
        assert_eq!(roles, "operator");
    }
}
