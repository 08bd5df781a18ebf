use crate::{
    clock::Instant,
    id::{Id, RequestId, Seq, StaffId},
};
use serde_json::Value;
use std::{net::IpAddr, str::FromStr};

/// One row of the audit log, as its columns hold it.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Entry {
    pub seq: Seq,
    pub at: Instant,
    pub change_id: String,
    /// `staff`, `visitor`, `console` or `system`.
    pub actor: String,
    pub staff_id: Option<StaffId>,
    pub staff_name: String,
    pub staff_email: String,
    pub roles: String,
    pub action: String,
    pub target_kind: String,
    pub target_id: String,
    #[sqlx(json)]
    pub before: Value,
    #[sqlx(json)]
    pub after: Value,
    pub reason: String,
    pub ip: String,
    pub peer: String,
    pub user_agent: String,
    pub session: String,
    pub request_id: String,
    pub approval_id: Option<RequestId>,
    pub reversal_of: Option<Seq>,
    pub outcome: String,
    pub refusal: String,
    pub flags: String,
}

/// The columns of [`Entry`], in order.
#[macro_export]
macro_rules! entry_columns {
    () => {
        "seq, at, change_id, actor, staff_id, staff_name, staff_email, roles, action, target_kind, target_id, before, after, \
         reason, ip, peer, user_agent, session, request_id, approval_id, reversal_of, outcome, refusal, flags"
    };
}

/// Longest body, in bytes: the transparency-log tile format has a 16-bit length (C2SP tlog-tiles).
pub const MAX_BODY: usize = 65_535;

impl Entry {
    /// The exact bytes that are hashed: one JSON object with its keys in order and no spaces (RFC 8785), in which
    /// integers are strings, because JSON numbers end at 2^53.
    ///
    /// The keys below are written in that order; a test holds them against a sort.
    pub fn body(&self) -> Vec<u8> {
        let mut json = Writer(Vec::with_capacity(1024));
        json.open();
        json.text("action", &self.action);
        json.text("actor", &self.actor);
        json.value("after", &self.after);
        json.number("approval", self.approval_id);
        json.text("at", &self.at.to_string());
        json.value("before", &self.before);
        json.text("change", &self.change_id);
        json.text("email", &self.staff_email);
        json.text("flags", &self.flags);
        json.text("ip", &self.ip);
        json.text("name", &self.staff_name);
        json.text("outcome", &self.outcome);
        json.text("peer", &self.peer);
        json.text("reason", &self.reason);
        json.text("refusal", &self.refusal);
        json.text("request", &self.request_id);
        json.number("reversal", self.reversal_of);
        json.text("roles", &self.roles);
        json.number("seq", Some(self.seq));
        json.text("session", &self.session);
        json.number("staff", self.staff_id);
        json.text("target_id", &self.target_id);
        json.text("target_kind", &self.target_kind);
        json.text("user_agent", &self.user_agent);
        json.text("v", "1");
        json.close()
    }
}

/// The address as 32 hexadecimal digits of its IPv6 form, so that a network is a range of text. Derived from `ip`, so it
/// is no part of the body.
pub fn ip_key(ip: &str) -> String {
    match IpAddr::from_str(ip) {
        Ok(IpAddr::V4(ip)) => format!("{:032x}", ip.to_ipv6_mapped().to_bits()),
        Ok(IpAddr::V6(ip)) => format!("{:032x}", ip.to_bits()),
        Err(_) => String::new(),
    }
}

/// Writes canonical JSON. `serde_json`'s escapes are those of RFC 8785 section 3.2.2.2: the short ones where there is
/// one, lower-case `\u00xx` for other controls, everything else as it is.
struct Writer(Vec<u8>);

impl Writer {
    fn open(&mut self) {
        self.0.push(b'{');
    }

    fn close(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }

    fn key(&mut self, key: &str) {
        if self.0.last() != Some(&b'{') {
            self.0.push(b',');
        }
        self.string(key);
        self.0.push(b':');
    }

