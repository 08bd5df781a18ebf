//! Levers: who closes and opens, what is refused meanwhile, and what never can be.

use crate::{
    approvals::support::{approval, ask, points_rule, rules},
    kit::{Browser, Form, Page, World, addition, assert_sound, at_once, on_both, points},
};
use chrono::TimeDelta;
use ingam::changes::KINDS;
use std::time::Duration;

/// A time from now as a browser's field has it, in the zone of the console.
fn ahead(world: &World, delta: TimeDelta) -> String {
    let seoul = world.clock.now().plus(delta).plus(TimeDelta::hours(9));
    seoul.utc().format("%Y-%m-%dT%H:%M").to_string()
}

/// The form that closes a kind.
fn form(who: &Browser, kind: &str) -> Form {
    let page = who.get("/levers?panel=close");
    page.form_to("/levers").forge("kind", kind).set("reason", "Points are given twice, ticket 12")
}

pub(super) fn close(world: &World, kind: &str, lasts: TimeDelta) -> Page {
    let done = form(&world.signed_in("jun"), kind).set("until", &ahead(world, lasts));
    let done = done.set("code", &world.code("jun")).submit();
    assert_eq!(done.status, 303, "{done}");
    done
}

fn opening(who: &Browser, lever: i64) -> Form {
    who.get(&format!("/levers?panel=open-{lever}")).form_to("/opening").set("reason", "The fix is deployed now")
}

fn open(world: &World, who: &str, lever: i64) -> Page {
    opening(&world.signed_in(who), lever).set("code", &world.code(who)).submit()
}

fn add(world: &World, mina: &Browser) -> Page {
    addition(mina, 1, "5").set("code", &world.code("mina")).submit()
}

