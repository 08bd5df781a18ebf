use super::*;
use crate::{
    alerts::kind::AlertKind,
    id::{AlertId, StaffId},
    notify::{Facts, Severity},
};

fn at(minutes: i64) -> Instant {
    Instant::parse("2026-11-28T03:00:00.000000Z").unwrap().plus(TimeDelta::minutes(minutes))
}

fn condition(kind: AlertKind, run: Option<i64>, n: i64) -> Condition {
    Condition {
        kind,
        subject: "settle".to_owned(),
        title: "Settlement".to_owned(),
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
