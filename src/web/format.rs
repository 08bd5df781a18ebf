//! How times and names are written on a page.

use crate::zone::Zone;
use crate::{clock::Instant, web::words::Words};
use chrono::{Datelike, SecondsFormat, TimeDelta};
use std::fmt::Display;

/// `2026-11-20`
pub(crate) fn day(at: Instant, zone: Zone) -> String {
    local(at, zone, "%Y-%m-%d")
}

/// `11-20 03:04`, or `2025-11-20 03:04` where the year is not the one of `now`.
pub(crate) fn minute(at: Instant, zone: Zone, now: Instant) -> String {
    local(at, zone, if same_year(at, zone, now) { "%m-%d %H:%M" } else { "%Y-%m-%d %H:%M" })
}

/// `11-20 03:04:12`, or with the year where it is not the one of `now`: a row among rows that follow by the second.
pub(crate) fn moment(at: Instant, zone: Zone, now: Instant) -> String {
    local(at, zone, if same_year(at, zone, now) { "%m-%d %H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" })
}

/// `2026-11-20 03:04:12`
pub(crate) fn second(at: Instant, zone: Zone) -> String {
    local(at, zone, "%Y-%m-%d %H:%M:%S")
}

/// `03:04`
pub(crate) fn clock(at: Instant, zone: Zone) -> String {
    local(at, zone, "%H:%M")
}

/// `03:04:12`
pub(crate) fn clock_second(at: Instant, zone: Zone) -> String {
    local(at, zone, "%H:%M:%S")
}

/// What the zone is called at that time: `KST`, or `+0530` where it has no letters of its own.
pub(crate) fn zone_name(at: Instant, zone: Zone) -> String {
    local(at, zone, "%Z")
}

/// `2026-11-20T03:04:12Z`, for `datetime=`.
pub(crate) fn iso(at: Instant) -> String {
    at.utc().to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// `2026-11-20 03:04:12 UTC`, shown when the pointer rests on a time.
pub(crate) fn utc(at: Instant) -> String {
    at.utc().format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// "just now", "2 min ago", "3 hours ago", "5 days ago"; from 30 days on, in months and years.
pub(crate) fn ago(at: Instant, now: Instant, words: Words) -> String {
    let past = now.since(at);
    if past < TimeDelta::minutes(1) {
        return words.get("ago.now").to_owned();
    }
    let days = past.num_days();
    match (past.num_minutes(), past.num_hours(), days) {
        (minutes, 0, _) => words.count("ago.minute", minutes),
        (_, hours, 0) => words.count("ago.hour", hours),
        (_, _, 1..30) => words.count("ago.day", days),
        (_, _, 30..365) => words.count("ago.month", days / 30),
        _ => words.count("ago.year", days / 365),
    }
}

/// How long a number of seconds is: "45 s", "12 min", "7 h 12 min".
pub(crate) fn span(seconds: i64, words: Words) -> String {
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours, minutes) {
        (0, 0) => words.with("span.seconds", &[("s", &seconds.max(0))]),
        (0, _) => words.with("span.minutes", &[("m", &minutes)]),
        (_, 0) => words.with("span.hours", &[("h", &hours)]),
        _ => words.with("span.hours-minutes", &[("h", &hours), ("m", &minutes)]),
    }
}

/// A duration in milliseconds as text: "0.4 s", "45 s", "7 min 28 s", "2 h 05 min".
pub(crate) fn took(milliseconds: i64, words: Words) -> String {
    let milliseconds = milliseconds.max(0);
    let seconds = milliseconds / 1000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0..10) => words.with("span.seconds", &[("s", &format!("{seconds}.{}", milliseconds / 100 % 10))]),
        (0, 0, _) => words.with("span.seconds", &[("s", &seconds)]),
        (0, minutes, seconds) => {
            words.with("span.minutes-seconds", &[("m", &minutes), ("s", &format!("{seconds:02}"))])
        }
        (hours, minutes, _) => words.with("span.hours-minutes", &[("h", &hours), ("m", &minutes)]),
    }
}

/// `8f3a91c2…07de`
pub(crate) fn short_hash(hash: &[u8]) -> String {
    let text = hex::encode(hash);
    match (text.get(..8), text.len().checked_sub(4).and_then(|at| text.get(at..))) {
        (Some(head), Some(tail)) if text.len() > 12 => format!("{head}…{tail}"),
        _ => text,
    }
}

/// What a browser calls itself, without its version: "Chrome, Windows". Only for a person to recognise a session by.
pub(crate) fn browser(user_agent: &str) -> Option<String> {
    // In this order: most browsers also carry the names of those after them.
    let browsers = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Whale/", "Whale"),
        ("Firefox", "Firefox"),
        ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
        ("curl", "curl"),
    ];
    let systems = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| *name)
    };
    match (find(&browsers), find(&systems)) {
        (Some(browser), Some(system)) => Some(format!("{browser}, {system}")),
        (Some(name), None) | (None, Some(name)) => Some(name.to_owned()),
        (None, None) => None,
    }
}

