//! Every field of every form with everything that people, programs and attackers put into fields.

use crate::{
    kit::{Browser, Form, Page, World, on_both, sample_requests, sample_runs},
    sign_in::setup::invite,
};
use ingam::routes::{Opens, ROUTES};
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

/// A refund that can be tried again.
const FAILED_REFUND: &str = "
    insert into refunds (id, order_id, at, state, amount, released, reason_kind, settled_at, staff_name, change_id) values
      (1, 4, '2026-03-01T00:00:00.000000Z', 'failed', 15000, true, 'damaged', '2026-03-01T00:01:00.000000Z', 'Mina Kang', 'x');
    insert into refund_payments (refund_id, payment_id, order_id, amount, state, key, settled_at) values
      (1, 40, 4, 15000, 'failed', 'k', '2026-03-01T00:01:00.000000Z')";

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

/// Every form with its page, filled in so that only one field at a time is strange. The code is missing, so that nothing
/// changes and no wrong code is counted.
pub(crate) fn forms(world: &World) -> Vec<(Browser, Form)> {
    let link = invite(world, "nari@ingam.test", "operator");
    let mina = world.signed_in("mina");
    world.signed_in("mina");
    sample_runs(world);
    sample_requests(world);
    let (jun, hana) = (world.signed_in("jun"), world.signed_in("hana"));
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
    let refund = mina
        .get("/orders/1?panel=refund")
        .form_to("/refunds")
        .set("units-3", "1")
        .set("shipping", "yes")
        .set("amount", "5,000")
        .set("override_reason", "As agreed on the telephone")
        .set("payment-10", "2,000")
        .set("payment-11", "3,000")
        .set("reason", "Parcel damaged");
    let refund_preview = refund.clone().to("/orders/1/refunds/preview");
    world.database().tamper(FAILED_REFUND).unwrap();
    let retry = mina.get("/orders/4").attributes("a[href*='panel=retry']", "href").remove(0);
    let dismissal = mina.get("/orders/4").attributes("a[href*='panel=dismiss']", "href").remove(0);
    let parcel = mina.get("/orders/1?panel=shipping").form_to("/shipping");
    let parcel = parcel.set("state", "shipped").set("carrier", "cj").set("tracking_number", "601234564471");
    let mut forms = vec![
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
        (mina.clone(), mina.get("/orders").form_to("/orders/searches").set("q", "20260228-000017")),
        (mina.clone(), refund),
        (mina.clone(), refund_preview),
        (mina.clone(), mina.get(&retry).form_to("/retry").set("reason", "The card works again")),
        (mina.clone(), mina.get(&dismissal).form_to("/dismissal").set("reason", "Paid from the till")),
        (mina.clone(), mina.get("/orders/1?panel=cancel").form_to("/cancellation").set("reason", "Ordered twice")),
        (mina.clone(), parcel.set("reason", "It has left")),
        (mina.clone(), mina.get("/orders/1").form_to("/notes").set("reason", "She will call again")),
        (mina.clone(), mina.get("/").form_to("/logout")),
        (jun.clone(), jun.get("/batches/settle?panel=run").form_to("/runs").set("reason", "The bank asked for it")),
        (jun.clone(), jun.get("/batches/settle?panel=pause").form_to("/pause").set("reason", "The bank is closed")),
        (jun.clone(), jun.get("/runs?panel=rerun&run-1=on").form_to("/runs/reruns").set("reason", "The bank is back")),
        (jun.clone(), jun.get("/runs/1?panel=rerun").form_to("/rerun").set("reason", "The bank is back")),
        (jun.clone(), jun.get("/runs/2?panel=cancel").form_to("/cancellation").set("reason", "It is the wrong day")),
        (
            jun.clone(),
            jun.get("/runs/4?panel=resolve").form_to("/resolution").set("reason", "Looked for it on batch-02"),
        ),
        (jun.clone(), jun.get("/runs/3?panel=normal").form_to("/baseline").set("reason", "There is more to do now")),
    ];
    forms.extend(approval_forms(&mina, &hana));
    forms.extend(forms_of_owners(world));
    forms.extend(network_forms(world));
    // Whoever adds a route with a form adds it here.
    for route in ROUTES.iter().filter(|route| route.method == "POST" && route.opens != Opens::Reports) {
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

/// Those of requests, by whoever decides and by whoever asked.
fn approval_forms(mina: &Browser, hana: &Browser) -> Vec<(Browser, Form)> {
    vec![
        (
            hana.clone(),
            hana.get("/approvals/2?panel=approve").form_to("/approval").set("reason", "Looked at the parcels"),
        ),
        (hana.clone(), hana.get("/approvals/2?panel=reject").form_to("/rejection").set("reason", "One parcel came")),
        (
            mina.clone(),
            mina.get("/approvals/2?panel=withdraw").form_to("/withdrawal").set("reason", "It came after all"),
        ),
    ]
}

/// The same of what owners do with the staff.
fn forms_of_owners(world: &World) -> Vec<(Browser, Form)> {
    let owner = world.signed_in("owner");
    let staff = |panel: &str| {
        let page = owner.get(&format!("/staff/1?panel={panel}"));
        page.form("form.seal").set("reason", "Agreed with the head of support")
    };
    let invited = world.number("select id from staff where email = 'nari@ingam.test'");
    let session = owner.get("/staff/1").attributes("a[href*='panel=session&']", "href").remove(0);
    vec![
        (
            owner.clone(),
            owner
                .get("/staff?panel=invite")
                .form("form.seal")
                .set("email", "new@ingam.test")
                .set("name", "New One")
                .set("role-operator", "yes")
                .set("reason", "Begins on Monday"),
        ),
        (owner.clone(), staff("roles").set("role-auditor", "yes")),
        (owner.clone(), staff("status")),
        (owner.clone(), staff("reset")),
        (owner.clone(), staff("sessions")),
        (owner.clone(), staff("networks").set("networks", "127.0.0.0/8")),
        (owner.clone(), owner.get(&session).form_to("/revocation").set("reason", "Left it on a train")),
        (
            owner.clone(),
            owner
                .get(&format!("/staff/{invited}?panel=link"))
                .form_to("/setup-link")
                .set("reason", "The first one is lost"),
        ),
    ]
}

fn network_forms(world: &World) -> Vec<(Browser, Form)> {
    let owner = world.signed_in("owner");
    world
        .database()
        .tamper(
            "insert into networks (net, note, added_at, added_by)
               values ('10.20.0.0/16', 'Head office', '2026-03-01T00:00:00.000000Z', 'Olivia Owens')",
        )
        .unwrap();
    vec![
        (
            owner.clone(),
            owner
                .get("/networks?panel=add")
                .form_to("/networks")
                .set("net", "10.0.0.0/8")
                .set("note", "All of us")
                .set("expires_at", "2026-03-09T09:00")
                .set("reason", "The new office")
                .submit()
                .form_to("/networks"),
        ),
        (owner.clone(), owner.get("/networks?panel=change-1").form_to("/networks/1").set("reason", "It has moved")),
        (owner.clone(), owner.get("/networks?panel=remove-1").form_to("/removal").set("reason", "It has moved")),
    ]
}

on_both! {
    fn no_field_of_any_form_takes_the_console_down_or_stands_on_a_page_as_it_came(world) {
        for (browser, form) in forms(world) {
            // A token that does not fit is a forgery, whatever it is made of.
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
