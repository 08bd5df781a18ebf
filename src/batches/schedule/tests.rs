use super::*;
use chrono::Datelike as _;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn at(text: &str) -> Instant {
    Instant::parse(&format!("{text}:00.000000Z")).unwrap()
}

fn schedule(cron: &str, zone: &str) -> Schedule {
    let schedule = Schedule { cron: cron.to_owned(), zone: zone.to_owned(), catch_up: CatchUp::None };
    schedule.check().unwrap();
    schedule
}

fn times(cron: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let shown = |at: Instant| at.to_string().chars().take(16).collect();
    schedule(cron, zone).following(at(after), count).into_iter().map(shown).collect()
}

/// The local times of a day, `HH:MM`.
fn day(cron: &str, zone: &str, day: &str) -> Vec<String> {
    let schedule = schedule(cron, zone);
    let zone = schedule.zone().unwrap();
    let date: NaiveDate = day.parse().unwrap();
    let from = zone.start_of(date).unwrap().minus(TimeDelta::seconds(1));
    let local = schedule.times(from).map(|tick| local(zone, tick)).take_while(|tick| tick.date() == date);
    local.map(|tick| tick.format("%H:%M").to_string()).collect()
}

#[test]
fn a_time_in_seoul_is_told_in_utc() {
    assert_eq!(times("30 2 * * *", "Asia/Seoul", "2026-11-20T00:00", 2), ["2026-11-20T17:30", "2026-11-21T17:30"]);
    assert_eq!(times("0 9 * * MON", "Asia/Seoul", "2026-11-20T00:00", 1), ["2026-11-23T00:00"]);
    assert_eq!(times("*/15 * * * *", "UTC", "2026-11-20T00:00", 2), ["2026-11-20T00:15", "2026-11-20T00:30"]);
}

/// The table of docs/batches.md. New York puts its clocks forward at two on the eighth of March 2026, and back at two on the first of
/// November; Cairo forward at midnight of the twenty-fourth of April; Lord Howe by half an hour at two on the fourth of October.
#[test]
fn where_clocks_change_times_of_the_day_run_once_and_hours_as_they_pass() {
    let (forward, back) = ("2026-03-08", "2026-11-01");
    let new_york = "America/New_York";
    for (cron, on_forward, on_back) in [
        ("30 2 * * *", &["03:00"][..], &["02:30"][..]),
        ("0 2,14 * * *", &["03:00", "14:00"], &["02:00", "14:00"]),
        ("*/30 2 * * *", &["03:00"], &["02:00", "02:30"]),
        ("0,30 1 * * *", &["01:00", "01:30"], &["01:00", "01:30"]),
        ("0 1-3 * * *", &["01:00", "03:00"], &["01:00", "02:00", "03:00"]),
        ("0 */2 * * *", &["00:00", "03:00", "04:00", "06:00"], &["00:00", "02:00", "04:00", "06:00"]),
        ("30 1 * * *", &["01:30"], &["01:30"]),
    ] {
        let first = |mut ran: Vec<String>| {
            ran.truncate(on_forward.len().max(on_back.len()));
            ran
        };
        assert_eq!(first(day(cron, new_york, forward))[..on_forward.len()], *on_forward, "{cron} forward");
        assert_eq!(first(day(cron, new_york, back))[..on_back.len()], *on_back, "{cron} back");
    }
    // Every hour: 23 of them, and 25.
    assert_eq!(day("0 * * * *", new_york, forward).len(), 23);
    assert_eq!(day("0 * * * *", new_york, back).len(), 25);
    assert_eq!(day("*/15 * * * *", new_york, back).len(), 100);
    assert_eq!(
        times("0 * * * *", new_york, "2026-11-01T04:30", 3),
        ["2026-11-01T05:00", "2026-11-01T06:00", "2026-11-01T07:00"]
    );
    assert_eq!(day("0 0 * * *", "Africa/Cairo", "2026-04-24"), ["01:00"]);
    assert_eq!(day("15 2 * * *", "Australia/Lord_Howe", "2026-10-04"), ["02:30"]);
    assert_eq!(day("30 23 * * *", "America/Santiago", "2026-04-04"), ["23:30"], "of two the first");
}

#[test]
fn a_tick_is_for_the_day_that_names_it() {
    // Nuuk put its clocks forward from ten in the evening to eleven; Samoa had no thirtieth of December 2011.
    for (cron, zone, day) in [
        ("30 22 * * *", "America/Nuuk", "2026-03-28"),
        ("0 9 * * *", "Pacific/Apia", "2011-12-30"),
        ("0 9 * * *", "Asia/Seoul", "2026-11-29"),
        ("30 1 * * *", "America/New_York", "2026-11-01"),
    ] {
        let schedule = schedule(cron, zone);
        let date: NaiveDate = day.parse().unwrap();
        let named = schedule.cron().unwrap().named_from(date.and_time(NaiveTime::MIN)).next().unwrap();
        let tick = schedule.zone().unwrap().moment_of(named).unwrap();
        assert_eq!(schedule.day_of(tick).map(|day| day.to_string()).as_deref(), Some(day), "{zone}: {tick}");
        assert_eq!(schedule.next(tick.minus(TimeDelta::seconds(1))), Some(tick), "{zone}");
    }
}

