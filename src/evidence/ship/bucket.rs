//! A bucket with Object Lock (S3 and what speaks its language): each checkpoint is one version of one object that can be neither
//! replaced nor removed until a date.
//!
//! A server may take a lock and not keep it, so what counts is what it says when it is asked afterwards. A version that comes later on
//! top of the first one is not prevented by a lock: what was shipped is the oldest version, and others are findings.

mod address;
mod listing;
mod request;
pub mod signature;
mod unlocked;

use self::{listing::Version, signature::Credentials};
use super::{Checked, Parcel, Placed, Unplaced};
use crate::clock::{Clock, Instant};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta};
use md5::{Digest as _, Md5};
use sha2::Sha256;
use ureq::http::StatusCode;

/// How far a lock may reach: servers wrap dates of the next century around.
pub(crate) const MOST_DAYS: i64 = 10_950;
/// How long the object of a check is locked.
const PROBE: TimeDelta = TimeDelta::minutes(1);

/// Where the bucket is, and how long what is put there is locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Without a slash at the end.
    endpoint: String,
    region: String,
    name: String,
    /// What keys begin with; empty, or with a slash at the end.
    prefix: String,
    retain: TimeDelta,
    credentials: Credentials,
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
    pub(super) fn name(&self) -> String {
        format!("s3://{}/{}", self.name, self.prefix.trim_end_matches('/'))
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

    /// Puts an object there that is locked for a minute, and tries to delete it; then looks for what others put there without a lock.
    pub(super) fn check(&self, clock: &Clock) -> Result<Checked, Unplaced> {
        let now = clock.now();
        let name = format!("ingam-check-{}", now.utc().timestamp_micros());
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
        let others = self.others(clock)?;
        let kept = format!("keeps what is locked: {} cannot be deleted before {until}", self.key(&name));
        Ok(Checked { said: format!("{kept}; {}", others.said), fault: others.fault })
    }

    /// Reads the oldest version of each object whose name begins so.
    pub(crate) fn oldest(&self, beginning: &str, clock: &Clock) -> Result<Found, Unplaced> {
        let mut found = Found::default();
        for (key, versions) in listing::by_key(self.versions(beginning, clock, usize::MAX)?.0) {
            let name = key.strip_prefix(&self.prefix).unwrap_or(&key).to_owned();
            // They come with the newest first. A removal can be older than every version: not each server tells of one when a checkpoint
            // is about to be put there.
            let oldest = versions.iter().rev().find(|version| !version.is_delete_marker);
            for other in versions.iter().rev().filter(|other| Some(*other) != oldest) {
                let what =
                    if other.is_delete_marker { "was removed" } else { "was put there again, with a later version" };
                found.findings.push(format!("{key} {what} on {}", other.modified));
            }
            let Some(oldest) = oldest else {
                found.findings.push(format!("no version of {key} is left"));
                continue;
            };
            let bytes = self.read(&name, &oldest.id, clock.now())?;
            found.objects.push((key, bytes));
        }
        Ok(found)
    }

    /// The versions of what begins so, of no more than `pages` pages of the listing, and whether these are all.
    fn versions(&self, beginning: &str, clock: &Clock, pages: usize) -> Result<(Vec<Version>, bool), Unplaced> {
        let (mut all, mut place) = (Vec::new(), None);
        for _ in 0..pages {
            let mut asked =
                vec![("encoding-type", "url".to_owned()), ("prefix", self.key(beginning)), ("versions", String::new())];
            if let Some((key, version)) = place.clone() {
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
                Some(next) if place.as_ref().is_some_and(|place| next.0 < place.0 || next == *place) => {
                    return Err(Unplaced::Failed("the listing of the versions does not go on".to_owned()));
                }
                Some(next) => place = Some(next),
                None => return Ok((all, true)),
            }
        }
        Ok((all, false))
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

/// Without a fraction of a second, as locks are.
fn whole(at: Instant) -> Instant {
    Instant::from_unix(at.unix()).unwrap_or(at)
}

fn day(at: Instant) -> String {
    at.utc().format("%Y-%m-%d %H:%M:%S UTC").to_string()
}
