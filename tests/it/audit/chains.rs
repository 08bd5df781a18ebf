//! Access records are chains: many people look at data at once, and every look is a link.

use crate::kit::{assert_sound, on_both, operators_here};
use std::thread;

on_both! {
    fn people_who_look_at_once_leave_whole_chains(world) {
        let people = operators_here(world, 8);
        let before = world.number("select count(*) from access_records");
        thread::scope(|scope| {
            for person in &people {
                scope.spawn(|| {
                    for user in [1, 2, 3, 4, 5, 1, 2, 3, 4, 5] {
                        assert_eq!(person.browser.get(&format!("/users/{user}")).status, 200);
                    }
                });
            }
        });
        let records = world.number("select count(*) from access_records");
        assert!(records >= before + 80, "{records} records");
        assert_eq!(world.number("select sum(size) from access_heads"), records);
        assert!(world.number("select count(*) from access_heads where size > 0") > 8, "they are spread over the chains");
        assert_sound(world);
    }
}
