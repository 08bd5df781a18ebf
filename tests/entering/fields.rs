//! Every field of every form with everything that people, programs and attackers put into fields.

use crate::{
    kit::{Browser, Form, Page, World, on_both},
    setup::invite,
};
use ingam::routes::ROUTES;

/// What is put into a field, as bytes, because not all of it is text.
#[cfg(test)]
fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("nothing", text("")),
        ("spaces", text("   ")),
        ("ten thousand characters", "a".repeat(10_000).into_bytes()),
        ("three thousand syllables", "가".repeat(1_000).into_bytes()),
        ("a negative number", text("-1")),
        ("a huge number", text("99999999999999999999999999")),
        ("the largest number", text("9223372036854775807")),
        ("no number", text("1e3")),
        ("digits of another script", text("٣٤")),
        ("NUL", text("a\0b")),
        ("the other direction", text("\u{202e}gnp.exe")),
        ("no width", text("a\u{200b}b\u{feff}")),
        ("half a surrogate", b"\xed\xa0\x80".to_vec()),
        ("bytes that are no text", b"\xff\xfe".to_vec()),
        ("lines", text("a\r\nSet-Cookie: b=c\r\n\r\n<html>")),
        ("markup", text(MARKUP)),
        ("quotes", text("'\"`;--")),
        ("a template", text("{{ 7 * 7 }}${7*7}")),
        ("percent", text("%_%00%27")),
    ]
}

const MARKUP: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";

fn encoded(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        if byte.is_ascii_alphanumeric() {
            text.push(char::from(*byte));
        } else {
            text += &format!("%{byte:02X}");
        }
    }
    text
}

/// Sends a form with these bytes in one of its fields.
#[cfg(test)]
fn send(form: &Form, browser: &Browser, field: &str, bytes: &[u8]) -> Page {
    let mut body = Vec::new();
    for (name, value) in form.fields() {
        let value = if name == field { bytes } else { value.as_bytes() };
        body.push(format!("{}={}", encoded(name.as_bytes()), encoded(value)));
    }
    browser.request("POST", form.action()).body("application/x-www-form-urlencoded", body.join("&")).send()
}

#[cfg(test)]
fn check(what: &str, page: &Page) {
    assert!(matches!(page.status, 200 | 303 | 400 | 403 | 404 | 409 | 422 | 429), "{what}: {page}");
    let text = page.text();
    assert!(
        !text.contains("<script>alert") && !text.contains("<img src=x"),
        "{what} is on the page as it came: {page}"
    );
    assert!(!text.contains("\u{202e}gnp"), "{what} turns the page around: {page}");
    assert!(page.header_lines("set-cookie").all(|line| !line.starts_with("b=")), "{what}: {:?}", page.headers);
    if let Some(to) = page.location() {
        assert!(to.starts_with('/') && !to.starts_with("//"), "{what}: {page}");
    }
}

/// Every form with its page, filled in so that only one field at a time is strange. The code is missing, so that nothing
/// changes and no wrong code is counted.
#[cfg(test)]
fn forms(world: &World) -> Vec<(Browser, Form)> {
    let link = invite(world, "nari@ingam.test", "operator");
    let mina = world.signed_in("mina");
    world.signed_in("mina");
    let half = world.browser();
    half.give_password("sora");
    let nobody = world.browser();
    let other_session = mina.get("/account").attributes("a[href^=\"/account?panel=session&\"]", "href").remove(0);
    let points = mina
        .get("/users/1?panel=points")
        .form_to("/point-adjustments")
        .set("amount", "10")
        .set("reason", "Late delivery");
    let preview = points.clone().to("/users/1/point-adjustments/preview");
    let forms = vec![
        (
            nobody.clone(),
            nobody
                .get("/login")
                .form_with("password")
                .set("email", "x@ingam.test")
                .set("password", "not the right one"),
        ),
        (nobody.clone(), nobody.get(&link).form_with("password_again")),
        (half.clone(), half.get("/login/code").form_with("code")),
        (half.clone(), half.get("/login/code?with=recovery").form_with("code")),
        (
            mina.clone(),
            mina.get("/account?panel=password")
                .form_to("/account/password")
                .set("current", "x")
                .set("new", "seven boats going home")
                .set("new_again", "seven boats going home"),
        ),
        (mina.clone(), mina.get("/account?panel=authenticator").form_to("/account/authenticator")),
        (mina.clone(), mina.get("/account?panel=recovery-codes").form_to("/account/recovery-codes")),
        (mina.clone(), mina.get("/account?panel=sessions").form_to("/account/sessions/revocation")),
        (mina.clone(), mina.get(&other_session).form_to("/revocation")),
        (mina.clone(), mina.get("/account").form("#preferences form")),
        (mina.clone(), mina.get("/users").form_to("/users/searches").set("q", "kim")),
        (mina.clone(), mina.get("/users/1?panel=contact").form_to("/contact").set("reason", "She called, ticket 5")),
        (mina.clone(), points),
        (mina.clone(), preview),
        (mina.clone(), mina.get("/users/1?panel=status").form_to("/status").set("reason", "Asked for it herself")),
        (mina.clone(), mina.get("/").form_to("/logout")),
    ];
    // Whoever adds a route with a form adds it here.
    for route in ROUTES.iter().filter(|route| route.method == "POST") {
        let pattern: Vec<&str> = route.path.split('/').collect();
        let is_this = |action: &str| {
            let parts: Vec<&str> = action.split('?').next().unwrap_or_default().split('/').collect();
            parts.len() == pattern.len()
                && parts.iter().zip(&pattern).all(|(part, wanted)| wanted.starts_with('{') || part == wanted)
        };
        assert!(forms.iter().any(|(_, form)| is_this(form.action())), "no form for {}", route.path);
    }
    forms
}

