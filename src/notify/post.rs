//! Posting a message to an address, and what the answer says of it.

use super::send::Answer;
use crate::{clock::Instant, outgoing};
use chrono::{DateTime, TimeDelta};
use std::{fmt, time::Duration};
use ureq::http::{Request, StatusCode, Uri, header::RETRY_AFTER};

/// How long a receiver may take. One that hangs delays its own channel only.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);
/// Messages that follow each other go over one connection; an older one may have died.
const KEPT: Duration = Duration::from_secs(2);
/// What is read of an answer.
const LARGEST: u64 = 16 * 1024;
/// What is shown of it.
const SHOWN: usize = 200;

/// An address that may hold a secret, so that only its host is shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address(Uri);

impl Address {
    /// # Errors
    /// The text is not the address of a service; the message does not repeat it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let uri: Uri = text.parse().map_err(|_| "is not an address such as https://example.com/path".to_owned())?;
        match (uri.scheme_str(), uri.host()) {
            (Some("https" | "http"), Some(_)) => Ok(Self(uri)),
            _ => Err("must begin with https:// and name a host".to_owned()),
        }
    }

    pub(crate) fn host(&self) -> &str {
        self.0.host().unwrap_or_default()
    }

    /// The host, with the port where it is not the usual one.
    pub(super) fn authority(&self) -> String {
        let usual = if self.0.scheme_str() == Some("http") { 80 } else { 443 };
        match self.0.port_u16().filter(|port| *port != usual) {
            Some(port) => format!("{}:{port}", self.host()),
            None => self.host().to_owned(),
        }
    }

    /// Whether a name or a password is in it.
    pub(super) fn has_login(&self) -> bool {
        self.0.authority().is_some_and(|authority| authority.as_str().contains('@'))
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> String {
        self.0.to_string()
    }

    /// Whether what is sent there can be read on the way.
    pub(crate) fn is_readable(&self) -> bool {
        self.0.scheme_str() == Some("http") && !outgoing::is_loopback(self.host())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}/…)", self.host())
    }
}

/// What sends, with the connections it keeps.
pub(crate) fn agent() -> ureq::Agent {
    outgoing::agent()
        .max_idle_connections(32)
        .max_idle_connections_per_host(32)
        .max_idle_age(KEPT)
        .timeout_global(Some(TIMEOUT))
        .build()
        .new_agent()
}

/// An answer with its body.
pub(super) struct Reply {
    pub status: StatusCode,
    pub body: String,
    /// When it may be asked again, where it says so.
    after: Option<TimeDelta>,
}

/// Posts a body.
///
/// # Errors
/// Why there was no answer: then it may have been taken all the same.
pub(super) fn post(
    agent: &ureq::Agent,
    to: &Address,
    headers: &[(&str, &str)],
    body: &str,
    now: Instant,
) -> Result<Reply, Answer> {
    let request =
        headers.iter().fold(Request::post(to.0.clone()), |request, (name, value)| request.header(*name, *value));
    let request =
        request.body(body.to_owned()).map_err(|_| Answer::Refused("the request cannot be written".to_owned()))?;
    let reply = agent.run(request).map(|mut reply| {
        let after = reply.headers().get(RETRY_AFTER).and_then(|value| retry_after(value.to_str().ok()?, now));
        let body = reply.body_mut().with_config().limit(LARGEST).read_to_vec().unwrap_or_default();
        Reply { status: reply.status(), body: String::from_utf8_lossy(&body).into_owned(), after }
    });
    reply.map_err(|error| Answer::later(outgoing::shortly(&error)))
}

/// Calls an address that takes signs of life.
///
/// # Errors
/// Why it did not take this one, in words without the address.
pub(crate) fn call(agent: &ureq::Agent, address: &Address) -> Result<(), String> {
    let reply = agent.get(address.0.clone()).call().map_err(|error| outgoing::shortly(&error).to_owned())?;
    if reply.status().is_success() { Ok(()) } else { Err(format!("HTTP {}", reply.status().as_u16())) }
}

