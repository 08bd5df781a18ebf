//! What an Alertmanager (version 4) or a Grafana posts, and what an Alertmanager answers when it is asked.
//!
//! Each alert has its own status, and only that counts: a group whose status is `resolved` may hold alerts that were cut off and are
//! still open, of which nothing follows.

use crate::{
    clock::Instant,
    notify::{Severity, text::one_line},
};
use chrono::{DateTime, SubsecRound as _};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Labels that are kept, and characters of a name, of a value, of a title and of a summary.
const LABELS: usize = 20;
const LABEL: usize = 60;
const VALUE: usize = 200;
const TITLE: usize = 200;
const SUMMARY: usize = 500;
/// Bytes of a fingerprint, and of an address.
const FINGERPRINT: usize = 64;
const ADDRESS: usize = 2000;

/// An alert as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Incoming {
    pub fingerprint: String,
    pub starts_at: Instant,
    pub is_firing: bool,
    pub title: String,
    pub severity: Severity,
    /// What the sender calls it by: names and values.
    pub labels: BTreeMap<String, String>,
    /// Where it comes from, at the sender. One that ends may have none.
    pub url: Option<String>,
    pub summary: Option<String>,
}

impl Incoming {
    /// The episode, as the subject of its alert here.
    pub(crate) fn subject(&self, source: &str) -> String {
        format!("{source}:{}:{}", self.fingerprint, self.starts_at)
    }
}

#[derive(Deserialize)]
struct Body {
    alerts: Vec<Told>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    status: String,
    #[serde(flatten)]
    alert: Alert,
}

/// What both forms have in common.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    fingerprint: String,
    starts_at: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    #[serde(default, rename = "generatorURL")]
    generator_url: Option<String>,
}

/// The alerts of a body.
///
/// # Errors
/// What cannot be read, in one line.
pub(super) fn read(body: &[u8]) -> Result<Vec<Incoming>, String> {
    let body: Body = serde_json::from_slice(body).map_err(|error| {
        format!(
            "not the body of a webhook of Alertmanager or Grafana: line {}, column {}",
            error.line(),
            error.column()
        )
    })?;
    let read = |(n, told): (usize, Told)| {
        let is_firing = match told.status.as_str() {
            "firing" => Ok(true),
            "resolved" => Ok(false),
            _ => Err("its status is neither firing nor resolved".to_owned()),
        };
        is_firing.and_then(|is_firing| told.alert.read(is_firing)).map_err(|why| format!("alert {}: {why}", n + 1))
    };
    body.alerts.into_iter().enumerate().map(read).collect()
}

impl Alert {
    fn read(self, is_firing: bool) -> Result<Incoming, String> {
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if self.fingerprint.is_empty() || self.fingerprint.len() > FINGERPRINT || !is_plain(&self.fingerprint) {
            return Err("it has no fingerprint".to_owned());
        }
        let starts_at = DateTime::parse_from_rfc3339(&self.starts_at).map_err(|_| "startsAt is no time".to_owned())?;
        // An Alertmanager posts nanoseconds, and answers with milliseconds of the same time when it is asked.
        let starts_at = Instant::from(starts_at.to_utc().trunc_subsecs(3));
        if starts_at < Instant::earliest() || starts_at > Instant::latest() {
            return Err("startsAt is no time".to_owned());
        }
        let title = self.labels.get("alertname").map(|name| shown(name, TITLE)).filter(|name| !name.is_empty());
        let severity = match self.labels.get("severity").map(String::as_str) {
            Some("critical") => Severity::Critical,
            _ => Severity::Warning,
        };
        let summary = ["summary", "description", "message"].iter().find_map(|name| self.annotations.get(*name));
        let labels = self.labels.iter().filter(|(name, _)| !matches!(name.as_str(), "alertname" | "severity"));
        Ok(Incoming {
            title: title.unwrap_or_else(|| self.fingerprint.clone()),
            severity,
            labels: labels.take(LABELS).map(|(name, value)| (shown(name, LABEL), shown(value, VALUE))).collect(),
            url: self.generator_url.filter(|url| is_address(url)),
            summary: summary.map(|text| shown(text, SUMMARY)).filter(|text| !text.is_empty()),
            fingerprint: self.fingerprint,
            starts_at,
            is_firing,
        })
    }
}

/// Whether it is an address that a page can link to: `javascript:` is none.
fn is_address(url: &str) -> bool {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    is_web && url.len() <= ADDRESS && !url.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// Text in one line, with at most this number of characters.
fn shown(text: &str, most: usize) -> String {
    let mut text = one_line(text);
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// An alert that an Alertmanager says it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub alert: Incoming,
    /// Whether a silence, or another alert, keeps it from telling of this one.
    pub is_suppressed: bool,
}

#[derive(Deserialize)]
struct Answered {
    status: Status,
    #[serde(flatten)]
    alert: Alert,
}

#[derive(Deserialize)]
struct Status {
    state: String,
}

/// The answer to `GET /api/v2/alerts`, which holds what is open only.
///
/// # Errors
/// What cannot be read, in one line.
pub(super) fn read_list(body: &[u8]) -> Result<Vec<Listed>, String> {
    let answered: Vec<Answered> =
        serde_json::from_slice(body).map_err(|_| "its answer is no list of alerts".to_owned())?;
    let read =
        |one: Answered| Ok(Listed { alert: one.alert.read(true)?, is_suppressed: one.status.state == "suppressed" });
    answered.into_iter().map(read).collect()
}

/// The answer to `GET /api/v2/status`: since when it runs.
pub(super) fn read_start(body: &[u8]) -> Option<Instant> {
    #[derive(Deserialize)]
    struct Answered {
        uptime: String,
    }
    let answered: Answered = serde_json::from_slice(body).ok()?;
    DateTime::parse_from_rfc3339(&answered.uptime).ok().map(|at| Instant::from(at.to_utc()))
}

#[cfg(test)]
#[path = "incoming/tests.rs"]
mod tests;
