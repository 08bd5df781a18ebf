use super::*;
use crate::{oncall::turn::Unit, zone::Zone};
use chrono::{NaiveDate, NaiveTime, TimeDelta, TimeZone as _};
use proptest::prelude::*;
use std::time::Instant as Watch;

fn at(text: &str) -> Instant {
    Instant::parse(&format!("{text}:00.000000Z")).unwrap()
}

fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

fn turns(zone_name: &str, handover: (u32, u32), every: i64, unit: Unit, starts_on: &str, members: &[i64]) -> Turns {
    Turns {
        zone: zone(zone_name),
        handover: NaiveTime::from_hms_opt(handover.0, handover.1, 0).unwrap(),
        every,
        unit,
        starts_on: starts_on.parse().unwrap(),
        members: members.iter().copied().map(StaffId::new).collect(),
    }
}

fn plan(id: i64, from: &str, turns: Turns) -> Plan {
    Plan { id: PlanId::new(id), from: at(from), turns }
}

fn instead(id: i64, from: &str, until: &str, staff: i64) -> Override {
    Override { id: OverrideId::new(id), from: at(from), until: at(until), staff: StaffId::new(staff) }
}

/// A week each for 1, 2 and 3, from Monday at nine in Seoul, which is midnight in UTC.
fn weeks() -> Duty {
    let turns = turns("Asia/Seoul", (9, 0), 1, Unit::Week, "2026-03-02", &[1, 2, 3]);
    Duty { plans: vec![plan(1, "2026-03-02T00:00", turns)], overrides: Vec::new() }
}

fn told(duty: &Duty, from: &str, until: &str) -> Vec<String> {
    let line = |shift: Shift| {
        let short = |at: Instant| at.utc().format("%d %H:%M").to_string();
        let staff = shift.staff.map_or("-".to_owned(), |staff| staff.to_string());
        let by = shift.by.map_or(String::new(), |by| format!(" by {by}"));
        format!("{}..{} {staff}{by}", short(shift.from), short(shift.until))
    };
    duty.shifts(at(from), at(until)).into_iter().map(line).collect()
}

#[test]
fn members_take_turns_by_the_week() {
    let duty = weeks();
    assert_eq!(
        told(&duty, "2026-03-02T00:00", "2026-03-30T00:00"),
        ["02 00:00..09 00:00 1", "09 00:00..16 00:00 2", "16 00:00..23 00:00 3", "23 00:00..30 00:00 1"]
    );
    assert_eq!(duty.at(at("2026-03-08T23:59")), Some(StaffId::new(1)));
    assert_eq!(duty.at(at("2026-03-09T00:00")), Some(StaffId::new(2)));
}

#[test]
fn before_the_first_plan_no_person_is_on_duty() {
    assert_eq!(weeks().at(at("2026-03-01T23:59")), None);
    assert_eq!(
        told(&weeks(), "2026-03-01T12:00", "2026-03-03T00:00"),
        ["01 12:00..02 00:00 -", "02 00:00..03 00:00 1"]
    );
}

#[test]
fn an_override_cuts_a_turn_and_the_later_of_two_holds() {
    let mut duty = weeks();
    duty.overrides = vec![
        instead(7, "2026-03-04T00:00", "2026-03-06T00:00", 3),
        instead(8, "2026-03-05T00:00", "2026-03-10T00:00", 9),
        // Under the later one it shows nowhere.
        instead(5, "2026-03-05T06:00", "2026-03-05T07:00", 4),
    ];
    assert_eq!(
        told(&duty, "2026-03-02T00:00", "2026-03-16T00:00"),
        ["02 00:00..04 00:00 1", "04 00:00..05 00:00 3 by 7", "05 00:00..10 00:00 9 by 8", "10 00:00..16 00:00 2"]
    );
    let changes: Vec<_> = duty.handovers(at("2026-03-02T00:00"), at("2026-03-16T00:00")).collect();
    assert_eq!(changes.len(), 3);
}

