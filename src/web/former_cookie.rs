//! Session cookies that were signed under the former key: while that is there, they are signed again under the key in use, so that
//! sessions outlive the rotation of a key.

use super::Console;
use crate::secret::SecretKey;
use actix_web::{
    body::MessageBody,
    cookie::{Cookie, CookieJar, Key},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderValue},
    middleware::Next,
    web,
};

/// Comes before the middleware of sessions, which knows one key.
pub(crate) async fn sign_again(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let console = request.app_data::<web::Data<Console>>().cloned();
    let Some((console, former)) = console.and_then(|console| console.key.former().map(|former| (console, former)))
    else {
        return next.call(request).await;
    };
    let name = console.session_cookie();
    let mut again = None;
    let lines: Vec<HeaderValue> = request.headers_mut().remove(header::COOKIE).collect();
    for line in lines {
        let whole = |part: &str| {
            let value = signed_again(part, name, &former, &console.key)?;
            again = Some(value.clone());
            Some(Cookie::new(name, value).encoded().to_string())
        };
        let line = line.to_str().ok().and_then(|text| with_parts(text, whole)).unwrap_or(line);
        request.headers_mut().append(header::COOKIE, line);
    }
    let mut response = next.call(request).await?;
    // One that the answer sets itself is that of another session, or of none.
    let sets_it = |cookie: &HeaderValue| cookie.to_str().is_ok_and(|cookie| cookie.starts_with(&format!("{name}=")));
    if let Some(value) = again
        && !response.headers().get_all(header::SET_COOKIE).any(sets_it)
    {
        let cookie = console.cookie(name, value);
        response.response_mut().add_cookie(&cookie).map_err(actix_web::error::ErrorInternalServerError)?;
    }
    Ok(response)
}

/// A line of cookies in which some are replaced; nothing where none is.
fn with_parts(line: &str, mut replace: impl FnMut(&str) -> Option<String>) -> Option<HeaderValue> {
    let mut is_other = false;
    let parts: Vec<String> = line
        .split(';')
        .map(|part| {
            let other = replace(part.trim());
            is_other |= other.is_some();
            other.unwrap_or_else(|| part.trim().to_owned())
        })
        .collect();
    if is_other { HeaderValue::from_str(&parts.join("; ")).ok() } else { None }
}

/// The value of a cookie under the key in use, where this one is the session's and signed under the former key.
fn signed_again(part: &str, name: &'static str, former: &SecretKey, key: &SecretKey) -> Option<String> {
    let cookie = Cookie::parse_encoded(part.to_owned()).ok().filter(|cookie| cookie.name() == name)?;
    let mut jar = CookieJar::new();
    jar.add_original(cookie);
    let plain = jar.signed(&Key::from(&former.cookie_key())).get(name)?;
    jar.signed_mut(&Key::from(&key.cookie_key())).add(Cookie::new(name, plain.value().to_owned()));
    jar.get(name).map(|cookie| cookie.value().to_owned())
}
