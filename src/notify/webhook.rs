//! A signed request to a service of one's own, after the Standard Webhooks specification (standardwebhooks.com). The id is that of
//! the message, so that a receiver knows one that comes twice.

use super::{
    Message,
    post::{Address, post},
    send::Answer,
    text::{Said, Setting},
};
use crate::{clock::Instant, id::DeliveryId, payments::SigningSecret};
use serde_json::{Map, Value, json};

#[expect(clippy::too_many_arguments, reason = "all that a request is made of")]
pub(super) fn send(
    agent: &ureq::Agent,
    url: &Address,
    secret: &SigningSecret,
    id: DeliveryId,
    message: &Message,
    said: &Said,
    setting: &Setting,
    now: Instant,
) -> Answer {
    let body = event(message, said, setting).to_string();
    let (id, timestamp) = (format!("msg_{}_{id}", setting.profile.as_str()), now.unix().to_string());
    let signature = secret.sign(&id, &timestamp, &body);
    let headers = [
        ("content-type", "application/json"),
        ("webhook-id", id.as_str()),
        ("webhook-timestamp", &timestamp),
        ("webhook-signature", &signature),
    ];
    match post(agent, url, &headers, &body, now) {
        Ok(reply) if reply.status.is_success() => Answer::Taken,
        Ok(reply) => reply.judge(),
        Err(answer) => answer,
    }
}

pub(super) fn event(message: &Message, said: &Said, setting: &Setting) -> Value {
    let facts = serde_json::to_value(&message.facts).unwrap_or_else(|_| Value::Object(Map::new()));
    json!({
        "type": format!("alert.{}", message.what.as_str()),
        "timestamp": message.at.to_string(),
        "data": {
            "environment": setting.profile.as_str(),
            "key": message.key,
            "kind": message.kind,
            "severity": message.severity.as_str(),
            "title": message.title,
            "since": message.since.to_string(),
            "count": message.n,
            "text": said.head,
            "url": setting.link(&message.path),
            "facts": facts,
        },
    })
}
