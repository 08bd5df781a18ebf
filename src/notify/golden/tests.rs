//! What receivers are sent, byte for byte: a change of these files is a change for those who read messages. With `UPDATE_GOLDEN=1` the
//! test writes them.

use super::{
    Facts, Message, Severity, What,
    channel::Secret,
    pagerduty, slack,
    text::{Joined, Said, Setting},
    webhook,
};
use crate::{clock::Instant, profile::Profile, web::words::Lang, zone::Zone};
use proptest::prelude::*;
use serde_json::Value;
use std::{fs, path::Path};

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn setting() -> Setting {
    Setting { profile: Profile::Prod, origin: "https://admin.example.com".to_owned(), zone: Zone::seoul() }
}

fn failed(what: What) -> Message {
    Message {
        what,
        kind: "runs.failed".to_owned(),
        severity: Severity::Critical,
        key: "ingam:prod:runs.failed:daily-settlement".to_owned(),
        title: "일일 정산 <집계> & 마감".to_owned(),
        since: at("2026-11-28T19:12:00.000000Z"),
        at: at("2026-11-28T19:40:00.000000Z"),
        n: 2,
        path: "/alerts/31".to_owned(),
        facts: Facts {
            run: Some(1842),
            attempt: Some(2),
            took: Some(754_000),
            usual: Some(612_000),
            processed: Some(4120),
            usually_processed: Some(117_000),
            exit_code: Some(3),
            by: (what == What::Acknowledged).then(|| "박준".to_owned()),
            runbook: Some("https://wiki.example.com/settlement".to_owned()),
            ..Facts::default()
        },
    }
}

/// Compares with the file, or writes it.
fn compare(name: &str, value: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/notify/golden").join(format!("{name}.json"));
    let text = format!("{value:#}\n");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, kept, "{} is not what is sent; look at it and write it with UPDATE_GOLDEN=1", path.display());
}

#[test]
fn messages_are_sent_as_they_were_agreed() {
    for lang in [Lang::Ko, Lang::En] {
        for what in [What::Opened, What::Again, What::Acknowledged, What::Resolved] {
            let message = failed(what);
            let said = Said::of(&message, &setting(), lang);
            let name = |kind: &str| format!("{kind}-{}-{}", what.as_str(), lang.code());
            compare(&name("slack"), &slack::blocks(&message, &said));
            compare(
                &name("pagerduty"),
                &pagerduty::event(&Secret::new("R0UT1NGK3Y".to_owned()), &message, &said, &setting()),
            );
            compare(&name("webhook"), &webhook::event(&message, &said, &setting()));
        }
        let messages = [failed(What::Resolved), failed(What::Opened)];
        compare(
            &format!("slack-joined-{}", lang.code()),
            &slack::joined(&Joined::of(messages.iter(), &setting(), lang)),
        );
    }
}

/// Slack's limits of a message, as its reference of Block Kit has them.
fn is_within_slack(body: &Value) -> bool {
    let length = |value: &Value| value.as_str().map_or(0, |text| text.chars().count());
    let blocks = body["blocks"].as_array().unwrap();
    let is_within = |block: &Value| match block["type"].as_str().unwrap() {
        "header" => (1..=150).contains(&length(&block["text"]["text"])),
        "section" => {
            let fields = block["fields"].as_array().cloned().unwrap_or_default();
            let text = length(&block["text"]["text"]);
            fields.len() <= 10
                && fields.iter().all(|field| (1..=2000).contains(&length(&field["text"])))
                && (!fields.is_empty() || (1..=3000).contains(&text))
        }
        "context" => {
            let elements = block["elements"].as_array().unwrap();
            elements.len() <= 10 && elements.iter().all(|element| length(&element["text"]) > 0)
        }
        _ => false,
    };
    blocks.len() <= 50 && blocks.iter().all(is_within) && (1..=40_000).contains(&length(&body["text"]))
}

proptest! {
    #[test]
    fn no_message_is_longer_than_its_receiver_takes(title in "\\PC{0,3000}", detail in "\\PC{0,5000}", many in 1..80_usize) {
        let mut message = failed(What::Opened);
        message.key = format!("ingam:prod:runs.failed:{title}");
        message.title = title;
        message.facts.detail = Some(detail);
        let said = Said::of(&message, &setting(), Lang::Ko);
        prop_assert!(is_within_slack(&slack::blocks(&message, &said)));
        let several = vec![message.clone(); many];
        prop_assert!(is_within_slack(&slack::joined(&Joined::of(several.iter(), &setting(), Lang::En))));
        let event = pagerduty::event(&Secret::new("k".to_owned()), &message, &said, &setting());
        let length = |value: &Value| value.as_str().unwrap().chars().count();
        prop_assert!(length(&event["payload"]["summary"]) <= 1024 && length(&event["dedup_key"]) <= 255);
        prop_assert!(event.to_string().len() < 512 * 1024);
    }
}
