//! Whether a form came from a page of this console: four checks, each of which would be enough in a browser that works.
//!
//! The token of a form is `<person>.<mac of the session>.<mac of both>`. The first mac ties it to the session it was made in. The
//! second can be checked without that session, so that a form that outlived it is known as the person's own, and not taken for
//! one that another site made up.

use crate::{
    id::StaffId,
    secret::{Purpose, SecretKey},
};
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

/// The token in every form of a session. `session` is the session's key or, before signing in, the value of a cookie of its own;
/// `person` is whose session it is.
pub fn token(key: &SecretKey, session: &str, person: Option<StaffId>) -> String {
    signed(key, person, &mac_of(key, session))
}

/// The part of a token that ties it to a session.
fn mac_of(key: &SecretKey, session: &str) -> String {
    hex::encode(key.mac(Purpose::Forgery, session.as_bytes()))
}

fn signed(key: &SecretKey, person: Option<StaffId>, mac: &str) -> String {
    let issued = format!("{}.{mac}", person.map_or(0, StaffId::get));
    let mut own = hex::encode(key.mac(Purpose::Issue, issued.as_bytes()));
    own.truncate(32);
    format!("{issued}.{own}")
}

pub fn verify(key: &SecretKey, session: &str, person: Option<StaffId>, posted: &str) -> bool {
    // Without session and cookie there is nothing a form could be bound to.
    let is = |key: SecretKey| bool::from(token(&key, session, person).as_bytes().ct_eq(posted.as_bytes()));
    !session.is_empty() && key.each().any(is)
}

/// What a token says by itself, once it is certain that this console made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Issued {
    /// Whose session it was made in; `None` before signing in.
    pub(crate) person: Option<StaffId>,
    mac: String,
}

impl Issued {
    /// Whether it was made in this session.
    pub(crate) fn is_of(&self, key: &SecretKey, session: &str) -> bool {
        key.each().any(|key| mac_of(&key, session) == self.mac)
    }
}

/// Reads a token of this console, whether or not its session is still there.
pub(crate) fn issued(key: &SecretKey, posted: &str) -> Option<Issued> {
    let mut parts = posted.split('.');
    let (person, mac) = (parts.next()?, parts.next()?);
    let person = match person {
        "0" => None,
        id => Some(id.parse().ok()?),
    };
    let is = |key: SecretKey| bool::from(signed(&key, person, mac).as_bytes().ct_eq(posted.as_bytes()));
    key.each().any(is).then(|| Issued { person, mac: mac.to_owned() })
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
        let mina = Some(StaffId::new(1));
        assert!(verify(&key, "a", mina, &token(&key, "a", mina)));
        for posted in
            ["", "x", &token(&key, "b", mina), &token(&key, "a", None), &token(&key, "a", Some(StaffId::new(2)))]
        {
            assert!(!verify(&key, "a", mina, posted));
        }
    }

    #[test]
    fn a_token_of_the_former_key_holds_while_it_is_there() {
        let (former, new) = (SecretKey::new(crate::secret::random()), SecretKey::new(crate::secret::random()));
        let mina = Some(StaffId::new(1));
        let (old, both) = (token(&former, "a", mina), new.with_former(&former));
        assert!(verify(&both, "a", mina, &old) && !verify(&both, "b", mina, &old) && !verify(&new, "a", mina, &old));
        assert!(issued(&both, &old).is_some_and(|issued| issued.is_of(&both, "a") && !issued.is_of(&both, "b")));
        assert!(verify(&new, "a", mina, &token(&both, "a", mina)));
    }

    #[test]
    fn a_token_says_whose_it_was_and_no_one_else_can_make_one() {
        let key = SecretKey::new(crate::secret::random());
        let mina = Some(StaffId::new(12));
        let token = token(&key, "a", mina);
        assert_eq!(issued(&key, &token), Some(Issued { person: mina, mac: mac_of(&key, "a") }));
        assert_eq!(issued(&key, &super::token(&key, "b", None)).map(|issued| issued.person), Some(None));
        let other = SecretKey::new(crate::secret::random());
        for posted in [
            "",
            "x",
            "..",
            "0..",
            "12.a.b",
            &token.replacen("12.", "13.", 1),
            &token.replacen("12.", "0.", 1),
            &token.replacen("12.", "012.", 1),
            &token.to_uppercase(),
            &format!("{token}."),
            &format!("{token}.x"),
            &super::token(&other, "a", mina),
        ] {
            assert_eq!(issued(&key, posted), None, "{posted}");
        }
    }
}
