use super::*;
use crate::{
    alerts::{kind::AlertKind, silence::record::Scope},
    id::{SilenceId, StaffId},
    notify::{
        Channel, Facts, Severity,
        channel::{Address, Receiver},
        route::Route,
    },
    web::words::Lang,
};
use proptest::prelude::*;
use std::collections::HashSet;

fn at(minutes: i64) -> Instant {
    Instant::parse("2026-11-28T03:00:00.000000Z").unwrap().plus(TimeDelta::minutes(minutes))
}

fn condition(kind: AlertKind, run: Option<i64>, n: i64) -> Condition {
    Condition {
        kind,
        subject: "settle".to_owned(),
        title: "Settlement".to_owned(),
        severity: kind.severity(),
        newest_at: at(0),
        n,
        reference: run.map(|run| run.to_string()),
        facts: Facts::default(),
    }
}

fn alert(kind: AlertKind, run: Option<i64>, n: i64) -> Alert {
    Alert {
        id: AlertId::new(1),
        kind,
        subject: "settle".to_owned(),
        title: "Settlement".to_owned(),
        severity: Severity::Critical,
        opened_at: at(0),
        newest_at: at(0),
        n,
        reference: run.map(|run| run.to_string()),
        facts: "{}".to_owned(),
        told_n: n,
        told_at: at(0),
        acknowledged_at: None,
        acknowledged_by: None::<StaffId>,
        cleared_at: None,
        resolved_at: None,
        changed: 0,
    }
}

fn all(conditions: &[Condition]) -> Conditions {
    Conditions { all: conditions.to_vec(), ..Conditions::default() }
}

/// Where no silence is in force and no channel is declared.
fn steps(open: &[Alert], conditions: &Conditions, now: Instant) -> Vec<Step> {
    super::steps(open, conditions, &Known::default(), &Channels::default(), now)
}

/// Channels of these names, each of which takes everything.
fn channels(names: &[&str]) -> Channels {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let channel = |name: &String| Channel {
        name: name.clone(),
        receiver: Receiver::Slack { url: Address::parse("https://hooks.example.com/x").unwrap() },
        lang: Lang::default(),
        is_on: true,
        is_tested: false,
    };
    let all = names.iter().map(channel).collect();
    Channels::new(all, vec![Route { kinds: vec!["*".to_owned()], jobs: vec![], to: names }], vec![])
}

fn silence(id: i64, scope: Scope, name: &str, from: i64, until: i64) -> Silence {
    Silence {
        id: SilenceId::new(id),
        scope,
        name: name.to_owned(),
        begun_at: at(from),
        until_at: at(until),
        reason: String::new(),
        staff_name: String::new(),
        ended_at: None,
        ended_by: None,
    }
}

fn known(silences: &[Silence], informed: &[&str]) -> Known {
    let to = |name: &&str| Recipient { channel: (*name).to_owned(), address: String::new() };
    let informed: HashSet<Recipient> = informed.iter().map(to).collect();
    Known { silences: silences.to_vec(), informed: [(AlertId::new(1), informed)].into() }
}

const FAILED: AlertKind = AlertKind::RunFailed;
const MISSED: AlertKind = AlertKind::Missed;

#[test]
fn what_is_wrong_and_not_known_is_opened_once() {
    let now = all(&[condition(FAILED, Some(7), 1)]);
    assert_eq!(steps(&[], &now, at(0)), [Step::Open(condition(FAILED, Some(7), 1))]);
    assert_eq!(steps(&[alert(FAILED, Some(7), 1)], &now, at(60)), []);
}

#[test]
fn another_kind_of_fault_of_the_same_job_is_another_alert() {
    let now = all(&[condition(FAILED, Some(7), 1), condition(MISSED, None, 3)]);
    assert_eq!(steps(&[alert(FAILED, Some(7), 1)], &now, at(1)), [Step::Open(condition(MISSED, None, 3))]);
}

#[test]
fn a_further_run_is_again_and_an_older_one_that_is_left_is_not() {
    let open = [alert(FAILED, Some(7), 1)];
    assert!(matches!(
        &steps(&open, &all(&[condition(FAILED, Some(9), 2)]), at(1))[..],
        [Step::Again { tell: false, .. }]
    ));
    assert!(matches!(
        &steps(&open, &all(&[condition(FAILED, Some(9), 2)]), at(5))[..],
        [Step::Again { tell: true, .. }]
    ));
    assert_eq!(steps(&open, &all(&[condition(FAILED, Some(5), 1)]), at(1)), []);
}

#[test]
fn what_was_not_told_because_it_was_too_soon_is_told_later() {
    let mut known = alert(FAILED, Some(9), 2);
    known.told_n = 1;
    let now = all(&[condition(FAILED, Some(9), 2)]);
    assert_eq!(steps(&[known.clone()], &now, at(4)), []);
    assert!(matches!(&steps(&[known], &now, at(5))[..], [Step::Tell { .. }]));
}

#[test]
fn a_failure_is_over_when_no_run_is_left_and_none_is_made_again() {
    let open = [alert(FAILED, Some(7), 1)];
    let mut rerunning = Conditions::default();
    rerunning.rerunning.insert("settle".to_owned());
    assert_eq!(steps(&open, &rerunning, at(1)), []);
    assert!(matches!(&steps(&open, &Conditions::default(), at(1))[..], [Step::Resolve { .. }]));
}

