//! Every field of every form with everything that people, programs and attackers put into fields.

use crate::kit::{Browser, Form, Page, forms, on_both};
use std::fmt::Write as _;

/// What is put into a field, as bytes, because not all of it is text.
fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("nothing", text("")),
        ("ten thousand characters", "a".repeat(10_000).into_bytes()),
        ("a negative number", text("-1")),
        ("a huge number", text("99999999999999999999999999")),
        ("no number", text("1e3")),
        ("NUL", text("a\0b")),
        ("the other direction", text("\u{202e}gnp.exe")),
        ("no width", text("a\u{200b}b\u{feff}")),
        ("half a surrogate", b"\xed\xa0\x80".to_vec()),
        ("bytes that are no text", b"\xff\xfe".to_vec()),
        ("lines", text("a\r\nSet-Cookie: b=c\r\n\r\n<html>")),
        ("markup", text(MARKUP)),
        ("percent and templates", text("%_%00%27{{ 7 * 7 }}${7*7}`;--")),
    ]
}

pub(crate) const MARKUP: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";

fn encoded(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        if byte.is_ascii_alphanumeric() {
            text.push(char::from(*byte));
        } else {
            write!(text, "%{byte:02X}").unwrap();
        }
    }
    text
}

/// Sends a form with these bytes in one of its fields.
fn send(form: &Form, browser: &Browser, field: &str, bytes: &[u8]) -> Page {
    let mut body = Vec::new();
    for (name, value) in form.fields() {
        let value = if name == field { bytes } else { value.as_bytes() };
        body.push(format!("{}={}", encoded(name.as_bytes()), encoded(value)));
    }
    browser.request("POST", form.action()).body("application/x-www-form-urlencoded", body.join("&")).send()
}

pub(crate) fn check(what: &str, page: &Page) {
    assert!(matches!(page.status, 200 | 303 | 400 | 403 | 404 | 409 | 422 | 429), "{what}: {page}");
    let text = page.text();
    assert!(
        !text.contains("<script>alert") && !text.contains("<img src=x"),
        "{what} is on the page as it came: {page}"
    );
    // Inside a control it turns nothing but what was typed there.
    let turns = |text: &String| text.contains('\u{202e}');
    let is_shown = turns(&text) && page.all("p, td, th, h1, h2, dd, code, li, a, label, title").iter().any(turns);
    assert!(!is_shown, "{what} turns the page around: {page}");
    assert!(page.header_lines("set-cookie").all(|line| !line.starts_with("b=")), "{what}: {:?}", page.headers);
    if let Some(to) = page.location() {
        assert!(to.starts_with('/') && !to.starts_with("//"), "{what}: {page}");
    }
}

on_both! {
    fn no_field_of_any_form_takes_the_console_down_or_is_shown_unescaped(world) {
        for (browser, form) in forms(world) {
            // A token that does not fit is a forgery, with any content.
            for (name, _) in form.fields().iter().filter(|(name, _)| name != "csrf") {
                for (what, bytes) in hostile() {
                    // Guesses would be slowed down, and the fields with them.
                    if form.action().starts_with("/login") {
                        world.database().tamper("delete from throttles").unwrap();
                    }
                    let page = send(&form, &browser, name, &bytes);
                    check(&format!("{what} in {name} of {}", form.action()), &page);
                }
            }
        }
        assert_eq!(world.number("select points from users where id = 1"), 12_450);
        assert_eq!(world.number("select sum(refunded) from payments"), 0);
        assert_eq!(world.database().value("select state from orders where id = 1"), "paid");
        assert_eq!(world.database().value("select status from users where id = 1"), "active");
    }

    fn a_form_with_a_field_too_many_or_one_twice_is_no_form(world) {
        for (browser, form) in forms(world) {
            let before = world.number("select count(*) from sessions");
            for extra in ["role", "points", "status_", "staff", "approved_by", "id", "", "csrf[]", "_method"] {
                let page = form.clone().duplicate(extra, "1").submit();
                assert_eq!(page.status, 422, "{extra:?} in {}: {page}", form.action());
            }
            for (name, value) in form.fields() {
                for second in [value.as_str(), "999", ""] {
                    let page = form.clone().duplicate(name, second).submit();
                    assert_eq!(page.status, 422, "{name} twice in {}: {page}", form.action());
                }
                let body = format!("{}&{}=%FF", csrf_alone(&form), encoded(name.as_bytes()));
                let page =
                    browser.request("POST", form.action()).body("application/x-www-form-urlencoded", body).send();
                assert_eq!(page.status, 422, "{name} with bytes that are no text in {}: {page}", form.action());
            }
            assert_eq!(world.number("select count(*) from sessions"), before);
        }
    }

    fn a_form_with_fields_missing_is_told_so(world) {
        for (_, form) in forms(world) {
            for (name, _) in form.fields() {
                let page = form.clone().without(name).submit();
                check(&format!("{} without {name}", form.action()), &page);
                if name == "csrf" {
                    assert_eq!(page.status, 403, "{}: {page}", form.action());
                }
            }
        }
    }
}

fn csrf_alone(form: &Form) -> String {
    format!("csrf={}", form.value("csrf").unwrap_or_default())
}
