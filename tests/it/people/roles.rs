//! Roles given and taken away.

use crate::{
    kit::on_both,
    people::support::{id_of, invitation, panel, roles_form, with_roles},
};

on_both! {
    fn roles_that_were_given_open_doors_at_once_and_those_taken_away_close_them(world) {
        let mina = world.signed_in("mina");
        let second = world.second_process();
        let there = mina.at(second.address);
        let owner = world.signed_in("owner");
        let id = id_of(world, "mina");
        assert_eq!((mina.get("/users").status, mina.get("/audit").status), (200, 403));
        let done = roles_form(&owner, id, &["auditor"]).set("code", &world.code("owner")).submit();
        assert_eq!(done.status, 303, "{done}");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.outcome.as_str(), row.target), ("staff.roles", "applied", format!("staff/{id}")));
        assert_eq!((row.before["roles"].as_str(), row.after["roles"].as_str()), (Some("operator"), Some("auditor")));
        assert!(done.follow().says("#panel").contains("Customer service"), "the panel says what changed");
        for browser in [&mina, &there] {
            assert_eq!((browser.get("/users").status, browser.get("/audit").status), (403, 200));
        }
        assert_eq!(world.number("select count(*) from outbox where topic = 'staff.roles-changed'"), 1);
    }

    fn a_role_taken_away_between_form_and_post_changes_nothing_and_is_recorded(world) {
        let mina = world.signed_in("mina");
        let form = mina.get("/users/1?panel=points").form_to("/point-adjustments");
        let form = form.set("amount", "1000").set("reason", "Parcel five days late");
        let owner = world.signed_in("owner");
        let done = roles_form(&owner, id_of(world, "mina"), &["oncall"]).set("code", &world.code("owner")).submit();
        assert_eq!(done.status, 303, "{done}");
        let before = world.audit_size();
        let refused = form.set("code", &world.code("mina")).submit();
        assert_eq!(refused.status, 403, "{refused}");
        assert_eq!(world.number("select points from users where id = 1"), 12_450);
        let rows = world.audit_from(before);
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].refusal, "role");
    }

    fn an_owner_whose_role_goes_meanwhile_does_nothing_more_with_an_open_form(world) {
        crate::people::support::make_owner(world, "hana");
        let (owner, hana) = (world.signed_in("owner"), world.signed_in("hana"));
        let form = panel(&hana, id_of(world, "mina"), "status");
        let done = roles_form(&owner, id_of(world, "hana"), &["approver"]).set("code", &world.code("owner")).submit();
        assert_eq!(done.status, 303, "{done}");
        let refused = form.set("code", &world.code("hana")).submit();
        assert_eq!(refused.status, 403, "{refused}");
        assert_eq!(world.number("select count(*) from staff where not active"), 0);
        assert_eq!(world.last_audit().refusal, "role");
    }

    fn no_account_is_left_without_a_role(world) {
        let owner = world.signed_in("owner");
        let id = id_of(world, "mina");
        let none = roles_form(&owner, id, &[]).set("code", &world.code("owner")).submit();
        assert_eq!(none.status, 422, "{none}");
        assert!(none.says(".err").contains("at least one role"), "{none}");
        let strange = panel(&owner, id, "roles").forge("role-owner", "on").set("code", &world.code("owner")).submit();
        assert_eq!(strange.status, 422, "{strange}");
        let unknown = panel(&owner, id, "roles").forge("role-king", "yes").set("code", &world.code("owner")).submit();
        assert_eq!(unknown.status, 422, "{unknown}");
        let same = roles_form(&owner, id, &["operator"]).set("code", &world.code("owner")).submit();
        assert_eq!(same.status, 409, "{same}");
        assert!(same.text().contains("already like this"), "{same}");
        assert_eq!(world.database().value(&format!("select roles from staff where id = {id}")), "operator");
    }

    fn a_form_that_is_out_of_date_is_refused_and_costs_no_code(world) {
        let owner = world.signed_in("owner");
        let id = id_of(world, "mina");
        let stale = roles_form(&owner, id, &["operator", "auditor"]);
        let other = roles_form(&owner, id, &["operator", "oncall"]).set("code", &world.code("owner")).submit();
        assert_eq!(other.status, 303, "{other}");
        let code = world.code("owner");
        let refused = stale.set("code", &code).submit();
        assert_eq!(refused.status, 409, "{refused}");
        assert!(refused.says("#panel .note").contains("Olivia Owens"), "{refused}");
        assert_eq!(world.database().value(&format!("select roles from staff where id = {id}")), "oncall operator".split(' ').rev().collect::<Vec<_>>().join(" "));
        // The form came back as it was filled in, and has seen it now.
        let again = refused.form("form.seal").set("code", &code).submit();
        assert_eq!(again.status, 303, "{again}");
        assert_eq!(world.database().value(&format!("select roles from staff where id = {id}")), "operator auditor");
    }

    fn a_form_sent_twice_changes_once(world) {
        let owner = world.signed_in("owner");
        let id = id_of(world, "mina");
        let form = roles_form(&owner, id, &["operator", "auditor"]).set("code", &world.code("owner"));
        let (first, second) = (form.submit(), form.submit());
        assert_eq!((first.status, second.status), (303, 303));
        assert_eq!(first.location(), second.location());
        assert_eq!(world.number("select count(*) from audit where action = 'staff.roles' and outcome = 'applied'"), 1);
        // The same key with other roles is another change.
        let other = with_roles(form, &["owner"]).submit();
        assert_eq!(other.status, 409, "{other}");
    }

    fn a_form_with_a_mistake_comes_back_as_it_was_typed(world) {
        let owner = world.signed_in("owner");
        let id = id_of(world, "mina");
        let form = roles_form(&owner, id, &["auditor", "oncall"]);
        let wrong = form.set("code", &world.wrong_code("owner")).submit();
        assert_eq!(wrong.status, 422, "{wrong}");
        let back = wrong.form("form.seal");
        let ticked: Vec<_> = back.fields().iter().filter(|(name, _)| name.starts_with("role-")).collect();
        assert_eq!(ticked.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["role-oncall", "role-auditor"]);
        assert_eq!(back.value("reason"), Some(crate::people::support::REASON));
        assert_eq!(back.value("code"), Some(""));
    }

    fn roles_that_check_each_other_are_named_and_with_the_setting_refused(world) {
        let owner = world.signed_in("owner");
        let id = id_of(world, "mina");
        let strict = world.another(|config| config.separate_duties = true).unwrap();
        let strictly = owner.at(strict.address);
        for roles in [&["operator", "approver"][..], &["oncall", "approver"], &["auditor", "owner"], &["auditor", "operator"]] {
            let refused = roles_form(&strictly, id, roles).set("code", &world.code("owner")).submit();
            assert_eq!(refused.status, 422, "{roles:?}: {refused}");
            assert!(refused.has("#roles-error"), "{refused}");
            assert_eq!(world.last_audit().refusal, "staff-duties");
        }
        let invited = with_roles(invitation(&strictly, "nari@ingam.test", &[]), &["operator", "approver"]);
        assert_eq!(invited.set("code", &world.code("owner")).submit().status, 422);
        assert_eq!(roles_form(&strictly, id, &["operator", "oncall"]).set("code", &world.code("owner")).submit().status, 303);
        // Without the setting they are given, and named.
        assert!(!owner.get("/staff").says("tbody").contains("two duties"));
        assert_eq!(roles_form(&owner, id, &["operator", "approver"]).set("code", &world.code("owner")).submit().status, 303);
        assert!(owner.get("/staff").says("tbody").contains("two duties"));
        assert!(owner.get(&format!("/staff/{id}")).says("main").contains("check their own work"));
        let check = world.command(&["check"]).output().unwrap();
        let said = String::from_utf8(check.stdout).unwrap();
        assert!(said.contains("mina@ingam.test (operator approver)"), "{said}");
    }
}
