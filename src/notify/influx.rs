//! InfluxDB's line protocol, for dashboards of runs: one line for each run that ended. It is what InfluxDB 1.x and 2.x and
//! VictoriaMetrics read alike: nanoseconds and no `precision`, integers with `i`, and no field called `duration`, which InfluxQL
//! takes for a keyword.

use super::{
    Facts, Message, What,
    channel::Secret,
    post::{Address, post},
    send::{Answer, Letter},
    text::Setting,
};
use crate::{clock::Instant, id::DeliveryId};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::fmt::Write as _;
use std::time::{Duration, Instant as Moment};

/// What runs are measured as.
const MEASUREMENT: &str = "batch_run";
/// What a test is measured as.
const TEST: &str = "ingam_test";
/// Bytes of a tag value; InfluxDB takes at most 65,535.
const TAG: usize = 1024;
/// How long lines are sent one by one after they were refused together: less than the claim lasts.
const APART: Duration = Duration::from_secs(15);

/// Where points are written.
#[derive(Clone, Debug)]
pub(crate) struct Influx {
    url: Address,
    /// `Token …` or `Basic …`
    authorization: Option<Secret>,
}

/// Whose data it is.
#[derive(Clone, Debug)]
pub(crate) enum Place<'a> {
    /// 1.x, with `user:password` where it asks for one.
    Database { database: &'a str, login: Option<&'a str> },
    /// 2.x and 3.x.
    Bucket { organization: &'a str, bucket: &'a str, token: &'a str },
}

impl Influx {
    /// # Errors
    /// The address cannot be read; the message does not repeat it.
    pub(crate) fn new(base: &str, place: &Place<'_>) -> Result<Self, String> {
        let base = base.trim_end_matches('/');
        let encoded = |pairs: &[(&str, &str)]| serde_urlencoded::to_string(pairs).unwrap_or_default();
        let (url, authorization) = match place {
            Place::Database { database, login } => {
                let basic = login.map(|login| format!("Basic {}", STANDARD.encode(login)));
                (format!("{base}/write?{}", encoded(&[("db", database)])), basic)
            }
            Place::Bucket { organization, bucket, token } => {
                let query = encoded(&[("org", organization), ("bucket", bucket)]);
                (format!("{base}/api/v2/write?{query}"), Some(format!("Token {token}")))
            }
        };
        Ok(Self { url: Address::parse(&url)?, authorization: authorization.map(Secret::new) })
    }

    pub(super) fn host(&self) -> &str {
        self.url.host()
    }

    pub(crate) fn address(&self) -> &Address {
        &self.url
    }
}

/// Sends all in one call. Where the call is refused, InfluxDB may have taken some of its lines; a line that is written again is the
/// same point, so each is sent by itself and has its own answer.
pub(super) fn send(
    agent: &ureq::Agent,
    influx: &Influx,
    letters: &[Letter],
    setting: &Setting,
    now: Instant,
) -> Vec<(DeliveryId, Answer)> {
    let environment = setting.profile.as_str();
    let lines: Vec<(DeliveryId, Option<String>)> =
        letters.iter().map(|letter| (letter.id, line(&letter.message, environment))).collect();
    let body: Vec<&str> = lines.iter().filter_map(|(_, line)| line.as_deref()).collect();
    let together = write(agent, influx, &body.join("\n"), now);
    let is_apart = matches!(together, Answer::Refused(_)) && body.len() > 1;
    let begun = Moment::now();
    let answer = |line: &Option<String>| match line {
        None => Answer::Refused("it takes measurements only".to_owned()),
        Some(line) if is_apart && begun.elapsed() < APART => write(agent, influx, line, now),
        Some(_) if is_apart => Answer::later("refused together with others, and not sent by itself yet"),
        Some(_) => together.clone(),
    };
    lines.iter().map(|(id, line)| (*id, answer(line))).collect()
}

fn write(agent: &ureq::Agent, influx: &Influx, body: &str, now: Instant) -> Answer {
    let mut headers = vec![("content-type", "text/plain; charset=utf-8")];
    headers.extend(influx.authorization.as_ref().map(|secret| ("authorization", secret.text())));
    match post(agent, &influx.url, &headers, body, now) {
        Ok(reply) if reply.status.as_u16() == 204 => Answer::Taken,
        Ok(reply) if reply.status.is_success() => {
            Answer::Misconfigured(format!("HTTP {}, and not InfluxDB's 204", reply.status.as_u16()))
        }
        Ok(reply) => reply.judge(),
        Err(answer) => answer,
    }
}

/// The line of a message; none where it is no measurement.
fn line(message: &Message, environment: &str) -> Option<String> {
    match message.what {
        What::Point => point(message, environment),
        What::Test => Some(format!(
            "{TEST},environment={},channel={} value=1i {}",
            tag(environment),
            tag(&message.title),
            message.at.utc().timestamp_nanos_opt()?
        )),
        _ => None,
    }
}

fn point(message: &Message, environment: &str) -> Option<String> {
    let Facts { run, job, outcome, took, processed, exit_code, attempt, .. } = &message.facts;
    let (run, job, outcome) = ((*run)?, job.as_deref()?, outcome.as_deref()?);
    let mut line = format!(
        "{MEASUREMENT},environment={},job_name={},outcome={} run={run}i",
        tag(environment),
        tag(job),
        tag(outcome)
    );
    for (name, value) in
        [("duration_ms", took), ("processed", processed), ("exit_code", exit_code), ("attempt", attempt)]
    {
        if let Some(value) = value {
            let _ = write!(line, ",{name}={value}i");
        }
    }
    // Two runs of one job that end in the same millisecond are two points, and a line that is sent again is the same one.
    let nanoseconds =
        message.at.utc().timestamp_millis().checked_mul(1_000_000)?.checked_add(run.rem_euclid(1_000_000))?;
    let _ = write!(line, " {nanoseconds}");
    Some(line)
}

/// A tag value. InfluxDB cannot keep one that is empty, ends in a backslash or has a line break: these become `-`, `/` and a blank.
fn tag(value: &str) -> String {
    let mut value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let end =
        value.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= TAG).last().unwrap_or_default();
    value.truncate(end);
    if value.ends_with('\\') {
        value.pop();
        value.push('/');
    }
    if value.trim().is_empty() {
        return "-".to_owned();
    }
    value.replace(',', "\\,").replace('=', "\\=").replace(' ', "\\ ")
}

#[cfg(test)]
#[path = "influx/tests.rs"]
mod tests;
