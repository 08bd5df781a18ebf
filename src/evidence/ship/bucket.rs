//! A bucket with Object Lock (S3 and what speaks its language): each checkpoint is one version of one object that can be neither
//! replaced nor removed until a date.
//!
//! A server may take a lock and not keep it, so what counts is what it says when it is asked afterwards. A version that comes later on
//! top of the first one is not prevented by a lock: what was shipped is the oldest version, and others are findings.

mod listing;
pub mod signature;

use super::{Parcel, Placed, Unplaced};
use crate::{
    clock::{Clock, Instant},
    outgoing::{self, is_loopback, shortly},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta};
use listing::Version;
use md5::{Digest as _, Md5};
use sha2::Sha256;
use signature::{Credentials, Request, encoded, query, sha256, signed};
use std::{collections::BTreeMap, time::Duration};
use ureq::http::{HeaderMap, StatusCode};

/// How far a lock may reach: servers wrap dates of the next century around.
pub(crate) const MOST_DAYS: i64 = 10_950;
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer that is read: a page of a listing.
const LONGEST: u64 = 8 * 1024 * 1024;
/// How long the object of a check is locked.
const PROBE: TimeDelta = TimeDelta::minutes(1);

/// Where the bucket is, and how long what is put there is locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Without a slash at the end.
    endpoint: String,
    region: String,
    bucket: String,
    /// What keys begin with; empty, or with a slash at the end.
    prefix: String,
    retain: TimeDelta,
    credentials: Credentials,
}

/// An answer of the server.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// What a bucket holds under the names of checkpoints.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The oldest version of each name.
    pub objects: Vec<(String, Vec<u8>)>,
    /// What came later.
    pub findings: Vec<String>,
}

