//! Slack's incoming webhooks: Block Kit within the documented limits, and a plain text where blocks are refused.

use super::{
    Message,
    post::{Address, post},
    send::Answer,
    text::{Item, Joined, Said, cut, mark},
};
use crate::clock::Instant;
use serde_json::{Value, json};

/// Characters of a header, of a section, of a field and of the plain text.
const HEADER: usize = 150;
const FIELD: usize = 2000;
const FIELDS: usize = 10;
const SECTION: usize = 2900;
const PLAIN: usize = 300;

/// Success is HTTP 200 with the body `ok` and nothing else.
pub(super) fn send(agent: &ureq::Agent, url: &Address, message: &Message, said: &Said, now: Instant) -> Answer {
    post_blocks(agent, url, &blocks(message, said), &plain(said), now)
}

/// One message that names several things.
pub(super) fn send_joined(agent: &ureq::Agent, url: &Address, joined: &Joined, now: Instant) -> Answer {
    let plain = json!({ "text": format!("{} <{}>", cut(&escaped(&joined.head), PLAIN), escaped(&joined.link.1)) });
    post_blocks(agent, url, &self::joined(joined), &plain, now)
}

pub(super) fn joined(joined: &Joined) -> Value {
    let (name, href) = &joined.link;
    let mut blocks = vec![header(joined.mark, &joined.head)];
    blocks.extend(
        sections(&joined.items)
            .into_iter()
            .map(|text| json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })),
    );
    blocks.push(context(&format!("<{}|{}>", escaped(href), escaped(name))));
    json!({ "text": cut(&escaped(&joined.head), PLAIN), "blocks": blocks })
}

/// The lines of several things, in as many sections as their lengths need.
fn sections(items: &[Item]) -> Vec<String> {
    let mut sections = vec![String::new()];
    for Item { mark, head, url } in items {
        let line = format!("{mark} <{}|{}>\n", escaped(url), escaped(&cut(head, HEADER)));
        match sections.last_mut() {
            Some(last) if last.chars().count() + line.chars().count() <= SECTION => last.push_str(&line),
            _ => sections.push(line),
        }
    }
    sections
}

/// Posts blocks, and plain text where they are refused: what is wrong with the blocks must not keep the message from being read.
fn post_blocks(agent: &ureq::Agent, url: &Address, blocks: &Value, plain: &Value, now: Instant) -> Answer {
    let headers = [("content-type", "application/json; charset=utf-8")];
    let taken = |body: &Value| match post(agent, url, &headers, &body.to_string(), now) {
        Ok(reply) if reply.status.as_u16() == 200 && reply.body.trim() == "ok" => Answer::Taken,
        Ok(reply) if reply.status.as_u16() == 200 => Answer::Misconfigured("HTTP 200, and not Slack's `ok`".to_owned()),
        Ok(reply) => reply.judge(),
        Err(answer) => answer,
    };
    match taken(blocks) {
        Answer::Refused(_) => taken(plain),
        answer => answer,
    }
}

pub(super) fn blocks(message: &Message, said: &Said) -> Value {
    let fields: Vec<Value> = said
        .lines
        .iter()
        .take(FIELDS)
        .map(|(name, value)| json!({ "type": "mrkdwn", "text": cut(&format!("*{}*\n{}", escaped(name), escaped(value)), FIELD) }))
        .collect();
    let links: Vec<String> =
        said.links.iter().map(|(name, url)| format!("<{}|{}>", escaped(url), escaped(name))).collect();
    let mut blocks = vec![header(mark(message), &said.head)];
    if !fields.is_empty() {
        blocks.push(json!({ "type": "section", "fields": fields }));
    }
    blocks.push(context(&links.join("  ·  ")));
    json!({ "text": cut(&escaped(&said.head), PLAIN), "blocks": blocks })
}

fn header(mark: &str, head: &str) -> Value {
    json!({ "type": "header", "text": { "type": "plain_text", "text": cut(&format!("{mark} {head}"), HEADER), "emoji": true } })
}

fn context(text: &str) -> Value {
    json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": cut(text, FIELD) }] })
}

fn plain(said: &Said) -> Value {
    let link = said.links.first().map(|(_, url)| format!(" <{}>", escaped(url))).unwrap_or_default();
    json!({ "text": format!("{}{link}", cut(&escaped(&said.head), PLAIN)) })
}

/// Slack's three characters with a meaning.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
