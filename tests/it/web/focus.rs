//! Where the cursor is when a form comes back with something to correct.

use crate::kit::{Page, addition, forms, on_both};
use std::collections::BTreeMap;

/// What is wrong on a page: the first faulty field has the cursor, and each says what is wrong with it.
fn check(page: &Page, what: &str, faults: &mut BTreeMap<String, String>) -> bool {
    let invalid = page.attributes("[aria-invalid=true]", "id");
    let Some(first) = invalid.first() else { return false };
    let focused = page.attributes("[autofocus]", "id");
    if focused != [first.clone()] {
        faults.insert(format!("{what}: {invalid:?}"), format!("the cursor is in {focused:?}"));
    }
    for described in page.attributes("[aria-invalid=true]", "aria-describedby") {
        let ids: Vec<&str> = described.split(' ').collect();
        let said = ids.iter().any(|id| id.ends_with("-error"));
        if !said || ids.iter().any(|id| !page.has(&format!("[id='{id}']"))) {
            faults.insert(format!("{what}: {described}"), "does not name what says what is wrong".to_owned());
        }
    }
    true
}

/// Values of which a field takes none or some.
const STRANGE: [&str; 3] = ["", "\u{1f4a5}", "0"];

fn is_hidden(name: &str) -> bool {
    ["csrf", "key", "version", "return"].contains(&name)
}

on_both! {
    fn the_first_faulty_field_of_every_form_has_the_cursor_and_says_what_is_wrong(world) {
        let mut faults = BTreeMap::new();
        let mut checked = BTreeMap::new();
        for (_, form) in forms(world) {
            let names: Vec<_> = form.fields().iter().map(|(name, _)| name.clone()).filter(|name| !is_hidden(name)).collect();
            for strange in STRANGE {
                let all = names.iter().fold(form.clone(), |form, name| form.forge(name, strange)).submit();
                check(&all, &format!("{} all {strange:?}", form.action()), &mut faults);
            }
            for (name, value) in form.fields().to_vec() {
                if is_hidden(&name) {
                    continue;
                }
                for strange in STRANGE {
                    if strange == value {
                        continue;
                    }
                    let page = form.clone().forge(&name, strange).submit();
                    let what = format!("{} {name}={strange:?} ({})", form.action(), page.status);
                    if page.status != 303 && check(&page, &what, &mut faults) {
                        *checked.entry(form.action().to_owned()).or_insert(0) += 1;
                    }
                }
            }
        }
        assert!(faults.is_empty(), "{} faults, {} forms checked: {faults:#?}", faults.len(), checked.len());
        assert!(checked.len() > 25, "{checked:?}");
    }

    fn the_first_faulty_field_of_every_filter_has_the_cursor(world) {
        let mut faults = BTreeMap::new();
        let mut checked = 0;
        for (who, path) in [
            ("mina", "/users"), ("mina", "/orders"), ("mina", "/approvals"), ("sora", "/audit"), ("sora", "/access-records"),
            ("jun", "/batches"), ("jun", "/runs"), ("owner", "/staff"), ("owner", "/networks"), ("owner", "/host-changes"),
        ] {
            let browser = world.signed_in(who);
            let page = browser.get(path);
            let forms = page.attributes("main form[method=get]", "action");
            for action in forms {
                let names = page.attributes(&format!("main form[method=get][action='{action}'] :is(input, select)"), "name");
                for name in names {
                    let query = serde_urlencoded::to_string([(name.as_str(), "\u{1f4a5}")]).unwrap();
                    let found = browser.get(&format!("{action}?{query}"));
                    if check(&found, &format!("{action}?{name}"), &mut faults) {
                        checked += 1;
                    }
                }
            }
        }
        assert!(faults.is_empty(), "{} faults, {checked} fields: {faults:#?}", faults.len());
        assert!(checked > 5, "{checked}");
    }

    fn a_form_whose_code_field_is_locked_has_the_cursor_at_what_says_so(world) {
        let mina = world.signed_in("mina");
        let form = addition(&mina, 1, "100").set("code", "000000");
        world.database().tamper("update authenticators set locked = true, failures = 10").unwrap();
        let page = form.submit();
        assert!(page.has("input[name=code][disabled]"), "{page}");
        assert!(page.has("#panel .note[role=alert][tabindex='-1'][autofocus]"), "{page}");
        assert_eq!(page.attributes("[autofocus]", "role"), ["alert"], "{page}");
        // While signing in, the cursor is at the way that is left.
        let browser = world.browser();
        let page = browser.give_password("mina").form_with("code").set("code", "000000").submit();
        assert!(page.has("input[name=code][disabled]"), "{page}");
        assert_eq!(page.attributes("[autofocus]", "href"), ["/login/code?with=recovery"], "{page}");
    }
}
