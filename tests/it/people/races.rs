//! Two people at the same moment.

use crate::{
    kit::{Form, Operator, World, on_both, owners, submit_at_once},
    people::support::{able_owners, code, id_of, panel, roles_form, sessions_of_owners, sign_in_again},
};
use ingam::staff::status::SetStaffStatus;
use std::time::Duration;

const ROUNDS: usize = 12;

/// Two owners and no others, as they were before the last round.
fn alone(world: &World) -> [Operator; 2] {
    let pair = owners(world, 2).try_into().unwrap();
    world.database().tamper("update staff set active = false where email = 'owner@ingam.test'").unwrap();
    pair
}

/// Lets both do something to each other at the same moment, again and again.
fn again_and_again(world: &World, form: impl Fn(&Operator, &Operator) -> Form) {
    let pair = alone(world);
    let sessions = sessions_of_owners(world);
    for round in 0..ROUNDS {
        let forms: Vec<Form> = [(0, 1), (1, 0)]
            .iter()
            .map(|(by, to)| form(&pair[*by], &pair[*to]).set("code", &code(world, &pair[*by])))
            .collect();
        let before = world.audit_size();
        let answers = submit_at_once(&forms);
        let made = answers.iter().filter(|page| page.location().is_some_and(|to| to.contains("sealed="))).count();
        assert_eq!(made, 1, "round {round}: {} and {}", answers[0], answers[1]);
        assert_eq!(able_owners(world), 1, "round {round}");
        let outcomes: Vec<_> =
            world.audit_from(before).iter().map(|row| (row.outcome.clone(), row.refusal.clone())).collect();
        assert_eq!(
            outcomes.iter().filter(|(outcome, _)| outcome == "applied").count(),
            1,
            "round {round}: {outcomes:?}"
        );
        // Who comes too late is turned away, at the door already or in the gate, and never because of the database.
        assert!(answers.iter().all(|page| matches!(page.status, 303 | 403 | 409)), "{} and {}", answers[0], answers[1]);
        let stays = pair.iter().filter(|one| one.browser.get("/staff").status == 200).count();
        assert_eq!(stays, 1, "round {round}: the one who is left can go on");
        world.clock.advance(Duration::from_secs(30));
        world.database().tamper("update staff set active = true, roles = 'owner' where id >= 2000").unwrap();
        sign_in_again(world, &sessions);
    }
}

on_both! {
    fn of_two_owners_who_disable_each_other_one_stays(world) {
        again_and_again(world, |by, to| panel(&by.browser, to.id, "status"));
    }

    fn of_two_owners_who_take_each_others_role_one_stays(world) {
        again_and_again(world, |by, to| roles_form(&by.browser, to.id, &["auditor"]));
    }

    fn of_two_owners_who_disable_and_demote_each_other_one_stays(world) {
        again_and_again(world, |by, to| {
            if by.id < to.id { panel(&by.browser, to.id, "status") } else { roles_form(&by.browser, to.id, &["operator"]) }
        });
    }

    fn two_commands_on_the_host_at_once_leave_one_owner(world) {
        for _ in 0..4 {
            world.database().tamper("update staff set active = true, roles = 'owner' where email in ('owner@ingam.test', 'hana@ingam.test')").unwrap();
            let done = crate::kit::at_once(
                &[["disable", "owner@ingam.test"], ["disable", "hana@ingam.test"]],
                |arguments| crate::people::support::host(world, arguments),
            );
            assert_eq!(done.iter().filter(|(done, _)| *done).count(), 1, "{done:?}");
            assert_eq!(able_owners(world), 1);
        }
    }

    fn an_owner_and_the_host_act_at_once_and_one_owner_stays(world) {
        let [first, second] = alone(world);
        let sessions = sessions_of_owners(world);
        for round in 0..ROUNDS {
            let form = roles_form(&first.browser, second.id, &["operator"]).set("code", &code(world, &first));
            let made = crate::kit::at_once(&[true, false], |is_host| {
                if *is_host {
                    let status = serde_json::json!({ "staff": first.id, "status": "disabled" });
                    crate::people::waited::replay::<SetStaffStatus>(world, status).is_ok()
                } else {
                    form.submit().location().is_some_and(|to| to.contains("sealed="))
                }
            });
            assert_eq!(made.iter().filter(|made| **made).count(), 1, "round {round}: {made:?}");
            assert_eq!(able_owners(world), 1, "round {round}");
            world.clock.advance(Duration::from_secs(30));
            world.database().tamper("update staff set active = true, roles = 'owner' where id >= 2000").unwrap();
            sign_in_again(world, &sessions);
        }
    }

    fn a_link_that_is_followed_while_the_account_is_disabled_lets_no_one_in(world) {
        let [owner, _]: [_; 2] = owners(world, 2).try_into().unwrap();
        let page = crate::people::support::invitation(&owner.browser, "nari@ingam.test", &["owner"]).set("code", &code(world, &owner)).submit();
        let link = crate::people::support::link_on(&page);
        world.clock.advance(Duration::from_secs(30));
        let open = world.browser().get(&link);
        let secret = totp_rs::Secret::try_from_base32(open.says("code.secret").replace(' ', "")).unwrap().as_ref().to_vec();
        let accept = open
            .form_with("password_again")
            .set("password", crate::people::support::PASSWORD)
            .set("password_again", crate::people::support::PASSWORD)
            .set("code", &crate::kit::totp(&secret, world.clock.now().unix() / 30));
        let disable = panel(&owner.browser, id_of(world, "nari"), "status").set("code", &code(world, &owner));
        let answers = submit_at_once(&[accept, disable]);
        // Whichever came first: either they set up and are disabled, or the link was gone, or the form was out of date.
        let [accepted, disabled] = [answers[0].status, answers[1].status];
        assert!(matches!((accepted, disabled), (200, 303 | 409) | (404, 303)), "{accepted} {disabled}");
        if disabled == 303 {
            assert_eq!(world.browser().get(&link).status, 404);
            let half = world.browser().get("/login").form_with("password").set("email", "nari@ingam.test");
            assert_eq!(half.set("password", crate::people::support::PASSWORD).submit().status, 422);
        }
    }
}
