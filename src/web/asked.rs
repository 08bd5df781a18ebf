//! Whether a request is meant for this console.

use actix_web::http::{Uri, header::HeaderMap};

/// Why a request is not meant for this console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misdirected {
    /// No host, or several.
    Unclear,
    /// Another host.
    Elsewhere,
}

/// Compares the host that a request names, in `Host` and in an absolute address, with that of the public origin. A page of
/// another name that leads here, and a proxy that serves the console under it by mistake, get nothing.
pub(crate) fn check_host(uri: &Uri, headers: &HeaderMap, origin: &str) -> Result<(), Misdirected> {
    let ours = origin.split_once("://").map_or(origin, |(_, host)| host);
    let is_ours = |host: &str| {
        let is_same = |host: &str| host.eq_ignore_ascii_case(ours);
        is_same(host) || host.strip_suffix(":443").is_some_and(is_same)
    };
    let named = only(headers, "host").ok_or(Misdirected::Unclear)?.ok_or(Misdirected::Unclear)?;
    let in_address = uri.authority().map(|authority| authority.as_str());
    if [Some(named), in_address].into_iter().flatten().all(is_ours) { Ok(()) } else { Err(Misdirected::Elsewhere) }
}

/// The value of a header that occurs at most once; `None` where it occurs more often or is no text.
#[expect(clippy::option_option, reason = "a header that is not there is not one that cannot be read")]
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<Option<&'a str>> {
    let mut values = headers.get_all(name);
    let Some(first) = values.next() else { return Some(None) };
    if values.next().is_some() {
        return None;
    }
    first.to_str().ok().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn only_the_host_of_the_public_origin_is_ours() {
        let check = |uri: &str, hosts: &[&str]| {
            let lines: Vec<_> = hosts.iter().map(|host| ("host", *host)).collect();
            check_host(&uri.parse().unwrap(), &headers(&lines), "https://admin.example.com")
        };
        for host in ["admin.example.com", "ADMIN.example.com", "admin.example.com:443"] {
            assert_eq!(check("/users", &[host]), Ok(()), "{host}");
        }
        for host in [
            "",
            "evil.test",
            "admin.example.com.",
            "admin.example.com:8443",
            "admin.example.com:80",
            "admin.example.com.evil.test",
            "evil.test@admin.example.com",
            "10.20.0.2",
            "localhost",
            "admin.example.com, evil.test",
        ] {
            assert_eq!(check("/users", &[host]), Err(Misdirected::Elsewhere), "{host}");
        }
        assert_eq!(check("/users", &[]), Err(Misdirected::Unclear));
        assert_eq!(check("/users", &["admin.example.com", "admin.example.com"]), Err(Misdirected::Unclear));
        assert_eq!(check("http://admin.example.com/users", &["admin.example.com"]), Ok(()));
        for uri in ["http://evil.test/users", "http://x@admin.example.com/users"] {
            assert_eq!(check(uri, &["admin.example.com"]), Err(Misdirected::Elsewhere), "{uri}");
        }
        assert_eq!(check("http://admin.example.com/users", &["evil.test"]), Err(Misdirected::Elsewhere));
    }
}