#[test]
fn what_is_no_schedule_is_said() {
    for (cron, zone) in [("61 * * * *", "UTC"), ("0 0 31 2 *", "UTC"), ("0 0 * * *", "Mars/Base")] {
        let schedule = Schedule { cron: cron.to_owned(), zone: zone.to_owned(), catch_up: CatchUp::None };
        assert!(schedule.check().is_err(), "{cron} {zone}");
        assert_eq!(schedule.next(at("2026-11-20T00:00")), None);
    }
}

const ZONES: [&str; 6] =
    ["Asia/Seoul", "America/New_York", "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Africa/Cairo"];

/// A field of hours that does not name all of them.
fn hours() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_u32..24).prop_map(|hour| hour.to_string()),
        (0_u32..5).prop_map(|hour| format!("{hour},{}", hour + 12)),
        (0_u32..4).prop_map(|hour| format!("{hour}-{}", hour + 2)),
        (2_u32..12).prop_map(|step| format!("*/{step}")),
    ]
}

fn minutes() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_u32..60).prop_map(|minute| minute.to_string()),
        (0_u32..30).prop_map(|minute| format!("{minute},{}", minute + 30)),
        Just("*/20".to_owned()),
        Just("*/30".to_owned()),
    ]
}

/// The days on which something else ran than what the pattern names: what exists, at that time and the first of two; what does not,
/// at the first moment that does.
fn faults_of_ten_years(schedule: &Schedule) -> Vec<String> {
    let (zone, cron) = (schedule.zone().unwrap(), schedule.cron().unwrap());
    let mut ran: BTreeMap<NaiveDate, Vec<Instant>> = BTreeMap::new();
    let ticks: Vec<Instant> =
        schedule.times(at("2025-12-31T00:00")).take_while(|tick| *tick < at("2036-01-02T00:00")).collect();
    assert!(ticks.is_sorted_by(|one, other| one < other));
    for tick in ticks {
        ran.entry(schedule.day_of(tick).unwrap()).or_default().push(tick);
    }
    let days = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap().iter_days().take_while(|day| day.year() < 2036);
    let expected = |date: NaiveDate| -> Vec<Instant> {
        let named = cron.named_from(date.and_time(NaiveTime::MIN)).take_while(|named| named.date() == date);
        let moment = |named: NaiveDateTime| {
            let mut exists = std::iter::successors(Some(named), |named| Some(*named + TimeDelta::minutes(1)));
            let first = exists.find_map(|exists| zone.from_local_datetime(&exists).earliest());
            Instant::from(first.unwrap().to_utc())
        };
        named.map(moment).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let wrong = |date: &NaiveDate| ran.get(date).cloned().unwrap_or_default() != expected(*date);
    days.filter(wrong).map(|date| format!("{date}: {:?}", ran.get(&date))).collect()
}

#[test]
fn steps_over_the_hour_run_as_time_passes_where_clocks_change_too() {
    for zone in ZONES {
        let schedule = schedule("*/20 * * * *", zone);
        let mut last = at("2026-01-01T00:00");
        for tick in schedule.times(last).take_while(|tick| *tick < at("2027-01-01T00:00")) {
            // Half an hour is no multiple of twenty minutes.
            let is_odd = zone == "Australia/Lord_Howe"
                && offset(schedule.zone().unwrap(), last) != offset(schedule.zone().unwrap(), tick);
            assert!(tick.since(last).num_minutes() == 20 || is_odd, "{zone}: {tick}");
            last = tick;
        }
    }
}

proptest! {
    // Each goes over ten years of six zones.
    #![proptest_config(ProptestConfig::with_cases(2))]

    /// Ten years: no day without the runs that the pattern names, and none with more.
    #[test]
    fn each_day_has_the_runs_that_it_names_once(minutes in minutes(), hours in hours()) {
        for zone in ZONES {
            let faults = faults_of_ten_years(&schedule(&format!("{minutes} {hours} * * *"), zone));
            prop_assert!(faults.is_empty(), "{minutes} {hours} in {zone}: {faults:?}");
        }
    }
}

proptest! {
    #[test]
    fn the_next_time_is_after_the_one_before_from_anywhere(minutes in minutes(), hours in hours(), zone in prop::sample::select(&ZONES), from in 0_i64..315_000_000) {
        let schedule = schedule(&format!("{minutes} {hours} * * *"), zone);
        let from = Instant::from_unix(1_767_225_600 + from).unwrap();
        let next = schedule.next(from).unwrap();
        prop_assert!(next > from && next.since(from) < TimeDelta::hours(50));
        prop_assert_eq!(schedule.next(next.minus(TimeDelta::seconds(1))), Some(next));
    }
}
