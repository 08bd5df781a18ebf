//! Taking over, swapping, and taking it back.

use super::support::{ahead, make_rota, on_duty, put_on_duty, staff};
use crate::kit::{Browser, Page, World, assert_sound, on_both};
use chrono::TimeDelta;
use std::time::Duration;

/// The texts of the shifts to come, as the form of a swap offers them: values and labels.
fn shifts(jun: &Browser) -> Vec<(String, String)> {
    let page = jun.get("/oncall/first?panel=swap");
    page.attributes("#one option", "value").into_iter().zip(page.all("#one option")).skip(1).collect()
}

fn swap(world: &World, jun: &Browser, one: &str, other: &str) -> Page {
    let form = jun.get("/oncall/first?panel=swap").form_to("/swaps").forge("one", one).forge("other", other);
    form.set("reason", "She is away that week").set("code", &world.code("jun")).submit()
}

on_both! {
    fn a_person_is_put_on_duty_now_also_by_another_and_the_later_one_holds(outer) {
        let world = &World::start(outer.engine);
        let jun = world.signed_in("jun");
        make_rota(world, &jun, "first", &["jun", "mina"]);
        let until = ahead(world, TimeDelta::hours(8));
        assert_eq!(put_on_duty(world, &jun, "first", "hana", "", &until).status, 303);
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.target.as_str()), ("rotas.override", "rota/first"));
        assert_eq!(on_duty(&jun), "On duty, Rota first: Hana Choi");
        assert_eq!(put_on_duty(world, &jun, "first", "owner", "", &ahead(world, TimeDelta::hours(1))).status, 303);
        assert_eq!(on_duty(&jun), "On duty, Rota first: Olivia Owens", "the later one");
        world.clock.advance(Duration::from_mins(61));
        let jun = world.signed_in("jun");
        assert_eq!(on_duty(&jun), "On duty, Rota first: Hana Choi");
        let owner = world.signed_in("owner");
        assert!(owner.get("/oncall").says("section[aria-labelledby='own-title']").contains("no shift"));
        assert_sound(world);
    }

    fn what_is_taken_back_ends_now_and_what_was_stays(outer) {
        let world = &World::start(outer.engine);
        let jun = world.signed_in("jun");
        make_rota(world, &jun, "first", &["jun", "mina"]);
        assert_eq!(put_on_duty(world, &jun, "first", "hana", "", &ahead(world, TimeDelta::hours(9))).status, 303);
        world.clock.advance(Duration::from_hours(2));
        let jun = world.signed_in("jun");
        let remove = |jun: &Browser| {
            let page = jun.get("/oncall/first");
            let href = page.attributes("a[href*='panel=remove-']", "href").remove(0);
            jun.get(&href).form_to("/removal").set("reason", "Hana is ill").set("code", &world.code("jun"))
        };
        assert_eq!(remove(&jun).submit().status, 303);
        assert_eq!(on_duty(&jun), "On duty, Rota first: Jun Park");
        let page = jun.get("/oncall/first");
        assert!(page.says(".month").contains("Hana Choi"), "she was on duty for two hours: {page}");
        // One that has not begun goes away whole.
        let (from, until) = (ahead(world, TimeDelta::hours(30)), ahead(world, TimeDelta::hours(40)));
        assert_eq!(put_on_duty(world, &jun, "first", "owner", &from, &until).status, 303);
        assert!(jun.get("/oncall/first").says(".month").contains("Olivia Owens"));
        assert_eq!(remove(&jun).submit().status, 303);
        assert!(!jun.get("/oncall/first").says(".month").contains("Olivia Owens"));
        assert!(jun.get("/oncall/first?panel=remove-1").text().contains("another person took it back"));
    }

    fn times_that_make_no_exception_are_refused_at_their_field(outer) {
        let world = &World::start(outer.engine);
        let jun = world.signed_in("jun");
        make_rota(world, &jun, "first", &["jun", "mina"]);
        let hour = |n: i64| ahead(world, TimeDelta::hours(n));
        for (from, until, status, field) in [
            (hour(5), hour(4), 422, "until"),
            (hour(5), hour(5), 422, "until"),
            (String::new(), hour(-1), 422, "until"),
            (String::new(), hour(24 * 93), 422, "until"),
            (hour(24 * 370), hour(24 * 371), 422, "from"),
            ("yesterday".to_owned(), hour(5), 422, "from"),
            (String::new(), String::new(), 422, "until"),
        ] {
            let page = put_on_duty(world, &jun, "first", "mina", &from, &until);
            assert_eq!((page.status, page.all(&format!("#{field}-error")).len()), (status, 1), "{from} {until}: {page}");
        }
        // Jun is on duty all that time.
        assert_eq!(put_on_duty(world, &jun, "first", "jun", "", &hour(3)).status, 409);
        let form = jun.get("/oncall/first?panel=override").form_to("/overrides").forge("staff", &staff(world, "sora"));
        let form = form.set("until", &hour(3)).set("reason", "She is awake").set("code", &world.code("jun"));
        assert_eq!(form.submit().status, 422, "an auditor only reads");
        assert_eq!(world.number("select count(*) from rota_overrides"), 0);
    }

    fn two_shifts_change_hands(outer) {
        let world = &World::start(outer.engine);
        let jun = world.signed_in("jun");
        make_rota(world, &jun, "first", &["jun", "mina", "hana"]);
        let coming = shifts(&jun);
        assert!(coming[0].1.starts_with("Mina Kang") && coming[1].1.starts_with("Hana Choi"), "{coming:?}");
        assert_eq!(swap(world, &jun, &coming[0].0, &coming[1].0).status, 303);
        let swapped = shifts(&jun);
        assert!(swapped[0].1.starts_with("Hana Choi") && swapped[1].1.starts_with("Mina Kang"), "{swapped:?}");
        assert!(swapped[2].1.starts_with("Jun Park") && swapped[3].1.starts_with("Mina Kang"), "{swapped:?}");
        // A shift that is none any more, and two of one person.
        let page = swap(world, &jun, "2026-03-02T00:00:01.000000Z", &coming[1].0);
        assert_eq!((page.status, page.all("#one-error").len()), (422, 1), "{page}");
        let page = swap(world, &jun, &swapped[1].0, &swapped[3].0);
        assert_eq!((page.status, page.all("#other-error").len()), (422, 1), "{page}");
        let mina = world.signed_in("mina");
        let own = mina.get("/oncall").says("section[aria-labelledby='own-title']");
        assert!(own.contains("stands in"), "{own}");
    }
}
