//! Changes that are read from rest, as those are that waited for another person: what must not be stored is gone.

use crate::{
    kit::{World, block_on, on_both},
    people::support::id_of,
};
use ingam::{
    allowlist::Allowlist,
    gate::{Actor, Change, Gate, Refusal, Seal},
    id::Seq,
    staff::{
        invite::InviteStaff, link::IssueSetupLink, reset::ResetSecondFactor, restrict::RestrictStaff,
        roles::SetStaffRoles, status::SetStaffStatus,
    },
    store::Store,
};

/// Submits a change as it comes back from rest, and says why it was refused.
pub(crate) fn replay<C: Change>(world: &World, stored: serde_json::Value) -> Result<Seq, String> {
    let change: C = serde_json::from_value(stored).unwrap();
    block_on(async {
        let store = Store::open(&world.database().url, 1).await.unwrap();
        let gate = Gate::open(
            &store,
            ingam::changes::CATALOG,
            world.clock.clock(),
            world.config().secret_key,
            Allowlist::loopback(),
        )
        .await
        .unwrap();
        let actor = Actor::console("tests".to_owned(), "waited".to_owned());
        let outcome = gate.submit(&actor, &change, &Seal::none()).await;
        store.close().await;
        gate.close().await;
        match outcome {
            Ok(sealed) => Ok(sealed.seq),
            Err(Refusal::Rejected(rejection)) => Err(rejection.word.to_string()),
            Err(other) => panic!("{other:?}"),
        }
    })
}

fn links(world: &World) -> i64 {
    world.number("select count(*) from invitations")
}

on_both! {
    fn what_waited_issues_no_link_that_is_never_shown(world) {
        let mina = id_of(world, "mina");
        let invited = serde_json::json!({ "email": "nari@ingam.test", "name": "Nari Yoon", "roles": ["operator"], "time_zone": "UTC" });
        replay::<InviteStaff>(world, invited).unwrap();
        assert_eq!((world.number("select count(*) from staff"), links(world)), (6, 0));
        let nari = id_of(world, "nari");
        assert_eq!(replay::<IssueSetupLink>(world, serde_json::json!({ "staff": nari })), Err("link-unseen".to_owned()));
        replay::<ResetSecondFactor>(world, serde_json::json!({ "staff": mina })).unwrap();
        assert_eq!(links(world), 0);
        assert_eq!(world.number(&format!("select count(*) from authenticators where staff_id = {mina}")), 0);
        // The last owner would be locked out for good.
        let owner = id_of(world, "owner");
        assert_eq!(replay::<ResetSecondFactor>(world, serde_json::json!({ "staff": owner })), Err("staff-last-owner".to_owned()));
    }

    fn what_is_read_from_rest_is_judged_by_what_is_so_then(world) {
        let invite = |email: &str, name: &str, roles: &[&str], zone: &str| {
            serde_json::json!({ "email": email, "name": name, "roles": roles, "time_zone": zone })
        };
        for (stored, word) in [
            (invite("Nari@ingam.test", "Nari", &["operator"], "UTC"), "staff-email"),
            (invite("nari", "Nari", &["operator"], "UTC"), "staff-email"),
            // No authenticator takes it: a colon separates the issuer from the account (totp-rs 6 refuses it).
            (invite("na:ri@ingam.test", "Nari", &["operator"], "UTC"), "staff-email"),
            (invite("nari@ingam.test", " ", &["operator"], "UTC"), "staff-name"),
            (invite("nari@ingam.test", "a\u{202e}b", &["operator"], "UTC"), "staff-name"),
            (invite("nari@ingam.test", "Nari", &[], "UTC"), "staff-no-role"),
            (invite("nari@ingam.test", "Nari", &["operator"], "Mars"), "not-a-choice"),
            (invite("mina@ingam.test", "Nari", &["operator"], "UTC"), "staff-exists"),
        ] {
            assert_eq!(replay::<InviteStaff>(world, stored.clone()), Err(word.to_owned()), "{stored}");
        }
        let mina = id_of(world, "mina");
        for (stored, word) in [
            (serde_json::json!({ "staff": mina, "roles": [] }), "staff-no-role"),
            (serde_json::json!({ "staff": mina, "roles": ["operator", "operator"] }), "staff-already"),
            (serde_json::json!({ "staff": 999, "roles": ["operator"] }), "staff-missing"),
        ] {
            assert_eq!(replay::<SetStaffRoles>(world, stored.clone()), Err(word.to_owned()), "{stored}");
        }
        let status = serde_json::json!({ "staff": mina, "status": "gone" });
        assert_eq!(replay::<SetStaffStatus>(world, status), Err("not-a-choice".to_owned()));
        for networks in ["10.0.0.1/8", "10.0.0.0/8,11.0.0.0/8", "11.0.0.0/8 10.0.0.0/8", " 10.0.0.0/8", "0.0.0.0/0"] {
            let stored = serde_json::json!({ "staff": mina, "networks": networks });
            assert_eq!(replay::<RestrictStaff>(world, stored), Err("staff-networks".to_owned()), "{networks}");
        }
        assert_eq!(world.number("select count(*) from staff where roles <> 'operator' and networks = ''"), 4);
        assert_eq!(world.number("select count(*) from staff"), 5);
    }
}