#[test]
fn what_comes_and_goes_is_over_only_after_it_was_right_for_a_while() {
    let mut missed = alert(MISSED, None, 3);
    assert!(matches!(&steps(&[missed.clone()], &Conditions::default(), at(1))[..], [Step::Clear { .. }]));
    missed.cleared_at = Some(at(1));
    assert_eq!(steps(&[missed.clone()], &Conditions::default(), at(10)), []);
    assert!(matches!(&steps(&[missed.clone()], &all(&[condition(MISSED, None, 1)]), at(9))[..], [Step::Again { .. }]));
    assert!(matches!(&steps(&[missed], &Conditions::default(), at(11))[..], [Step::Resolve { .. }]));
}

#[test]
fn that_it_goes_on_is_written_down_under_a_silence_and_not_told() {
    let open = [alert(FAILED, Some(7), 1)];
    let now = all(&[condition(FAILED, Some(9), 2)]);
    let steps = |scope, name, minute| {
        let known = known(&[silence(1, scope, name, 0, 60)], &["ops"]);
        super::steps(&open, &now, &known, &channels(&["ops"]), at(minute))
    };
    for (scope, name, tells) in [
        (Scope::Job, "settle", false),
        (Scope::Kind, "runs.failed", false),
        (Scope::Job, "other", true),
        (Scope::Kind, "runs.lost", true),
        // Others are told, and this channel is left out when it is.
        (Scope::Channel, "ops", true),
    ] {
        let steps = steps(scope, name, 10);
        assert!(matches!(&steps[..], [Step::Again { tell, .. }] if *tell == tells), "{scope:?} {name}: {steps:?}");
    }
    // It is over before the alert goes on again.
    assert!(matches!(&steps(Scope::Job, "settle", 60)[..], [Step::EndSilence { .. }, Step::Again { tell: true, .. }]));
}

#[test]
fn a_silence_that_has_ended_names_what_is_still_open_and_not_what_is_over() {
    let open = [alert(FAILED, Some(7), 1)];
    let still = all(&[condition(FAILED, Some(7), 1)]);
    let ended = silence(4, Scope::Job, "settle", 0, 10);
    let named = |known: &Known, conditions: &Conditions| {
        let steps = super::steps(&open, conditions, known, &channels(&["ops"]), at(10));
        steps.into_iter().find_map(|step| match step {
            Step::EndSilence { open, .. } => Some(open),
            _ => None,
        })
    };
    assert_eq!(named(&known(std::slice::from_ref(&ended), &["ops"]), &still), Some(vec![AlertId::new(1)]));
    assert_eq!(named(&known(std::slice::from_ref(&ended), &["ops"]), &Conditions::default()), Some(vec![]));
    let cleared = [Alert { cleared_at: Some(at(9)), ..alert(MISSED, None, 3) }];
    let steps = super::steps(&cleared, &Conditions::default(), &known(&[ended], &[]), &channels(&["ops"]), at(10));
    assert!(matches!(&steps[..], [Step::EndSilence { open, .. }] if open.is_empty()), "{steps:?}");
    // Of a channel, what it knew of.
    let channel = silence(5, Scope::Channel, "ops", 0, 10);
    assert_eq!(named(&known(std::slice::from_ref(&channel), &["ops"]), &still), Some(vec![AlertId::new(1)]));
    assert_eq!(named(&known(&[channel], &["desk"]), &still), Some(vec![]));
}

#[test]
fn a_person_who_ends_a_silence_ends_it_for_every_rule() {
    let mut ended = silence(1, Scope::Job, "settle", 0, 60);
    ended.ended_at = Some(at(5));
    assert!(!ended.is_active(at(6)));
    assert_eq!(ended.end(), at(5));
}

proptest! {
    /// Of every channel that a route names: it is told that an open alert was opened exactly where it does not know of it and no
    /// silence in force covers it, at whichever time that is.
    #[test]
    fn a_channel_is_told_once_and_never_under_a_silence(
        silences in prop::collection::vec((0..3_usize, 0..3_usize, 0..50_i64, 1..50_i64, any::<bool>()), 0..6),
        informed in prop::collection::hash_set(0..3_usize, 0..3),
        minute in 0..100_i64,
    ) {
        let names = ["ops", "desk", "page"];
        let of = [["runs.failed", "runs.lost", "batches.missed"], ["settle", "other", "third"], names];
        let silences: Vec<Silence> = silences.into_iter().map(|(scope, name, from, lasts, is_ended)| {
            let mut silence = silence(from, Scope::ALL[scope], of[scope][name], from, from + lasts);
            silence.ended_at = is_ended.then(|| at(from + lasts / 2));
            silence
        }).collect();
        let informed: Vec<&str> = informed.into_iter().map(|n| names[n]).collect();
        let open = [alert(FAILED, Some(7), 1)];
        let known = known(&silences, &informed);
        let now = at(minute);
        let steps = super::steps(&open, &all(&[condition(FAILED, Some(7), 1)]), &known, &channels(&names), now);
        let told: Vec<&str> = steps.iter().flat_map(|step| match step {
            Step::Inform { to, .. } => to.iter().map(|to| to.channel.as_str()).collect(),
            _ => vec![],
        }).collect();
        for name in names {
            let is_covered = silences.iter().any(|silence| {
                let in_force = silence.until_at > now && silence.ended_at.is_none();
                in_force && matches!(
                    (silence.scope, silence.name.as_str()),
                    (Scope::Kind, "runs.failed") | (Scope::Job, "settle")
                ) || in_force && silence.scope == Scope::Channel && silence.name == name
            });
            prop_assert_eq!(told.contains(&name), !informed.contains(&name) && !is_covered, "{}", name);
        }
        // Every silence that is over is seen to, and no other.
        let over = steps.iter().filter(|step| matches!(step, Step::EndSilence { .. })).count();
        prop_assert_eq!(over, silences.iter().filter(|silence| !silence.is_active(now)).count());
    }
}
