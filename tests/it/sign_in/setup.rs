//! The one-time link with which an invited person sets password and authenticator.

use crate::kit::{Browser, Page, REASON, World, invite, is_in, on_both, totp, try_password};
use chrono::TimeDelta;

const PASSWORD: &str = "a bus full of violins";

/// The secret that a page offers, as an authenticator app would take it.
pub(crate) fn offered(page: &Page) -> Vec<u8> {
    let secret = page.says("code.secret").replace(' ', "");
    let address = page.attributes("a[href^=\"otpauth://\"]", "href").remove(0);
    assert!(address.contains(&secret), "{address} is for the same secret");
    totp_rs::Secret::try_from_base32(&secret).unwrap().as_ref().to_vec()
}

pub(crate) fn code_of(world: &World, secret: &[u8]) -> String {
    totp(secret, world.clock.now().unix() / 30)
}

fn accept(world: &World, browser: &Browser, link: &str) -> (Page, Vec<u8>) {
    let page = browser.get(link);
    assert_eq!(page.status, 200, "{page}");
    let secret = offered(&page);
    let done = page
        .form_with("password_again")
        .set("password", PASSWORD)
        .set("password_again", PASSWORD)
        .set("code", &code_of(world, &secret))
        .submit();
    (done, secret)
}

on_both! {
    fn an_invited_person_sets_up_and_signs_in(world) {
        let link = invite(world, "nari@ingam.test", "operator");
        let row = world.last_audit();
        assert_eq!(
            (row.action.as_str(), row.outcome.as_str(), row.target.as_str()),
            ("staff.invite", "applied", "staff/nari@ingam.test")
        );
        let nari = world.browser();
        assert_eq!(try_password(&nari, "nari@ingam.test", PASSWORD).status, 422, "nothing works before");
        let (done, secret) = accept(world, &nari, &link);
        assert_eq!(done.status, 200, "{done}");
        assert_eq!(done.all("ol.codes code").len(), 10);
        assert_eq!(world.last_audit().action, "staff.accept");
        assert!(!is_in(&nari), "setting up is not signing in");

        let half = try_password(&nari, "nari@ingam.test", PASSWORD);
        assert_eq!(half.location(), Some("/login/code"));
        // The code that proved the authenticator is used up.
        let again = half.follow().form_with("code").set("code", &code_of(world, &secret)).submit();
        assert_eq!(again.status, 422, "{again}");
        assert_eq!(world.last_audit().refusal, "code-reused");
        world.clock.advance(std::time::Duration::from_secs(30));
        let signed_in = again.form_with("code").set("code", &code_of(world, &secret)).submit();
        assert_eq!(signed_in.location(), Some("/account"), "the page that was wanted before");
        assert_eq!((nari.get("/users").status, nari.get("/audit").status), (200, 403));
        // Their recovery codes work too.
        let lost = world.browser();
        try_password(&lost, "nari@ingam.test", PASSWORD);
        let page =
            lost.get("/login/code?with=recovery").form_with("code").set("code", &done.all("ol.codes code")[3]).submit();
        assert_eq!(page.location(), Some("/login/authenticator"));
    }

    fn a_set_up_link_works_once(world) {
        let link = invite(world, "nari@ingam.test", "operator");
        let first = world.browser();
        let second = world.browser();
        let stale = second.get(&link);
        assert_eq!(accept(world, &first, &link).0.status, 200);
        assert_eq!(first.get(&link).status, 404);
        let secret = offered(&stale);
        let late = stale
            .form_with("password_again")
            .set("password", "another long password")
            .set("password_again", "another long password")
            .set("code", &code_of(world, &secret))
            .submit();
        assert_eq!(late.status, 404, "{late}");
        assert_eq!(try_password(&second, "nari@ingam.test", "another long password").status, 422);
        assert_eq!(try_password(&second, "nari@ingam.test", PASSWORD).status, 303);
    }

    fn one_link_sent_ten_times_at_once_sets_up_once(world) {
        let link = invite(world, "nari@ingam.test", "operator");
        let forms: Vec<_> = (0..10)
            .map(|n| {
                let page = world.browser().get(&link);
                let password = format!("{PASSWORD} number {n}");
                let code = code_of(world, &offered(&page));
                page.form_with("password_again")
                    .set("password", &password)
                    .set("password_again", &password)
                    .set("code", &code)
            })
            .collect();
        let answers: Vec<u16> = std::thread::scope(|scope| {
            let threads: Vec<_> = forms.iter().map(|form| scope.spawn(|| form.submit().status)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|status| matches!(status, 200 | 404)), "{answers:?}");
        let left = "select count(*) from recovery_codes
                     where staff_id = (select id from staff where email = 'nari@ingam.test')";
        assert_eq!(world.number(left), 10);
    }

    fn a_set_up_link_works_for_a_day(world) {
        let link = invite(world, "nari@ingam.test", "operator");
        let nari = world.browser();
        // The link was made a moment after the world's clock was set.
        world.clock.set(world.clock.after(TimeDelta::hours(24) - TimeDelta::minutes(1)));
        let page = nari.get(&link);
        assert_eq!(page.status, 200);
        world.clock.set(world.clock.after(TimeDelta::minutes(2)));
        assert_eq!(nari.get(&link).status, 404);
        let code = code_of(world, &offered(&page));
        let late = page
            .form_with("password_again")
            .set("password", PASSWORD)
            .set("password_again", PASSWORD)
            .set("code", &code)
            .submit();
        assert_eq!(late.status, 404, "{late}");
    }

    fn a_set_up_form_that_is_wrong_comes_back_and_the_link_stays_good(world) {
        let link = invite(world, "nari@ingam.test", "operator");
        let nari = world.browser();
        let page = nari.get(&link);
        let secret = offered(&page);
        let code = code_of(world, &secret);
        let too_long = "x y ".repeat(257);
        for (password, again, code) in [
            ("", "", code.as_str()),
            ("short words", "short words", &code),
            (PASSWORD, "a bus full of cellos", &code),
            ("password1234", "password1234", &code),
            ("nari@ingam.test", "nari@ingam.test", &code),
            ("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", &code),
            (&too_long, &too_long, &code),
            (PASSWORD, PASSWORD, ""),
            (PASSWORD, PASSWORD, "12345"),
            (PASSWORD, PASSWORD, "abcdef"),
            (PASSWORD, PASSWORD, &totp(&secret, world.clock.now().unix() / 30 + 1)),
            (PASSWORD, PASSWORD, &totp(&secret, world.clock.now().unix() / 30 - 2)),
        ] {
            let refused = page
                .form_with("password_again")
                .forge("password", password)
                .forge("password_again", again)
                .forge("code", code)
                .submit();
            assert_eq!(refused.status, 422, "{password:?} {code}: {refused}");
            assert!(refused.has(".err"), "{password:?} {code}: {refused}");
            assert_eq!(offered(&refused), secret, "the authenticator is still the same");
            if password.len() > 8 {
                assert!(!refused.attributes("input[type=password]", "value").iter().any(|value| value == password));
            }
        }
        assert_eq!(accept(world, &nari, &link).0.status, 200);
    }

    fn a_link_of_a_person_disabled_meanwhile_and_a_made_up_one_are_no_links(world) {
        let link = invite(world, "nari@ingam.test", "operator");
        world.database().tamper("update staff set active = false where email = 'nari@ingam.test'").unwrap();
        for path in [link.as_str(), "/setup/x", "/setup/%00", "/setup/%FF", &format!("/setup/{}", "x".repeat(5000))] {
            let page = world.browser().get(path);
            assert!(matches!(page.status, 404 | 400), "{path}: {page}");
        }
    }

    fn the_command_line_invites_no_one_twice_and_no_malformed_address(world) {
        let lost = invite(world, "nari@ingam.test", "auditor");
        // Who never followed their link is invited again, and only the newer link works.
        let link = invite(world, "Nari@ingam.test", "operator");
        assert_eq!(world.browser().get(&lost).status, 404);
        assert_eq!(world.browser().get(&link).status, 200);
        let size = world.number("select count(*) from staff");
        for arguments in [
            ["staff", "add", "--email", "mina@ingam.test", "--name", "N", "--role", "operator"],
            ["staff", "add", "--email", "no address", "--name", "N", "--role", "operator"],
            ["staff", "add", "--email", "a@b.kr", "--name", " ", "--role", "operator"],
            ["staff", "add", "--email", "a@b.kr", "--name", "a\u{202e}b", "--role", "operator"],
            ["staff", "add", "--email", "a@b.kr", "--name", "N", "--role", "king"],
        ] {
            let output = world.command(&[&arguments[..], &["--reason", REASON]].concat()).output().unwrap();
            assert!(!output.status.success(), "{arguments:?}");
            assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
        }
        assert_eq!(world.number("select count(*) from staff"), size);
        let listed = world.command(&["staff", "list"]).output().unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        assert!(listed.contains("nari@ingam.test\toperator\tNari Yoon\tinvited"), "{listed}");
        assert!(listed.contains("mina@ingam.test\toperator\tMina Kang\tactive"), "{listed}");
    }

    fn a_lost_authenticator_is_reset_on_the_host_and_everything_of_it_ends(world) {
        let mina = world.signed_in("mina");
        invite(world, "somebody@ingam.test", "operator");
        let output = world.command(&["staff", "reset-second-factor", "mina@ingam.test", "--reason", REASON]).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(mina.get("/users").location(), Some("/login?notice=ended"));
        let link = said.lines().find_map(|line| line.find("/setup/").and_then(|at| line.get(at..))).unwrap();
        let page = world.browser().get(link);
        assert!(page.text().contains("mina@ingam.test"), "{page}");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.outcome.as_str()), ("staff.reset-second-factor", "applied"));
        let gone = world.command(&["staff", "reset-second-factor", "nobody@ingam.test", "--reason", REASON]).output().unwrap();
        assert!(!gone.status.success() && gone.stdout.is_empty());
    }
}
