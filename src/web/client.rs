//! Whose request this is, as far as addresses go.
//!
//! The client is the other end of the connection, unless that is a trusted proxy. Then it is the rightmost address in
//! `X-Forwarded-For` that is no trusted proxy: everything to the left of it was written by an untrusted party, and is neither
//! believed nor read. The address that decides has to be readable; it is refused otherwise and never skipped, because skipping
//! is how the address of a proxy turns into that of a liar.

use super::{Console, PageError, problem_page::Problem, visit::Visit};
use crate::gate::Refusal;
use actix_web::http::header::{HeaderMap, HeaderValue};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Why the client of a trusted proxy is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unknown {
    /// The forwarding header cannot be read.
    Unreadable,
    /// There is no forwarding header, or it names trusted proxies only. The address of the proxy is not that of a person:
    /// taken for one, a proxy inside an allowed network would let everybody in.
    Unnamed,
}

/// The number of proxies one behind the other.
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
    // From the right, and no further than needed. Also an empty element counts: it is what a proxy appends that does not know its
    // client, and what is left of it may be a lie.
    let lines: Vec<&[u8]> = headers.get_all("x-forwarded-for").map(HeaderValue::as_bytes).collect();
    let hops = lines.into_iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    for (passed, hop) in hops.map(<[u8]>::trim_ascii).enumerate() {
        let ip = read(hop).filter(|_| passed < MAX_HOPS).ok_or(Unknown::Unreadable)?;
        if !is_trusted(ip, trusted) {
            return Ok(ip);
        }
    }
    Err(Unknown::Unnamed)
}

/// An address as proxies write it: alone, in brackets, or with the port that it came from.
fn read(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?;
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let ip = match bare {
        Some(inside) => inside.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip())),
    };
    ip.map(|ip| ip.to_canonical())
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
    fn proxies_write_addresses_with_ports_brackets_and_empty_elements() {
        for (lines, client) in [
            (&["203.0.113.9:4711"][..], "203.0.113.9"),
            (&["[2001:db8::7]:4711"], "2001:db8::7"),
            (&["[2001:db8::7]"], "2001:db8::7"),
            (&["2001:db8::7"], "2001:db8::7"),
            (&["203.0.113.9, 10.2.2.2:80"], "203.0.113.9"),
            (&["1.2.3.4,, 203.0.113.9"], "203.0.113.9"),
            (&["", "203.0.113.9"], "203.0.113.9"),
        ] {
            assert_eq!(seen("10.0.0.1", lines).as_deref(), Ok(client), "{lines:?}");
        }
    }

    #[test]
    fn what_is_left_of_the_client_is_not_needed() {
        let long = format!("{}, 203.0.113.9", "1.2.3.4,".repeat(500));
        for line in
            ["unknown, 203.0.113.9", "junk, 203.0.113.9", "１.2.3.4, 203.0.113.9", "_hidden,,203.0.113.9", &long]
        {
            assert_eq!(seen("10.0.0.1", &[line]).as_deref(), Ok("203.0.113.9"), "{line}");
        }
    }

    #[test]
    fn an_address_that_decides_and_cannot_be_read_is_refused() {
        for junk in [
            "",
            ",",
            "203.0.113.9,",
            "203.0.113.9, , 10.2.2.2",
            "010.0.0.1",
            "0x0a.0.0.1",
            "127.1",
            "167772161",
            "10.0.0.1:",
            "10.0.0.1:443:1",
            "10.0.0.1:65536",
            "[10.0.0.1]",
            "[::1",
            "\"1.2.3.4\"",
            "fe80::1%eth0",
            "unknown",
            "_hidden",
            "１.2.3.4",
            "203.0.113.9, junk",
            "203.0.113.9, unknown, 10.2.2.2",
        ] {
            assert_eq!(seen("10.0.0.1", &[junk]), Err(Unknown::Unreadable), "{junk:?}");
        }
        assert_eq!(seen("10.0.0.1", &[&["10.2.2.2"; 17].join(",")]), Err(Unknown::Unreadable));
        assert_eq!(seen("10.0.0.1", &[&" ".repeat(2000)]), Err(Unknown::Unreadable));
        assert_eq!(seen("10.0.0.1", &["203.0.113.9", ""]), Err(Unknown::Unreadable));
    }

    proptest! {
        #[test]
        fn nothing_left_of_a_stranger_changes_the_answer(left in "[ -~]{0,40}") {
            let line = format!("{left}, 203.0.113.9");
            let answer = seen("10.0.0.1", &[&line]);
            prop_assert_eq!(answer.as_deref(), Ok("203.0.113.9"));
        }
    }
}
