//! A row of the audit log as an event of the Open Cybersecurity Schema Framework, for tools that watch many systems.
//!
//! A row of `session.…` is of the class Authentication (3002), all others are of Entity Management (3004), whose successors for users
//! version 1.9 brings. The event names what the schema has a name for and holds the exact body besides, as `raw_data`.

mod activity;

use crate::{
    audit::background::ReportUnfit,
    gate::{Change as _, audit::Entry},
};
use activity::{Activity, activity_of};
use serde_json::{Map, Value, json};
use std::net::IpAddr;

/// The edition of the schema, <https://schema.ocsf.io/1.8.0>.
const VERSION: &str = "1.8.0";
const PRODUCT: &str = "Ingam";

type Fields = Map<String, Value>;

/// Writes the event as one line. `body` is what was hashed, `origin` names the log as its checkpoints do.
pub(crate) fn event(out: &mut Vec<u8>, entry: &Entry, body: &[u8], origin: Option<&str>) {
    let mut event = Fields::new();
    if let Some(verb) = entry.action.strip_prefix("session.") {
        authentication(&mut event, entry, verb);
    } else {
        entity_management(&mut event, entry);
    }
    event.insert("category_uid".to_owned(), 3.into());
    event.insert("metadata".to_owned(), metadata(entry, origin));
    event.insert("time".to_owned(), entry.at.utc().timestamp_millis().into());
    event.insert("message".to_owned(), message(entry).into());
    event.insert("raw_data".to_owned(), String::from_utf8_lossy(body).into());
    event.insert("raw_data_size".to_owned(), body.len().into());
    status(&mut event, entry);
    counts(&mut event, entry);
    object(&mut event, "actor", actor(entry));
    object(&mut event, "src_endpoint", endpoint(entry));
    let mut request = Fields::new();
    text(&mut request, "user_agent", &entry.user_agent);
    text(&mut request, "uid", &entry.request_id);
    object(&mut event, "http_request", request);
    // Writing into memory cannot fail.
    let _ = serde_json::to_writer(&mut *out, &event);
    out.push(b'\n');
}

/// A change to something: what it was and what it became.
fn entity_management(event: &mut Fields, entry: &Entry) {
    let activity = activity_of(entry);
    class(event, 3004, activity as i64);
    // What the schema has no word for is named as the log names it.
    text(event, "activity_name", if activity == Activity::Other { &entry.action } else { activity.caption() });
    event.insert("entity".to_owned(), Value::Object(entity(entry, &entry.before)));
    if data(&entry.after).is_some() {
        event.insert("entity_result".to_owned(), Value::Object(entity(entry, &entry.after)));
    }
    text(event, "comment", &entry.reason);
    object(event, "unmapped", unmapped(entry));
}

/// A step of signing in or out. The class has no place for a reason and for the two sides.
fn authentication(event: &mut Fields, entry: &Entry, verb: &str) {
    let (activity, caption) = match verb {
        // A right password alone is not enough; a wrong one ends the attempt, and is what is watched for.
        "password" if is_failure(entry) => (1, "Logon"),
        "password" => (6, "Preauth"),
        "start" | "start-with-recovery-code" => (1, "Logon"),
        "end" => (2, "Logoff"),
        _ => (99, entry.action.as_str()),
    };
    class(event, 3002, activity);
    text(event, "activity_name", caption);
    event.insert("user".to_owned(), Value::Object(subject(entry)));
    event.insert("service".to_owned(), json!({"name": PRODUCT}));
    let factor = match verb {
        "password" => Some(json!([{"factor_type_id": 11, "factor_type": "Password"}])),
        "start" | "confirm" => Some(json!([{"factor_type_id": 7, "factor_type": "OTP", "is_totp": true}])),
        "start-with-recovery-code" => Some(json!([{"factor_type_id": 99, "factor_type": "Recovery code"}])),
        _ => None,
    };
    event.extend(factor.map(|factor| ("auth_factors".to_owned(), factor)));
    let mut session = Fields::new();
    text(&mut session, "uid", &entry.session);
    object(event, "session", session);
    let mut rest = unmapped(entry);
    text(&mut rest, "reason", &entry.reason);
    rest.extend(data(&entry.before).map(|before| ("before".to_owned(), before)));
    rest.extend(data(&entry.after).map(|after| ("after".to_owned(), after)));
    object(event, "unmapped", rest);
}

