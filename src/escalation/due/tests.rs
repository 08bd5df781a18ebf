use super::*;
use crate::{
    alerts::{kind::AlertKind, silence::record::Scope},
    escalation::policy::{Policy, PolicyStep, To},
    id::SilenceId,
    notify::{Severity, route::Route},
};

fn at(minutes: i64) -> Instant {
    Instant::parse("2026-11-28T03:00:00.000000Z").unwrap().plus(TimeDelta::minutes(minutes))
}

fn alert(id: i64) -> Alert {
    Alert {
        id: AlertId::new(id),
        kind: AlertKind::RunFailed,
        subject: "settle".to_owned(),
        title: "Settlement".to_owned(),
        severity: Severity::Critical,
        opened_at: at(0),
        newest_at: at(0),
        n: 1,
        reference: None,
        facts: "{}".to_owned(),
        told_n: 1,
        told_at: at(0),
        acknowledged_at: None,
        acknowledged_by: None,
        cleared_at: None,
        resolved_at: None,
        changed: 0,
    }
}

fn row(next_at: Option<Instant>) -> Escalation {
    Escalation {
        alert: AlertId::new(1),
        policy: "batches".to_owned(),
        round: 0,
        next_step: 1,
        next_at,
        next_target: None,
        newest_call: None,
        is_reached: true,
        unreached_at: None,
        changed: 4,
    }
}

fn policies() -> Policies {
    let takes = Route { kinds: vec!["runs.*".to_owned()], jobs: Vec::new(), to: Vec::new() };
    let steps = vec![PolicyStep { after: TimeDelta::zero(), to: To::Rota("first".to_owned()) }];
    Policies::new(vec![Policy { name: "batches".to_owned(), takes, severity: Severity::Critical, steps, repeat: 1 }])
}

fn known(row: Escalation) -> Known {
    Known { rows: [(row.alert, row)].into(), ..Known::default() }
}

#[test]
fn an_alert_that_a_policy_takes_is_called_about_and_no_other() {
    let warning = Alert { severity: Severity::Warning, ..alert(2) };
    let other = Alert { kind: AlertKind::Unfit, subject: "log".to_owned(), ..alert(3) };
    let cleared = Alert { cleared_at: Some(at(1)), ..alert(4) };
    let due = due(&[alert(1), warning, other, cleared], &Known::default(), &[], &policies(), at(1));
    assert_eq!(due, [Due::Begin { alert: AlertId::new(1) }]);
}

#[test]
fn a_step_comes_at_its_time_or_at_once_where_the_one_before_was_refused() {
    let ask = |known: &Known, now| due(&[alert(1)], known, &[], &policies(), now);
    let mut waiting = known(row(Some(at(10))));
    let go = |is_refused| Due::Go { alert: AlertId::new(1), changed: 4, is_refused };
    assert_eq!(ask(&waiting, at(9)), []);
    assert_eq!(ask(&waiting, at(10)), [go(false)]);
    waiting.refused.insert(AlertId::new(1));
    assert_eq!(ask(&waiting, at(1)), [go(true)]);
    assert_eq!(ask(&known(row(None)), at(100)), [], "it has ended");
}

#[test]
fn one_that_was_acknowledged_comes_back_after_an_hour_without_a_person() {
    let acknowledged =
        Alert { acknowledged_at: Some(at(5)), acknowledged_by: Some(crate::id::StaffId::new(7)), ..alert(1) };
    let open = [acknowledged];
    let mut known = known(row(Some(at(10))));
    assert_eq!(due(&open, &known, &[], &policies(), at(64)), []);
    let back = [Due::Return { alert: AlertId::new(1), acknowledged_at: at(5) }];
    assert_eq!(due(&open, &known, &[], &policies(), at(65)), back);
    known.attended.insert(AlertId::new(1), at(30));
    assert_eq!(due(&open, &known, &[], &policies(), at(89)), []);
    assert_eq!(due(&open, &known, &[], &policies(), at(90)), back);
    assert_eq!(due(&open, &known, &[], &Policies::default(), at(90)), [], "no policy takes it");
}

#[test]
fn a_silence_holds_all_of_it() {
    let silence = Silence {
        id: SilenceId::new(1),
        scope: Scope::Job,
        name: "settle".to_owned(),
        begun_at: at(0),
        until_at: at(30),
        reason: String::new(),
        staff_name: String::new(),
        ended_at: None,
        ended_by: None,
    };
    let silences = [silence];
    assert_eq!(due(&[alert(1)], &Known::default(), &silences, &policies(), at(29)), []);
    assert_eq!(due(&[alert(1)], &Known::default(), &silences, &policies(), at(30)).len(), 1);
}
