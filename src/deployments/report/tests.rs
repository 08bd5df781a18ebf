use super::*;

fn now() -> Instant {
    Instant::parse("2026-03-01T00:00:00Z").unwrap()
}

fn read_of(body: &str) -> Result<Report, String> {
    read(body.as_bytes(), "shop", now())
}

#[test]
fn a_report_is_read_with_what_it_says() {
    let report = read_of(
        r#"{"version": " 1.4.2 ", "environment": "prod", "by": "mina\u200b", "at": "2026-03-01T08:59:58.1239+09:00",
            "url": "https://ci.example.com/1", "notes": "one\r\ntwo\t\u2764\ufe0f"}"#,
    );
    let report = report.unwrap();
    assert_eq!((report.version.as_str(), report.by.as_str()), ("1.4.2", "mina"));
    assert_eq!(report.at, "2026-02-28T23:59:58.123000Z");
    assert_eq!(report.notes, "one\ntwo \u{2764}");
    assert_eq!(read_of(r#"{"version": "1"}"#).unwrap().at, "");
}

#[test]
fn what_is_wrong_with_a_report_is_said_in_a_line() {
    let long = |field: &str, n: usize| format!(r#"{{"version": "1", "{field}": "{}"}}"#, "x".repeat(n));
    for (body, said) in [
        ("", "not the JSON"),
        ("[]", "not the JSON"),
        ("{}", "missing field `version`"),
        (r#"{"version": 1}"#, "invalid type"),
        (r#"{"version": " \u200b "}"#, "version is missing"),
        (r#"{"version": "1", "when": "now"}"#, "unknown field"),
        (r#"{"version": "1", "service": "bank"}"#, "of the service shop"),
        (r#"{"version": "1", "at": "yesterday"}"#, "at is no time"),
        (r#"{"version": "1", "at": "2026-03-01T00:05:01Z"}"#, "in the future"),
        (r#"{"version": "1", "at": "2025-02-01T00:00:00Z"}"#, "longer ago"),
        (r#"{"version": "1", "url": "javascript:alert(1)"}"#, "url must begin"),
        (&long("notes", 2001), "notes has more than 2000"),
        (&long("by", 101), "by has more than 100"),
        (&long("nonsense", 3000), "unknown field"),
    ] {
        let why = read_of(body).unwrap_err();
        assert!(why.contains(said) && why.len() < 300 && !why.contains('\n'), "{body}: {why}");
    }
    assert!(read_of(&long("notes", 2000)).is_ok());
    assert!(read_of(r#"{"version": "1", "at": "2026-03-01T00:05:00Z"}"#).is_ok(), "a clock may be a little ahead");
}