fn class(event: &mut Fields, class: i64, activity: i64) {
    event.insert("class_uid".to_owned(), class.into());
    event.insert("activity_id".to_owned(), activity.into());
    event.insert("type_uid".to_owned(), (class * 100 + activity).into());
}

fn entity(entry: &Entry, side: &Value) -> Fields {
    let mut entity = Fields::new();
    // The schema's own types (device, user, policy …) fit few of our targets, so all keep our word for them.
    entity.insert("type_id".to_owned(), 99.into());
    text(&mut entity, "type", &entry.target_kind);
    text(&mut entity, "uid", &entry.target_id);
    if entry.target_id.is_empty() {
        // The schema wants a name or an id: the target is the only one of its kind, or was not found.
        entity.insert("name".to_owned(), entry.target_kind.as_str().into());
    }
    entity.extend(data(side).map(|data| ("data".to_owned(), data)));
    entity
}

/// One side of a change. The schema's type takes any JSON and its description asks for an object; a text that holds JSON, as some
/// products write it (ocsf-schema issue 950), is none.
fn data(side: &Value) -> Option<Value> {
    match side {
        Value::Null => None,
        Value::Object(fields) if fields.is_empty() => None,
        Value::Object(_) => Some(side.clone()),
        other => Some(json!({"value": other})),
    }
}

fn metadata(entry: &Entry, origin: Option<&str>) -> Value {
    let mut metadata = Fields::new();
    metadata.insert("version".to_owned(), VERSION.into());
    let product = json!({"name": PRODUCT, "vendor_name": PRODUCT, "version": env!("CARGO_PKG_VERSION")});
    metadata.insert("product".to_owned(), product);
    metadata.insert("sequence".to_owned(), entry.seq.get().into());
    metadata.insert("original_time".to_owned(), entry.at.to_string().into());
    text(&mut metadata, "uid", &entry.change_id);
    text(&mut metadata, "event_code", &entry.action);
    text(&mut metadata, "correlation_uid", &entry.request_id);
    text(&mut metadata, "log_name", origin.unwrap_or_default());
    Value::Object(metadata)
}

fn message(entry: &Entry) -> String {
    let Entry { action, target_kind, target_id, outcome, .. } = entry;
    format!("{action} {target_kind}/{target_id}: {outcome}")
}

fn is_failure(entry: &Entry) -> bool {
    matches!(entry.outcome.as_str(), "refused" | "failed")
}

fn status(event: &mut Fields, entry: &Entry) {
    let (id, caption) = match entry.outcome.as_str() {
        "applied" => (1, "Success"),
        _ if is_failure(entry) => (2, "Failure"),
        // A change that waits for a second person has neither succeeded nor failed.
        other => (99, other),
    };
    event.insert("status_id".to_owned(), id.into());
    text(event, "status", caption);
    text(event, "status_code", &entry.outcome);
    text(event, "status_detail", &entry.refusal);
    let (severity, caption) = match entry.action.as_str() {
        ReportUnfit::KIND => (4, "High"),
        _ if entry.flags.split(' ').any(|flag| flag == "urgent") => (3, "Medium"),
        _ if is_failure(entry) => (2, "Low"),
        _ => (1, "Informational"),
    };
    event.insert("severity_id".to_owned(), severity.into());
    text(event, "severity", caption);
}

/// A row may be about many refusals alike, which it counts.
fn counts(event: &mut Fields, entry: &Entry) {
    let noted = |field: &str| entry.after.get(field).and_then(Value::as_str);
    if let Some(count) = noted("refusals").filter(|_| is_failure(entry)).and_then(|count| count.parse::<i64>().ok()) {
        event.insert("count".to_owned(), count.into());
    }
}