#[test]
fn a_newer_plan_holds_from_its_beginning_and_leaves_what_was() {
    let mut duty = weeks();
    let days = turns("Asia/Seoul", (18, 0), 1, Unit::Day, "2026-03-04", &[5, 6]);
    duty.plans.push(plan(2, "2026-03-04T09:00", days));
    assert_eq!(
        told(&duty, "2026-03-02T00:00", "2026-03-06T09:00"),
        ["02 00:00..04 09:00 1", "04 09:00..05 09:00 5", "05 09:00..06 09:00 6"]
    );
}

#[test]
fn a_person_who_follows_themselves_has_two_turns() {
    let alone = turns("Asia/Seoul", (9, 0), 1, Unit::Day, "2026-03-02", &[1]);
    let duty = Duty { plans: vec![plan(1, "2026-03-02T00:00", alone)], overrides: Vec::new() };
    assert_eq!(told(&duty, "2026-03-02T00:00", "2026-03-04T00:00"), ["02 00:00..03 00:00 1", "03 00:00..04 00:00 1"]);
    assert_eq!(duty.handovers(at("2026-03-02T00:00"), at("2026-03-04T00:00")).count(), 0);
}

#[test]
fn a_handover_in_a_gap_is_at_its_end_and_one_that_is_shown_twice_at_the_first() {
    // jiff's own reading of a time in the gap is 03:30; the turn begins when the gap ends.
    let spring = turns("America/New_York", (2, 30), 1, Unit::Week, "2026-03-01", &[1, 2]);
    assert_eq!(spring.at(at("2026-03-08T06:59")).unwrap().staff, StaffId::new(1));
    assert_eq!(spring.at(at("2026-03-08T07:00")).unwrap().staff, StaffId::new(2), "03:00 in New York");
    let autumn = turns("Europe/London", (1, 30), 1, Unit::Day, "2026-10-24", &[1, 2]);
    assert_eq!(autumn.at(at("2026-10-25T00:29")).unwrap().staff, StaffId::new(1));
    assert_eq!(autumn.at(at("2026-10-25T00:30")).unwrap().staff, StaffId::new(2));
    assert_eq!(autumn.at(at("2026-10-25T01:29")).unwrap().staff, StaffId::new(2), "01:29 for the second time");
}

#[test]
fn a_day_that_a_zone_left_out_is_no_turn() {
    // Apia had no 30 December 2011.
    let days = turns("Pacific/Apia", (0, 0), 1, Unit::Day, "2011-12-28", &[1, 2, 3, 4]);
    let duty = Duty { plans: vec![plan(1, "2011-12-28T10:00", days)], overrides: Vec::new() };
    assert_eq!(
        told(&duty, "2011-12-28T10:00", "2012-01-01T10:00"),
        ["28 10:00..29 10:00 1", "29 10:00..30 10:00 2", "30 10:00..31 10:00 4", "31 10:00..01 10:00 1"]
    );
}

#[test]
fn the_form_warns_of_handovers_while_clocks_are_changed() {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let changed = |zone, handover| {
        let turns = turns(zone, handover, 1, Unit::Week, "2026-03-02", &[1]);
        turns.on_changed_clocks(day("2026-03-01"), day("2028-03-01")).len()
    };
    assert_eq!(changed("Asia/Seoul", (2, 30)), 0);
    assert_eq!(changed("America/New_York", (2, 30)), 2, "each spring");
    assert_eq!(changed("America/New_York", (1, 30)), 2, "each autumn");
    assert_eq!(changed("America/New_York", (9, 0)), 0);
    assert_eq!(changed("Europe/London", (1, 0)), 4, "skipped in spring, shown twice in autumn");
}

#[test]
fn a_year_of_twenty_rotas_with_five_hundred_overrides_is_worked_out_at_once() {
    let days = turns("Asia/Seoul", (9, 0), 1, Unit::Day, "2026-01-01", &[1, 2, 3, 4, 5]);
    let begins = at("2026-01-01T00:00");
    let instead = |n: i64| Override {
        id: OverrideId::new(n),
        from: begins.plus(TimeDelta::hours(n * 350)),
        until: begins.plus(TimeDelta::hours(n * 350 + 12)),
        staff: StaffId::new(9),
    };
    let duty = Duty { plans: vec![plan(1, "2026-01-01T00:00", days)], overrides: (0..25).map(instead).collect() };
    let watch = Watch::now();
    let shifts: usize = (0..20).map(|_| duty.shifts(begins, begins.plus(TimeDelta::days(365))).len()).sum();
    assert!(shifts > 20 * 365, "{shifts}");
    // The figure is in docs/oncall.md; here only that it is not a matter of seconds, also unoptimised and beside other tests.
    assert!(watch.elapsed().as_secs() < 5, "{:?}", watch.elapsed());
}

