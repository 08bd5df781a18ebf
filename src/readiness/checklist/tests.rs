use super::{super::proven::Member, *};
use crate::{
    config::DeclaredChannels,
    gate::Roles,
    notify::{Channels, health::Health},
    oncall::gap::Faults,
    profile::Profile,
    readiness::configured::Job,
    web::words::{Lang, Words},
};

fn now() -> Instant {
    Instant::parse("2026-11-29T03:00:00.000000Z").unwrap()
}

fn ago(delta: TimeDelta) -> Instant {
    now().minus(delta)
}

fn channels() -> Channels {
    let declared: DeclaredChannels = toml::from_str(
        "[[channel]]\nname = \"ops\"\nkind = \"slack\"\nurl = \"https://hooks.example.com\"\n\
         [[channel]]\nname = \"page\"\nkind = \"pagerduty\"\nrouting_key = \"k\"\nenvironments = [\"local\"]\n\
         [[route]]\nkinds = [\"*\"]\nto = [\"ops\", \"page\"]",
    )
    .unwrap();
    declared.channels(&crate::config::Declared::default(), Profile::Local, true).unwrap()
}

fn ready() -> (Configured, Proven) {
    let configured = Configured {
        profile: Profile::Prod,
        is_plain_http: false,
        metrics: true,
        heartbeats: vec!["outside".to_owned()],
        targets: vec!["s3://evidence/prod".to_owned()],
        jobs: vec![Job { name: "settle".to_owned(), has_owner: true, has_runbook: true, is_told: true }],
        networks: vec!["10.20.0.0/16".parse().unwrap()],
        rules: 3,
        channels: channels(),
        untold: Vec::new(),
    };
    let member = |roles: &str| Member { roles: Roles::parse(roles), is_able: true };
    let channel = |name: &str| Health {
        name: name.to_owned(),
        kind: "slack".to_owned(),
        host: String::new(),
        failing_since: None,
        error: None,
        proven_at: Some(ago(TimeDelta::days(3))),
        recipients: "[]".to_owned(),
        addresses: None,
    };
    let proven = Proven {
        verified_at: Some(ago(TimeDelta::hours(20))),
        signed_at: Some(ago(TimeDelta::hours(2))),
        staff: vec![member("owner"), member("oncall owner"), member("approver")],
        channels: vec![channel("ops"), channel("page")],
        duty: Faults { is_any: true, ..Faults::default() },
        ..Proven::default()
    };
    (configured, proven)
}

fn missing(configured: &Configured, proven: &Proven) -> Vec<(&'static str, Vec<Detail>)> {
    let lines = judge(configured, proven, now()).into_iter().flat_map(|list| list.lines);
    lines.filter(|line| !line.is_so).map(|line| (line.name, line.detail)).collect()
}

#[test]
fn a_console_that_has_all_is_ready() {
    let (configured, proven) = ready();
    assert_eq!(missing(&configured, &proven), []);
    assert!(judge(&configured, &proven, now()).iter().all(Checklist::is_done));
}

#[test]
fn what_is_missing_is_named() {
    let (mut configured, mut proven) = ready();
    configured.jobs.push(Job { name: "export".to_owned(), has_owner: true, has_runbook: false, is_told: false });
    configured.networks.push("10.0.0.0/8".parse().unwrap());
    proven.without_baseline = vec!["export".to_owned()];
    proven.staff.remove(0);
    proven.staff.push(Member { roles: Roles::parse("operator"), is_able: false });
    proven.verified_at = Some(ago(TimeDelta::days(3)));
    proven.is_unsigned = true;
    proven.late = vec!["s3://evidence/prod".to_owned()];
    proven.channels[0].proven_at = Some(ago(TimeDelta::days(31)));
    proven.channels[1].failing_since = Some(ago(TimeDelta::hours(1)));
    let (from, until) = (now(), now().plus(TimeDelta::hours(5)));
    proven.duty.gaps.push(("First line".to_owned(), from, until));
    proven.duty.unreachable = vec!["Jun Park".to_owned()];
    let text = |text: &str| vec![Detail::Name(text.to_owned())];
    assert_eq!(
        missing(&configured, &proven),
        [
            ("verified", vec![Detail::At(ago(TimeDelta::days(3)))]),
            ("signed", vec![Detail::At(ago(TimeDelta::hours(2)))]),
            ("shipped", text("s3://evidence/prod")),
            ("baseline", text("export")),
            ("route", text("export")),
            ("runbook", text("export")),
            ("owners", text("1")),
            ("second-factor", text("1")),
            ("networks", text("10.0.0.0/8")),
            ("proven", text("ops")),
            ("working", text("page")),
            ("on-duty", vec![Detail::Gap { rota: "First line".to_owned(), from, until }]),
            ("reachable", text("Jun Park")),
        ]
    );
}

#[test]
fn an_empty_console_is_not_ready_and_every_line_has_words() {
    let (mut configured, _) = ready();
    configured.channels = Channels::default();
    configured.untold = vec!["runs.failed"];
    let lists = judge(&configured, &Proven::default(), now());
    assert!(!lists[0].is_done() && !lists[2].is_done() && !lists[3].is_done());
    for words in [Words::of(Lang::Ko), Words::of(Lang::En)] {
        for line in lists.iter().flat_map(|list| &list.lines) {
            for text in [line.demand(words), Line { is_so: false, ..line.clone() }.remedy(words).unwrap()] {
                assert!(!text.starts_with("readiness-"), "{text} has no words");
            }
        }
    }
}
