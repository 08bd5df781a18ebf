//! A world that removes what is not kept any longer.

use crate::kit::{Engine, World, wait_until};
use chrono::TimeDelta;
use ingam::{
    access::seal::Sealing,
    clock::Instant,
    config::Config,
    retention::{Purging, Retention},
};
use std::time::Duration;

/// Everything is sealed at once and removed without pauses.
pub(crate) fn keeping(retention: Retention) -> impl Fn(&mut Config) {
    move |config| {
        config.sealing = Some(Sealing { look: Duration::from_millis(20), turns: 1, leaves: 1, ..Sealing::default() });
        config.purging = Some(Purging {
            every: TimeDelta::zero(),
            look: Duration::from_millis(20),
            pause: Duration::from_millis(20),
            at_once: 2,
        });
        config.retention = retention;
    }
}

pub(crate) fn years(years: u32) -> Retention {
    Retention { access_years: Some(years), ..Retention::default() }
}

pub(crate) fn world(engine: Engine, retention: Retention) -> World {
    World::start_with(engine, keeping(retention))
}

/// Waits until all records are leaves and the log has their tree.
pub(crate) fn sealed(world: &World) {
    wait_until(|| {
        world.number("select sum(h.size - s.next) from access_sealed s join access_heads h on h.lane = s.lane") == 0
            && world.number("select size - tied from access_head") == 0
    });
}

/// Some looks at customers, in the tree that the log has.
pub(crate) fn looks(world: &World, who: &str) {
    let browser = world.signed_in(who);
    for path in ["/users", "/users/1", "/users/2"] {
        assert_eq!(browser.get(path).status, 200, "{path}");
    }
    sealed(world);
}

/// Moves the clock to a time.
pub(crate) fn at(world: &World, text: &str) {
    world.clock.set(Instant::parse(&format!("{text}.000000Z")).unwrap());
}

/// A row of the log at the time that it is.
pub(crate) fn row(world: &World) {
    world.signed_in("jun");
}

pub(crate) fn purges(world: &World, kind: &str) -> i64 {
    world.number(&format!("select count(*) from audit where action = '{kind}' and outcome = 'applied'"))
}

pub(crate) fn purged(world: &World) -> i64 {
    world.number("select purged from access_head")
}

pub(crate) fn records(world: &World) -> i64 {
    world.number("select count(*) from access_records")
}

pub(crate) fn verify(world: &World) -> (bool, String) {
    let verified = world.command(&["audit", "verify"]).output().unwrap();
    let said = [verified.stdout, verified.stderr].concat();
    (verified.status.success(), String::from_utf8_lossy(&said).into_owned())
}

pub(crate) fn is_found(world: &World, words: &str) {
    let (fits, said) = verify(world);
    assert!(!fits && said.contains(words), "{words}: {said}");
}

pub(crate) fn fits(world: &World) -> String {
    let (fits, said) = verify(world);
    assert!(fits, "{said}");
    said
}

/// Nothing is removed within a time in which it would be.
pub(crate) fn nothing_goes(world: &World) {
    let before = (purged(world), records(world));
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!((purged(world), records(world)), before);
}
