//! The Events API v2 of PagerDuty: one incident for each thing that is wrong, opened, acknowledged and resolved under one key.

use super::{
    Message, What,
    channel::Secret,
    post::{Address, post},
    send::Answer,
    text::{Said, Setting, cut},
};
use crate::clock::Instant;
use serde_json::{Map, Value, json};

/// Characters of a summary and of a key.
const SUMMARY: usize = 1024;
const KEY: usize = 255;

pub(super) fn send(
    agent: &ureq::Agent,
    url: &Address,
    routing_key: &Secret,
    message: &Message,
    said: &Said,
    setting: &Setting,
    now: Instant,
) -> Answer {
    let body = event(routing_key, message, said, setting).to_string();
    match post(agent, url, &[("content-type", "application/json")], &body, now) {
        Ok(reply) if reply.status.as_u16() == 202 => Answer::Taken,
        Ok(reply) => reply.judge(),
        Err(answer) => answer,
    }
}

pub(super) fn event(routing_key: &Secret, message: &Message, said: &Said, setting: &Setting) -> Value {
    let action = match message.what {
        What::Acknowledged => "acknowledge",
        What::Resolved => "resolve",
        What::Opened | What::Again | What::Notice | What::Point | What::Event | What::Test => "trigger",
    };
    let named = [
        ("routing_key", json!(routing_key.text())),
        ("event_action", json!(action)),
        ("dedup_key", json!(cut(&message.key, KEY))),
    ];
    let mut event: Map<String, Value> = named.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    if action == "trigger" {
        let details: Map<String, Value> = said.lines.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let links: Vec<Value> = said.links.iter().map(|(text, href)| json!({ "text": text, "href": href })).collect();
        event.insert("client".to_owned(), json!("Ingam"));
        event.insert("client_url".to_owned(), json!(setting.link(&message.path)));
        event.insert("links".to_owned(), json!(links));
        let payload = json!({
            "summary": cut(&said.head, SUMMARY),
            "source": setting.origin,
            "severity": if message.what == What::Test { "info" } else { message.severity.as_str() },
            "timestamp": message.at.to_string(),
            "component": message.title,
            "class": message.kind,
            "custom_details": details,
        });
        event.insert("payload".to_owned(), payload);
    }
    Value::Object(event)
}
