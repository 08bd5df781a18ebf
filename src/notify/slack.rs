//! Slack's incoming webhooks: Block Kit within the documented limits, and a plain text where blocks are refused.

use super::{
    Message, Severity, What,
    post::{Address, post},
    send::Answer,
    text::{Said, cut},
};
use crate::clock::Instant;
use serde_json::{Value, json};

/// Characters of a header, of a section, of a field and of the plain text.
const HEADER: usize = 150;
const FIELD: usize = 2000;
const FIELDS: usize = 10;
const PLAIN: usize = 300;

/// Success is HTTP 200 with the body `ok` and nothing else.
pub(super) fn send(agent: &ureq::Agent, url: &Address, message: &Message, said: &Said, now: Instant) -> Answer {
    let headers = [("content-type", "application/json; charset=utf-8")];
    let taken = |body: &Value| match post(agent, url, &headers, &body.to_string(), now) {
        Ok(reply) if reply.status.as_u16() == 200 && reply.body.trim() == "ok" => Answer::Taken,
        Ok(reply) if reply.status.as_u16() == 200 => Answer::Misconfigured("HTTP 200, and not Slack's `ok`".to_owned()),
        Ok(reply) => reply.judge(),
        Err(answer) => answer,
    };
    match taken(&blocks(message, said)) {
        // What is wrong with the blocks must not keep the message from being read.
        Answer::Refused(_) => taken(&plain(said)),
        answer => answer,
    }
}

fn blocks(message: &Message, said: &Said) -> Value {
    let fields: Vec<Value> = said
        .lines
        .iter()
        .take(FIELDS)
        .map(|(name, value)| json!({ "type": "mrkdwn", "text": cut(&format!("*{}*\n{}", escaped(name), escaped(value)), FIELD) }))
        .collect();
    let links: Vec<String> =
        said.links.iter().map(|(name, url)| format!("<{}|{}>", escaped(url), escaped(name))).collect();
    let mut blocks = vec![json!({
        "type": "header",
        "text": { "type": "plain_text", "text": cut(&format!("{} {}", mark(message), said.head), HEADER), "emoji": true },
    })];
    if !fields.is_empty() {
        blocks.push(json!({ "type": "section", "fields": fields }));
    }
    blocks.push(
        json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": cut(&links.join("  ·  "), FIELD) }] }),
    );
    json!({ "text": cut(&escaped(&said.head), PLAIN), "blocks": blocks })
}

fn plain(said: &Said) -> Value {
    let link = said.links.first().map(|(_, url)| format!(" <{}>", escaped(url))).unwrap_or_default();
    json!({ "text": format!("{}{link}", cut(&escaped(&said.head), PLAIN)) })
}

/// What tells messages apart before they are read.
fn mark(message: &Message) -> &'static str {
    match (message.what, message.severity) {
        (What::Resolved, _) => "✅",
        (What::Acknowledged, _) => "👀",
        (What::Test, _) => "🔔",
        (What::Notice | What::Event, _) => "ℹ️",
        (What::Opened | What::Again, Severity::Critical) => "🔴",
        (What::Opened | What::Again, Severity::Warning) => "🟠",
    }
}

/// Slack's three characters with a meaning.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
