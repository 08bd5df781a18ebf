//! Cookies: a new token for every standing, attributes, and what does not come from us.

use crate::kit::{Browser, is_in, on_both, try_password};

const SESSION: &str = "ingam-session";

fn token(browser: &Browser) -> String {
    browser.cookies().get(SESSION).unwrap_or_else(|| panic!("no session in {:?}", browser.cookies())).clone()
}

on_both! {
    fn every_stage_of_signing_in_has_a_token_of_its_own(world) {
        let mina = world.browser();
        let code = mina.give_password("mina");
        let half = token(&mina);
        let thief = mina.fork();
        assert_eq!(code.form_with("code").set("code", &world.code("mina")).submit().status, 303);
        let whole = token(&mina);
        assert_ne!(half, whole);
        assert!(is_in(&mina));
        // A thief of the first token has nothing.
        assert_eq!(token(&thief), half);
        assert!(!is_in(&thief));
        assert_eq!(thief.get("/login/code").location(), Some("/login?notice=restart"));
        assert_eq!(world.number("select count(*) from sessions"), 1);
    }

    fn a_session_put_into_a_browser_beforehand_is_replaced(world) {
        let jun = world.browser();
        jun.give_password("jun");
        let planted = token(&jun);
        let mina = world.browser();
        mina.set_cookie(SESSION, &planted);
        mina.sign_in("mina");
        assert_ne!(token(&mina), planted);
        assert!(mina.get("/account").text().contains("mina@ingam.test"));
        assert!(!is_in(&jun), "the one who planted it is not signed in as anybody");
        // Made up from nothing, and one of another person: neither is taken over.
        for planted in ["made-up".to_owned(), token(&mina)] {
            let hana = world.browser();
            hana.set_cookie(SESSION, &planted);
            let page = hana.get("/login");
            if page.status == 200 {
                try_password(&hana, "hana@ingam.test", "another pair of eyes");
                assert_ne!(token(&hana), planted);
            } else {
                assert_eq!(page.location(), Some("/"), "already signed in");
            }
        }
    }

    fn cookies_are_for_us_alone(world) {
        let mina = world.browser();
        let login = mina.get("/login");
        let half = try_password(&mina, "mina@ingam.test", "quiet river stones");
        for (page, name) in [(&login, "ingam-form="), (&half, "ingam-session=")] {
            let lines: Vec<_> = page.header_lines("set-cookie").filter(|line| line.starts_with(name)).collect();
            assert_eq!(lines.len(), 1, "{:?}", page.headers);
            let attributes: Vec<_> = lines[0].split("; ").skip(1).map(str::to_ascii_lowercase).collect();
            for wanted in ["httponly", "samesite=lax", "path=/"] {
                assert!(attributes.iter().any(|one| one == wanted), "{wanted} in {lines:?}");
            }
            // Gone when the browser closes, sent to this host alone.
            assert!(
                !attributes
                    .iter()
                    .any(|one| one.starts_with("max-age") || one.starts_with("expires") || one.starts_with("domain")),
                "{lines:?}"
            );
        }
    }

    fn over_tls_cookies_are_secure_and_bound_to_the_host(world) {
        let server =
            world.another(|config| config.public_origin = Some("https://admin.ingam.test".to_owned())).unwrap();
        let mina = world.browser().at(server.address).with_header("origin", "https://admin.ingam.test");
        let login = mina.get("/login");
        let csrf = crate::kit::csrf(&login);
        let half =
            mina.post("/login", &[("csrf", &csrf), ("email", "mina@ingam.test"), ("password", "quiet river stones")]);
        assert_eq!(half.status, 303, "{half}");
        for (page, name) in [(&login, "__Host-ingam-form="), (&half, "__Host-ingam-session=")] {
            let line = page
                .header_lines("set-cookie")
                .find(|line| line.starts_with(name))
                .unwrap_or_else(|| panic!("{:?}", page.headers));
            let attributes: Vec<_> = line.split("; ").skip(1).map(str::to_ascii_lowercase).collect();
            for wanted in ["secure", "httponly", "samesite=lax", "path=/"] {
                assert!(attributes.iter().any(|one| one == wanted), "{wanted} in {line}");
            }
        }
        let csrf = crate::kit::csrf(&mina.get("/login/code"));
        let signed_in = mina.post("/login/code", &[("csrf", &csrf), ("code", &world.code("mina"))]);
        assert_eq!(signed_in.location(), Some("/"));
        assert_eq!(mina.get("/users").status, 200);
    }

    fn a_damaged_cookie_is_no_session_and_no_error(world) {
        let mina = world.signed_in("mina");
        let good = token(&mina);
        let other = token(&world.signed_in("sora"));
        let mut bad = vec![
            String::new(),
            "x".to_owned(),
            good[..good.len() - 1].to_owned(),
            good[1..].to_owned(),
            good[good.len() / 2..].to_owned(),
            format!("{good}x"),
            format!("{good}{good}"),
            "x".repeat(10 * 1024),
            format!("{good}{}", "x".repeat(10 * 1024)),
            format!("{}{}", &good[..good.len() / 2], &other[other.len() / 2..]),
            "%00".to_owned(),
            "%FF%FE".to_owned(),
            "%ED%A0%80".to_owned(),
            "%".to_owned(),
            "\"\"".to_owned(),
            "..".to_owned(),
            "'; drop table sessions; --".to_owned(),
        ];
        for at in (0..good.len()).step_by(3) {
            let mut bytes = good.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            bad.push(String::from_utf8(bytes).unwrap());
        }
        let nobody = world.browser();
        for value in &bad {
            let page = nobody.request("GET", "/account").header("cookie", &format!("{SESSION}={value}")).send();
            assert!(page.status == 303 && page.location().unwrap().starts_with("/login"), "{value}: {page}");
            let page = nobody
                .request("GET", "/login")
                .header("cookie", &format!("{SESSION}={value}; ingam-form={value}"))
                .send();
            assert_eq!(page.status, 200, "{value}");
        }
        for header in [
            format!("{SESSION}={good}; {SESSION}=x"),
            format!("{SESSION}=x; {SESSION}={good}"),
            format!("{SESSION}={good}; {SESSION}={other}"),
            "=".to_owned(),
            ";;;".to_owned(),
            SESSION.to_owned(),
        ] {
            let page = nobody.request("GET", "/account").header("cookie", &header).send();
            assert!(matches!(page.status, 200 | 303), "{header}: {page}");
        }
        let two = nobody
            .request("GET", "/account")
            .header("cookie", &format!("{SESSION}=x"))
            .and_header("cookie", &format!("{SESSION}={good}"))
            .send();
        assert!(matches!(two.status, 200 | 303), "{two}");
        for bytes in [&b"\xff\xfe"[..], b"\xed\xa0\x80", "쿠키".as_bytes()] {
            let request = [
                b"GET /account HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: ingam-session=",
                bytes,
                b"\r\n\r\n",
            ]
            .concat();
            let answer = nobody.raw(&request);
            let status = answer.split(' ').nth(1).unwrap_or_default().to_owned();
            assert!(matches!(status.as_str(), "303" | "400"), "{answer}");
        }
        assert!(is_in(&mina), "the good one still works");
    }

    fn the_form_cookie_of_one_browser_does_not_fit_the_forms_of_another(world) {
        let page = world.browser().get("/login");
        let form = page.form_with("password").set("email", "mina@ingam.test").set("password", "quiet river stones");
        page.browser.forget_cookies();
        let refused = form.submit();
        assert_eq!(refused.status, 403, "{refused}");
        assert_eq!(world.last_audit().refusal, "forgery");
        page.browser.set_cookie("ingam-form", "x");
        assert_eq!(form.submit().status, 403);
        let login_csrf = is_in(&page.browser);
        assert!(!login_csrf);
    }
}
