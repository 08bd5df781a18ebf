//! A clock that was ahead once: what it stored is judged again, and the log says that it is ahead.

use crate::{
    batches::support::{script, working},
    kit::{Page, World, addition, assert_sound, block_on, on_both, wait_until},
};
use ingam::{
    allowlist::Allowlist,
    changes::{AnyChange, CATALOG},
    gate::{Actor, Gate, Judging, Reason, Seal},
    store::Store,
};
use std::time::Duration;

/// As `ingam audit hold-time` makes it, by the clock of the world.
fn hold_time(world: &World) -> Result<(), String> {
    let actor = Actor::console("test".to_owned(), "hold-time".to_owned());
    let change = AnyChange::read("audit.hold-time", "{}").unwrap();
    let seal = Seal { reason: Reason::parse("The clock was set by hand").unwrap(), ..Seal::none() };
    block_on(async {
        let store = Store::open(&world.database().url, 1).await.unwrap();
        let key = world.config().secret_key;
        let gate = Gate::open(&store, CATALOG, world.clock.clock(), key, Allowlist::loopback()).await.unwrap();
        let made = change.submit(&gate, &actor, &seal).await.map(drop).map_err(|refusal| refusal.word());
        gate.close().await;
        store.close().await;
        made
    })
}

/// The time of the newest row.
fn newest(world: &World) -> String {
    world.database().value("select at from audit order by seq desc limit 1")
}

fn add(world: &World, who: &str) -> Page {
    addition(&world.signed_in(who), 1, "5").set("code", &world.code(who)).submit()
}

on_both! {
    fn a_log_that_is_ahead_of_the_clock_says_so_and_takes_changes_when_the_host_holds_its_time(world) {
        let world = &World::start_with(world.engine, |config| config.judging = Some(Judging { compares_clocks: false }));
        world.database().tamper("update installation set time_held_until = null").unwrap();
        let start = world.clock.now();
        assert_eq!(hold_time(world).unwrap_err(), "log-not-ahead");
        assert_eq!(world.browser().get("/readyz").text(), "ok\n");
        // The clock is nine hours ahead, as where the time of Seoul was taken for that of Greenwich.
        world.clock.advance(Duration::from_hours(9));
        assert_eq!(add(world, "mina").status, 303);
        let ahead = world.signed_in("jun");
        let newest = newest(world);
        world.clock.set(start.plus(chrono::TimeDelta::minutes(1)));
        // A session from the future is none, and codes that were used there bar those of now only until the next one.
        wait_until(|| world.number("select count(*) from sessions") == 0);
        assert_eq!(ahead.get("/").location(), Some("/login?notice=ended"));
        assert!(world.browser().get("/readyz").text().contains("seconds ahead of the clock"));
        let page = add(world, "mina");
        assert_eq!(page.status, 409, "{page}");
        assert!(page.text().contains("Nothing can be changed now"), "{page}");
        assert_eq!(world.last_audit().refusal, "log-ahead minutes=538");
        let home = world.signed_in("hana").get("/");
        assert!(home.says("section[aria-labelledby='lead-title']").contains("ahead of the clock"), "{home}");
        hold_time(world).unwrap();
        assert_eq!(add(world, "mina").status, 303);
        let row = world.last_audit();
        assert_eq!(self::newest(world), newest, "the time of the log is held");
        assert!(row.after["clock_at"].as_str().unwrap().starts_with("2026-03-02T00:1"), "{:?}", row.after);
        world.clock.advance(Duration::from_hours(10));
        assert_eq!(add(world, "mina").status, 303);
        assert_eq!(world.browser().get("/readyz").text(), "ok\n");
        assert!(world.last_audit().after.get("clock_at").is_none());
        // Ahead once more, it is asked for once more.
        world.clock.advance(Duration::from_hours(9));
        assert_eq!(add(world, "mina").status, 303);
        world.clock.set(start.plus(chrono::TimeDelta::hours(12)));
        let step = world.clock.now().unix() / 30;
        wait_until(|| world.number("select max(last_step) from authenticators") <= step);
        let page = add(world, "mina");
        assert_eq!(page.status, 409, "{page}");
        assert_sound(world);
    }

    fn a_schedule_that_was_moved_on_by_a_clock_ahead_runs_when_it_says(world) {
        let world = working(world.engine, &script("hourly", "true", "schedule = { cron = \"0 * * * *\" }"));
        let start = world.clock.now();
        let next = || world.database().value("select next_at from batch_jobs");
        wait_until(|| next().contains("01:00"));
        world.clock.advance(Duration::from_hours(30 * 24));
        wait_until(|| next().starts_with("2026-04-01"));
        world.clock.set(start);
        wait_until(|| next().starts_with("2026-03-02"));
        world.clock.advance(Duration::from_mins(50));
        wait_until(|| world.number("select count(*) from batch_runs where state = 'succeeded' and scheduled_for < '2026-03-03T00:00:00.000000Z'") == 1);
        // A restart with the clock ahead between two turns.
        world.database().tamper("update batch_jobs set next_at = '2027-01-01T00:00:00.000000Z'").unwrap();
        wait_until(|| next().starts_with("2026-03-02"));
    }
}