    fn string(&mut self, text: &str) {
        // Writing a string into memory cannot fail.
        let _ = serde_json::to_writer(&mut self.0, text);
    }

    fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        self.string(text);
    }

    fn number(&mut self, key: &str, number: Option<impl Id>) {
        self.key(key);
        match number {
            Some(number) => self.string(&number.to_string()),
            None => self.0.extend_from_slice(b"null"),
        }
    }

    fn value(&mut self, key: &str, value: &Value) {
        self.key(key);
        self.any(value);
    }

    fn any(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.string(text),
            Value::Object(map) => {
                let mut fields: Vec<_> = map.iter().collect();
                // RFC 8785 sorts by UTF-16 code units; for names in ASCII, as all names here are, that is byte order.
                fields.sort_by_key(|(name, _)| *name);
                self.open();
                for (name, value) in fields {
                    self.key(name);
                    self.any(value);
                }
                self.0.push(b'}');
            }
            Value::Array(items) => {
                self.0.push(b'[');
                for (n, item) in items.iter().enumerate() {
                    if n > 0 {
                        self.0.push(b',');
                    }
                    self.any(item);
                }
                self.0.push(b']');
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {
                let _ = serde_json::to_writer(&mut self.0, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn entry(reason: &str, n: i64) -> Entry {
        Entry {
            seq: Seq::new(n),
            at: Instant::parse("2026-11-22T06:44:19.250462Z").unwrap(),
            change_id: "c".to_owned(),
            actor: "staff".to_owned(),
            staff_id: Some(StaffId::new(n)),
            staff_name: "민아".to_owned(),
            staff_email: "mina@ingam.test".to_owned(),
            roles: "operator".to_owned(),
            action: "points.adjust".to_owned(),
            target_kind: "user".to_owned(),
            target_id: "42".to_owned(),
            before: json!({"points": "4500", "b": {"z": 1, "a": [true, null]}}),
            after: json!({"points": "5500"}),
            reason: reason.to_owned(),
            ip: "127.0.0.1".to_owned(),
            peer: "127.0.0.1".to_owned(),
            user_agent: "\u{7f}\"\\/\u{1}\u{8}".to_owned(),
            session: String::new(),
            request_id: "r".to_owned(),
            approval_id: None,
            reversal_of: None,
            outcome: "applied".to_owned(),
            refusal: String::new(),
            flags: String::new(),
        }
    }

    proptest! {
        #[test]
        fn a_body_is_json_with_sorted_keys_and_loses_nothing(reason in ".{0,200}", n in any::<i64>()) {
            let body = entry(&reason, n).body();
            let value: Value = serde_json::from_slice(&body).unwrap();
            prop_assert_eq!(&value["reason"], &Value::String(reason));
            prop_assert_eq!(&value["seq"], &Value::String(n.to_string()));
            // serde_json's map is sorted, so writing it again is the canonical order.
            let mut again = Writer(Vec::new());
            again.any(&value);
            prop_assert_eq!(&again.0, &body);
        }
    }

    #[test]
    fn escapes_are_those_of_rfc_8785() {
        let body = String::from_utf8(entry("a\u{1}\n\t\u{2028}€", 1).body()).unwrap();
        assert!(body.contains("\"reason\":\"a\\u0001\\n\\t\u{2028}€\""), "{body}");
        assert!(body.contains(r#""user_agent":"#) && body.contains(r#"\"\\/\u0001\b"#), "{body}");
    }

    #[test]
    fn a_network_is_a_range_of_keys() {
        assert!(ip_key("10.0.0.1") < ip_key("10.0.0.200"));
        assert_eq!(ip_key("::ffff:10.0.0.1"), ip_key("10.0.0.1"));
        assert_eq!(ip_key("").len(), 0);
        assert_eq!(ip_key("2001:db8::1").len(), 32);
    }
}
