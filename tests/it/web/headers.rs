//! What every answer says beside its body, and what becomes of requests that are no good as requests.

use crate::kit::{Browser, Page, World, on_both};

fn policy(page: &Page) -> String {
    let lines: Vec<_> = page.header_lines("content-security-policy").collect();
    assert_eq!(lines.len(), 1, "{:?}", page.headers);
    lines[0].to_owned()
}

fn nonce(page: &Page) -> String {
    let policy = policy(page);
    let (_, rest) = policy.split_once("script-src 'nonce-").unwrap_or_else(|| panic!("{policy}"));
    rest.split('\'').next().unwrap().to_owned()
}

fn is_armoured(what: &str, page: &Page) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-frame-options", "DENY"),
    ] {
        let lines: Vec<_> = page.header_lines(name).collect();
        assert_eq!(lines, [value], "{name} of {what}");
    }
    let policy = policy(page);
    for part in
        ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'", "style-src 'self'"]
    {
        assert!(policy.split(';').any(|one| one.trim() == part), "{part} of {what}: {policy}");
    }
    for hole in ["unsafe-inline", "unsafe-eval", "*", "data:", "http:", "https:"] {
        assert!(!policy.contains(hole), "{hole} of {what}: {policy}");
    }
    assert!(page.header("permissions-policy").is_some_and(|line| line.contains("camera=()")), "{what}");
    for open in ["server", "x-powered-by", "access-control-allow-origin", "strict-transport-security"] {
        assert_eq!(page.header(open), None, "{open} of {what}");
    }
}

/// One answer of every kind there is.
fn answers(world: &World) -> Vec<(&'static str, u16, Page)> {
    let (nobody, mina, sora, jun) =
        (world.browser(), world.signed_in("mina"), world.signed_in("sora"), world.signed_in("jun"));
    let refused = mina.get("/users/1?panel=points").form_to("/point-adjustments").submit();
    vec![
        ("sign-in", 200, nobody.get("/login")),
        ("a redirect", 303, nobody.get("/")),
        ("no link", 404, nobody.get("/setup/x")),
        ("home", 200, mina.get("/")),
        ("customers", 200, mina.get("/users")),
        ("a customer", 200, mina.get("/users/1")),
        ("account", 200, mina.get("/account")),
        ("the log", 200, sora.get("/audit")),
        ("a row", 200, sora.get("/audit/1")),
        ("a wrong filter", 422, sora.get("/audit?from=x")),
        ("access", 200, sora.get("/access-records")),
        ("a refused form", 422, refused),
        ("forbidden", 403, jun.get("/users")),
        ("forged", 403, nobody.post("/login", &[])),
        ("nowhere", 404, mina.get("/nowhere")),
        ("nobody", 404, mina.get("/users/999")),
        ("no number", 404, mina.get("/users/abc")),
        ("a bad query", 400, mina.get("/users?status=x")),
        ("another method", 405, mina.request("DELETE", "/users/1").send()),
        ("another media type", 415, mina.request("POST", "/logout").body("text/plain", "x").send()),
        ("no form", 422, mina.post("/logout", &[("csrf", &crate::kit::csrf(&mina.get("/account"))), ("x", "y")])),
        (
            "too much",
            413,
            mina.request("POST", "/logout").body("application/x-www-form-urlencoded", vec![b'a'; 16 * 1024 + 1]).send(),
        ),
        ("alive", 200, nobody.get("/healthz")),
        ("ready", 200, nobody.get("/readyz")),
    ]
}

