//! A console that begins tells its owner what to do before others can work with it.

use crate::{
    batches::support::working,
    kit::{Page, on_both},
};

/// What is still to be done, by where it is done.
fn open(page: &Page) -> Vec<String> {
    page.attributes("#begin li[data-tone=warn] a", "href")
}

const JOB: &str = "[[job]]\nname = \"stock-count\"\ntitle = \"Stock\"\nowner = \"shop\"\nexternal = true\n";

on_both! {
    fn an_owner_sees_what_to_do_until_it_is_done(outer) {
        let world = &working(outer.engine, JOB);
        let owner = world.signed_in("owner");
        let page = owner.get("/");
        assert_eq!(page.all("#begin li").len(), 6, "{page}");
        assert_eq!(open(&page), ["/staff?panel=invite", "/networks?panel=add"], "{page}");
        for to in open(&page) {
            assert!(owner.get(&to).has("form#panel"), "{to} opens the form");
        }
        assert!(!world.signed_in("mina").get("/").has("#begin"));

        world.database().tamper("update staff set roles = 'approver owner' where email = 'hana@ingam.test'").unwrap();
        assert_eq!(open(&owner.get("/")), ["/networks?panel=add"]);
        // Who was invited and has not set up their account cannot help yet.
        world.database().tamper("update staff set active = (1 = 0) where email = 'hana@ingam.test'").unwrap();
        assert_eq!(open(&owner.get("/")).len(), 3);
        world.database().tamper("update staff set active = (1 = 1) where email = 'hana@ingam.test'").unwrap();
        let now = world.clock.now();
        world
            .database()
            .tamper(&format!("insert into networks (net, note, added_at, added_by) values ('10.0.0.0/8', 'Office', '{now}', 'Olivia Owens')"))
            .unwrap();
        assert!(!owner.get("/").has("#begin"), "{}", owner.get("/"));
    }

    fn a_console_without_jobs_and_customers_says_so(world) {
        let page = world.signed_in("owner").get("/");
        assert!(open(&page).contains(&"/batches".to_owned()), "{page}");
        assert!(!open(&page).contains(&"/users".to_owned()), "{page}");
    }
}
