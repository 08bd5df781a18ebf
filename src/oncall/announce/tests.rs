use super::*;
use crate::{
    id::PlanId,
    oncall::{
        duty::Plan,
        record::Rota,
        turn::{Turns, Unit},
    },
    zone::Zone,
};
use chrono::NaiveTime;

fn at(text: &str) -> Instant {
    Instant::parse(&format!("2026-03-{text}:00.000000Z")).unwrap()
}

/// 1 and 2 take turns by the day at nine in Seoul, midnight in UTC. Up to these moments it is told.
fn rota(announced: &str, told: &str) -> Loaded {
    let turns = Turns {
        zone: Zone::seoul(),
        handover: NaiveTime::from_hms_opt(9, 0, 0).unwrap(),
        every: 1,
        unit: Unit::Day,
        starts_on: "2026-03-02".parse().unwrap(),
        members: vec![StaffId::new(1), StaffId::new(2)],
    };
    let rota = Rota {
        id: RotaId::new(1),
        name: "first".into(),
        title: "First line".into(),
        retired_at: None,
        changed: 1,
        changed_at: at("01T00:00"),
        announced_at: at(announced),
        told_at: at(told),
    };
    let plan = Plan { id: PlanId::new(1), from: at("02T00:00"), turns };
    Loaded { rota, duty: Duty { plans: vec![plan], overrides: Vec::new() }, overrides: Vec::new() }
}

fn told(loaded: &Loaded, now: &str) -> Vec<(&'static str, i64)> {
    due(loaded, at(now)).into_iter().map(|one| (one.kind, one.to.get())).collect()
}

#[test]
fn a_person_is_told_an_hour_before_and_at_the_handover() {
    let loaded = rota("02T12:00", "02T12:00");
    assert_eq!(told(&loaded, "02T22:59"), []);
    assert_eq!(told(&loaded, "02T23:00"), [(SOON, 2)]);
    let announced = rota("03T00:00", "02T12:00");
    assert_eq!(told(&announced, "02T23:59"), []);
    assert_eq!(told(&announced, "03T00:00"), [(NOW, 2)]);
    assert_eq!(told(&rota("03T00:00", "03T00:00"), "03T00:01"), []);
}

#[test]
fn who_makes_a_rota_that_begins_at_once_is_told_at_once() {
    assert_eq!(told(&rota("01T23:59", "01T23:59"), "02T00:00"), [(NOW, 1)]);
}

#[test]
fn of_handovers_that_no_process_told_the_last_one_is_told() {
    assert_eq!(told(&rota("02T12:00", "02T12:00"), "05T12:00"), [(NOW, 2)]);
}

#[test]
fn who_is_on_duty_is_told_that_no_person_comes_next() {
    let mut loaded = rota("02T12:00", "02T12:00");
    let empty = Turns { members: Vec::new(), ..loaded.duty.plans[0].turns.clone() };
    loaded.duty.plans.push(Plan { id: PlanId::new(2), from: at("03T00:00"), turns: empty });
    assert_eq!(told(&loaded, "02T23:30"), [(NO_NEXT, 1)]);
    assert_eq!(told(&loaded, "03T00:00"), [], "the gap itself is an alert");
}
