//! After any actions of owners and the host in any order a person is left who can manage the staff.

use crate::{
    kit::{Engine, World, on_both, owners},
    people::support::{able_owners, code, panel, roles_form, sessions_of_owners, sign_in_again},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use std::time::Duration;

/// One of three owners does something to one of them.
#[derive(Clone, Copy, Debug)]
struct Step {
    by: usize,
    to: usize,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    /// Disables, or enables who is disabled.
    Toggle,
    Demote,
    Promote,
    Reset,
    /// Approves all that waits, of every target.
    Approve,
    /// On the host, where no person is needed to remain.
    HostDisable,
    HostDemote,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let what = prop_oneof![
        3 => Just(What::Toggle),
        3 => Just(What::Demote),
        1 => Just(What::Promote),
        2 => Just(What::Reset),
        3 => Just(What::Approve),
        1 => Just(What::HostDisable),
        1 => Just(What::HostDemote),
    ];
    prop::collection::vec((0_usize..3, 0_usize..3, what).prop_map(|(by, to, what)| Step { by, to, what }), 1..7)
}

fn walk(world: &World, steps: &[Step]) {
    // Requests stay, and so their people would.
    let keeps = if world.engine == Engine::Sqlite {
        "drop trigger if exists approval_requests_no_delete; drop trigger if exists approval_votes_no_delete;"
    } else {
        "alter table approval_votes disable trigger user;"
    };
    world
        .database()
        .tamper(&format!(
            "{keeps} delete from approval_votes; delete from approval_requests; delete from sessions where staff_id >= 2000; delete from authenticators where staff_id >= 2000;
        delete from recovery_codes where staff_id >= 2000; delete from invitations where staff_id >= 2000;
        delete from idempotency where staff_id >= 2000; delete from staff where id >= 2000;",
        ))
        .unwrap();
    let three = owners(world, 3);
    let sessions = sessions_of_owners(world);
    for step in steps {
        world.clock.advance(Duration::from_secs(30));
        let (by, to) = (&three[step.by], &three[step.to]);
        let email = format!("owner{}@ingam.test", to.id);
        match step.what {
            What::HostDisable => drop(crate::people::support::host(world, &["disable", &email])),
            What::HostDemote => drop(crate::people::support::host(world, &["roles", &email, "--role", "operator"])),
            What::Approve => {
                let waiting = world.rows("select max(id) from approval_requests where state in ('waiting', 'owed')");
                let Some(request) = waiting[0][0].clone() else { continue };
                let page = by.browser.get(&format!("/approvals/{request}"));
                let Some(form) = page.find_form("form[action$='/approval']") else { continue };
                let answer = form.set("reason", crate::people::support::REASON).set("code", &code(world, by)).submit();
                assert!(matches!(answer.status, 303 | 403 | 409 | 429), "{step:?}: {answer}");
            }
            _ => {
                let name = match step.what {
                    What::Toggle => "status",
                    What::Reset => "reset",
                    _ => "roles",
                };
                let page = by.browser.get(&format!("/staff/{}?panel={name}", to.id));
                // A person who is out, or views themselves, finds no form.
                if page.status != 200 || !page.has("form.seal") {
                    continue;
                }
                let form = match step.what {
                    What::Demote => roles_form(&by.browser, to.id, &["operator"]),
                    What::Promote => roles_form(&by.browser, to.id, &["owner", "operator"]),
                    _ => panel(&by.browser, to.id, name),
                };
                let answer = form.set("code", &code(world, by)).submit();
                assert!(matches!(answer.status, 200 | 303 | 403 | 409 | 429), "{step:?}: {answer}");
            }
        }
        assert!(able_owners(world) >= 1, "no owner is left after {step:?}");
    }
    // Who was let in again after being kept out has to sign in first.
    sign_in_again(world, &sessions);
    let left = three.iter().filter(|one| one.browser.get("/staff").status == 200).count();
    assert!(left >= 1, "no one can open the page after {steps:?}");
}

on_both! {
    fn in_every_order_of_events_an_owner_is_left_who_can_manage_the_staff(outer) {
        // Under the usual rules much of it waits for another owner, and some of that is approved.
        let world = &World::start_with(outer.engine, |config| {
            config.policies = ingam::config::Declared::usual(ingam::changes::KINDS, ingam::zone::Zone::seoul());
        });
        world.database().tamper("update staff set active = false where email = 'owner@ingam.test'").unwrap();
        let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, max_shrink_iters: 20, ..Config::default() });
        runner
            .run(&steps(), |steps| {
                walk(world, &steps);
                Ok(())
            })
            .unwrap();
    }
}
