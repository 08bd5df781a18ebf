use super::*;
use crate::notify::Severity;
use std::collections::BTreeMap;

fn at(minutes: i64) -> Instant {
    Instant::parse("2026-11-28T03:00:00.000000Z").unwrap().plus(TimeDelta::minutes(minutes))
}

fn incoming(fingerprint: &str, minute: i64) -> Incoming {
    Incoming {
        fingerprint: fingerprint.to_owned(),
        starts_at: at(minute),
        is_firing: true,
        title: String::new(),
        severity: Severity::Warning,
        labels: BTreeMap::new(),
        url: None,
        summary: None,
    }
}

fn known(fingerprint: &str, minute: i64) -> Received {
    Received {
        subject: incoming(fingerprint, minute).subject("am"),
        source: "am".to_owned(),
        fingerprint: fingerprint.to_owned(),
        starts_at: at(minute),
        title: String::new(),
        severity: Severity::Warning,
        labels: String::new(),
        url: None,
        summary: None,
        heard_at: at(minute),
        stale_at: at(minute + 255),
        is_suppressed: false,
    }
}

fn listed(fingerprint: &str, minute: i64, is_suppressed: bool) -> Listed {
    Listed { alert: incoming(fingerprint, minute), is_suppressed }
}

#[test]
fn what_is_open_there_stays_open_and_what_is_not_there_is_over() {
    let known = [known("a", 0), known("b", 0), known("c", 0)];
    let over = |n: usize| Verdict::Over { subject: known[n].subject.clone() };
    let open = |n: usize, is_suppressed| Verdict::Open { subject: known[n].subject.clone(), is_suppressed };
    let there = [listed("a", 0, false), listed("b", 0, true), listed("z", 0, false)];
    assert_eq!(settle(&known, &there, false), [open(0, false), open(1, true), over(2)]);
    assert_eq!(settle(&known, &[], false), [over(0), over(1), over(2)]);
}

#[test]
fn of_what_one_that_has_just_begun_does_not_have_nothing_follows() {
    let known = [known("a", 0), known("b", 0)];
    let there = [listed("a", 0, false)];
    let subject = known[0].subject.clone();
    assert_eq!(settle(&known, &there, true), [Verdict::Open { subject, is_suppressed: false }]);
    assert_eq!(settle(&known, &[], true), []);
}

#[test]
fn an_episode_that_was_never_told_is_opened_unless_it_is_silenced_there() {
    let known = [known("a", 0)];
    let over = || Verdict::Over { subject: known[0].subject.clone() };
    assert_eq!(settle(&known, &[listed("a", 9, false)], false), [over(), Verdict::Again(incoming("a", 9))]);
    assert_eq!(settle(&known, &[listed("a", 9, true)], false), [over()]);
    // Also where it has just begun: it has told what it has.
    assert_eq!(settle(&known, &[listed("a", 9, false)], true), [over(), Verdict::Again(incoming("a", 9))]);
}
