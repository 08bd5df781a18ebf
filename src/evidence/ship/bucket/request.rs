//! Requests to a bucket, and their answers.

use super::{
    Bucket, Unplaced, listing,
    signature::{Request, encoded, query, sha256, signed},
};
use crate::{
    clock::Instant,
    outgoing::{self, shortly},
};
use std::time::Duration;
use ureq::http::{HeaderMap, StatusCode};

const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer that is read: a page of a listing.
const LONGEST: u64 = 8 * 1024 * 1024;

/// An answer of the server.
pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Bucket {
    pub(super) fn ask_bucket(&self, asked: &[(&str, String)], now: Instant) -> Result<Answer, Unplaced> {
        self.send("GET", &format!("/{}", self.name), asked, &[], b"", now)
    }

    pub(super) fn ask(
        &self,
        method: &str,
        name: &str,
        asked: &[(&str, String)],
        headers: &[(&str, String)],
        body: &[u8],
        now: Instant,
    ) -> Result<Answer, Unplaced> {
        let path = encoded(&format!("/{}/{}", self.name, self.key(name)), true);
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
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The id of the version; there is none where the bucket keeps no versions.
    pub(super) fn version(&self) -> Result<String, Unplaced> {
        let id = self.header("x-amz-version-id").filter(|id| *id != "null" && !id.is_empty());
        id.map(str::to_owned)
            .ok_or_else(|| Unplaced::Failed("the bucket keeps no versions, so it locks nothing".to_owned()))
    }

    /// What the server calls the fault.
    pub(super) fn code(&self) -> &str {
        let text = str::from_utf8(&self.body).unwrap_or_default();
        let code = listing::between(text, "<Code>", "</Code>").unwrap_or_default();
        if code.len() <= 64 && code.chars().all(|c| c.is_ascii_alphanumeric()) { code } else { "" }
    }

    pub(super) fn failed(&self, what: &str) -> Unplaced {
        Unplaced::Failed(
            format!("{what} was answered with {} {}", self.status.as_u16(), self.code()).trim_end().to_owned(),
        )
    }
}