impl Bucket {
    /// Reads `s3://bucket/prefix?region=…&retain_days=…&endpoint=…`.
    pub(super) fn parse(text: &str, credentials: Option<&Credentials>) -> Result<Self, String> {
        let (place, query) = text.strip_prefix("s3://").unwrap_or(text).split_once('?').unwrap_or((text, ""));
        let place = place.strip_prefix("s3://").unwrap_or(place);
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let shown = format!("s3://{place}");
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(is_name) {
            return Err(format!(
                "{shown}: the name of the bucket must be 3 to 63 small letters, digits, hyphens and dots"
            ));
        }
        let prefix = prefix.trim_matches('/');
        let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '/');
        if prefix.len() > 200 || !prefix.chars().all(is_key) || prefix.split('/').any(|part| matches!(part, "." | ".."))
        {
            return Err(format!("{shown}: what is after the bucket must be letters, digits, and - . _ /, at most 200"));
        }
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(query).map_err(|_| format!("{shown}: what is after the ? cannot be read"))?;
        let mut said: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in pairs {
            if !["region", "retain_days", "endpoint"].contains(&name.as_str()) || said.insert(name, value).is_some() {
                return Err(format!("{shown}: after the ? there can be region, retain_days and endpoint, each once"));
            }
        }
        let region = said.remove("region").unwrap_or_default();
        let is_region = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if !(1..=40).contains(&region.len()) || !region.chars().all(is_region) {
            return Err(format!("{shown}: region= must name a region, such as ap-northeast-2"));
        }
        let days: Option<i64> = said.remove("retain_days").and_then(|days| days.parse().ok());
        let days = days.filter(|days| (1..=MOST_DAYS).contains(days)).ok_or_else(|| {
            format!("{shown}: retain_days= must be 1 to {MOST_DAYS}: for how many days what is put there is locked")
        })?;
        let endpoint = said.remove("endpoint").unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
        check_endpoint(&endpoint).map_err(|why| format!("{shown}: {why}"))?;
        let credentials = credentials.cloned().ok_or_else(|| {
            format!("{shown}: INGAM_AUDIT_SHIP_ACCESS_KEY and INGAM_AUDIT_SHIP_SECRET_KEY are not set")
        })?;
        Ok(Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            region,
            bucket: bucket.to_owned(),
            prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") },
            retain: TimeDelta::days(days),
            credentials,
        })
    }

    pub(super) fn name(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix.trim_end_matches('/'))
    }

    pub(super) fn put(&self, parcel: &Parcel) -> Result<Placed, Unplaced> {
        let promised = whole(parcel.since).plus(self.retain);
        if let Some(version) = self.there(parcel)? {
            return self.placed(&parcel.name, version, promised, parcel.now);
        }
        let version = self.upload(&parcel.name, &parcel.bytes, whole(parcel.now).plus(self.retain), parcel.now)?;
        self.placed(&parcel.name, version, promised, parcel.now)
    }

    /// The version that is there already with the same content; refused where something else is. A server that does not let one look
    /// is asked to put nothing over it.
    fn there(&self, parcel: &Parcel) -> Result<Option<String>, Unplaced> {
        let head = self.ask("HEAD", &parcel.name, &[], &[], b"", parcel.now)?;
        if head.header("x-amz-delete-marker") == Some("true") {
            return Err(Unplaced::Refused(format!("{} was there and was removed", self.key(&parcel.name))));
        }
        match head.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => return Ok(None),
            _ => return Err(head.failed("HEAD")),
        }
        let version = head.version()?;
        let there = self.read(&parcel.name, &version, parcel.now)?;
        if there == parcel.bytes {
            return Ok(Some(version));
        }
        let key = self.key(&parcel.name);
        Err(Unplaced::Refused(format!(
            "{key} is there and holds something else than the checkpoint of this log; nothing was put over it"
        )))
    }

    /// Puts an object there with its lock, in one request: those of several lose the lock on some servers.
    fn upload(&self, name: &str, bytes: &[u8], until: Instant, now: Instant) -> Result<String, Unplaced> {
        let headers = [
            ("content-md5", STANDARD.encode(Md5::digest(bytes))),
            ("content-type", "text/plain; charset=utf-8".to_owned()),
            ("if-none-match", "*".to_owned()),
            ("x-amz-checksum-sha256", STANDARD.encode(Sha256::digest(bytes))),
            ("x-amz-object-lock-mode", "COMPLIANCE".to_owned()),
            ("x-amz-object-lock-retain-until-date", until.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string()),
            ("x-amz-sdk-checksum-algorithm", "SHA256".to_owned()),
        ];
        let put = self.ask("PUT", name, &[], &headers, bytes, now)?;
        match put.status {
            StatusCode::OK => put.version(),
            // A server that did not let us look: something is there.
            StatusCode::PRECONDITION_FAILED => Err(Unplaced::Refused(format!(
                "{} is there, and these credentials may not read what it holds; nothing was put over it",
                self.key(name)
            ))),
            StatusCode::BAD_REQUEST if put.code() == "InvalidRequest" => Err(Unplaced::Failed(
                "the bucket does not take a lock: it has to be made with Object Lock (400 InvalidRequest)".to_owned(),
            )),
            _ => Err(put.failed("PUT")),
        }
    }

    /// Asks for what was put there: it counts only where it is locked, and for as long as was promised.
    fn placed(&self, name: &str, version: String, promised: Instant, now: Instant) -> Result<Placed, Unplaced> {
        let until = self.locked_until(name, &version, now)?;
        if until < promised {
            return Err(Unplaced::Failed(format!(
                "it is there, and locked until {} only, not until {}",
                day(until),
                day(promised)
            )));
        }
        Ok(Placed { version_id: Some(version), locked_until: Some(until) })
    }

    fn locked_until(&self, name: &str, version: &str, now: Instant) -> Result<Instant, Unplaced> {
        let head = self.ask("HEAD", name, &[("versionId", version.to_owned())], &[], b"", now)?;
        if head.status != StatusCode::OK {
            return Err(head.failed("HEAD"));
        }
        match head.header("x-amz-object-lock-mode") {
            Some("COMPLIANCE") => {}
            Some(_) => {
                return Err(Unplaced::Failed("it is there, and its lock is not of the mode COMPLIANCE".to_owned()));
            }
            None => return Err(Unplaced::Failed("it is there, and not locked".to_owned())),
        }
        // With or without a fraction, of as many digits as the server likes.
        let until = head.header("x-amz-object-lock-retain-until-date");
        let until = until.and_then(|text| DateTime::parse_from_rfc3339(text).ok()).map(|at| Instant::from(at.to_utc()));
        until.ok_or_else(|| Unplaced::Failed("it is there, and the end of its lock cannot be read".to_owned()))
    }

    fn read(&self, name: &str, version: &str, now: Instant) -> Result<Vec<u8>, Unplaced> {
        let got = self.ask("GET", name, &[("versionId", version.to_owned())], &[], b"", now)?;
        if got.status == StatusCode::OK { Ok(got.body) } else { Err(got.failed("GET")) }
    }

    /// Puts an object there that is locked for a minute, and tries to delete it.
    pub(super) fn check(&self, now: Instant) -> Result<String, Unplaced> {
        let name = format!("ingam-check-{}", now.unix());
        let until = whole(now).plus(PROBE);
        let version = self.upload(&name, b"ingam audit ship --check\n", until, now)?;
        let placed = self.placed(&name, version.clone(), until, now)?;
        let deleted = self.ask("DELETE", &name, &[("versionId", version)], &[], b"", now)?;
        if deleted.status.is_success() {
            return Err(Unplaced::Failed("an object that was locked could be deleted".to_owned()));
        }
        if deleted.status != StatusCode::FORBIDDEN {
            return Err(deleted.failed("DELETE"));
        }
        let until = placed.locked_until.map(day).unwrap_or_default();
        Ok(format!("keeps what is locked: {} cannot be deleted before {until}", self.key(&name)))
    }

    /// Reads the oldest version of each object whose name begins so.
    pub(crate) fn oldest(&self, beginning: &str, clock: &Clock) -> Result<Found, Unplaced> {
        let mut found = Found::default();
        for (key, versions) in listing::by_key(self.versions(beginning, clock)?) {
            let name = key.strip_prefix(&self.prefix).unwrap_or(&key).to_owned();
            // They come with the newest first.
            let Some(oldest) = versions.last() else { continue };
            for later in versions.iter().rev().skip(1) {
                let what =
                    if later.is_delete_marker { "was removed" } else { "was put there again, with a later version" };
                found.findings.push(format!("{key} {what} on {}", later.modified));
            }
            if oldest.is_delete_marker {
                found.findings.push(format!("{key} was removed on {}, and no version of it is left", oldest.modified));
                continue;
            }
            let bytes = self.read(&name, &oldest.id, clock.now())?;
            found.objects.push((key, bytes));
        }
        Ok(found)
    }

    fn versions(&self, beginning: &str, clock: &Clock) -> Result<Vec<Version>, Unplaced> {
        let (mut all, mut place) = (Vec::new(), None);
        loop {
            let mut asked =
                vec![("encoding-type", "url".to_owned()), ("prefix", self.key(beginning)), ("versions", String::new())];
            if let Some((key, version)) = place {
                asked.push(("key-marker", key));
                asked.push(("version-id-marker", version));
            }
            let got = self.ask_bucket(&asked, clock.now())?;
            if got.status != StatusCode::OK {
                return Err(got.failed("listing the versions"));
            }
            let page = listing::read(&got.body)
                .ok_or_else(|| Unplaced::Failed("the listing of the versions cannot be read".to_owned()))?;
            all.extend(page.versions);
            match page.next {
                Some(next) => place = Some(next),
                None => return Ok(all),
            }
        }
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn ask_bucket(&self, asked: &[(&str, String)], now: Instant) -> Result<Answer, Unplaced> {
        self.send("GET", &format!("/{}", self.bucket), asked, &[], b"", now)
    }

    fn ask(
        &self,
        method: &str,
        name: &str,
        asked: &[(&str, String)],
        headers: &[(&str, String)],
        body: &[u8],
        now: Instant,
    ) -> Result<Answer, Unplaced> {
        let path = encoded(&format!("/{}/{}", self.bucket, self.key(name)), true);
        self.send(method, &path, asked, headers, body, now)
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        asked: &[(&str, String)],
        headers: &[(&str, String)],
        body: &[u8],
        now: Instant,
    ) -> Result<Answer, Unplaced> {
        let host = self.endpoint.split_once("://").map_or("", |(_, host)| host);
        let mut all = headers.to_vec();
        all.push(("host", host.to_owned()));
        let request = Request { method, path, query: asked, headers: &all, sha256: sha256(body) };
        let headers = signed(&request, &self.region, &self.credentials, now);
        let asked = query(asked);
        let url = format!("{}{path}{}{asked}", self.endpoint, if asked.is_empty() { "" } else { "?" });
        let mut built = ureq::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            built = built.header(name, value);
        }
        let agent = outgoing::agent().timeout_global(Some(TIMEOUT)).build().new_agent();
        let answer = match built.body(body) {
            Ok(request) if body.is_empty() => agent.run(request.map(|_| ())),
            Ok(request) => agent.run(request),
            Err(_) => return Err(Unplaced::Failed("the request cannot be made".to_owned())),
        };
        let failed = |error: &ureq::Error| Unplaced::Failed(format!("{host}: {}", shortly(error)));
        let mut answer = answer.map_err(|error| failed(&error))?;
        let body = answer.body_mut().with_config().limit(LONGEST).read_to_vec().map_err(|error| failed(&error))?;
        Ok(Answer { status: answer.status(), headers: answer.headers().clone(), body })
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The id of the version; there is none where the bucket keeps no versions.
    fn version(&self) -> Result<String, Unplaced> {
        let id = self.header("x-amz-version-id").filter(|id| *id != "null" && !id.is_empty());
        id.map(str::to_owned)
            .ok_or_else(|| Unplaced::Failed("the bucket keeps no versions, so it locks nothing".to_owned()))
    }

    /// What the server calls the fault.
    fn code(&self) -> &str {
        let text = str::from_utf8(&self.body).unwrap_or_default();
        let code = listing::between(text, "<Code>", "</Code>").unwrap_or_default();
        if code.len() <= 64 && code.chars().all(|c| c.is_ascii_alphanumeric()) { code } else { "" }
    }

    fn failed(&self, what: &str) -> Unplaced {
        Unplaced::Failed(
            format!("{what} was answered with {} {}", self.status.as_u16(), self.code()).trim_end().to_owned(),
        )
    }
}

