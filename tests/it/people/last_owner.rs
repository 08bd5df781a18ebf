//! The last owner stays, for every actor.

use crate::{
    kit::{on_both, owners},
    people::support::{
        able_owners, code, host, id_of, invitation, link_in, link_on, make_owner, panel, roles_form, set_up,
    },
};

on_both! {
    fn the_command_line_does_not_remove_the_last_owner(world) {
        let (done, said) = host(world, &["disable", "owner@ingam.test"]);
        assert!(!done && said.contains("last owner"), "{said}");
        assert_eq!(said.trim().lines().count(), 1, "{said}");
        let (done, said) = host(world, &["roles", "owner@ingam.test", "--role", "operator"]);
        assert!(!done && said.contains("last owner"), "{said}");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.outcome.as_str(), row.refusal.as_str()), ("staff.roles", "refused", "staff-last-owner"));
        // Another role beside it is no matter.
        let (done, said) = host(world, &["roles", "owner@ingam.test", "--role", "owner", "--role", "auditor"]);
        assert!(done, "{said}");
        assert_eq!(able_owners(world), 1);
    }

    fn an_owner_who_cannot_sign_in_is_no_other_owner(world) {
        let owner = world.signed_in("owner");
        // Invited, and never there.
        link_on(&invitation(&owner, "nari@ingam.test", &["owner"]).set("code", &world.code("owner")).submit());
        let (done, said) = host(world, &["disable", "owner@ingam.test"]);
        assert!(!done && said.contains("last owner"), "{said}");
        // Locked after ten wrong codes.
        make_owner(world, "hana");
        let hana = id_of(world, "hana");
        world.database().tamper(&format!("update authenticators set locked = true where staff_id = {hana}")).unwrap();
        assert!(!host(world, &["roles", "owner@ingam.test", "--role", "operator"]).0);
        // Disabled.
        world.database().tamper(&format!("update authenticators set locked = false where staff_id = {hana}")).unwrap();
        world.database().tamper(&format!("update staff set active = false where id = {hana}")).unwrap();
        assert!(!host(world, &["disable", "owner@ingam.test"]).0);
        // Enabled, hana can take over.
        assert!(host(world, &["enable", "hana@ingam.test"]).0);
        assert!(host(world, &["disable", "owner@ingam.test"]).0);
        assert_eq!(able_owners(world), 1);
        assert!(!host(world, &["disable", "hana@ingam.test"]).0);
    }

    fn two_owners_take_care_of_each_other_and_the_one_who_stays_can_go_on(world) {
        let [first, second]: [_; 2] = owners(world, 2).try_into().unwrap();
        // The one of the five is not needed for this.
        world.database().tamper("update staff set active = false where email = 'owner@ingam.test'").unwrap();
        let done = roles_form(&first.browser, second.id, &["operator"]).set("code", &code(world, &first)).submit();
        assert_eq!(done.status, 303, "{done}");
        assert_eq!((first.browser.get("/staff").status, second.browser.get("/staff").status), (200, 403));
        let back = roles_form(&first.browser, second.id, &["owner"]);
        world.clock.advance(std::time::Duration::from_secs(30));
        assert_eq!(back.set("code", &code(world, &first)).submit().status, 303);
        let done = panel(&second.browser, first.id, "status").set("code", &code(world, &second)).submit();
        assert_eq!(done.status, 303, "{done}");
        assert_eq!((first.browser.get("/staff").status, second.browser.get("/staff").status), (303, 200));
        assert_eq!(able_owners(world), 1);
    }

    fn a_person_who_lost_everything_comes_back_through_the_host(world) {
        let owner = world.signed_in("owner");
        if world.clock.now() < ingam::clock::Clock::system().now() {
            world.clock.set(ingam::clock::Clock::system().now());
        }
        let (done, said) = host(world, &["reset-second-factor", "owner@ingam.test", "--reason", "Lost phone, called back"]);
        assert!(done, "{said}");
        assert_eq!(owner.get("/staff").status, 303, "their sessions end");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.reason.as_str()), ("staff.reset-second-factor", "Lost phone, called back"));
        let (_, secret) = set_up(world, &link_in(&said));
        let back = crate::people::support::enter(world, "owner@ingam.test", &secret);
        assert_eq!(back.get("/staff").status, 200);
    }
}