fn any_turns() -> impl Strategy<Value = Turns> {
    let zones = prop_oneof![Just("Asia/Seoul"), Just("Europe/London"), Just("America/New_York")];
    let parts = (zones, 0..24_u32, 0..60_u32, 1..=4_i64, prop::bool::ANY, 0..14_i64, 1..6_i64);
    parts.prop_map(|(zone, hour, minute, every, by_week, later, members)| {
        let starts_on = "2026-03-01".parse::<NaiveDate>().unwrap() + TimeDelta::days(later);
        let members: Vec<i64> = (1..=members).collect();
        let unit = if by_week { Unit::Week } else { Unit::Day };
        turns(zone, (hour, minute), every, unit, &starts_on.to_string(), &members)
    })
}

const MINUTES: i64 = 10 * 366 * 24 * 60;

fn any_override() -> impl Strategy<Value = (i64, i64, i64)> {
    (0..MINUTES, 1..30_000_i64, 6..9_i64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Shifts follow each other without a hole or an overlap for ten years, so at every minute exactly one person is on duty; and asked for
    /// one moment, the answer is the same.
    #[test]
    fn exactly_one_person_is_on_duty_at_every_minute_of_ten_years(
        turns in any_turns(),
        later in any_turns(),
        entries in prop::collection::vec(any_override(), 0..40),
        minutes in prop::collection::vec(0..MINUTES, 300),
    ) {
        let begins = turns.start().unwrap();
        let minute = |n: i64| begins.plus(TimeDelta::minutes(n));
        let overrides = entries.iter().enumerate().map(|(n, (from, lasts, staff))| Override {
            id: OverrideId::new(i64::try_from(n).unwrap()),
            from: minute(*from),
            until: minute(from + lasts),
            staff: StaffId::new(*staff),
        });
        let second = Plan { id: PlanId::new(2), from: minute(MINUTES / 3), turns: later };
        let duty = Duty { plans: vec![Plan { id: PlanId::new(1), from: begins, turns: turns.clone() }, second], overrides: overrides.collect() };
        let until = minute(MINUTES);
        let shifts = duty.shifts(begins, until);
        prop_assert_eq!((shifts[0].from, shifts[shifts.len() - 1].until), (begins, until));
        for pair in shifts.windows(2) {
            prop_assert_eq!(pair[0].until, pair[1].from);
        }
        for shift in &shifts {
            prop_assert!(shift.from < shift.until && shift.staff.is_some(), "{:?}", shift);
            // Each edge from both sides.
            prop_assert_eq!(duty.at(shift.from), shift.staff);
            prop_assert_eq!(duty.at(shift.until.minus(TimeDelta::microseconds(1))), shift.staff);
        }
        for n in minutes {
            let at = minute(n);
            let shift = shifts[shifts.partition_point(|shift| shift.until <= at)];
            prop_assert_eq!(duty.at(at), shift.staff);
        }
    }

    /// A turn begins when the clock of the zone shows the handover, or with the end of the gap in which it would.
    #[test]
    fn a_handover_is_when_the_clock_shows_it(turns in any_turns(), ahead in 0..3_000_i64) {
        let begins = turns.start().unwrap();
        let handover = turns.following(begins.plus(TimeDelta::days(ahead))).next().unwrap().from;
        let clock = turns.zone.from_utc_datetime(&handover.utc().naive_utc());
        let skipped = turns.zone.from_local_datetime(&clock.date_naive().and_time(turns.handover)).earliest().is_none();
        prop_assert!(skipped || clock.time() == turns.handover, "{:?}", clock);
    }
}
