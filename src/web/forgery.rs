//! Whether a form came from a page of this console: four checks, each of which would be enough in a browser that works.

use crate::secret::{Purpose, SecretKey};
use actix_web::http::header::{self, HeaderMap};
use subtle::ConstantTimeEq as _;

/// Why a request that would change something is turned away before anything is read of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forged {
    /// No origin, another origin, or a browser that says the request came from another site.
    Origin,
    /// Not what a form sends.
    MediaType,
}

/// Judges the headers of a request that would change something. Requests without an `Origin` are refused too: every
/// browser sends it with a form, and nothing else has business here.
pub fn check_headers(headers: &HeaderMap, origins: &[String]) -> Result<(), Forged> {
    let is_ours = |value: &str| origins.iter().any(|origin| origin == value);
    if !only(headers, "origin").is_some_and(is_ours) {
        return Err(Forged::Origin);
    }
    if headers.contains_key("sec-fetch-site") && only(headers, "sec-fetch-site") != Some("same-origin") {
        return Err(Forged::Origin);
    }
    let media_type =
        only(headers, header::CONTENT_TYPE.as_str()).and_then(|value| value.split(';').next()).map(str::trim);
    match media_type {
        Some(value) if value.eq_ignore_ascii_case("application/x-www-form-urlencoded") => Ok(()),
        _ => Err(Forged::MediaType),
    }
}

/// The value of a header that occurs exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name);
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}

/// The token in every form of a session. `session` is the session's key or, before signing in, the value of
/// a cookie of its own.
pub fn token(key: &SecretKey, session: &str) -> String {
    hex::encode(key.mac(Purpose::Forgery, session.as_bytes()))
}

pub fn verify(key: &SecretKey, session: &str, posted: &str) -> bool {
    // Without session and cookie there is nothing a form could be bound to.
    !session.is_empty() && bool::from(token(key, session).as_bytes().ct_eq(posted.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    fn checked(lines: &[(&'static str, &str)]) -> Result<(), Forged> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        check_headers(&headers, &["https://admin.example.com".to_owned()])
    }
    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
    const OURS: (&str, &str) = ("origin", "https://admin.example.com");

    #[test]
    fn a_form_of_the_console_passes() {
        assert_eq!(checked(&[OURS, FORM]), Ok(()));
        assert_eq!(checked(&[OURS, FORM, ("sec-fetch-site", "same-origin")]), Ok(()));
        assert_eq!(checked(&[OURS, ("content-type", "application/x-www-form-urlencoded; charset=UTF-8")]), Ok(()));
    }

    #[test]
    fn any_other_origin_is_refused() {
        for origin in [
            "null",
            "",
            "http://admin.example.com",
            "https://admin.example.com:8443",
            "https://ADMIN.example.com",
            "https://admin.example.com.",
            "https://admin.example.com.evil.test",
            "https://admin.example.com/",
            "https://evil.test",
        ] {
            assert_eq!(checked(&[("origin", origin), FORM]), Err(Forged::Origin), "{origin}");
        }
        assert_eq!(checked(&[FORM]), Err(Forged::Origin));
        assert_eq!(checked(&[OURS, OURS, FORM]), Err(Forged::Origin));
        for site in ["cross-site", "same-site", "none", ""] {
            assert_eq!(checked(&[OURS, FORM, ("sec-fetch-site", site)]), Err(Forged::Origin), "{site}");
        }
        assert_eq!(
            checked(&[OURS, FORM, ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin")]),
            Err(Forged::Origin)
        );
    }

    #[test]
    fn only_forms_are_forms() {
        for media_type in ["text/plain", "application/json", "multipart/form-data; boundary=x", ""] {
            assert_eq!(checked(&[OURS, ("content-type", media_type)]), Err(Forged::MediaType), "{media_type}");
        }
        assert_eq!(checked(&[OURS]), Err(Forged::MediaType));
    }

    #[test]
    fn a_token_belongs_to_its_session() {
        let key = SecretKey::new(crate::secret::random());
        assert!(verify(&key, "a", &token(&key, "a")));
        for posted in ["", "x", &token(&key, "b")] {
            assert!(!verify(&key, "a", posted));
        }
    }
}
