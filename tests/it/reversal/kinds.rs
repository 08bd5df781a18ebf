//! Every kind of change that can be taken back.

use crate::{
    kit::{World, on_both},
    networks::support::{adding, listed, row},
    people::support::{id_of, panel, roles_form},
    reversal::support::{form, page, taken_back, verified},
};

fn last(world: &World) -> i64 {
    world.last_audit().seq
}

on_both! {
    fn roles_status_and_networks_of_staff_are_what_they_were(world) {
        let owner = world.signed_in("owner");
        let jun = id_of(world, "jun");
        let of_jun = |column: &str| world.database().value(&format!("select {column} from staff where id = {jun}"));
        let done = roles_form(&owner, jun, &["auditor", "operator"]).set("code", &world.code("owner")).submit();
        assert_eq!(done.status, 303, "{done}");
        taken_back(world, &owner, "owner", last(world));
        assert_eq!(of_jun("roles"), "oncall");
        let done = panel(&owner, jun, "networks").set("networks", "10.20.0.0/16").set("code", &world.code("owner")).submit();
        assert_eq!(done.status, 303, "{done}");
        taken_back(world, &owner, "owner", last(world));
        assert_eq!(of_jun("networks"), "");
        let done = panel(&owner, jun, "status").set("code", &world.code("owner")).submit();
        assert_eq!(done.status, 303, "{done}");
        assert_eq!(world.number(&format!("select count(*) from staff where id = {jun} and active")), 0);
        let disabled = last(world);
        taken_back(world, &owner, "owner", disabled);
        assert_eq!(world.number(&format!("select count(*) from staff where id = {jun} and active")), 1);
        verified(world);
    }

    fn a_network_that_was_added_goes_and_one_that_was_removed_is_there_again(world) {
        let owner = world.signed_in("owner");
        let done = adding(&owner, "203.0.113.0/24").set("note", "Office").set("code", &world.code("owner")).submit();
        assert_eq!(done.status, 303, "{done}");
        let added = last(world);
        let id = row(world, "203.0.113.0/24");
        let change = owner.get(&format!("/networks?panel=change-{id}")).form_to(&format!("/networks/{id}"));
        let done = change.set("net", "203.0.113.0/25").set("note", "Floor 3").set("reason", "One floor only").set("code", &world.code("owner")).submit();
        assert_eq!(done.status, 303, "{done}");
        let changed = last(world);
        // What was added is another one by now.
        assert!(page(&owner, added).says("main").contains("changed since"));
        taken_back(world, &owner, "owner", changed);
        assert_eq!(listed(world), ["203.0.113.0/24"]);
        assert_eq!(world.database().value("select note from networks"), "Office");
        let removal = owner.get(&format!("/networks?panel=remove-{id}")).form_to("/removal");
        let done = removal.set("reason", "The office is closed").set("code", &world.code("owner")).submit();
        assert_eq!(done.status, 303, "{done}");
        let removed = last(world);
        let opens = form(&owner, removed);
        taken_back(world, &owner, "owner", removed);
        assert_eq!((listed(world), world.database().value("select note from networks").as_str()), (vec!["203.0.113.0/24".to_owned()], "Office"));
        // It is there, so that it is not opened twice.
        let twice = opens.forge("key", "another").set("code", &world.code("owner")).submit();
        assert_eq!((twice.status, listed(world).len()), (409, 1), "{twice}");
        // A network that is there as it was added is what the first row left.
        taken_back(world, &owner, "owner", added);
        assert_eq!(listed(world), Vec::<String>::new());
        verified(world);
    }

    fn a_network_that_would_be_closed_by_now_is_not_opened_again(world) {
        let owner = world.signed_in("owner");
        let done = adding(&owner, "203.0.113.0/24").set("expires_at", "2026-03-02T09:30").set("code", &world.code("owner")).submit();
        assert_eq!(done.status, 303, "{done}");
        let id = row(world, "203.0.113.0/24");
        let removal = owner.get(&format!("/networks?panel=remove-{id}")).form_to("/removal");
        let done = removal.set("reason", "The office is closed").set("code", &world.code("owner")).submit();
        assert_eq!(done.status, 303, "{done}");
        let removed = last(world);
        let open = form(&owner, removed);
        world.clock.advance(std::time::Duration::from_mins(14));
        owner.get("/networks");
        world.clock.advance(std::time::Duration::from_mins(14));
        let refused = open.set("code", &world.code("owner")).submit();
        assert_eq!((refused.status, world.last_audit().refusal.as_str()), (409, "reversal-ended"), "{refused}");
        assert_eq!(listed(world), Vec::<String>::new());
    }

    fn a_note_on_an_order_stays_and_another_one_takes_it_back(world) {
        let mina = world.signed_in("mina");
        let noted = mina.get("/orders/1").form_to("/notes").set("reason", "Leave it with the neighbour").set("code", &world.code("mina")).submit();
        assert_eq!(noted.status, 303, "{noted}");
        let seq = last(world);
        taken_back(world, &mina, "mina", seq);
        let shown = mina.get("/orders/1");
        assert!(shown.says("#timeline").contains("Leave it with the neighbour") && shown.says("#timeline").contains(&format!("↩ #{seq}")), "{shown}");
        verified(world);
    }
}
