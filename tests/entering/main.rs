//! Who gets in, what they get to see, and what becomes of those who try something else: through HTTP on both engines.

#[path = "../kit/mod.rs"]
mod kit;

mod account;
mod account_sessions;
mod addresses;
mod answers;
mod commands;
mod demo;
mod environment;
mod fields;
mod forgery;
mod headers;
mod isolation;
mod isolation_payments;
mod log;
mod matrix;
mod networks;
mod permissions;
mod privacy;
mod program;
mod recovery;
mod search;
mod secrets;
mod sessions;
mod setup;
mod throttles;
mod tokens;
mod typed;

#[cfg(test)]
mod help {
    use crate::kit::{Browser, Page};

    /// The token that stands in the forms of a page.
    pub(crate) fn csrf(page: &Page) -> String {
        page.form_with("csrf").value("csrf").unwrap().to_owned()
    }

    /// Gives an e-mail and a password on the sign-in page, whatever comes of it.
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

    /// A text without what is different each time: every run of 16 and more hexadecimal digits.
    pub(crate) fn without_tokens(text: &str) -> String {
        let mut plain = String::new();
        let mut run = String::new();
        for c in text.chars().chain([' ']) {
            if matches!(c, '0'..='9' | 'a'..='f') {
                run.push(c);
                continue;
            }
            plain.push_str(if run.len() >= 16 { "*" } else { &run });
            run.clear();
            plain.push(c);
        }
        plain
    }
}
