//! One request to a time-stamping authority over HTTP (RFC 3161, 3.4).

use crate::outgoing::{self, scheme_and_host, shortly};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);
/// The longest answer that is read: a token with a chain of certificates is a few kilobytes long.
const LONGEST: u64 = 64 * 1024;

/// Whether an address can be that of an authority. What it answers is signed, and what is sent is a hash, so it need not be encrypted.
pub(super) fn check(url: &str) -> Result<(), &'static str> {
    let is_plain = |(scheme, host, rest): (&str, &str, &str)| {
        url.chars().all(|c| c.is_ascii_graphic())
            && !host.contains('@')
            && !rest.contains('#')
            && matches!(scheme, "http" | "https")
    };
    if scheme_and_host(url).is_some_and(is_plain) {
        Ok(())
    } else {
        Err("it must be http:// or https://, a host and a path")
    }
}

pub(super) fn post(url: &str, request: &[u8]) -> Result<Vec<u8>, String> {
    let agent = outgoing::agent().timeout_global(Some(TIMEOUT)).build().new_agent();
    let sent = agent.post(url).content_type("application/timestamp-query").send(request);
    let mut answer = sent.map_err(|error| shortly(&error).to_owned())?;
    match answer.status().as_u16() {
        200 => answer.body_mut().with_config().limit(LONGEST).read_to_vec().map_err(|error| shortly(&error).to_owned()),
        status => Err(format!("it answered with {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn an_address_is_http_with_a_host() {
        for url in ["http://timestamp.example.com", "https://tsa.example.com:8443/tsr?policy=1", "http://127.0.0.1:7/"]
        {
            assert_eq!(check(url), Ok(()), "{url}");
        }
        for url in
            ["tsa.example.com", "ftp://tsa.example.com", "https://", "https://a@b/", "https://a/#b", "https://a b"]
        {
            assert!(check(url).is_err(), "{url}");
        }
    }
}
