//! Recovery codes: ten, each once. What one is good for is in `lost_phone`.

use crate::kit::{Browser, World, is_in, on_both};
use std::time::Duration;

/// Ten fresh codes of `who`, as the page shows them this once.
pub(crate) fn renew(world: &World, browser: &Browser, who: &str) -> Vec<String> {
    let page = browser
        .get("/account?panel=recovery-codes")
        .form_to("/account/recovery-codes")
        .set("code", &world.code(who))
        .submit();
    assert_eq!(page.status, 200, "{page}");
    let codes = page.all("ol.codes code");
    assert_eq!(codes.len(), 10, "{page}");
    codes
}

/// Gives a recovery code after the password.
pub(crate) fn recover(browser: &Browser, who: &str, code: &str) -> u16 {
    browser.give_password(who);
    let page = browser.get("/login/code?with=recovery").form_with("code").set("code", code).submit();
    if page.status == 303 {
        assert_eq!(page.location(), Some("/login/authenticator"), "{page}");
    }
    page.status
}

on_both! {
    fn a_recovery_code_leads_on_once(world) {
        let mina = world.signed_in("mina");
        let codes = renew(world, &mina, "mina");
        let lost = world.browser();
        assert_eq!(recover(&lost, "mina", &codes[0]), 303);
        assert_eq!(lost.get("/login/authenticator").status, 200);
        assert!(!is_in(&lost), "not yet");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.outcome.as_str()), ("session.start-with-recovery-code", "applied"));
        assert_eq!((&row.before["recovery_codes"], &row.after["recovery_codes"]), (&"10".into(), &"9".into()));
        let again = world.browser();
        assert_eq!(recover(&again, "mina", &codes[0]), 422);
        assert!(!is_in(&again));
        // Written as people write them down.
        assert_eq!(recover(&world.browser(), "mina", &codes[1].to_lowercase().replace('-', " ")), 303);
        assert_eq!(world.number("select count(*) from recovery_codes where used_at is not null"), 2);
    }

    fn a_recovery_code_belongs_to_one_person_and_is_no_code_for_a_change(world) {
        let mina = world.signed_in("mina");
        let codes = renew(world, &mina, "mina");
        assert_eq!(recover(&world.browser(), "sora", &codes[0]), 422);
        let form = mina
            .get("/users/1?panel=points")
            .form_to("/point-adjustments")
            .set("amount", "1")
            .set("reason", "Late delivery");
        assert_eq!(form.forge("code", &codes[0]).submit().status, 422);
        let code_page = world.browser();
        let page = code_page.give_password("mina").form_with("code").forge("code", &codes[0]).submit();
        assert_eq!(page.status, 422, "the page for six digits takes no recovery code");
        assert_eq!(recover(&world.browser(), "mina", &codes[0]), 303, "it is still good");
    }

    fn six_digits_are_no_recovery_code(world) {
        let browser = world.browser();
        browser.give_password("mina");
        let code = world.code("mina");
        let page = browser.get("/login/code?with=recovery").form_with("code").set("code", &code).submit();
        assert_eq!(page.status, 422, "{page}");
    }

    fn one_recovery_code_sent_twenty_times_at_once_leads_on_once(world) {
        let codes = renew(world, &world.signed_in("mina"), "mina");
        world.database().tamper("delete from sessions").unwrap();
        let forms: Vec<_> = (0..20)
            .map(|_| {
                let browser = world.browser();
                browser.give_password("mina");
                browser.get("/login/code?with=recovery").form_with("code").set("code", &codes[0])
            })
            .collect();
        let answers: Vec<u16> = std::thread::scope(|scope| {
            let threads: Vec<_> = forms.iter().map(|form| scope.spawn(|| form.submit().status)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|status| matches!(status, 303 | 422 | 429)), "{answers:?}");
        assert_eq!(world.number("select count(*) from sessions where stage = 'recovery'"), 1);
        assert_eq!(world.number("select count(*) from recovery_codes where used_at is not null"), 1);
        assert_eq!(
            world.number("select count(*) from audit where action like 'session.start-with-%' and outcome = 'applied'"),
            1
        );
    }

    fn wrong_recovery_codes_are_counted(world) {
        let codes = renew(world, &world.signed_in("mina"), "mina");
        let browser = world.browser();
        for n in 1..=5 {
            assert_eq!(recover(&browser, "mina", "AAAA-BBBB-CCCC-DDDD"), 422, "try {n}");
        }
        assert_eq!(recover(&browser, "mina", &codes[0]), 429);
        assert!(world.last_audit().refusal.starts_with("sign-in-throttled"));
        world.clock.advance(Duration::from_secs(30));
        assert_eq!(recover(&browser, "mina", &codes[0]), 303);
    }

    fn new_recovery_codes_end_the_old_ones(world) {
        let mina = world.signed_in("mina");
        let old = renew(world, &mina, "mina");
        let new = renew(world, &mina, "mina");
        assert!(old.iter().all(|code| !new.contains(code)));
        assert_eq!(recover(&world.browser(), "mina", &old[0]), 422);
        assert_eq!(recover(&world.browser(), "mina", &new[0]), 303);
        let left = "select count(*) from recovery_codes
                     where staff_id = (select id from staff where email = 'mina@ingam.test')";
        assert_eq!(world.number(left), 10);
    }

    fn renewing_needs_a_code_and_the_same_form_twice_shows_no_second_set(world) {
        let mina = world.signed_in("mina");
        let form = mina.get("/account?panel=recovery-codes").form_to("/account/recovery-codes");
        assert_eq!(form.submit().status, 422);
        assert_eq!(form.clone().set("code", &world.wrong_code("mina")).submit().status, 422);
        let form = form.set("code", &world.code("mina"));
        let first = form.submit();
        assert_eq!(first.all("ol.codes code").len(), 10);
        let second = form.submit();
        assert_eq!((second.status, second.location()), (303, Some("/account")));
        assert_eq!(recover(&world.browser(), "mina", &first.all("ol.codes code")[0]), 303);
    }

    fn a_locked_authenticator_does_not_lock_out_its_owner(world) {
        let codes = renew(world, &world.signed_in("mina"), "mina");
        world
            .database()
            .tamper(
                "update authenticators set locked = true
              where staff_id = (select id from staff where email = 'mina@ingam.test')",
            )
            .unwrap();
        let browser = world.browser();
        let page = browser.give_password("mina").form_with("code").set("code", &world.code("mina")).submit();
        assert_eq!(page.status, 429, "{page}");
        assert_eq!(recover(&browser, "mina", &codes[0]), 303);
    }
}
