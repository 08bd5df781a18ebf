//! Whose request this is, as far as addresses go.
//!
//! The client is the other end of the connection, unless that is a trusted proxy. Then it is the rightmost address in
//! `X-Forwarded-For` that is no trusted proxy: everything to the left of it was written by an untrusted party. What
//! cannot be read is refused, never skipped, because skipping is how the address of a proxy turns into that of a liar.

use super::{Console, PageError, problem_page::Problem, visit::Visit};
use crate::gate::Refusal;
use actix_web::http::header::HeaderMap;
use ipnet::IpNet;
use std::net::IpAddr;

/// Why the client of a trusted proxy is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unknown {
    /// The forwarding header cannot be read.
    Unreadable,
    /// There is no forwarding header, or it names trusted proxies only. The address of the proxy is not that of a person:
    /// taken for one, a proxy inside an allowed network would let everybody in.
    Unnamed,
}

const MAX_BYTES: usize = 1024;
const MAX_HOPS: usize = 16;

/// The client's address, or the page that says why it is not known.
pub(super) async fn of(console: &Console, visit: &Visit, headers: &HeaderMap) -> Result<IpAddr, PageError> {
    let peer = visit.peer.ok_or(Problem::BadRequest)?;
    let (refusal, problem) = match address(peer, headers, &console.trusted_proxies) {
        Ok(ip) => return Ok(ip),
        Err(Unknown::Unreadable) => (Refusal::Address, Problem::BadRequest),
        Err(Unknown::Unnamed) => (Refusal::Unnamed, Problem::Unnamed),
    };
    Err(PageError { recorded: console.record(visit, &refusal).await, ..problem.into() })
}

/// The client's address. `X-Forwarded-For` is the only header that is ever read, and only from a trusted proxy.
fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Result<IpAddr, Unknown> {
    let peer = peer.to_canonical();
    if !is_trusted(peer, trusted) {
        return Ok(peer);
    }
    let mut line = String::new();
    for value in headers.get_all("x-forwarded-for") {
        let text =
            std::str::from_utf8(value.as_bytes()).ok().filter(|text| text.is_ascii()).ok_or(Unknown::Unreadable)?;
        if !line.is_empty() {
            line.push(',');
        }
        line.push_str(text);
        if line.len() > MAX_BYTES {
            return Err(Unknown::Unreadable);
        }
    }
    if line.is_empty() && headers.get("x-forwarded-for").is_none() {
        return Err(Unknown::Unnamed);
    }
    let hops: Vec<&str> = line.split(',').map(|hop| hop.trim_matches([' ', '\t'])).collect();
    if hops.len() > MAX_HOPS {
        return Err(Unknown::Unreadable);
    }
    // Every hop is read, also those left of the answer: a header with junk in it is not from a proxy that works.
    let hops =
        hops.into_iter().map(|hop| hop.parse::<IpAddr>().map(|ip| ip.to_canonical()).map_err(|_| Unknown::Unreadable));
    let hops: Vec<IpAddr> = hops.collect::<Result<_, _>>()?;
    hops.into_iter().rev().find(|ip| !is_trusted(*ip, trusted)).ok_or(Unknown::Unnamed)
}

fn is_trusted(ip: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|net| net.contains(&ip))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    fn seen(peer: &str, lines: &[&str]) -> Result<String, Unknown> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers
                .append(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        address(peer.parse().unwrap(), &headers, &trusted).map(|ip| ip.to_string())
    }

    #[test]
    fn the_address_of_a_stranger_is_the_peer_whatever_they_claim() {
        assert_eq!(seen("203.0.113.9", &["10.1.1.1"]).unwrap(), "203.0.113.9");
        assert_eq!(seen("203.0.113.9", &["junk"]).unwrap(), "203.0.113.9");
    }

    #[test]
    fn behind_a_trusted_proxy_the_rightmost_stranger_counts() {
        for line in [
            "6.6.6.6,203.0.113.9",
            "6.6.6.6, 203.0.113.9",
            "6.6.6.6 ,\t203.0.113.9",
            "203.0.113.9, 10.2.2.2",
            "::ffff:203.0.113.9",
        ] {
            assert_eq!(seen("10.0.0.1", &[line]).unwrap(), "203.0.113.9", "{line}");
        }
        assert_eq!(seen("::ffff:10.0.0.1", &["203.0.113.9"]).unwrap(), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6", "203.0.113.9"]).unwrap(), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", &["203.0.113.9", "6.6.6.6"]).unwrap(), "6.6.6.6");
    }

    #[test]
    fn a_trusted_proxy_that_names_no_client_is_refused() {
        for lines in [&[][..], &["10.3.3.3, 10.2.2.2"], &["10.0.0.1"], &["fd00::1", "::ffff:10.2.2.2"]] {
            assert_eq!(seen("10.0.0.1", lines), Err(Unknown::Unnamed), "{lines:?}");
        }
    }

    #[test]
    fn junk_from_a_trusted_proxy_is_refused() {
        for junk in [
            "",
            ",",
            "203.0.113.9,",
            "010.0.0.1",
            "0x0a.0.0.1",
            "127.1",
            "167772161",
            "10.0.0.1:443",
            "[::1]:80",
            "[::1]",
            "\"1.2.3.4\"",
            "fe80::1%eth0",
            "unknown",
            "_hidden",
            "１.2.3.4",
            "junk, 203.0.113.9",
        ] {
            assert_eq!(seen("10.0.0.1", &[junk]), Err(Unknown::Unreadable), "{junk:?}");
        }
        assert_eq!(seen("10.0.0.1", &[&["1.2.3.4"; 17].join(",")]), Err(Unknown::Unreadable));
        assert_eq!(seen("10.0.0.1", &[&" ".repeat(2000)]), Err(Unknown::Unreadable));
    }

    proptest! {
        #[test]
        fn nothing_left_of_a_stranger_changes_the_answer(left in "[ -~&&[^,]]{0,40}") {
            let line = format!("{left}, 203.0.113.9");
            let answer = seen("10.0.0.1", &[&line]);
            prop_assert!(answer == Err(Unknown::Unreadable) || answer.unwrap() == "203.0.113.9");
        }
    }
}
