use super::*;
use crate::gate::Roles;
use std::net::Ipv6Addr;

fn start() -> Instant {
    Instant::from_unix(1_800_000_000).unwrap()
}

fn after(seconds: i64) -> Instant {
    start().plus(TimeDelta::seconds(seconds))
}

fn stranger(ip: Ipv6Addr) -> Actor {
    let origin = Origin { ip: Some(ip.into()), ..anybody().origin };
    Actor { origin, ..anybody() }
}

fn one() -> Actor {
    stranger(Ipv6Addr::LOCALHOST)
}

fn person(id: i64) -> Actor {
    let who = Who::Staff { id: StaffId::new(id), name: "Jun".into(), email: String::new(), roles: Roles::default() };
    Actor { who, ..anybody() }
}

/// Refuses a look at this page; whether that gets a row.
fn refuse(tally: &Tally, actor: &Actor, page: &str, now: Instant) -> bool {
    let target = Target::new("request", page);
    let gets_row = tally.gets_row(actor, "request.refused", &target, &Refusal::Role, now);
    if !gets_row {
        tally.count(actor, "request.refused", &target, &Refusal::Role, now);
    }
    gets_row
}

fn rows(tally: &Tally, actor: &Actor, times: i64, page: &str, now: Instant) -> i64 {
    (0..times).map(|_| i64::from(refuse(tally, actor, page, now))).sum()
}

#[test]
fn a_flood_is_one_row_a_minute_and_nothing_is_lost() {
    let (tally, jun) = (Tally::default(), person(2));
    // The rows of a minute, and the first row of the kind beyond them.
    assert_eq!(rows(&tally, &jun, 1_000, "GET /users/{id}", start()), 61);
    assert!(refuse(&tally, &jun, "GET /staff", after(1)), "another kind shows at once");
    assert!(refuse(&tally, &person(3), "GET /users/{id}", after(1)), "others have rows of their own");
    assert!(tally.take(after(59), false).is_empty(), "the minute is not over");
    let due = tally.take(after(60), false);
    assert_eq!(due.iter().map(|due| (due.times, due.first, due.last)).collect::<Vec<_>>(), [(939, start(), start())]);
    assert_eq!(due[0].actor.staff_id(), Some(StaffId::new(2)));
    // As long as it goes on: the first of each kind, and a count.
    for minute in 1..5 {
        assert_eq!(rows(&tally, &jun, 1_000, "GET /users/{id}", after(minute * 60)), 1);
        assert_eq!(tally.take(after(minute * 60 + 60), false).iter().map(|due| due.times).sum::<i64>(), 999);
    }
    // After a quiet minute, as at first.
    assert!(tally.take(after(400), false).is_empty());
    assert_eq!(rows(&tally, &jun, 100, "GET /users/{id}", after(401)), 61);
}

#[test]
fn what_cannot_be_written_is_given_back_and_what_is_left_at_the_end_is_taken() {
    let tally = Tally::default();
    rows(&tally, &one(), 100, "GET /", start());
    let due = tally.take(after(60), false);
    tally.give_back(due);
    rows(&tally, &one(), 11, "GET /", after(61));
    let all = tally.take(after(62), true);
    assert_eq!(all.iter().map(|due| due.times).sum::<i64>(), 39 + 10);
    assert!(tally.take(after(62), true).is_empty());
}

#[test]
fn inventing_kinds_does_not_help() {
    let tally = Tally::default();
    for (actor, rows) in [(one(), 60 + 60), (person(2), 60 + 60)] {
        let all = (0..1_000).filter(|n| refuse(&tally, &actor, &format!("M{n} /"), start())).count();
        assert_eq!(all, rows);
    }
    let due = tally.take(after(60), false);
    assert_eq!(due.len(), 2, "{due:?}");
    assert!(due.iter().all(|due| due.times == 880 && due.target.id.is_empty()), "{due:?}");
}

#[test]
fn many_networks_together_have_a_limit_too() {
    let tally = Tally::default();
    let knocks = |now| {
        let from = |n: u128| stranger(Ipv6Addr::from_bits(n << 64));
        (0..30_000).filter(|n| refuse(&tally, &from(*n), "GET /", now)).count()
    };
    assert_eq!(knocks(start()), 600);
    assert!(refuse(&tally, &person(2), "GET /", start()), "which is not a limit for people");
    let due = tally.take(after(60), false);
    assert!(due.len() <= 301, "{}", due.len());
    assert_eq!(due.iter().map(|due| due.times).sum::<i64>(), 29_400);
    let neighbours = (0..200).filter(|n| refuse(&tally, &stranger(Ipv6Addr::from_bits(*n)), "GET /", after(300)));
    assert_eq!(neighbours.count(), 61, "addresses of one /64 are one");
}

#[test]
fn a_clock_that_is_set_back_loses_no_count() {
    let tally = Tally::default();
    rows(&tally, &one(), 100, "GET /", start());
    assert!(refuse(&tally, &one(), "GET /", after(-3600)));
    assert_eq!(tally.take(after(-3600), false).iter().map(|due| due.times).sum::<i64>(), 39);
}
