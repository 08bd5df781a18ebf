use crate::{
    approvals::support::{approval, ask, points_rule, request_of, state, under},
    kit::{addition, on_both, points},
};
use std::time::Duration;

on_both! {
    fn many_small_ones_add_up_to_a_large_one(outer) {
        let world = &under(outer.engine, vec![points_rule(10_000, Some(25_000), 1)]);
        let mina = world.signed_in("mina");
        for (user, amount) in [(1, "10,000"), (2, "10,000"), (3, "5,000")] {
            let done = addition(&mina, user, amount).set("code", &world.code("mina")).submit();
            assert!(done.location().unwrap().starts_with("/users/"), "{done}");
        }
        let request = ask(world, &mina, 4, "1");
        assert_eq!((state(world, request).as_str(), points(world, 4)), ("waiting", 300));
        let why = world.database().value(&format!("select rule from approval_requests where id = {request}"));
        assert_eq!(why, "daily");
        // What a second person has sealed was not done alone.
        let hana = world.signed_in("hana");
        approval(&hana, request).set("code", &world.code("hana")).submit();
        assert_eq!(points(world, 4), 301);
    }

    fn a_day_ends_at_midnight_in_the_zone_of_the_console(outer) {
        let world = &under(outer.engine, vec![points_rule(10_000, Some(10_000), 1)]);
        let mina = world.signed_in("mina");
        addition(&mina, 1, "10,000").set("code", &world.code("mina")).submit();
        let request = ask(world, &mina, 1, "1");
        assert_eq!(state(world, request), "waiting");
        // To one second before midnight in Seoul, which is 15:00 in UTC.
        let second_of_day = |world: &crate::kit::World| (world.clock.now().unix() + 9 * 3600).rem_euclid(86_400);
        let left = 86_400 - second_of_day(world);
        world.clock.advance(Duration::from_secs(u64::try_from(left - 40).unwrap()));
        let mina = world.signed_in("mina");
        let code = world.code("mina");
        assert!(second_of_day(world) > 80_000, "still the same day");
        request_of(&addition(&mina, 1, "1").set("code", &code).submit());
        let left = 86_400 - second_of_day(world);
        world.clock.advance(Duration::from_secs(u64::try_from(left).unwrap()));
        let done = addition(&mina, 1, "1").set("code", &world.code("mina")).submit();
        assert!(done.location().unwrap().starts_with("/users/"), "{done}");
        assert_eq!(points(world, 1), 22_451);
    }

    fn one_persons_day_is_not_anothers(outer) {
        let world = &under(outer.engine, vec![points_rule(10_000, Some(10_000), 1)]);
        let mina = world.signed_in("mina");
        addition(&mina, 1, "10,000").set("code", &world.code("mina")).submit();
        let other = crate::kit::operators_here(world, 1).remove(0);
        let done = addition(&other.browser, 1, "10,000").set("code", &other.code(world.clock.now(), 0)).submit();
        assert!(done.location().unwrap().starts_with("/users/"), "{done}");
        assert_eq!(points(world, 1), 32_450);
    }

    fn twenty_of_one_person_at_once_stay_under_their_limit(outer) {
        let world = &under(outer.engine, vec![points_rule(10_000, Some(30_000), 1)]);
        let person = crate::kit::operators_here(world, 1).remove(0);
        // Each with a code of its own: only the newest two steps are taken, so they come in pairs.
        for _ in 0..6 {
            world.clock.advance(Duration::from_mins(1));
            let now = world.clock.now();
            let forms = [1, 0].map(|back| addition(&person.browser, 2, "5,000").set("code", &person.code(now, back)));
            crate::kit::submit_at_once(&forms);
        }
        assert_eq!(points(world, 2), 30_000, "six of them alone, the others wait");
    }
}
