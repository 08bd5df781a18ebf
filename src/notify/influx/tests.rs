use super::*;
use crate::notify::Severity;
use proptest::prelude::*;

fn run(job: &str, run: i64) -> Message {
    let at = Instant::parse("2026-11-28T03:00:00.123456Z").unwrap();
    Message {
        what: What::Point,
        kind: "runs.finished".to_owned(),
        severity: Severity::Warning,
        key: format!("ingam:prod:run:{run}"),
        title: job.to_owned(),
        since: at,
        at,
        n: 1,
        path: format!("/runs/{run}"),
        facts: Facts {
            run: Some(run),
            job: Some(job.to_owned()),
            outcome: Some("succeeded".to_owned()),
            took: Some(754_000),
            processed: Some(1200),
            ..Facts::default()
        },
    }
}

#[test]
fn a_run_is_one_line_whose_time_is_its_own() {
    assert_eq!(
        line(&run("일일 정산,a=b", 2_000_042), "prod").unwrap(),
        "batch_run,environment=prod,job_name=일일\\ 정산\\,a\\=b,outcome=succeeded run=2000042i,duration_ms=754000i,processed=1200i \
         1795834800123000042"
    );
    let other = Message { facts: Facts { took: None, processed: None, ..run("a", 7).facts }, ..run("a", 7) };
    assert_eq!(
        line(&other, "prod").unwrap(),
        "batch_run,environment=prod,job_name=a,outcome=succeeded run=7i 1795834800123000007"
    );
}

#[test]
fn what_is_no_measurement_is_no_line() {
    let alert = Message { what: What::Opened, ..run("a", 7) };
    assert_eq!(line(&alert, "prod"), None);
}

#[test]
fn a_database_and_a_bucket_are_addressed_as_their_versions_do() {
    let database =
        Influx::new("https://influx.example.com/", &Place::Database { database: "app & more", login: Some("u:p") });
    let database = database.unwrap();
    assert_eq!(database.url.text(), "https://influx.example.com/write?db=app+%26+more");
    assert_eq!(database.authorization, Some(Secret::new("Basic dTpw".to_owned())));
    let bucket = Place::Bucket { organization: "shop", bucket: "app", token: "t0ken" };
    let bucket = Influx::new("https://influx.example.com", &bucket).unwrap();
    assert_eq!(bucket.url.text(), "https://influx.example.com/api/v2/write?org=shop&bucket=app");
    assert_eq!(bucket.authorization, Some(Secret::new("Token t0ken".to_owned())));
}

/// What a reader makes of an escaped tag value.
fn read(escaped: &str) -> String {
    escaped.replace("\\,", ",").replace("\\=", "=").replace("\\ ", " ")
}

proptest! {
    #[test]
    fn a_tag_is_one_word_that_is_read_as_it_was_written(value in "\\PC{0,40}") {
        let tag = tag(&value);
        prop_assert!(!tag.is_empty() && !tag.ends_with('\\'));
        let bare = tag.replace("\\ ", "").replace("\\,", "").replace("\\=", "");
        prop_assert!(!bare.contains([' ', ',', '=']), "{tag}");
        if !value.trim().is_empty() && !value.ends_with('\\') && !value.contains('\\') {
            prop_assert_eq!(read(&tag), value);
        }
    }
}
