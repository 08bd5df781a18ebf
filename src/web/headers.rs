//! What every answer tells the browser not to do.

use super::visit::Visit;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// The content security policy: nothing but our own files, scripts only with this answer's nonce, no site may frame the
/// console, forms go nowhere else.
pub(crate) fn content_security_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    )
}

const ALWAYS: [(&str, &str); 7] = [
    ("x-content-type-options", "nosniff"),
    // `no-referrer` would make browsers post forms with `Origin: null`.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ("x-frame-options", "DENY"),
    ("vary", "HX-Request, Cookie, Accept-Language"),
];

/// Marks every answer of the console with the id of its request. A script of a page tells by it whether a proxy answered in the
/// console's place.
const OWN: &str = "ingam-request";

/// Marks an answer that says what went wrong instead of what was asked for, with the name of the problem.
pub(crate) const PROBLEM: &str = "ingam-problem";

/// Adds them. What is already there about caching stays: assets set their own.
pub(crate) fn secure(headers: &mut HeaderMap, visit: &Visit, over_tls: bool) {
    if let Ok(id) = HeaderValue::from_str(&visit.request_id) {
        headers.insert(HeaderName::from_static(OWN), id);
    }
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&content_security_policy(&visit.nonce)) {
        headers.insert(HeaderName::from_static("content-security-policy"), policy);
    }
    if over_tls {
        let value = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.insert(HeaderName::from_static("strict-transport-security"), value);
    }
    if !headers.contains_key("cache-control") {
        headers.insert(HeaderName::from_static("cache-control"), HeaderValue::from_static("no-store"));
    }
}
