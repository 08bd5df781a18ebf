//! A deployment as it is reported, and what it may hold.

use crate::{clock::Instant, text};
use chrono::{DateTime, SubsecRound as _, TimeDelta};
use serde::{Deserialize, Serialize};

/// Characters of each text.
const SERVICE: usize = 40;
const VERSION: usize = 100;
const ENVIRONMENT: usize = 40;
const BY: usize = 100;
const ADDRESS: usize = 500;
const NOTES: usize = 2000;
/// Characters of what an error repeats.
const SAID: usize = 200;
/// How far a clock elsewhere may be ahead.
const SKEW: TimeDelta = TimeDelta::minutes(5);
/// A deployment of longer ago has no part in what is wrong today.
const OLDEST: TimeDelta = TimeDelta::days(366);

/// A deployment that can be recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub service: String,
    pub environment: String,
    pub version: String,
    /// When, in UTC; empty where it is not said, which is now.
    pub at: String,
    pub by: String,
    /// Empty where there is none.
    pub url: String,
    pub notes: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Posted {
    service: Option<String>,
    version: String,
    environment: Option<String>,
    by: Option<String>,
    at: Option<String>,
    url: Option<String>,
    notes: Option<String>,
}

/// Reads the body of a report of this service.
///
/// # Errors
/// What is wrong with it, in one line.
pub(super) fn read(body: &[u8], service: &str, now: Instant) -> Result<Report, String> {
    let posted: Posted = serde_json::from_slice(body).map_err(|error| {
        let said: String = error.to_string().chars().filter(|c| text::is_printable(*c)).take(SAID).collect();
        format!("not the JSON of a deployment: {said}")
    })?;
    if posted.service.as_deref().is_some_and(|named| named != service) {
        return Err(format!("this token is of the service {service}, and of no other"));
    }
    let report = Report {
        service: service.to_owned(),
        environment: posted.environment.unwrap_or_default(),
        version: posted.version,
        at: posted.at.unwrap_or_default(),
        by: posted.by.unwrap_or_default(),
        url: posted.url.unwrap_or_default(),
        notes: posted.notes.unwrap_or_default(),
    };
    report.checked(now)
}

impl Report {
    /// The same with texts that can be shown and a time in UTC.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub(crate) fn checked(self, now: Instant) -> Result<Self, String> {
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.service.is_empty() || self.service.len() > SERVICE || !self.service.chars().all(is_part) {
            return Err(format!("service must be of lower-case letters, digits and hyphens, at most {SERVICE}"));
        }
        let version = line("version", &self.version, VERSION)?;
        if text::visible(&version) == 0 {
            return Err("version is missing".to_owned());
        }
        let url = self.url.trim().to_owned();
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        if !url.is_empty() && (!is_web || !text::is_line(&url) || url.contains(char::is_whitespace)) {
            return Err("url must begin with https:// or http:// and hold no blanks".to_owned());
        }
        Ok(Self {
            environment: line("environment", &self.environment, ENVIRONMENT)?,
            by: line("by", &self.by, BY)?,
            url: within("url", url, ADDRESS)?,
            notes: within("notes", shown(&self.notes.replace("\r\n", "\n")), NOTES)?,
            at: at(&self.at, now)?,
            service: self.service,
            version,
        })
    }
}

/// One line of text that can be shown.
fn line(name: &str, said: &str, most: usize) -> Result<String, String> {
    let text = shown(said).split_whitespace().collect::<Vec<_>>().join(" ");
    within(name, text, most)
}

/// A text without the characters that are not shown, of which pipelines send some with every emoji.
fn shown(said: &str) -> String {
    let text: String = said
        .chars()
        .map(|c| if c == '\t' { ' ' } else { c })
        .filter(|c| *c == '\n' || text::is_printable(*c))
        .collect();
    text::composed(text.trim())
}

fn within(name: &str, text: String, most: usize) -> Result<String, String> {
    if text.chars().count() > most { Err(format!("{name} has more than {most} characters")) } else { Ok(text) }
}

/// The time of a deployment in UTC, to a thousandth of a second: what is sent again has the same time on both engines.
fn at(said: &str, now: Instant) -> Result<String, String> {
    let said = said.trim();
    if said.is_empty() {
        return Ok(String::new());
    }
    let read = DateTime::parse_from_rfc3339(said);
    let read = read.map_err(|_| "at is no time as in 2026-03-01T09:30:00+09:00".to_owned())?;
    let at = Instant::from(read.to_utc().trunc_subsecs(3));
    if at > now.plus(SKEW) {
        return Err(format!("at is in the future: the console's clock says {now}"));
    }
    if at < now.minus(OLDEST) {
        return Err("at is longer ago than a year".to_owned());
    }
    Ok(at.to_string())
}

#[cfg(test)]
#[path = "report/tests.rs"]
mod tests;
