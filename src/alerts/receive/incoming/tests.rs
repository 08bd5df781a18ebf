use super::*;
use serde_json::{Value, json};

/// As Alertmanager 0.25 posts it, cut down to one alert.
fn body(change: impl Fn(&mut Value)) -> Vec<u8> {
    let mut alert = json!({
        "status": "firing",
        "labels": { "alertname": "HighLatency", "severity": "critical", "instance": "shop-1", "team": "정산" },
        "annotations": { "summary": "p95 is 3.4 s" },
        "startsAt": "2026-11-28T03:00:00.123456789+02:00", "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph?g0.expr=x", "fingerprint": "8f3a5c1d2e4b6a70",
    });
    change(&mut alert);
    let group = json!({
        "receiver": "ingam", "status": "resolved", "alerts": [alert], "groupLabels": {}, "commonLabels": {},
        "commonAnnotations": {}, "externalURL": "http://vm:9093", "version": "4", "groupKey": "{}:{}", "truncatedAlerts": 1,
    });
    group.to_string().into_bytes()
}

#[test]
fn each_alert_has_its_own_status_and_not_that_of_its_group() {
    let read = read(&body(|_| {})).unwrap();
    let [alert] = &read[..] else { panic!("{read:?}") };
    assert!(alert.is_firing);
    assert_eq!((alert.title.as_str(), alert.severity), ("HighLatency", Severity::Critical));
    assert_eq!(alert.starts_at.to_string(), "2026-11-28T01:00:00.123000Z");
    assert_eq!(alert.subject("am"), "am:8f3a5c1d2e4b6a70:2026-11-28T01:00:00.123000Z");
    assert_eq!(alert.summary.as_deref(), Some("p95 is 3.4 s"));
    let labels: Vec<_> = alert.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(labels, [("instance", "shop-1"), ("team", "정산")]);
}

/// As Alertmanager 0.25 answers, cut down to one alert.
#[test]
fn an_alertmanager_that_is_asked_says_the_same_time_in_milliseconds() {
    let posted = read(&body(|_| {})).unwrap().remove(0);
    let answer = br#"[{"annotations":{"summary":"p95 is 3.4 s"},"endsAt":"2026-11-28T01:05:00.000Z","fingerprint":"8f3a5c1d2e4b6a70",
        "receivers":[{"name":"ingam"}],"startsAt":"2026-11-28T01:00:00.123Z","status":{"inhibitedBy":[],"silencedBy":["5ba9"],"state":"suppressed"},
        "updatedAt":"2026-11-28T01:01:00.000Z","generatorURL":"http://prometheus:9090/graph?g0.expr=x",
        "labels":{"alertname":"HighLatency","instance":"shop-1","severity":"critical","team":"\u110c"}}]"#;
    let listed = read_list(answer).unwrap().remove(0);
    assert!(listed.is_suppressed);
    assert_eq!((listed.alert.subject("am"), listed.alert.title), (posted.subject("am"), posted.title));
    assert!(read_start(br#"{"cluster":{},"uptime":"2026-11-28T00:00:00.5+01:00","versionInfo":{}}"#).is_some());
}

#[test]
fn what_grafana_adds_is_left_and_what_is_missing_is_nothing() {
    let grafana = body(|alert| {
        let more = json!({ "values": { "A": 3.4 }, "silenceURL": "https://grafana/x", "imageURL": null });
        alert.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        alert["generatorURL"] = json!("");
        alert["labels"] = json!({});
        alert["annotations"] = json!({});
        alert["status"] = json!("resolved");
    });
    let alert = read(&grafana).unwrap().remove(0);
    assert!(!alert.is_firing && alert.url.is_none() && alert.summary.is_none());
    assert_eq!((alert.title.as_str(), alert.severity), ("8f3a5c1d2e4b6a70", Severity::Warning));
}

#[test]
fn a_link_leads_to_a_page_or_is_none() {
    for (url, is_kept) in [
        ("https://prometheus.example.com/graph?g0.expr=up", true),
        ("javascript:alert(1)", false),
        ("//evil.example", false),
        ("https://a b", false),
        ("data:text/html,x", false),
    ] {
        let alert = read(&body(|alert| alert["generatorURL"] = json!(url))).unwrap().remove(0);
        assert_eq!(alert.url.is_some(), is_kept, "{url}");
    }
}

#[test]
fn what_is_kept_has_limits_and_is_one_line_each() {
    let alert = read(&body(|alert| {
        let labels = (0..50).map(|n| (format!("label_{n}_{}", "x".repeat(100)), json!("가\n나\u{1}".repeat(300))));
        alert["labels"] = Value::Object(labels.collect());
        alert["labels"]["alertname"] = json!("a".repeat(1000));
        alert["annotations"] = json!({ "description": "b".repeat(10_000) });
    }));
    let alert = alert.unwrap().remove(0);
    assert_eq!((alert.labels.len(), alert.title.chars().count()), (LABELS, TITLE + 1));
    assert_eq!(alert.summary.unwrap().chars().count(), SUMMARY + 1);
    for (name, value) in &alert.labels {
        assert!(name.chars().count() <= LABEL + 1 && value.chars().count() <= VALUE + 1, "{name}");
        assert!(!value.chars().any(char::is_control), "{value}");
    }
}

#[test]
fn what_cannot_be_read_is_said_in_one_line_that_names_the_alert() {
    let refused = |body: &[u8]| read(body).unwrap_err();
    assert_eq!(refused(&body(|alert| alert["fingerprint"] = json!(""))), "alert 1: it has no fingerprint");
    assert_eq!(refused(&body(|alert| alert["startsAt"] = json!("yesterday"))), "alert 1: startsAt is no time");
    assert_eq!(
        refused(&body(|alert| alert["startsAt"] = json!("0001-01-01T00:00:00Z"))),
        "alert 1: startsAt is no time"
    );
    assert_eq!(
        refused(&body(|alert| alert["status"] = json!("odd"))),
        "alert 1: its status is neither firing nor resolved"
    );
    for other in [&b"{"[..], b"", b"[]", b"{\"alerts\":7}", b"\xff", b"<html>"] {
        let why = refused(other);
        assert!(why.starts_with("not the body of a webhook") && !why.contains('\n'), "{why}");
    }
    assert_eq!(read(b"{\"alerts\":[]}").unwrap(), []);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        let _ = (read(&bytes), read_list(&bytes), read_start(&bytes));
    }
}
