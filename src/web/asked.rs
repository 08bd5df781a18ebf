//! Whether a request is meant for this console, and whether a person will see the answer.

use super::{Console, PageError, problem_page::Problem, visit::Visit};
use crate::gate::Refusal;
use actix_web::{
    dev::ServiceRequest,
    http::{Uri, header::HeaderMap, uri::Authority},
};

/// The reason a request is refused for the host it names, if any. Jobs report to the public origin too.
pub(super) async fn misdirected(console: &Console, visit: &Visit, request: &ServiceRequest) -> Option<PageError> {
    if !console.is_strict_about_hosts {
        return None;
    }
    let misdirected = check_host(request.uri(), request.headers(), console.origin()).err()?;
    let recorded = console.record(visit, &Refusal::Host).await;
    let problem = match misdirected {
        Misdirected::Unclear => Problem::BadRequest,
        Misdirected::Elsewhere => Problem::Host,
    };
    Some(PageError { recorded, ..problem.into() })
}

/// The reason a page is refused because a person would not see it, if any.
pub(super) async fn unseen(console: &Console, visit: &Visit, request: &ServiceRequest) -> Option<PageError> {
    let unseen = why_unseen(request.headers()).filter(|_| request.match_pattern().is_some())?;
    // A person who types the address makes the browser ask in advance; that is no event.
    let recorded = unseen == Unseen::Embedded && console.record(visit, &Refusal::Embedded).await;
    Some(PageError { recorded, ..Problem::Forgery.into() })
}

/// Why a request is not meant for this console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Misdirected {
    /// No host, or several.
    Unclear,
    /// Another host.
    Elsewhere,
}

/// Compares the host that a request names, in `Host` and in an absolute address, with that of the public origin. A page of
/// another name that leads here, and a proxy that serves the console under it by mistake, get nothing.
fn check_host(uri: &Uri, headers: &HeaderMap, origin: &str) -> Result<(), Misdirected> {
    let ours = origin.split_once("://").map_or(origin, |(_, host)| host);
    let is_ours = |host: &str| {
        let is_same = |host: &str| host.eq_ignore_ascii_case(ours);
        is_same(host) || host.strip_suffix(":443").is_some_and(is_same)
    };
    let named = only(headers, "host").ok_or(Misdirected::Unclear)?.ok_or(Misdirected::Unclear)?;
    let in_address = uri.authority().map(Authority::as_str);
    if [Some(named), in_address].into_iter().flatten().all(is_ours) { Ok(()) } else { Err(Misdirected::Elsewhere) }
}

/// Why a person does not see the answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unseen {
    /// It is for a part of a page: an image, a script, a frame; or another site asks for it with a script.
    Embedded,
    /// The browser asks in advance, because the person is typing the address.
    Ahead,
}

/// Judges what the browser says the request is for. Pages are for the address bar and for the console's own scripts. A
/// client that says nothing is no browser of today, and is let through: it holds no session that a site could use.
fn why_unseen(headers: &HeaderMap) -> Option<Unseen> {
    let (Some(dest), Some(site), Some(purpose)) =
        (only(headers, "sec-fetch-dest"), only(headers, "sec-fetch-site"), only(headers, "sec-purpose"))
    else {
        return Some(Unseen::Embedded);
    };
    let is_of_another_site = !matches!(site, None | Some("same-origin" | "none"));
    let is_ahead = purpose.is_some_and(|purpose| purpose.to_ascii_lowercase().contains("prefetch"));
    match dest {
        None | Some("document") if is_ahead && is_of_another_site => Some(Unseen::Embedded),
        None | Some("document" | "empty") if is_ahead && site == Some("none") => Some(Unseen::Ahead),
        None | Some("document") => None,
        Some("empty") if !is_of_another_site => None,
        Some(_) => Some(Unseen::Embedded),
    }
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

    #[test]
    fn pages_are_for_the_address_bar_and_for_our_own_scripts() {
        let judge =
            |dest: &str, site: &str| why_unseen(&headers(&[("sec-fetch-dest", dest), ("sec-fetch-site", site)]));
        for (dest, site) in [
            ("document", "none"),
            ("document", "same-origin"),
            ("document", "same-site"),
            ("document", "cross-site"),
            ("empty", "same-origin"),
        ] {
            assert_eq!(judge(dest, site), None, "{dest} {site}");
        }
        for (dest, site) in [
            ("image", "same-site"),
            ("image", "same-origin"),
            ("script", "same-site"),
            ("style", "cross-site"),
            ("iframe", "same-site"),
            ("frame", "same-site"),
            ("fencedframe", "cross-site"),
            ("object", "same-site"),
            ("embed", "same-site"),
            ("video", "same-site"),
            ("empty", "same-site"),
            ("empty", "cross-site"),
            ("Document", "same-site"),
            ("", "same-site"),
        ] {
            assert_eq!(judge(dest, site), Some(Unseen::Embedded), "{dest} {site}");
        }
        assert_eq!(why_unseen(&headers(&[])), None);
        let twice = [("sec-fetch-dest", "document"), ("sec-fetch-dest", "image")];
        assert_eq!(why_unseen(&headers(&twice)), Some(Unseen::Embedded));
    }

    #[test]
    fn a_page_that_is_loaded_in_advance_is_not_seen() {
        let judge = |site: &str| {
            let lines =
                [("sec-fetch-dest", "document"), ("sec-fetch-site", site), ("sec-purpose", "prefetch;prerender")];
            why_unseen(&headers(&lines))
        };
        assert_eq!(judge("none"), Some(Unseen::Ahead));
        assert_eq!(judge("same-site"), Some(Unseen::Embedded));
        assert_eq!(judge("same-origin"), None);
    }
}
