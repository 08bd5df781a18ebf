//! Access records go when their time is over, and not before.

use super::support::{
    at, fits, keeping, looks, nothing_goes, purged, purges, records, row, sealed, verify, world, years,
};
use crate::{
    evidence::support::tamper,
    kit::{Engine, World, on_both, wait_until},
};
use ingam::retention::Retention;
use std::time::Duration;

fn root(world: &World) -> String {
    let value = match world.engine {
        Engine::Sqlite => "lower(hex(root))",
        Engine::Postgres => "encode(root, 'hex')",
    };
    world.database().value(&format!("select {value} from access_head"))
}

/// Makes the last statement of a removal impossible, or possible again.
fn obstruct(world: &World, on: bool) {
    let sql = match (world.engine, on) {
        (Engine::Sqlite, true) => {
            "create trigger obstruct before update on access_leaves begin select raise(abort, 'no'); end"
        }
        (Engine::Sqlite, false) => "drop trigger obstruct",
        (Engine::Postgres, true) => "revoke update (body) on access_leaves from ingam_app",
        (Engine::Postgres, false) => "grant update (body) on access_leaves to ingam_app",
    };
    tamper(world, sql);
}

/// Looks of the first day and of the next one, and rows of the log up to the time at which those of the first day are to go.
fn two_days(world: &World) -> (i64, i64) {
    looks(world, "mina");
    let first = records(world);
    at(world, "2026-03-03T03:00:00");
    looks(world, "hana");
    at(world, "2028-03-02T14:50:00");
    row(world);
    (first, records(world))
}

/// The first day is over, and so is the day after the first row from then on.
fn first_day_is_over(world: &World) {
    at(world, "2028-03-02T15:05:00");
    row(world);
    at(world, "2028-03-03T15:10:00");
}

