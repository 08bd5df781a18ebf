//! Requests that would change something and did not come from a page of this console.

use crate::kit::{Form, Page, World, csrf, on_both};
use ingam::{routes::ROUTES, web::route};
use std::time::Duration;

/// A change that would be made if nothing were wrong with the request.
fn good(world: &World) -> Form {
    let mina = world.signed_in("mina");
    let form = mina.get("/users/1?panel=points").form_to("/point-adjustments");
    form.set("amount", "1").set("reason", "Late delivery").set("code", &world.code("mina"))
}

fn points(world: &World) -> i64 {
    world.number("select points from users where id = 1")
}

/// Refused as forged, nothing done, and in the log.
fn refused(world: &World, what: &str, page: &Page, status: u16) {
    assert_eq!(page.status, status, "{what}: {page}");
    assert_eq!(points(world), 12_450, "{what}");
    let row = world.last_audit();
    assert_eq!(
        (row.action.as_str(), row.outcome.as_str(), row.refusal.as_str()),
        ("request.refused", "refused", "forgery"),
        "{what}"
    );
    world.clock.advance(Duration::from_secs(1));
}

on_both! {
    fn a_form_from_another_origin_is_refused(world) {
        let form = good(world);
        let request = form.request();
        let own = world.browser().origin();
        refused(world, "no origin", &request.clone().without("origin").send(), 403);
        let port: u16 = own.rsplit(':').next().unwrap().parse().unwrap();
        for origin in [
            "null".to_owned(),
            "https://evil.test".to_owned(),
            own.replace("http:", "https:"),
            own.replace("127.0.0.1", "127.0.0.1."),
            own.replace("127.0.0.1", "127.0.0.1.evil.test"),
            own.replace("127.0.0.1", "127.1"),
            format!("http://127.0.0.1:{}", port ^ 1),
            "http://127.0.0.1".to_owned(),
            own.to_uppercase(),
            format!("{own}/"),
            format!("{own}, {own}"),
        ] {
            refused(world, &origin, &request.clone().header("origin", &origin).send(), 403);
        }
        refused(world, "two origins", &request.clone().and_header("origin", &own).send(), 403);
        refused(world, "two origins", &request.clone().and_header("origin", "https://evil.test").send(), 403);
        for site in ["cross-site", "same-site", "none", "", "Same-Origin", "same-origin, cross-site"] {
            refused(world, site, &request.clone().header("sec-fetch-site", site).send(), 403);
        }
        refused(world, "two sites", &request.clone().and_header("sec-fetch-site", "same-origin").send(), 403);
        // A browser that says nothing of the site has said where the form comes from.
        assert_eq!(request.without("sec-fetch-site").send().status, 303);
        assert_eq!(points(world), 12_451);
    }

    fn forwarded_headers_make_no_origin(world) {
        let form = good(world);
        let request = form.request().header("origin", "https://evil.test");
        for (name, value) in [
            ("host", "evil.test"),
            ("x-forwarded-host", "evil.test"),
            ("x-forwarded-proto", "https"),
            ("forwarded", "host=evil.test;proto=https"),
        ] {
            refused(world, name, &request.clone().header(name, value).send(), 403);
        }
        let done = form.request().header("x-forwarded-host", "evil.test").header("forwarded", "host=evil.test").send();
        assert_eq!(done.location(), Some(format!("/users/1?sealed={}", world.last_audit().seq).as_str()));
    }

    fn a_form_needs_the_token_of_its_own_session(world) {
        let form = good(world);
        let other = csrf(&world.signed_in("mina").get("/account"));
        let before_signing_in = csrf(&world.browser().get("/login"));
        let own = form.value("csrf").unwrap().to_owned();
        assert_ne!(own, other, "the same person's other session");
        for token in [
            "",
            "x",
            &other,
            &before_signing_in,
            &own[1..],
            &format!("{own}0"),
            &own.to_uppercase(),
            &format!(" {own}"),
        ] {
            refused(world, token, &form.clone().forge("csrf", token).submit(), 403);
        }
        refused(world, "missing", &form.clone().without("csrf").submit(), 403);
        let in_the_address = form.clone().without("csrf").to(&format!("{}?csrf={own}", form.action()));
        refused(world, "in the address", &in_the_address.submit(), 403);
        refused(world, "in a header", &form.clone().without("csrf").request().header("x-csrf-token", &own).send(), 403);
        assert_eq!(form.set("code", &world.code("mina")).submit().status, 303);
    }

    fn the_token_of_the_stage_before_does_not_fit_the_next(world) {
        let mina = world.browser();
        let code = mina.give_password("mina").form_with("code");
        let half = code.value("csrf").unwrap().to_owned();
        assert_eq!(code.set("code", &world.code("mina")).submit().status, 303);
        let form = mina
            .get("/users/1?panel=points")
            .form_to("/point-adjustments")
            .set("amount", "1")
            .set("reason", "Late delivery")
            .set("code", &world.code("mina"));
        refused(world, "half", &form.forge("csrf", &half).submit(), 403);
    }

    fn only_a_form_is_a_form(world) {
        let form = good(world);
        let body = form.request();
        for media_type in [
            "text/plain",
            "application/json",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencoded, text/plain",
            "x",
            "",
        ] {
            refused(world, media_type, &body.clone().header("content-type", media_type).send(), 415);
        }
        refused(world, "none", &body.clone().without("content-type").send(), 415);
        refused(world, "two", &body.clone().and_header("content-type", "text/plain").send(), 415);
        assert_eq!(body.header("content-type", "Application/X-WWW-Form-Urlencoded; charset=utf-8").send().status, 303);
    }

    fn every_route_that_changes_something_answers_to_nothing_but_post(world) {
        let mina = world.signed_in("mina");
        let csrf = csrf(&mina.get("/account"));
        let before = (world.audit_size(), points(world));
        for route in ROUTES.iter().filter(|route| route.method == "POST") {
            let path = route.path.replace("{id}", "1").replace("{token}", "x");
            let allow = route::methods(ROUTES, route.path).join(", ");
            for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "post"] {
                if matches!(method, "GET" | "HEAD") && allow.contains("GET") {
                    continue;
                }
                let page = mina
                    .request(method, &path)
                    .form(&[("csrf".to_owned(), csrf.clone()), ("_method".to_owned(), "POST".to_owned())])
                    .send();
                assert_eq!((page.status, page.header("allow")), (405, Some(allow.as_str())), "{method} {path}: {page}");
            }
            assert!(allow.contains("POST"), "{path}: {allow}");
        }
        for route in
            ROUTES.iter().filter(|route| route.method == "GET" && !route::methods(ROUTES, route.path).contains(&"POST"))
        {
            let path =
                route.path.replace("{id}", "1").replace("{seq}", "1").replace("{hash}", "x").replace("{name:.*}", "x");
            for method in ["POST", "PUT", "DELETE", "TRACE"] {
                if matches!(path.as_str(), "/healthz" | "/readyz") {
                    continue;
                }
                let page = mina.request(method, &path).form(&[("csrf".to_owned(), csrf.clone())]).send();
                assert_eq!((page.status, page.header("allow")), (405, Some("GET, HEAD")), "{method} {path}: {page}");
            }
        }
        assert_eq!((world.audit_size(), points(world)), before);
    }

    fn looking_changes_nothing(world) {
        let mina = world.signed_in("mina");
        let size = world.audit_size();
        for query in ["amount=5&direction=add&reason=because&code=000000", "_method=POST", "status=suspended"] {
            mina.get(&format!("/users/1?{query}"));
            mina.get(&format!("/account?{query}"));
        }
        assert_eq!((world.audit_size(), points(world)), (size, 12_450));
    }

    fn another_site_signs_no_one_in_or_out(world) {
        let victim = world.signed_in("mina");
        let page = victim
            .request("POST", "/logout")
            .header("origin", "https://evil.test")
            .header("sec-fetch-site", "cross-site")
            .form(&[])
            .send();
        assert_eq!(page.status, 403, "{page}");
        assert_eq!(victim.post("/logout", &[]).status, 403, "and not without a token");
        assert!(crate::kit::is_in(&victim));
        let fresh = world.browser();
        let page =
            fresh.post("/login", &[("csrf", ""), ("email", "jun@ingam.test"), ("password", "three lamps at dawn")]);
        assert_eq!(page.status, 403, "{page}");
        let foreign = csrf(&world.browser().get("/login"));
        let page = fresh
            .post("/login", &[("csrf", &foreign), ("email", "jun@ingam.test"), ("password", "three lamps at dawn")]);
        // A page of this console, of another browser or of one that forgot its cookies: it is shown again.
        assert_eq!(page.status, 403, "{page}");
        assert!(page.has("input[name=password]"), "{page}");
        assert_eq!(world.number("select count(*) from sessions"), 1);
    }

    fn a_request_of_htmx_is_checked_like_any_other(world) {
        let form = good(world);
        refused(world, "htmx", &form.request().htmx().header("origin", "https://evil.test").send(), 403);
        refused(world, "htmx", &form.clone().forge("csrf", "x").request().htmx().send(), 403);
        let done = form.request().htmx().send();
        assert_eq!(done.status, 200, "{done}");
        assert!(done.header("hx-redirect").is_some_and(|to| to.starts_with("/users/1?sealed=")), "{:?}", done.headers);
        let nobody = world.browser().request("GET", "/users").htmx().send();
        assert_eq!((nobody.status, nobody.header("hx-redirect")), (200, Some("/login")));
    }
}