on_both! {
    fn every_answer_is_armoured_and_not_cached(world) {
        for (what, status, page) in answers(world) {
            assert_eq!(page.status, status, "{what}: {page}");
            is_armoured(what, &page);
            assert_eq!(page.header_lines("cache-control").collect::<Vec<_>>(), ["no-store"], "{what}");
            assert!(page.header("vary").is_some_and(|line| line.contains("HX-Request")), "{what}");
        }
    }

    fn an_error_page_says_what_to_do_next_and_how_to_speak_about_it(world) {
        for (what, status, page) in answers(world) {
            if status < 400 || what == "a refused form" || what == "a wrong filter" {
                continue;
            }
            let text = page.says("main");
            assert!(page.header("content-type").is_some_and(|line| line == "text/html; charset=utf-8"), "{what}");
            assert!(text.contains(&status.to_string()), "{what}: {text}");
            let request = page
                .all("dl code")
                .into_iter()
                .find(|code| code.starts_with("req_"))
                .unwrap_or_else(|| panic!("{what}: {text}"));
            assert_eq!(request.len(), 24, "{request}");
            assert!(page.has("a.btn[href^=\"/\"]"), "{what}: a way on");
            for inside in ["sqlx", "panicked", "src/", "SQLSTATE", "select ", "error returned from database", "actix"] {
                assert!(!page.text().contains(inside), "{what} tells of {inside}");
            }
        }
    }

    fn a_refusal_bears_the_same_request_id_on_the_page_and_in_the_log(world) {
        let jun = world.signed_in("jun");
        let page = jun.get("/users");
        let shown = page.all("dl code").into_iter().find(|code| code.starts_with("req_")).unwrap();
        assert_eq!(world.database().value("select request_id from audit order by seq desc limit 1"), shown);
    }

    fn a_nonce_is_used_once_and_only_by_our_scripts(world) {
        let mina = world.signed_in("mina");
        let pages =
            [mina.get("/"), mina.get("/"), mina.get("/users/1"), mina.get("/nowhere"), world.browser().get("/login")];
        let mut nonces: Vec<_> = pages.iter().map(nonce).collect();
        for (page, nonce) in pages.iter().zip(&nonces) {
            assert_eq!(nonce.len(), 32);
            let scripts = page.html().select(&scraper::Selector::parse("script").unwrap()).count();
            assert!(scripts > 0);
            assert_eq!(page.attributes("script[src^=\"/static/\"]", "nonce"), vec![nonce.clone(); scripts], "{page}");
            assert!(!page.has("style, [style], [onclick], [onload], [hx-on], base, iframe, object"), "{page}");
            let mentions = page.text().matches(nonce.as_str()).count();
            assert_eq!(mentions, scripts, "a nonce is nowhere else");
        }
        nonces.sort();
        nonces.dedup();
        assert_eq!(nonces.len(), pages.len());
    }

    fn only_over_tls_is_tls_demanded(world) {
        let server =
            world.another(|config| config.public_origin = Some("https://admin.ingam.test".to_owned())).unwrap();
        let page = world.browser().at(server.address).get("/login");
        assert!(
            page.header("strict-transport-security").is_some_and(|line| line.starts_with("max-age=63072000")),
            "{:?}",
            page.headers
        );
        assert_eq!(world.browser().get("/login").header("strict-transport-security"), None);
        // Nor does it take a form from its own address in plain text.
        let page = world.browser().at(server.address).post("/login", &[]);
        assert_eq!(page.status, 403, "{page}");
    }

    fn assets_are_named_by_their_content_and_kept_for_ever(world) {
        let nobody = world.browser();
        let page = nobody.get("/login");
        let mut paths = page.attributes("link[href^=\"/static/\"]", "href");
        paths.extend(page.attributes("script", "src"));
        paths.extend(world.signed_in("mina").get("/").attributes("script", "src"));
        assert!(paths.len() >= 4, "{paths:?}");
        for path in &paths {
            let path = path.split('#').next().unwrap();
            let asset = nobody.get(path);
            assert_eq!(asset.status, 200, "{path}");
            is_armoured(path, &asset);
            assert_eq!(asset.header("cache-control"), Some("public, max-age=31536000, immutable"), "{path}");
            assert_eq!(asset.header("set-cookie"), None, "{path}");
            let hash = path.split('/').nth(2).unwrap();
            assert!(hex::encode(ingam::secret::sha256(&asset.body)).starts_with(hash), "{path}");
            let known = nobody.request("GET", path).header("if-none-match", asset.header("etag").unwrap()).send();
            assert_eq!((known.status, known.body.len()), (304, 0), "{path}");
            let old = nobody.get(&path.replace(hash, "000000000000"));
            assert_eq!((old.status, old.header("cache-control")), (200, Some("no-cache")), "{path}");
        }
        for path in ["/static/000000000000/nothing.css", "/static/000000000000/", "/static/ingam.css"] {
            let missing = nobody.get(path);
            assert_eq!((missing.status, missing.header("cache-control")), (404, Some("no-store")), "{path}");
        }
    }

    fn head_answers_as_get_without_a_body(world) {
        let mina = world.signed_in("mina");
        let size = world.audit_size();
        for path in ["/", "/users", "/users/1", "/account", "/nowhere", "/healthz", "/users/999"] {
            let (head, get) = (mina.request("HEAD", path).send(), mina.get(path));
            assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
            assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        }
        assert_eq!(mina.request("HEAD", "/audit").send().status, 403);
        assert_eq!(world.audit_size(), size + 1);
    }

    fn a_body_is_at_most_sixteen_kibibytes(world) {
        let mina = world.signed_in("mina");
        let csrf = crate::kit::csrf(&mina.get("/account"));
        let body = |length: usize| {
            let start = format!("csrf={csrf}&q=kim&status=");
            format!("{start}{}", "x".repeat(length - start.len()))
        };
        let send = |length| {
            mina.request("POST", "/users/searches").body("application/x-www-form-urlencoded", body(length)).send()
        };
        assert_eq!(send(16 * 1024).status, 422, "read, and no status");
        assert_eq!(send(16 * 1024 + 1).status, 413);
        assert_eq!(chunked(&mina, "/users/searches", 40 * 1024), "413");
        assert!(crate::kit::is_in(&mina));
    }

    fn what_is_no_http_is_turned_away(world) {
        let nobody = world.browser();
        for (what, bytes) in [
            ("no host", &b"GET /login HTTP/1.1\r\nConnection: close\r\n\r\n"[..]),
            ("nonsense", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
            ("two lengths", b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            (
                "length and chunks",
                b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            ),
            ("a bad length", b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"),
            ("a space in a name", b"GET /login HTTP/1.1\r\nHost : x\r\nConnection: close\r\n\r\n"),
            ("a NUL in a header", b"GET /login HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\nConnection: close\r\n\r\n"),
        ] {
            let answer = nobody.raw(bytes);
            let status = answer.split(' ').nth(1).unwrap_or_default();
            assert!(!status.starts_with('5'), "{what}: {answer}");
        }
        assert_eq!(nobody.get("/login").status, 200);
    }
}

/// Sends a body in pieces without saying how long it is, and says which status came back.
fn chunked(browser: &Browser, path: &str, length: usize) -> String {
    let cookies: Vec<_> = browser.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nOrigin: {}\r\nCookie: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
        browser.origin(),
        cookies.join("; "),
    );
    let mut bytes = head.into_bytes();
    for _ in 0..length / 1024 {
        bytes.extend_from_slice(b"400\r\n");
        bytes.extend_from_slice(&[b'a'; 1024]);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    let answer = browser.raw(&bytes);
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}