fn actor(entry: &Entry) -> Fields {
    let mut actor = Fields::new();
    let mut user = Fields::new();
    text(&mut user, "uid", &entry.staff_id.map(|id| id.to_string()).unwrap_or_default());
    person(&mut user, entry);
    if !user.is_empty() {
        let (id, caption) = if entry.actor == "staff" { (2, "Admin") } else { (3, "System") };
        user.insert("type_id".to_owned(), id.into());
        text(&mut user, "type", caption);
    }
    object(&mut actor, "user", user);
    let mut session = Fields::new();
    text(&mut session, "uid", &entry.session);
    object(&mut actor, "session", session);
    actor
}

/// The name that a person signs in with is their address.
fn person(user: &mut Fields, entry: &Entry) {
    text(user, "name", if entry.staff_email.is_empty() { &entry.staff_name } else { &entry.staff_email });
    text(user, "email_addr", Some(entry.staff_email.as_str()).filter(|email| is_email(email)).unwrap_or_default());
    text(user, "full_name", &entry.staff_name);
    let roles: Vec<_> = entry.roles.split_whitespace().map(|role| json!({"name": role})).collect();
    if !roles.is_empty() {
        user.insert("groups".to_owned(), roles.into());
    }
}

/// Whether the schema takes it for an e-mail address, which is ASCII there; any other is the name only.
fn is_email(text: &str) -> bool {
    let is_local = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+,-./=?^_`{|}~".contains(&byte);
    let is_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_some = |part: &str, is: &dyn Fn(u8) -> bool| !part.is_empty() && part.bytes().all(is);
    text.split_once('@').is_some_and(|(local, domain)| {
        let (label, rest) = domain.split_once('.').unwrap_or_default();
        is_some(local, &is_local) && is_some(label, &is_label) && is_some(rest, &|byte| is_label(byte) || byte == b'.')
    })
}

/// Who signs in or out. The log may not know it: an address that belongs to no account is not kept.
fn subject(entry: &Entry) -> Fields {
    let mut user = Fields::new();
    text(&mut user, "uid", &entry.target_id);
    if entry.staff_id.is_some_and(|staff| staff.to_string() == entry.target_id) {
        person(&mut user, entry);
    }
    if user.is_empty() {
        text(&mut user, "name", "unknown");
    }
    user
}

fn endpoint(entry: &Entry) -> Fields {
    let is_address = |text: &&str| text.parse::<IpAddr>().is_ok();
    let mut endpoint = Fields::new();
    text(&mut endpoint, "ip", Some(entry.ip.as_str()).filter(is_address).unwrap_or_default());
    if let Some(peer) = Some(entry.peer.as_str()).filter(is_address).filter(|peer| *peer != entry.ip) {
        // The client has a valid address, or the peer would be the client.
        endpoint.insert("intermediate_ips".to_owned(), json!([peer]));
    }
    endpoint
}

fn unmapped(entry: &Entry) -> Fields {
    let mut rest = Fields::new();
    text(&mut rest, "actor", &entry.actor);
    text(&mut rest, "approval", &entry.approval_id.map(|id| id.to_string()).unwrap_or_default());
    text(&mut rest, "reversal_of", &entry.reversal_of.map(|seq| seq.to_string()).unwrap_or_default());
    text(&mut rest, "flags", &entry.flags);
    rest
}

/// Leaves out what is empty: in this schema nothing is said by leaving it out.
fn text(fields: &mut Fields, key: &str, text: &str) {
    if !text.is_empty() {
        fields.insert(key.to_owned(), text.into());
    }
}

fn object(fields: &mut Fields, key: &str, object: Fields) {
    if !object.is_empty() {
        fields.insert(key.to_owned(), Value::Object(object));
    }
}

#[cfg(test)]
mod tests;
