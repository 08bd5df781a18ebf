//! The bytes of a report.

use super::{
    super::lines::{Cosigned, Covering, Field, Place, Previous, Removed, Sealed, Shipped, Verified},
    *,
};
use crate::plan::Every;

fn at(day: u32) -> Instant {
    Instant::parse(&format!("2026-11-{day:02}T01:02:03.000004Z")).unwrap()
}

/// A report with a line of each kind.
#[expect(clippy::too_many_lines, reason = "a list, with nothing to follow")]
pub(crate) fn full() -> Report {
    let period: Period = "2026-11".parse().unwrap();
    let (from, to) = period.bounds(Zone::seoul()).unwrap();
    let place = |ip: &str| Some(Place { at: at(2), ip: ip.to_owned() });
    Report {
        head: Head {
            access_years: Whole(2),
            cut: vec!["reveal".to_owned()],
            every: Every::Month,
            from,
            method: "매월 첫 영업일에 \"전수\" 점검".to_owned(),
            period,
            processor: "㈜가나상사".to_owned(),
            system: "Ingam".to_owned(),
            to,
            v: VERSION.to_owned(),
            work_from: Whole(540),
            work_until: Whole(1_080),
            zone: "Asia/Seoul".to_owned(),
        },
        retention: Retention {
            gaps: Whole(0),
            is_whole: true,
            log_since: Some(at(1)),
            oldest: None,
            records: Whole(9_007_199_254_740_993),
            removed: Some(Removed { at: at(3), row: Whole(7), years: Whole(2) }),
        },
        people: vec![Person {
            account: "mina@ingam.test".to_owned(),
            changes: Whole(1),
            customers: Whole(2),
            days: Whole(3),
            first: place("10.20.4.18"),
            id: Whole(1),
            last: None,
            log_views: Whole(4),
            name: "Mina\u{2028}<b>".to_owned(),
            off_hours: Whole(5),
            refused: Whole(6),
            reveals: Whole(7),
            searches: Whole(8),
            sign_ins: Whole(9),
            views: Whole(10),
        }],
        taken: vec![Taken {
            at: at(3),
            by: "Sora".to_owned(),
            bytes: Some(Whole(10)),
            customers: Whole(2),
            filter: "action=points.adjust".to_owned(),
            format: "csv".to_owned(),
            id: Whole(7),
            purpose: "audit".to_owned(),
            reason: "For the inspection".to_owned(),
            row: Whole(12),
            rows: Whole(4),
            sha256: None,
        }],
        reveals: vec![Reveal {
            at: at(4),
            by: "Mina".to_owned(),
            customer: "user/42".to_owned(),
            ip: "10.20.4.18".to_owned(),
            reason: "She called".to_owned(),
            staff: Whole(1),
        }],
        behalf: vec![Behalf {
            action: "points.adjust".to_owned(),
            approver: "Hana".to_owned(),
            at: at(5),
            by: "Mina".to_owned(),
            row: Whole(13),
            target: "user/42".to_owned(),
        }],
        rights: vec![Right {
            action: "staff.roles".to_owned(),
            approver: None,
            at: at(6),
            by: "Olivia".to_owned(),
            fields: vec![Field { after: Some("auditor".to_owned()), before: None, name: "roles".to_owned() }],
            reason: "Agreed".to_owned(),
            row: Whole(14),
            whom: "jun@ingam.test".to_owned(),
        }],
        dormant: vec![Dormant {
            account: "old@ingam.test".to_owned(),
            created: at(1),
            id: Whole(9),
            last: None,
            name: "Old".to_owned(),
            roles: "operator".to_owned(),
        }],
        findings: vec![Finding {
            day: at(5),
            id: Whole(4),
            names: "Mina".to_owned(),
            numbers: [("days", "30"), ("median", "4"), ("n", "412")]
                .map(|(name, n)| (name.to_owned(), n.to_owned()))
                .into(),
            outcome: Some("explained".to_owned()),
            reason: Some("A campaign".to_owned()),
            rule: "reveals".to_owned(),
        }],
        integrity: Integrity {
            checkpoint: Some(Covering {
                key: "93be3a3a".to_owned(),
                log: "audit.example.com/ingam".to_owned(),
                root: "ab".repeat(32),
                rows: Whole(84),
                shipped: vec![Shipped {
                    state: "locked".to_owned(),
                    target: "s3://keep".to_owned(),
                    until: Some(at(30)),
                }],
                signed_at: at(30),
                witnesses: vec![Cosigned { at: at(30), name: "witness.example.org".to_owned() }],
            }),
            end: Whole(80),
            first: Whole(2),
            previous: Some(Previous {
                checkpoint: Some(Whole(20)),
                id: Whole(1),
                period: "2026-10".parse().unwrap(),
                sha256: "cd".repeat(32),
            }),
            sealed: Some(Sealed { root: "ef".repeat(32), row: Whole(82), size: Whole(400) }),
            unsealed: Whole(0),
            verified: Some(Verified { at: at(29), finding: None, rows: Some(Whole(70)) }),
        },
    }
}

#[test]
fn what_is_written_is_read_as_the_same() {
    let report = full();
    let bytes = report.bytes().unwrap();
    assert_eq!(Report::read(&bytes).unwrap(), report);
    // Reading it is not what makes it the same again.
    assert_eq!(Report::read(&bytes).unwrap().bytes().unwrap(), bytes);
    let quiet = Report { findings: Vec::new(), ..report };
    assert_eq!(Report::read(&quiet.bytes().unwrap()).unwrap(), quiet);
}

#[test]
fn lines_are_canonical() {
    let text = String::from_utf8(full().bytes().unwrap()).unwrap();
    assert!(text.ends_with('\n') && text.lines().count() == 10);
    for line in text.lines() {
        // What is parsed and written again by a map that sorts is the same: the names were in their order.
        let sorted: std::collections::BTreeMap<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&sorted).unwrap(), line);
    }
    let head = text.lines().next().unwrap();
    assert!(
        head.starts_with(r#"{"access_years":"2","cut":["reveal"],"every":"month","from":"2026-10-31T15:00:00.000000Z","kind":"report","method":"매월 첫 영업일에 \"전수\" 점검","period":"2026-11","#),
        "{head}"
    );
    assert!(text.contains(r#""records":"9007199254740993""#), "{text}");
}

#[test]
fn a_report_of_another_make_is_not_read() {
    let text = String::from_utf8(full().bytes().unwrap()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for (wrong, said) in [
        (text.replace("\"v\":\"1\"", "\"v\":\"2\""), "version"),
        (lines[1..].join("\n"), "report"),
        (lines[..9].join("\n"), "integrity"),
        (text.replace("\"records\":\"9007199254740993\"", "\"records\":1"), "line"),
        (text.replacen("\"kind\":\"person\"", "\"kind\":\"people\"", 1), "line"),
        (text.replacen("\"gaps\":", "\"gasp\":\"0\",\"gaps\":", 1), "line"),
    ] {
        let error = Report::read(wrong.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}
