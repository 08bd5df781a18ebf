//! Being disabled, and being signed out.

use crate::{
    kit::{is_in, on_both},
    people::support::{id_of, invitation, link_on, make_owner, panel},
};

on_both! {
    fn a_disabled_person_is_out_everywhere_at_once_and_comes_back_as_they_were(world) {
        let second = world.second_process();
        let mina = world.signed_in("mina");
        let phone = world.signed_in("mina");
        let there = phone.at(second.address);
        let half = world.browser();
        half.give_password("mina");
        let owner = world.signed_in("owner");
        let id = id_of(world, "mina");
        assert!(is_in(&mina) && is_in(&there));
        let done = panel(&owner, id, "status").set("code", &world.code("owner")).submit();
        assert_eq!(done.status, 303, "{done}");
        assert!(!is_in(&mina) && !is_in(&phone) && !is_in(&there));
        assert_eq!(half.get("/login/code").status, 303, "half way in is out as well");
        assert_eq!(world.number(&format!("select count(*) from sessions where staff_id = {id}")), 0);
        let row = world.last_audit();
        assert_eq!((row.after["active"].clone(), row.after["sessions_ended"].as_str()), (false.into(), Some("3")));
        let refused = world.browser().get("/login").form_with("password").set("email", "mina@ingam.test");
        assert_eq!(refused.set("password", "quiet river stones").submit().status, 422);
        assert!(owner.get("/staff?state=disabled").text().contains("mina@ingam.test"));

        let back = panel(&owner, id, "status").set("code", &world.code("owner")).submit();
        assert_eq!(back.status, 303, "{back}");
        assert!(!is_in(&mina), "a session that ended stays ended");
        world.signed_in("mina");
    }

    fn a_set_up_link_dies_with_the_account_and_does_not_come_back_with_it(world) {
        let owner = world.signed_in("owner");
        let link = link_on(&invitation(&owner, "nari@ingam.test", &["operator"]).set("code", &world.code("owner")).submit());
        let open = world.browser().get(&link);
        let id = id_of(world, "nari");
        for _ in 0..2 {
            assert_eq!(panel(&owner, id, "status").set("code", &world.code("owner")).submit().status, 303);
            assert_eq!(world.browser().get(&link).status, 404);
        }
        let late = open.form_with("password_again").set("password", "a bus full of violins");
        let late = late.set("password_again", "a bus full of violins").set("code", "123456").submit();
        assert_eq!(late.status, 404, "{late}");
    }

    fn a_disabled_person_is_not_invited_around_it(world) {
        let owner = world.signed_in("owner");
        invitation(&owner, "nari@ingam.test", &["operator"]).set("code", &world.code("owner")).submit();
        let id = id_of(world, "nari");
        assert_eq!(panel(&owner, id, "status").set("code", &world.code("owner")).submit().status, 303);
        let refused = invitation(&owner, "nari@ingam.test", &["owner"]).set("code", &world.code("owner")).submit();
        assert_eq!(refused.status, 422, "{refused}");
        assert!(refused.says(".err").contains("disabled"), "{refused}");
        let (done, said) = crate::people::support::host(world, &["link", "nari@ingam.test"]);
        assert!(!done && said.contains("disabled"), "{said}");
        assert_eq!(world.number("select count(*) from invitations"), 0);
    }

    fn sessions_of_others_are_ended_one_by_one_or_all_together(world) {
        let mina = world.signed_in("mina");
        world.clock.advance(std::time::Duration::from_secs(61));
        let phone = world.signed_in("mina");
        let sora = world.signed_in("sora");
        let owner = world.signed_in("owner");
        let id = id_of(world, "mina");
        // The newest comes first.
        let ends = owner.get(&format!("/staff/{id}")).attributes("a[href*='panel=session&']", "href");
        assert_eq!(ends.len(), 2, "{ends:?}");
        let form = owner.get(&ends[0]).form_to("/revocation").set("reason", "Left it on a train");
        let done = form.set("code", &world.code("owner")).submit();
        assert_eq!(done.status, 303, "{done}");
        assert!(is_in(&mina) && !is_in(&phone) && is_in(&sora));
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.after["sessions_ended"].as_str()), ("staff.end-sessions", Some("1")));
        let handle = row.before["session"].as_str().unwrap();
        assert_eq!(handle.len(), 16);
        // It is over; saying so again is no change.
        let again = owner.get(&ends[0]);
        assert!(again.text().contains("has already ended"), "{again}");
        let id_of_session = world.database().value(&format!("select id from sessions where staff_id = {id}"));
        assert!(!again.text().contains(&id_of_session), "the whole key is nowhere");

        let all = panel(&owner, id, "sessions").set("code", &world.code("owner")).submit();
        assert_eq!(all.status, 303, "{all}");
        assert!(!is_in(&mina) && is_in(&sora) && is_in(&owner));
        world.signed_in("mina");
    }

    fn a_session_of_another_person_is_not_ended_by_its_handle(world) {
        make_owner(world, "hana");
        let sora = world.signed_in("sora");
        world.signed_in("mina");
        let owner = world.signed_in("owner");
        let key = world.database().value(&format!("select id from sessions where staff_id = {}", id_of(world, "sora")));
        let mina = id_of(world, "mina");
        let form = panel(&owner, mina, "sessions").set("code", &world.code("owner"));
        for (handle, status) in [(&key[..16], 409), (key.as_str(), 404), ("%25", 404), ("0000000000000000", 409)] {
            let to = format!("/staff/{mina}/sessions/{handle}/revocation");
            let refused = form.clone().to(&to).forge("key", handle.get(..8).unwrap_or("x")).submit();
            assert!(refused.status == status || refused.status == 422, "{handle}: {refused}");
            assert_ne!(refused.status, 303);
        }
        assert!(is_in(&sora));
    }
}