/// Requests carry what a person with a wiretap could send again for some minutes, so they are encrypted.
fn check_endpoint(text: &str) -> Result<(), String> {
    let (scheme, rest) = text.split_once("://").unwrap_or_default();
    let host = rest.trim_end_matches('/');
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '[' | ']');
    let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    match scheme {
        _ if host.is_empty() || !host.chars().all(is_host) => {
            Err("endpoint= must be scheme and host only, such as https://s3.example.com".to_owned())
        }
        "https" if host.ends_with(":443") => Err("endpoint= names the usual port; leave it out".to_owned()),
        "https" => Ok(()),
        "http" if is_loopback(name) => Ok(()),
        _ => Err("endpoint= must begin with https://".to_owned()),
    }
}

/// Without a fraction of a second, as locks are.
fn whole(at: Instant) -> Instant {
    Instant::from_unix(at.unix()).unwrap_or(at)
}

fn day(at: Instant) -> String {
    at.utc().format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Bucket, String> {
        Bucket::parse(text, Some(&Credentials::new("key", "secret").unwrap()))
    }

    #[test]
    fn a_bucket_is_read_as_it_is_written() {
        let bucket = parse("s3://evidence/ingam/prod/?region=ap-northeast-2&retain_days=1826").unwrap();
        assert_eq!(bucket.name(), "s3://evidence/ingam/prod");
        assert_eq!(bucket.endpoint, "https://s3.ap-northeast-2.amazonaws.com");
        assert_eq!(
            (bucket.key("checkpoint-1"), bucket.retain.num_days()),
            ("ingam/prod/checkpoint-1".to_owned(), 1_826)
        );
        let own = parse("s3://evidence?region=x&retain_days=1&endpoint=http://127.0.0.1:8333/").unwrap();
        assert_eq!((own.endpoint.as_str(), own.key("a").as_str()), ("http://127.0.0.1:8333", "a"));
        assert_eq!(own.name(), "s3://evidence/");
    }

    #[test]
    fn what_cannot_be_a_bucket_is_refused_with_what_is_wrong() {
        for (text, why) in [
            ("s3://?region=x&retain_days=1", "name of the bucket"),
            ("s3://Evidence?region=x&retain_days=1", "name of the bucket"),
            ("s3://evidence/../x?region=x&retain_days=1", "after the bucket"),
            ("s3://evidence/a?retain_days=1", "region="),
            ("s3://evidence/a?region=x", "retain_days= must be 1 to 10950"),
            ("s3://evidence/a?region=x&retain_days=0", "retain_days="),
            ("s3://evidence/a?region=x&retain_days=10951", "retain_days="),
            ("s3://evidence/a?region=x&retain_days=1&retain_days=2", "each once"),
            ("s3://evidence/a?region=x&retain_days=1&days=2", "each once"),
            ("s3://evidence/a?region=x&retain_days=1&endpoint=http://s3.example.com", "https://"),
            ("s3://evidence/a?region=x&retain_days=1&endpoint=https://user@example.com", "scheme and host only"),
        ] {
            let refused = parse(text).unwrap_err();
            assert!(refused.contains(why), "{text}: {refused}");
        }
        let without = Bucket::parse("s3://evidence?region=x&retain_days=1", None).unwrap_err();
        assert!(without.contains("INGAM_AUDIT_SHIP_ACCESS_KEY"), "{without}");
    }
}