on_both! {
    fn a_kind_that_is_closed_is_refused_for_everybody_until_a_person_opens_it(world) {
        let mina = world.signed_in("mina");
        let form = addition(&mina, 1, "5");
        let another = world.second_process();
        close(world, "points.adjust", TimeDelta::hours(4));
        let before = points(world, 1);
        let refused = form.set("code", &world.code("mina")).submit();
        assert_eq!(refused.status, 409, "{refused}");
        let said = refused.text();
        assert!(said.contains("closed for everybody until") && said.contains("Jun Park") && !said.contains("000000Z"), "{said}");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.outcome.as_str()), ("points.adjust", "refused"));
        assert!(row.refusal.starts_with("kind-closed until=2026-03-"), "{}", row.refusal);
        assert_eq!(points(world, 1), before);
        // The page offers no form, and every page says it.
        let page = mina.get("/users/1?panel=points");
        assert!(page.find_form("form[action$='/point-adjustments']").is_none() && page.text().contains("closed for everybody"), "{page}");
        for (who, path) in [("mina", "/"), ("sora", "/alerts"), ("hana", "/account"), ("owner", "/staff")] {
            let page = world.signed_in(who).get(path);
            assert!(page.says("#closed-kinds").contains("1 kind of change closed"), "{who} {path}: {page}");
        }
        assert!(world.signed_in("mina").at(another.address).get("/").says("#closed-kinds").contains("closed"));
        // Other kinds go on, and a code that was shown at a closed kind is not spent.
        let note = mina.get("/users/1?panel=note").form_to("/notes").set("text", "Call after 6 pm");
        assert_eq!(note.set("reason", "She asked for it").set("code", &world.code("mina")).submit().status, 303);
        let opened = open(world, "owner", 1);
        assert_eq!(opened.status, 303, "{opened}");
        assert_eq!(add(world, &mina).status, 303);
        assert!(!mina.get("/").has("#closed-kinds .strip"));
        let again = world.signed_in("owner").get("/levers?panel=open-1");
        assert!(again.find_form("form[action$='/opening']").is_none(), "{again}");
        assert_sound(world);
    }

    fn a_kind_opens_by_itself_at_its_end(world) {
        let mina = world.signed_in("mina");
        close(world, "points.adjust", TimeDelta::minutes(5));
        assert!(mina.get("/users/1?panel=points").find_form("form[action$='/point-adjustments']").is_none());
        world.clock.advance(Duration::from_mins(6));
        assert_eq!(add(world, &mina).status, 303);
        assert!(!mina.get("/").has("#closed-kinds .strip"));
        let page = world.signed_in("jun").get("/levers");
        assert!(page.text().contains("Every kind is open"), "{page}");
        assert!(page.says("#over").contains("Jun Park"), "{page}");
        // And it can be closed once more.
        close(world, "points.adjust", TimeDelta::hours(1));
        assert_eq!(world.number("select count(*) from levers where opened_at is null"), 1);
        assert_sound(world);
    }

    fn a_request_from_before_is_not_approved_while_its_kind_is_closed(world) {
        let world = World::start_with(world.engine, |config| config.policies = rules(vec![points_rule(10, None, 1)]));
        let mina = world.signed_in("mina");
        let request = ask(&world, &mina, 1, "50");
        close(&world, "points.adjust", TimeDelta::hours(1));
        let before = points(&world, 1);
        let hana = world.signed_in("hana");
        let refused = approval(&hana, request).set("code", &world.code("hana")).submit();
        assert_eq!(refused.status, 409, "{refused}");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.outcome.as_str()), ("approvals.approve", "refused"));
        assert!(row.refusal.contains("kind-closed"), "{}", row.refusal);
        assert_eq!(points(&world, 1), before);
        let page = hana.get(&format!("/approvals/{request}"));
        assert!(page.says("main").contains("Kind of change is closed") || page.says("main").contains("closed for everybody"), "{page}");
        assert_eq!(open(&world, "jun", 1).status, 303);
        assert_eq!(approval(&hana, request).set("code", &world.code("hana")).submit().status, 303);
        assert_ne!(points(&world, 1), before);
        assert_sound(&world);
    }

    fn of_two_people_who_close_the_same_kind_one_does(world) {
        let forms: Vec<(&str, Form)> = ["jun", "owner"]
            .into_iter()
            .map(|who| (who, form(&world.signed_in(who), "orders.refund").set("until", &ahead(world, TimeDelta::hours(2)))))
            .collect();
        let statuses = at_once(&forms, |(who, form)| form.clone().set("code", &world.code(who)).submit().status);
        let mut sorted = statuses.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [303, 409], "{statuses:?}");
        assert_eq!(world.number("select count(*) from levers"), 1);
        // A later end is set, an earlier one is not.
        let later = form(&world.signed_in("jun"), "orders.refund").set("until", &ahead(world, TimeDelta::hours(1)));
        assert_eq!(later.set("code", &world.code("jun")).submit().status, 409);
        close(world, "orders.refund", TimeDelta::hours(3));
        assert_eq!(world.number("select count(*) from levers where opened_at is null"), 1);
        assert_eq!(world.number("select count(*) from levers"), 2);
        assert_sound(world);
    }

    fn of_two_people_who_open_the_same_kind_one_does(world) {
        close(world, "orders.ship", TimeDelta::hours(2));
        let forms: Vec<(&str, Form)> = ["jun", "owner"].into_iter().map(|who| (who, opening(&world.signed_in(who), 1))).collect();
        let statuses = at_once(&forms, |(who, form)| form.clone().set("code", &world.code(who)).submit().status);
        assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
        assert_sound(world);
    }

    fn only_what_can_be_closed_is(world) {
        let jun = world.signed_in("jun");
        for kind in ["levers.open", "levers.close", "session.start", "approvals.approve", "batches.pause", "staff.roles", "x", ""] {
            let refused = form(&jun, kind).set("until", &ahead(world, TimeDelta::hours(1)));
            assert_eq!(refused.set("code", &world.code("jun")).submit().status, 422, "{kind}");
        }
        for (until, said) in [(TimeDelta::hours(-1), "ahead"), (TimeDelta::hours(169), "7 days")] {
            let refused = form(&jun, "users.status").set("until", &ahead(world, until)).set("code", &world.code("jun")).submit();
            assert!(refused.status == 422 && refused.text().contains(said), "{refused}");
        }
        let refused = form(&jun, "users.status").set("until", "").set("code", &world.code("jun")).submit();
        assert_eq!(refused.status, 422);
        assert_eq!(world.number("select count(*) from levers"), 0);
        let mina = world.signed_in("mina");
        assert_eq!(mina.get("/levers").status, 200, "all staff see what is closed");
        assert!(!mina.get("/levers").has("a[href='/levers?panel=close']"));
        assert_sound(world);
    }

    fn the_host_closes_and_opens_where_no_person_can(world) {
        let lever = |arguments: &[&str]| {
            let done = world.command(&[&["lever"][..], arguments].concat()).output().unwrap();
            (done.status.code(), format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr)))
        };
        let why = ["--reason", "Points are given twice"];
        let (code, said) = lever(&[&["close", "points.adjust", "--hours", "2"][..], &why[..]].concat());
        assert!(code == Some(0) && said.contains("is closed until"), "{said}");
        assert!(lever(&["list"]).1.contains("points.adjust"));
        let (code, said) = lever(&[&["close", "session.start", "--hours", "2"][..], &why[..]].concat());
        assert!(code == Some(1) && said.contains("points.adjust, users.status"), "{said}");
        let (code, said) = lever(&[&["open", "points.adjust"][..], &why[..]].concat());
        assert!(code == Some(0) && said.contains("is open"), "{said}");
        let (code, said) = lever(&[&["open", "points.adjust"][..], &why[..]].concat());
        assert!(code == Some(1) && said.contains("is not closed"), "{said}");
    }
}

#[test]
fn what_can_be_closed_is_a_short_list_that_no_command_on_the_host_can_make() {
    let closable: Vec<_> = KINDS.iter().filter(|kind| kind.may_close).collect();
    let names: Vec<&str> = closable.iter().map(|kind| kind.name).collect();
    assert_eq!(
        names,
        [
            "points.adjust",
            "users.status",
            "orders.cancel",
            "orders.refund",
            "refunds.retry",
            "orders.ship",
            "batches.run",
            "runs.rerun",
        ]
    );
    // The host's own commands pass by the row of a person, with which a lever is read.
    assert!(closable.iter().all(|kind| !kind.admits.host && kind.admits.code));
}
