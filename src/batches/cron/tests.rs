use super::*;
use croner::Cron as Croner;
use proptest::prelude::*;
use std::str::FromStr as _;

fn day(text: &str) -> NaiveDateTime {
    text.parse::<NaiveDate>().unwrap().and_hms_opt(0, 0, 0).unwrap()
}

fn named(text: &str, from: &str, count: usize) -> Vec<String> {
    let cron = Cron::parse(text).unwrap();
    cron.named_from(day(from)).take(count).map(|at| at.format("%Y-%m-%d %H:%M").to_string()).collect()
}

#[test]
fn fields_are_read_as_crontab_has_them() {
    assert_eq!(named("30 2 * * *", "2026-11-20", 2), ["2026-11-20 02:30", "2026-11-21 02:30"]);
    assert_eq!(named("0 9 * * MON", "2026-11-20", 1), ["2026-11-23 09:00"]);
    assert_eq!(named("0 9 * * 7", "2026-11-20", 1), named("0 9 * * 0", "2026-11-20", 1));
    assert_eq!(named("0 9 * * fri-7", "2026-11-20", 4), named("0 9 * * 5,6,0", "2026-11-20", 4));
    assert_eq!(
        named("5,10-20/10 0 1 feb *", "2026-01-01", 3),
        ["2026-02-01 00:05", "2026-02-01 00:10", "2026-02-01 00:20"]
    );
    assert_eq!(named("0 9 2 * 0-6", "2026-11-28", 2), ["2026-11-28 09:00", "2026-11-29 09:00"], "every weekday fits");
    assert_eq!(named("0 0 29 2 *", "2097-01-01", 1), ["2104-02-29 00:00"], "2100 has no leap day");
    // One of the two has to fit.
    assert_eq!(named("0 9 1 * MON", "2026-11-28", 3), ["2026-11-30 09:00", "2026-12-01 09:00", "2026-12-07 09:00"]);
}

#[test]
fn what_never_comes_or_is_read_in_several_ways_is_refused_with_what_to_write() {
    for (text, says) in [
        ("0 0 31 2 *", "never comes"),
        ("0 0 30,31 2 *", "never comes"),
        ("0 0 31 4,6,9,11 *", "never comes"),
        ("0 9 * * L", "is no weekday"),
        ("0 9 L * *", "is no day of the month"),
        ("0 9 * * MON#2", "is no weekday"),
        ("0 9 15W * *", "is no day of the month"),
        ("0 9 ? * *", "is no day of the month"),
        ("*/90 * * * *", "larger than the minute"),
        ("*/60 * * * *", "larger than the minute"),
        ("0 */24 * * *", "larger than the hour"),
        ("10-20/15 * * * *", "larger than"),
        ("*/0 * * * *", "larger than"),
        ("0 9 */2 * MON", "write the days as a list"),
        ("0 9 1 * */2", "write the days as a list"),
        ("5/15 * * * *", "a step needs a range, such as 5-59/15"),
        ("0 22-2 * * *", "as two"),
        ("0 0 * * FRI-MON", "as two"),
        ("60 * * * *", "is no minute"),
        ("0 24 * * *", "is no hour"),
        ("0 0 0 * *", "is no day"),
        ("0 0 * 13 *", "is no month"),
        ("0 0 * * 8", "is no weekday"),
        ("-1 * * * *", "is no minute"),
        ("1, * * * *", "is no minute"),
        ("* * * * * *", "five fields"),
        ("@daily", "five fields"),
        ("", "five fields"),
        ("１ * * * *", "is no minute"),
    ] {
        let error = Cron::parse(text).unwrap_err();
        assert!(error.contains(says), "{text}: {error}");
    }
    for text in
        ["0 0 31 2 MON", "0 0 29 2 *", "*/59 * * * *", "0 9 1-31/2 * MON", "*/1 */1 */1 */1 */1", "59 23 31 12 6"]
    {
        assert!(Cron::parse(text).is_ok(), "{text}");
    }
}

/// A field of numbers that every program reads alike.
fn plain(least: u32, most: u32) -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just("*".to_owned()),
        2 => (least..=most).prop_map(|n| n.to_string()),
        1 => (least..=most, least..=most).prop_map(|(a, b)| format!("{},{}", a.min(b), a.max(b))),
        1 => (least..most).prop_flat_map(move |a| (a + 1..=most).prop_map(move |b| format!("{a}-{b}"))),
        1 => (2..=(most - least) / 2).prop_map(|n| format!("*/{n}")),
    ]
}

proptest! {
    /// Another program, where no clock is changed: croner, in UTC.
    #[test]
    fn the_calendar_is_the_one_of_another_program(
        minutes in plain(0, 59), hours in plain(0, 23), days in plain(1, 28), months in plain(1, 12), weekdays in plain(0, 6),
        from in 0_i64..3_000,
    ) {
        let text = format!("{minutes} {hours} {days} {months} {weekdays}");
        prop_assume!(!(text.contains("*/") && (days.starts_with("*/") || weekdays.starts_with("*/")) && days != "*" && weekdays != "*"));
        let start = day("2026-01-01") + chrono::TimeDelta::hours(from * 11);
        // Ours looks nine years ahead.
        let end = start + chrono::TimeDelta::days(8 * 365);
        let ours: Vec<NaiveDateTime> = Cron::parse(&text).unwrap().named_from(start).take_while(|at| *at < end).take(20).collect();
        let croner = Croner::from_str(&text).unwrap();
        let theirs: Vec<NaiveDateTime> = croner.iter_from(start.and_utc(), croner::Direction::Forward).map(|at| at.naive_utc()).take_while(|at| *at < end).take(20).collect();
        prop_assert_eq!(ours, theirs, "{}", text);
    }

    #[test]
    fn any_text_is_a_pattern_that_comes_or_an_error(text in "[0-9*/,A-Z -]{0,24}|([0-9*/,-]{1,6} ){4}[0-9*/,-]{1,6}") {
        if let Ok(cron) = Cron::parse(&text) {
            prop_assert!(cron.named_from(day("2026-01-01")).next().is_some(), "{}", text);
        }
    }
}