on_both! {
    fn no_field_of_any_form_takes_the_console_down_or_stands_on_a_page_as_it_came(world) {
        for (browser, form) in forms(world) {
            for (name, _) in form.fields() {
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
                let page = browser.request("POST", form.action()).body("application/x-www-form-urlencoded", body).send();
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

    fn what_was_typed_comes_back_as_text(world) {
        let mina = world.signed_in("mina");
        let shown = |page: &Page, css: &str| page.attributes(css, "value").contains(&MARKUP.to_owned());
        let search = mina.get("/users").form_to("/users/searches").set("q", &format!("{MARKUP}{}", "x".repeat(200))).submit();
        assert_eq!(search.status, 422);
        assert!(search.attributes("#term", "value")[0].starts_with(MARKUP), "{search}");
        let page = mina.get("/users").form_to("/users/searches").set("q", MARKUP).submit();
        assert!(shown(&page.follow(), "#term"), "nobody is called that: {page}");
        let points = mina.get("/users/1?panel=points").form_to("/point-adjustments").set("amount", MARKUP).set("reason", MARKUP).submit();
        assert_eq!(points.status, 422);
        assert!(shown(&points, "#amount") && points.all("#reason") == [MARKUP], "{points}");
        let nobody = world.browser();
        let login = nobody.get("/login").form_with("password").set("email", MARKUP).set("password", "x").submit();
        assert!(shown(&login, "#email"), "{login}");
        for page in [search, points, login] {
            check("markup", &page);
        }
    }

    fn a_reason_with_markup_is_sealed_as_it_was_typed_and_shown_as_text(world) {
        let mina = world.signed_in("mina");
        let done = mina.get("/users/1?panel=points").form_to("/point-adjustments").set("amount", "1").set("reason", MARKUP).set("code", &world.code("mina")).submit();
        assert_eq!(done.status, 303, "{done}");
        assert_eq!(world.last_audit().reason, MARKUP);
        let seq = world.last_audit().seq;
        check("markup", &done.follow());
        let sora = world.signed_in("sora");
        for path in ["/audit".to_owned(), format!("/audit/{seq}"), "/".to_owned(), "/audit?text=script".to_owned()] {
            let page = sora.get(&path);
            assert!(page.says("main").contains(MARKUP), "{path}: {page}");
            check("markup", &page);
        }
    }

    fn a_user_agent_with_markup_is_text_too(world) {
        let mina = world.browser().with_header("user-agent", &format!("{MARKUP}{}", "A".repeat(3000)));
        mina.sign_in("mina");
        check("markup", &mina.get("/account"));
        let sora = world.signed_in("sora");
        let row = world.audit().into_iter().find(|row| row.action == "session.start" && row.email == "mina@ingam.test").unwrap();
        let page = sora.get(&format!("/audit/{}", row.seq));
        check("markup", &page);
        assert_eq!(world.number("select max(length(user_agent)) from sessions"), 512);
    }

    fn an_amount_is_a_positive_whole_number_and_nothing_else(world) {
        let mina = world.signed_in("mina");
        let form = mina.get("/users/1?panel=points").form_to("/point-adjustments").set("reason", "Late delivery").set("code", &world.code("mina"));
        for amount in ["", "0", "-1", "-0", "+1", "1e3", " 5", "5 ", "1.5", "0x10", "٥", "５", "9223372036854775808", "1,00", "1,0000", ",100", "1 000", "NaN", "½", "²", "1\0"] {
            let page = form.clone().set("amount", amount).submit();
            assert_eq!(page.status, 422, "{amount:?}: {page}");
            assert!(page.has("#amount-error"), "{amount:?}: {page}");
        }
        for (field, value) in [("direction", "remove"), ("direction", ""), ("reason_kind", "because"), ("reason_kind", ""), ("seen", "abc"), ("seen", "99999999999999999999"), ("key", ""), ("key", "a b"), ("key", &"k".repeat(65))] {
            let page = form.clone().set("amount", "1").forge(field, value).submit();
            assert_eq!(page.status, 422, "{field}={value:?}: {page}");
        }
        for reason in ["", "abcd", "    a    ", &"x".repeat(501), "a\u{202e}bcdef", "a\0bcdef", "abc\u{1b}[31mdef", "zero\u{200b}width"] {
            let page = form.clone().set("amount", "1").set("reason", reason).submit();
            assert_eq!(page.status, 422, "{reason:?}: {page}");
            assert!(page.has("#reason-error"), "{reason:?}: {page}");
        }
        assert_eq!(world.number("select points from users where id = 1"), 12_450);
        // None of it cost the code.
        assert_eq!(form.set("amount", "1").set("reason", "가나다라마").submit().status, 303);
    }
}

fn csrf_alone(form: &Form) -> String {
    format!("csrf={}", form.value("csrf").unwrap_or_default())
}