/// A number of seconds or a date (RFC 9110, 10.2.3); at most a day.
fn retry_after(text: &str, now: Instant) -> Option<TimeDelta> {
    let after = match text.trim().parse() {
        Ok(seconds) => TimeDelta::try_seconds(seconds)?,
        Err(_) => Instant::from(DateTime::parse_from_rfc2822(text).ok()?.to_utc()).since(now),
    };
    Some(after.clamp(TimeDelta::zero(), TimeDelta::days(1)))
}

impl Reply {
    /// What an answer that is not the good one means: an address or key that is wrong can be mended, and what is wrong with
    /// the message itself stays so.
    pub(super) fn judge(self) -> Answer {
        let said = self.said();
        match self.status.as_u16() {
            401 | 403 | 404 | 405 | 410 => Answer::Misconfigured(said),
            408 | 425 | 429 => Answer::Later { why: said, after: self.after },
            300..=399 => Answer::Misconfigured(format!("{said}: it leads elsewhere, which is not followed")),
            400..=499 => Answer::Refused(said),
            _ => Answer::Later { why: said, after: self.after },
        }
    }

    /// `HTTP 400: invalid_blocks`: the first line, where it is text of letters and signs.
    fn said(&self) -> String {
        let line = self.body.lines().next().unwrap_or_default().trim();
        let is_markup = line.starts_with('<');
        let shown: String = line.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
        let status = self.status.as_u16();
        if shown.is_empty() || is_markup { format!("HTTP {status}") } else { format!("HTTP {status}: {shown}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, body: &str) -> Answer {
        let status = StatusCode::from_u16(status).unwrap();
        Reply { status, body: body.to_owned(), after: Some(TimeDelta::seconds(7)) }.judge()
    }

    #[test]
    fn what_can_be_mended_is_kept_and_what_is_wrong_with_the_message_is_not() {
        assert_eq!(judged(404, "no_service"), Answer::Misconfigured("HTTP 404: no_service".to_owned()));
        assert_eq!(judged(400, "invalid_blocks\nmore"), Answer::Refused("HTTP 400: invalid_blocks".to_owned()));
        let after = Some(TimeDelta::seconds(7));
        assert_eq!(judged(429, ""), Answer::Later { why: "HTTP 429".to_owned(), after });
        assert_eq!(judged(503, "<html>"), Answer::Later { why: "HTTP 503".to_owned(), after });
        assert!(matches!(judged(302, ""), Answer::Misconfigured(why) if why.contains("not followed")));
    }

    #[test]
    fn when_to_come_back_is_a_number_of_seconds_or_a_date() {
        let now = Instant::parse("2026-11-28T03:00:00.000000Z").unwrap();
        assert_eq!(retry_after("120", now), Some(TimeDelta::seconds(120)));
        assert_eq!(retry_after("Sat, 28 Nov 2026 03:01:00 GMT", now), Some(TimeDelta::minutes(1)));
        assert_eq!(retry_after("Sat, 28 Nov 2026 02:00:00 GMT", now), Some(TimeDelta::zero()));
        assert_eq!(retry_after("99999999", now), Some(TimeDelta::days(1)));
        assert_eq!(retry_after("soon", now), None);
    }

    #[test]
    fn an_address_shows_its_host_only_and_is_readable_where_it_is_not_encrypted() {
        let address = Address::parse("https://hooks.example.com/services/T0/B0/secret").unwrap();
        assert_eq!(format!("{address:?}"), "Address(hooks.example.com/…)");
        assert!(!address.is_readable() && Address::parse("http://hooks.example.com").unwrap().is_readable());
        for loopback in ["http://127.0.0.1:9000/x", "http://[::1]:9000", "http://localhost"] {
            assert!(!Address::parse(loopback).unwrap().is_readable(), "{loopback}");
        }
        for wrong in ["", "hooks.example.com/secret", "ftp://example.com/secret", "https://", "/secret"] {
            let error = Address::parse(wrong).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