on_both! {
    fn records_whose_time_is_over_go_by_days_and_nothing_younger_does(outer) {
        let world = &world(outer.engine, years(2));
        let (first, all) = two_days(world);
        assert!(first >= 3 && all >= first + 3, "{first} of {all}");
        let (before, subjects) = (root(world), world.number("select count(*) from access_subjects"));
        at(world, "2028-03-02T15:05:00");
        row(world);
        // Counted from the row at ten to midnight in Seoul, and then from the one at five past.
        at(world, "2028-03-03T14:55:00");
        nothing_goes(world);
        assert_eq!((records(world), purges(world, "access.purge")), (all, 0));
        at(world, "2028-03-03T15:10:00");
        wait_until(|| purged(world) == first);
        nothing_goes(world);
        assert_eq!(records(world), all - first);
        assert_eq!(world.number("select count(*) from access_records where at < '2026-03-03 00:00:00'"), 0);
        assert_eq!(world.number(&format!("select count(*) from access_leaves where body is null and n < {first}")), first);
        assert_eq!(world.number("select count(*) from access_leaves where body is null"), first);
        assert_eq!(world.number("select count(*) from access_subjects where record_id not in (select id from access_records)"), 0);
        assert!(world.number("select count(*) from access_subjects") < subjects);
        assert_eq!(root(world), before, "the tree is what it was");
        let said = fits(world);
        assert!(said.contains("the time was over, and they were removed"), "{said}");

        // Two at a time, each with its row.
        let rows: Vec<_> = world.audit().into_iter().filter(|row| row.action == "access.purge").collect();
        assert_eq!(i64::try_from(rows.len()).unwrap(), (first + 1) / 2);
        assert!(rows.iter().all(|row| row.outcome == "applied" && row.email.is_empty()));
        let number = |value: &serde_json::Value| value.as_str().unwrap().parse::<i64>().unwrap();
        let mut next = 0;
        for row in &rows {
            assert_eq!(number(&row.before["purged"]), next);
            next = number(&row.after["purged"]);
            assert_eq!(number(&row.after["removed"]), next - number(&row.before["purged"]));
            assert_eq!(row.after["kept_years"], "2");
            assert_eq!(row.after["removed_before_at"], "2026-03-02T15:00:00.000000Z");
            assert!(row.after["kept_under"].as_str().unwrap().contains("article 8"));
        }
        assert_eq!(next, first);

        // What is looked at from now on goes on in chains and tree.
        looks(world, "mina");
        fits(world);
        let sora = world.signed_in("sora");
        let page = sora.get("/access-records");
        let kept = page.says("#kept");
        assert!(kept.contains("kept for 2 years") && kept.contains("2026-03-03") && kept.contains(&format!("#{}", rows.last().unwrap().seq)), "{kept}");
        assert!(sora.get(&format!("/audit/{}", rows[0].seq)).text().contains("Remove access records whose time is over"));
        assert_eq!(page.status, 200);
    }

    fn all_records_may_go_but_the_newest_and_the_next_ones_are_new(outer) {
        let world = &world(outer.engine, years(1));
        looks(world, "mina");
        let all = records(world);
        at(world, "2027-06-01T03:00:00");
        row(world);
        at(world, "2027-06-02T04:00:00");
        row(world);
        let newest = world.number("select max(record_id) from access_leaves");
        let place = world.number(&format!("select n from access_leaves where record_id = {newest}"));
        wait_until(|| purged(world) == place);
        nothing_goes(world);
        assert_eq!(records(world), all - place);
        fits(world);
        looks(world, "mina");
        assert!(world.number("select max(id) from access_records") > newest);
        wait_until(|| purged(world) == all);
        fits(world);
    }

    fn records_stay_for_good_where_nothing_is_said(outer) {
        let world = &world(outer.engine, Retention::default());
        let (_, all) = two_days(world);
        first_day_is_over(world);
        nothing_goes(world);
        assert_eq!((records(world), purges(world, "access.purge")), (all, 0));
        let page = world.signed_in("sora").get("/access-records");
        assert!(page.says("#kept").contains("kept for good"), "{page}");
    }

    fn records_that_are_not_sealed_stay(outer) {
        let world = &World::start_with(outer.engine, |config| {
            keeping(years(1))(config);
            config.sealing = None;
        });
        let mina = world.signed_in("mina");
        mina.get("/users");
        at(world, "2029-06-01T03:00:00");
        row(world);
        at(world, "2029-06-03T03:00:00");
        row(world);
        nothing_goes(world);
        assert_eq!(purged(world), 0);
        assert!(records(world) >= 1);
    }

    fn a_clock_that_is_years_ahead_removes_nothing_before_it_was_so_for_a_day(outer) {
        let world = &world(outer.engine, years(1));
        looks(world, "mina");
        looks(world, "hana");
        at(world, "2099-01-01T00:00:00");
        row(world);
        nothing_goes(world);
        at(world, "2099-01-01T23:59:00");
        row(world);
        nothing_goes(world);
        assert_eq!(purged(world), 0);
        at(world, "2099-01-02T00:30:00");
        wait_until(|| purged(world) > 0);
    }

    fn two_consoles_remove_each_record_once(outer) {
        let world = &world(outer.engine, years(2));
        let others: Vec<_> = (0..2).map(|_| world.another(keeping(years(2))).unwrap()).collect();
        let (first, all) = two_days(world);
        first_day_is_over(world);
        wait_until(|| purged(world) == first);
        nothing_goes(world);
        drop(others);
        assert_eq!(records(world), all - first);
        assert_eq!(purges(world, "access.purge"), (first + 1) / 2, "each row tells of records of its own");
        assert_eq!(world.number("select count(*) from audit where action = 'access.purge' and outcome <> 'applied'"), 0);
        fits(world);
    }

    fn a_removal_that_fails_half_way_removes_nothing(outer) {
        let world = &world(outer.engine, years(2));
        let (first, all) = two_days(world);
        obstruct(world, true);
        first_day_is_over(world);
        wait_until(|| world.number("select count(*) from audit where action = 'access.purge' and outcome = 'failed'") > 0);
        assert_eq!((records(world), purged(world), purges(world, "access.purge")), (all, 0, 0));
        assert!(!verify(world).1.contains("the time was over"));
        obstruct(world, false);
        fits(world);
        world.clock.advance(Duration::from_mins(11));
        wait_until(|| purged(world) == first);
        fits(world);
    }

    fn the_engine_lets_no_other_record_go(outer) {
        let world = &world(outer.engine, Retention::default());
        two_days(world);
        sealed(world);
        let refused = |sql: &str| {
            let why = world.database().tamper(sql).expect_err(sql);
            assert!(why.contains("append-only"), "{sql}: {why}");
        };
        // The log has told of no time in which the newest ones would be a year old.
        refused("update access_head set purged = size + 1");
        for sql in ["delete from access_records", "delete from access_subjects", "delete from access_leaves", "update access_leaves set body = null"] {
            refused(sql);
        }
        world.database().tamper("update access_head set purged = 1").unwrap();
        refused("update access_head set purged = 0");
        refused("delete from access_records");
        refused("update access_leaves set body = null");
        refused("update access_leaves set leaf = leaf where n = 0");
        refused("update access_records set task = 'view' where id = (select record_id from access_leaves where n = 0)");
        refused("update access_sealed set kept = next + 1, kept_hash = (select hash from access_records limit 1)");
        let (fits, said) = verify(world);
        assert!(!fits && said.contains("no row of the log removed them"), "{said}");
    }

    fn the_engine_lets_nothing_go_that_is_younger_than_a_year(outer) {
        let world = &world(outer.engine, Retention::default());
        looks(world, "mina");
        at(world, "2027-03-02T00:05:00");
        row(world);
        let why = world.database().tamper("update access_head set purged = 1").unwrap_err();
        assert!(why.contains("append-only"), "{why}");
        at(world, "2027-03-02T01:00:00");
        row(world);
        world.database().tamper("update access_head set purged = 1").unwrap();
    }
}
