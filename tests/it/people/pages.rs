//! What the pages show.

use crate::{
    kit::on_both,
    people::support::{id_of, make_owner, panel},
};
use std::fmt::Write as _;

on_both! {
    fn a_person_is_shown_with_what_they_did_and_what_was_done_to_them(world) {
        let mina = world.signed_in("mina");
        let form = mina.get("/users/1?panel=points").form_to("/point-adjustments").set("amount", "10");
        let form = form.set("reason", "Late delivery");
        assert_eq!(form.clone().set("code", &world.wrong_code("mina")).submit().status, 422);
        assert_eq!(form.set("code", &world.code("mina")).submit().status, 303);
        let wrong = world.browser().get("/login").form_with("password").set("email", "mina@ingam.test");
        assert_eq!(wrong.set("password", "not the right one").submit().status, 422);
        let owner = world.signed_in("owner");
        let id = id_of(world, "mina");
        assert_eq!(panel(&owner, id, "networks").set("networks", "127.0.0.0/8").set("code", &world.code("owner")).submit().status, 303);
        let page = owner.get(&format!("/staff/{id}"));
        assert_eq!(page.status, 200);
        assert!(page.says("#made").contains("Adjust points") && page.says("#made").contains("Late delivery"), "{page}");
        assert!(page.says("#refused").contains("Wrong code"), "{page}");
        assert!(page.says("#sign-ins").contains("Sign in") && page.says("#sign-ins").contains("Wrong password"), "{page}");
        assert!(page.says("#addresses").contains("127.0.0.1"), "{page}");
        assert!(page.says("#happened").contains("Restrict networks of staff"), "{page}");
        for href in page.attributes("main a[href^='/audit']", "href") {
            assert_eq!(owner.get(&href).status, 200, "{href}");
        }
        // The log leads to the person.
        let row = owner.get("/audit?action=staff.networks");
        assert!(row.attributes("tbody a", "href").contains(&format!("/staff/{id}")), "{row}");
        assert_eq!(owner.get("/staff/999999").status, 404);
        assert_eq!(owner.get("/staff/x").status, 404);
    }

    fn the_list_is_filtered_and_goes_on_after_a_hundred(world) {
        let owner = world.signed_in("owner");
        let mut sql = String::new();
        for n in 0..130 {
            // Several of one name, so that the name alone is no place in the list.
            write!(sql, "insert into staff (email, name, roles, time_zone, created_at) values ('p{n}@ingam.test', 'Person {}', 'oncall', 'UTC', '2026-03-01T00:00:00.000000Z');", n / 50).unwrap();
        }
        world.database().tamper(&sql).unwrap();
        let first = owner.get("/staff?role=oncall");
        let ids = |page: &crate::kit::Page| page.attributes("tbody td.t a", "href");
        assert_eq!(ids(&first).len(), 100);
        let next = first.attributes("a[rel=next]", "href").remove(0);
        assert!(!next.contains("Person") && !next.contains('@'), "{next}");
        let second = owner.get(&next);
        let mut all = ids(&first);
        all.extend(ids(&second));
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!((count, all.len()), (131, 131));
        assert_eq!(ids(&owner.get("/staff?role=oncall&state=active")).len(), 1);
        assert!(owner.get("/staff?state=locked").text().contains("No matching staff"));
        for bad in ["/staff?state=king", "/staff?role=king", "/staff?after=x"] {
            assert_eq!(owner.get(bad).status, 400, "{bad}");
        }
        assert_eq!(ids(&owner.get("/staff?after=999999")).len(), 0, "nothing follows the last person");
    }

    fn what_was_done_is_said_only_to_the_person_who_did_it(world) {
        let owner = world.signed_in("owner");
        let id = id_of(world, "mina");
        let done = panel(&owner, id, "networks").set("networks", "127.0.0.0/8").set("code", &world.code("owner")).submit();
        let seq = world.last_audit().seq;
        assert_eq!(done.location(), Some(format!("/staff/{id}?sealed={seq}").as_str()));
        assert!(done.follow().has("#panel .signed"), "{done}");
        assert!(!owner.get(&format!("/staff/{id}?sealed={}", seq - 1)).has("#panel"), "another person's row is not theirs");
        let other = owner.get(&format!("/staff/{}?sealed={seq}", id_of(world, "sora")));
        assert!(!other.has("#panel"), "{other}");
        make_owner(world, "hana");
        assert!(!world.signed_in("hana").get(&format!("/staff/{id}?sealed={seq}")).has("#panel"));
    }
}