/// Two letters that represent a person: the given name of a Korean name (`서연`), the initials of any other (`SK`).
pub(crate) fn initials(name: &str) -> String {
    let name = name.trim();
    let is_hangul = |c: char| ('가'..='힣').contains(&c);
    if !name.is_empty() && name.chars().all(is_hangul) {
        let letters = name.chars().count();
        // The family name is one syllable of two or three, two of four.
        let family = if letters >= 4 { letters - 2 } else { usize::from(letters > 1) };
        return name.chars().skip(family).collect();
    }
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// A time as a page shows it: the visible text, the machine-readable form, and the time in UTC.
#[derive(Debug)]
pub struct Moment {
    pub shown: String,
    pub iso: String,
    pub utc: String,
}

impl Moment {
    pub fn new(shown: impl Display, at: Instant) -> Self {
        Self { shown: shown.to_string(), iso: iso(at), utc: utc(at) }
    }
}

fn same_year(at: Instant, zone: Zone, now: Instant) -> bool {
    at.utc().with_timezone(&zone).year() == now.utc().with_timezone(&zone).year()
}

fn local(at: Instant, zone: Zone, form: &str) -> String {
    at.utc().with_timezone(&zone).format(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::words::Lang;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    #[test]
    fn times_are_in_the_zone_of_the_reader() {
        let now = at("2026-11-20T01:00:00.000000Z");
        let then = at("2026-11-19T18:04:12.999999Z");
        assert_eq!(day(then, Zone::seoul()), "2026-11-20");
        assert_eq!(minute(then, Zone::seoul(), now), "11-20 03:04");
        assert_eq!(second(then, Zone::seoul()), "2026-11-20 03:04:12");
        assert_eq!(iso(then), "2026-11-19T18:04:12Z");
        assert_eq!(utc(then), "2026-11-19 18:04:12 UTC");
        assert_eq!(zone_name(then, Zone::seoul()), "KST");
    }

    #[test]
    fn the_year_is_told_only_when_it_is_another_one_for_the_reader() {
        let now = at("2026-01-01T00:30:00.000000Z");
        // In Zone::seoul() this is already the first of January.
        assert_eq!(minute(at("2025-12-31T15:00:00.000000Z"), Zone::seoul(), now), "01-01 00:00");
        assert_eq!(minute(at("2025-12-31T14:59:00.000000Z"), Zone::seoul(), now), "2025-12-31 23:59");
    }

    #[test]
    fn how_long_ago_is_said_in_the_largest_unit() {
        let (en, ko) = (Words::of(Lang::En), Words::of(Lang::Ko));
        let now = at("2026-11-20T03:00:00.000000Z");
        let before = |delta| ago(now.minus(delta), now, en);
        assert_eq!(before(TimeDelta::seconds(-5)), "just now");
        assert_eq!(before(TimeDelta::seconds(59)), "just now");
        assert_eq!(before(TimeDelta::minutes(2)), "2 min ago");
        assert_eq!(before(TimeDelta::minutes(61)), "1 hour ago");
        assert_eq!(before(TimeDelta::hours(47)), "1 day ago");
        assert_eq!(before(TimeDelta::days(65)), "2 months ago");
        assert_eq!(before(TimeDelta::days(800)), "2 years ago");
        assert_eq!(ago(now.minus(TimeDelta::minutes(2)), now, ko), "2분 전");
    }

    #[test]
    fn spans_drop_what_is_nought() {
        let ko = Words::of(Lang::Ko);
        assert_eq!(span(45, ko), "45초");
        assert_eq!(span(7 * 3600 + 12 * 60 + 3, ko), "7시간 12분");
        assert_eq!(span(7200, Words::of(Lang::En)), "2 h");
        assert_eq!(span(-3, Words::of(Lang::En)), "0 s");
    }

    #[test]
    fn what_a_run_took_is_told_as_finely_as_it_matters() {
        let en = Words::of(Lang::En);
        let cases = [(0, "0.0 s"), (432, "0.4 s"), (45_999, "45 s"), (448_000, "7 min 28 s"), (7_500_000, "2 h 5 min")];
        for (milliseconds, text) in cases {
            assert_eq!(took(milliseconds, en), text);
        }
        assert_eq!(took(188_000, Words::of(Lang::Ko)), "3분 08초");
    }

    #[test]
    fn a_person_is_two_letters() {
        let cases = [
            ("김서연", "서연"),
            ("김연", "연"),
            ("남궁민수", "민수"),
            ("Seoyeon Kim", "SK"),
            ("mina", "M"),
            ("", ""),
            ("Ana María de la Cruz", "AC"),
        ];
        for (name, letters) in cases {
            assert_eq!(initials(name), letters);
        }
    }

    #[test]
    fn a_browser_is_known_by_its_name_and_its_system() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36";
        assert_eq!(browser(chrome).as_deref(), Some("Chrome, Windows"));
        assert_eq!(browser(&format!("{chrome} Edg/141.0")).as_deref(), Some("Edge, Windows"));
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1";
        assert_eq!(browser(iphone).as_deref(), Some("Safari, iPhone"));
        assert_eq!(browser("something else"), None);
    }

    #[test]
    fn a_hash_keeps_its_ends() {
        assert_eq!(short_hash(&[0x8f, 0x3a, 0x91, 0xc2, 0, 0, 0x07, 0xde]), "8f3a91c2…07de");
        assert_eq!(short_hash(&[]), "");
        assert_eq!(short_hash(&[1, 2]), "0102");
    }
}
