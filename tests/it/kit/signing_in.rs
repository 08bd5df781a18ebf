//! The door: who is let in.

use super::{Browser, Page, World};

/// The token in the forms of a page.
pub(crate) fn csrf(page: &Page) -> String {
    page.form_with("csrf").value("csrf").unwrap().to_owned()
}

/// Gives an e-mail and a password on the sign-in page, with any outcome.
pub(crate) fn try_password(browser: &Browser, email: &str, password: &str) -> Page {
    browser.get("/login").form_with("password").set("email", email).set("password", password).submit()
}

/// Whether this browser is let in.
pub(crate) fn is_in(browser: &Browser) -> bool {
    let page = browser.get("/account");
    assert!(matches!(page.status, 200 | 303), "{page}");
    if page.status == 303 {
        assert!(page.location().unwrap().starts_with("/login"), "{page}");
    }
    page.status == 200
}

/// A browser in which `who` has given a recovery code, as one does whose phone is lost.
pub(crate) fn recovering(world: &World, who: &str) -> Browser {
    let codes = world
        .signed_in(who)
        .get("/account?panel=recovery-codes")
        .form_to("/account/recovery-codes")
        .set("code", &world.code(who))
        .submit()
        .all("ol.codes code");
    let browser = world.browser();
    browser.give_password(who);
    let page = browser.get("/login/code?with=recovery").form_with("code").set("code", &codes[0]).submit();
    assert_eq!(page.location(), Some("/login/authenticator"), "{page}");
    browser
}

/// A browser in which `who` is signed in, and whose session is bound to another browser and another network.
pub(crate) fn moved(world: &World, who: &str) -> Browser {
    let browser = world.signed_in(who);
    let newest = format!(
        "select e.id from sessions e join staff s on s.id = e.staff_id
          where s.email like '{who}@%' and e.stage = 'signed' order by e.created_at desc limit 1"
    );
    let id = world.database().value(&newest);
    let elsewhere = "ip = '198.51.100.1', user_agent = 'Elsewhere/1.0'";
    world.database().tamper(&format!("update sessions set {elsewhere} where id = '{id}'")).unwrap();
    browser
}
