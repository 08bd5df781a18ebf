//! What these tests have in common.

use crate::kit::{Browser, Form, Page, World, addition};

pub(crate) const WHY: &str = "Given to the wrong customer";

/// Mina gives points to customer 1; the row of that.
pub(crate) fn given(world: &World, mina: &Browser, amount: &str) -> i64 {
    let made = addition(mina, 1, amount).set("code", &world.code("mina")).submit();
    assert_eq!(made.status, 303, "{made}");
    world.last_audit().seq
}

pub(crate) fn page(browser: &Browser, seq: i64) -> Page {
    browser.get(&format!("/audit/{seq}/reversal"))
}

/// The form that takes a row back, filled in but for the code.
pub(crate) fn form(browser: &Browser, seq: i64) -> Form {
    page(browser, seq).form_to("/reversal").set("reason", WHY)
}

/// The same of a person who is not offered it.
pub(crate) fn bare(browser: &Browser, seq: i64, code: &str) -> Form {
    let csrf = browser.get("/account").form_to("/logout").value("csrf").unwrap().to_owned();
    let key = format!("k{seq}x{code}");
    let fields = [("csrf", csrf.as_str()), ("key", &key), ("reason", WHY), ("code", code), ("seen", "")];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Form::bare(browser, &format!("/audit/{seq}/reversal"), &fields)
}

/// The row that a row of the log names as the one that it takes back.
pub(crate) fn link(world: &World, seq: i64) -> Option<i64> {
    world.rows(&format!("select reversal_of from audit where seq = {seq}"))[0][0].as_ref().map(|of| of.parse().unwrap())
}

/// That `who` takes a row back, and the row of that.
pub(crate) fn taken_back(world: &World, browser: &Browser, who: &str, seq: i64) -> i64 {
    let done = form(browser, seq).set("code", &world.code(who)).submit();
    assert_eq!(done.status, 303, "{done}");
    let row = world.last_audit();
    assert_eq!((row.outcome.as_str(), row.reason.as_str(), link(world, row.seq)), ("applied", WHY, Some(seq)));
    assert_eq!(done.location(), Some(format!("/audit/{seq}/reversal?sealed={}", row.seq).as_str()));
    row.seq
}

pub(crate) fn verified(world: &World) {
    let verified = world.command(&["audit", "verify"]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}
