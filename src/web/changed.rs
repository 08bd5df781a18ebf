//! One field that a change altered, in words.

use crate::{
    clock::Instant,
    digits,
    money::Money,
    web::{format, shell::Frame, words::Words},
};
use serde_json::Value;

/// One field that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// The families in which a kind of reason may have its name: of points, of refunds, of cancelled orders.
const REASON_FAMILIES: [&str; 3] = ["reason-kind", "refund-kind", "cancel-kind"];

impl Changed {
    /// The fields of two JSON objects side by side, as a row's `before` and `after` hold them.
    pub fn between(before: &Value, after: &Value) -> Vec<Self> {
        let mut fields: Vec<&String> = Vec::new();
        for object in [before, after].into_iter().filter_map(Value::as_object) {
            for field in object.keys() {
                if !fields.contains(&field) {
                    fields.push(field);
                }
            }
        }
        fields
            .into_iter()
            .map(|field| Self { field: field.clone(), before: text(before.get(field)), after: text(after.get(field)) })
            .collect()
    }

    /// What the field is called; of a part of the target (`payment.12`) with its number.
    pub fn name(&self, words: &Words) -> String {
        match self.field.split_once('.') {
            Some((part, n)) if words.name("field", part) != part => words.with(&format!("field.{part}"), &[("n", &n)]),
            _ => words.name("field", &self.field).to_owned(),
        }
    }

    pub fn before_text(&self, frame: &Frame) -> String {
        self.shown(self.before.as_deref(), frame)
    }

    pub fn after_text(&self, frame: &Frame) -> String {
        self.shown(self.after.as_deref(), frame)
    }

    /// How far it is from one to the other, where both are points: `+50,000 P`.
    pub fn by(&self) -> String {
        let points = |value: &Option<String>| value.as_deref().and_then(|text| text.parse::<i64>().ok());
        match (self.field.as_str(), points(&self.before), points(&self.after)) {
            ("points", Some(before), Some(after)) => format!("{} P", digits::signed(after.saturating_sub(before))),
            _ => String::new(),
        }
    }

    /// Whether it is an amount of no money, which tells nothing.
    pub fn is_no_money(&self) -> bool {
        let after = self.after.as_deref().and_then(|after| after.parse::<Money>().ok());
        self.field == "amount" && self.before.is_none() && after.is_some_and(|money| money.minor == 0)
    }

    fn shown(&self, value: Option<&str>, frame: &Frame) -> String {
        let Some(value) = value else { return "—".to_owned() };
        let named = |family| frame.words.name(family, value).to_owned();
        // The log holds integers as strings, and money with its currency; only what is a quantity is grouped, never an id.
        let figure = || match value.parse::<Money>() {
            Ok(money) => money.shown(),
            Err(_) => value.parse().map_or_else(|_| value.to_owned(), digits::group),
        };
        match self.field.as_str() {
            "points" | "balance" | "amount" | "delta" => figure(),
            "status" => named("status"),
            "state" => named("order-state"),
            "run_state" | "late_report" => named("run-state"),
            "resolution" => named("run-resolution"),
            field if field.ends_with("_ms") => {
                value.parse().map_or_else(|_| value.to_owned(), |ms| format::took(ms, frame.words))
            }
            "processed" | "refusals" => figure(),
            "refund_state" | "outcome" => named("refund-state"),
            "request_state" => named("request-state"),
            "delivery_state" => named("delivery-state"),
            "silence_scope" => named("silence-scope"),
            "incident_step" => named("incident-state"),
            "incident_severity" => named("incident-grade"),
            // A kind of alert; a job and a channel have no other name.
            "alert_kind" | "silence_name" => named("alert-kind"),
            "carrier" => named("carrier"),
            "lang" => named("lang"),
            "theme" => named("theme"),
            "reason_kind" => {
                let known = |family: &&str| frame.words.name(family, value) != value;
                named(REASON_FAMILIES.into_iter().find(known).unwrap_or_default())
            }
            "roles" => value.split(' ').map(|role| frame.words.name("role", role)).collect::<Vec<_>>().join(", "),
            field if field.starts_with("points_") || field.starts_with("payment.") || field.starts_with("settled.") => {
                figure()
            }
            field if field.ends_with("_at") => {
                Instant::parse(value).map_or_else(|_| value.to_owned(), |at| format::second(at, frame.zone))
            }
            _ => match value {
                "true" => frame.t("audit.yes").to_owned(),
                "false" => frame.t("audit.no").to_owned(),
                _ => value.to_owned(),
            },
        }
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{profile::Profile, web::shell::Theme, web::words::Lang};
    use serde_json::json;

    fn frame() -> Frame {
        Frame {
            words: Words::of(Lang::Ko),
            environment: Profile::Local,
            nonce: String::new(),
            csrf: String::new(),
            zone: crate::zone::Zone::seoul(),
            now: Instant::from_unix(1_800_000_000).unwrap(),
            theme: Theme::System,
            codes: None,
            has_personas: false,
            flash: None,
        }
    }

    #[test]
    fn before_and_after_are_side_by_side() {
        let changed =
            Changed::between(&json!({"points": "9450", "note": null}), &json!({"points": "12450", "kind": "x"}));
        let frame = frame();
        let shown: Vec<_> =
            changed.iter().map(|one| (one.field.as_str(), one.before_text(&frame), one.after_text(&frame))).collect();
        assert!(shown.contains(&("points", "9,450".into(), "12,450".into())));
        assert!(shown.contains(&("note", "—".into(), "—".into())));
        assert!(shown.contains(&("kind", "—".into(), "x".into())));
    }

    #[test]
    fn words_of_the_program_are_shown_in_the_language_of_the_reader_and_ids_as_they_are() {
        let shown = |field: &str, value: &str| {
            Changed { field: field.into(), before: Some(value.into()), after: None }.before_text(&frame())
        };
        assert_eq!(shown("status", "suspended"), "정지");
        assert_eq!(shown("roles", "auditor operator"), "감사 담당, CS 운영");
        assert_eq!(shown("password_at", "2026-11-19T18:04:12.000000Z"), "2026-11-20 03:04:12");
        assert_eq!(shown("order", "20261119"), "20261119");
        assert_eq!(shown("amount", "KRW 12300"), "₩12,300");
        assert_eq!(shown("payment.12", "USD 1234"), "$12.34");
        assert_eq!(shown("points_returned", "12500"), "12,500");
        assert_eq!(shown("state", "shipped"), "배송 중");
        assert_eq!(shown("refund_state", "failed"), "환불 실패");
        assert_eq!(shown("shipping_refunded", "true"), "예");
        // A kind of reason is called what it is called where it was chosen; an unknown one stays as it is.
        assert_eq!(shown("reason_kind", "goodwill"), "회원 보상");
        assert_eq!(shown("reason_kind", "out_of_stock"), "품절");
        assert_eq!(shown("reason_kind", "sunspots"), "sunspots");
        assert_eq!(shown("tracking_number", "601234564471"), "601234564471");
    }

    #[test]
    fn a_part_of_the_target_is_named_with_its_number() {
        let name = |field: &str| Changed { field: field.into(), before: None, after: None }.name(&Words::of(Lang::En));
        assert_eq!(name("payment.12"), "Refunded of payment 12");
        assert_eq!(name("line.3"), "Refunded units of item 3");
        assert_eq!(name("moon.3"), "moon.3");
        assert_eq!(name("shipping_refunded"), "Shipping fee refunded");
    }
}
