//! Sealed changes that name an incident are in its timeline.

use super::support::{entries, open, page};
use crate::kit::{Browser, Form, World, addition, assert_sound, on_both, wait_until};

fn points(mina: &Browser, incident: &str) -> Form {
    addition(mina, 1, "5").set("incident", incident)
}

fn mentions(world: &World) -> i64 {
    world.number("select count(*) from incident_mentions")
}

on_both! {
    fn a_change_names_an_open_incident_by_a_choice_in_its_seal(world) {
        let (jun, mina) = (world.signed_in("jun"), world.signed_in("mina"));
        // Nothing is offered while none is open.
        assert!(!mina.get("/users/1?panel=points").has("select[name=incident]"));
        let id = open(&jun, "Refunds are late");
        let token = format!("INC-{id}");
        assert!(mina.get("/users/1?panel=points").says("select[name=incident]").contains("Refunds are late"));
        let done = points(&mina, &token).set("code", &world.code("mina")).submit();
        assert_eq!(done.status, 303, "{done}");
        let row = world.last_audit();
        assert!(row.reason.ends_with(&format!(" {token}")), "{}", row.reason);
        wait_until(|| entries(world, id, "log") == ["changed.points.adjust"]);
        let shown = page(&jun, id);
        assert!(shown.says("#timeline").contains("Mina Kang") && shown.says("#timeline").contains(&row.reason), "{shown}");
        // Those who may read the log get the way to its row.
        assert!(page(&world.signed_in("owner"), id).has("#timeline a[href^='/audit/']"));
        assert!(!shown.has("#timeline a[href^='/audit/']"));
        assert_eq!(mentions(world), 1);
        assert_sound(world);
    }

    fn a_token_in_the_reason_itself_is_enough_and_none_leaves_no_row(world) {
        let (jun, mina) = (world.signed_in("jun"), world.signed_in("mina"));
        let id = open(&jun, "Refunds are late");
        let adding = |reason: &str| {
            let form = points(&mina, "").set("reason", reason).set("code", &world.code("mina"));
            assert_eq!(form.submit().status, 303);
        };
        adding("Promised on the telephone");
        assert_eq!(mentions(world), 0);
        adding(&format!("Refunds are late (INC-{id}), ticket 7"));
        // Of an incident that does not exist nothing comes, also when there is one of that number later.
        adding("Ticket INC-2, not one of this console");
        wait_until(|| entries(world, id, "log").len() == 1);
        world.clock.advance(std::time::Duration::from_secs(1));
        let later = open(&jun, "Another one");
        assert_eq!(later, 2);
        std::thread::sleep(std::time::Duration::from_millis(1500));
        assert_eq!(entries(world, later, "log"), [] as [String; 0]);
        // What is refused is no part of it.
        assert_ne!(points(&mina, &format!("INC-{id}")).set("code", &world.wrong_code("mina")).submit().status, 303);
        assert_eq!(mentions(world), 2);
    }

    fn a_choice_that_is_none_and_a_reason_without_room_are_said_at_their_fields(world) {
        let (jun, mina) = (world.signed_in("jun"), world.signed_in("mina"));
        let id = open(&jun, "Refunds are late");
        let strange = points(&mina, "").forge("incident", "INC-x").set("code", &world.code("mina")).submit();
        assert_eq!(strange.status, 422);
        assert!(strange.says("#incident-error").contains("Choose one of the options"), "{strange}");
        let token = format!("INC-{id}");
        let long = points(&mina, &token).set("reason", &"a".repeat(498)).set("code", &world.code("mina")).submit();
        assert_eq!(long.status, 422);
        assert!(long.says("#reason-error").contains("at most 494 characters"), "{long}");
        assert_eq!(long.form_to("/point-adjustments").value("incident").unwrap(), token);
    }
}
