//! Pages are for people who open them: what another page embeds or fetches is refused, and leaves no record in the name of the
//! person whose browser it is.

use crate::kit::{Browser, Page, World, on_both};
use std::time::Duration;

fn ask(browser: &Browser, path: &str, dest: &str, site: &str) -> Page {
    browser.request("GET", path).header("sec-fetch-dest", dest).header("sec-fetch-site", site).send()
}

fn looks(world: &World) -> i64 {
    world.number("select count(*) from access_records")
}

on_both! {
    fn a_page_that_is_part_of_another_is_refused_and_recorded_in_no_name(world) {
        let mina = world.signed_in("mina");
        let before = looks(world);
        for dest in [
            "image", "script", "style", "iframe", "frame", "fencedframe", "object", "embed", "audio", "video", "track",
            "font", "worker", "manifest", "report", "xslt", "", "Document", "anything",
        ] {
            for path in ["/users/5", "/orders/1"] {
                world.clock.advance(Duration::from_secs(2));
                let page = ask(&mina, path, dest, "same-site");
                assert_eq!(page.status, 403, "{dest} {path}: {page}");
                let row = world.last_audit();
                assert_eq!((row.action.as_str(), row.refusal.as_str(), row.email.as_str()), ("request.refused", "embedded", ""));
            }
        }
        // Not even of the console itself: no page of it embeds another.
        assert_eq!(ask(&mina, "/users/5", "image", "same-origin").status, 403);
        // A script of another site, which the browser lets send cookies where it is a sibling.
        for site in ["same-site", "cross-site"] {
            assert_eq!(ask(&mina, "/users/5", "empty", site).status, 403, "{site}");
        }
        // A page that another site has loaded in advance; where the person types the address, that is no event.
        let ahead = mina.request("GET", "/users/5").header("sec-purpose", "prefetch;prerender");
        assert_eq!(ahead.clone().header("sec-fetch-site", "same-site").send().status, 403);
        let size = world.audit_size();
        assert_eq!(ahead.header("sec-fetch-site", "none").send().status, 403);
        assert_eq!(world.audit_size(), size);
        let twice = mina.request("GET", "/users/5").and_header("sec-fetch-dest", "image");
        assert_eq!(twice.send().status, 403);
        assert_eq!(looks(world), before);
    }

    fn links_typed_addresses_and_the_scripts_of_the_console_work(world) {
        let mina = world.signed_in("mina");
        for site in ["none", "same-origin", "same-site", "cross-site"] {
            let before = looks(world);
            assert_eq!(ask(&mina, "/users/5", "document", site).status, 200, "{site}");
            assert_eq!(looks(world), before + 1, "{site}");
        }
        assert_eq!(mina.request("GET", "/users/5").htmx().header("sec-fetch-site", "same-origin").send().status, 200);
        let silent = mina.request("GET", "/users/5").without("sec-fetch-dest").without("sec-fetch-site");
        assert_eq!(silent.send().status, 200, "a browser that says nothing");
        // Styles, scripts and icons are parts of pages.
        let asset = mina.get("/").attributes("link[rel=stylesheet]", "href").remove(0);
        for dest in ["style", "script", "image", "font", "manifest"] {
            assert_eq!(ask(&mina, &asset, dest, "same-origin").status, 200, "{dest}");
        }
        assert_eq!(ask(&mina, "/favicon.ico", "image", "same-origin").status, 404);
    }

    fn a_form_in_a_frame_is_refused_too(world) {
        let mina = world.signed_in("mina");
        let form = mina
            .get("/users/1?panel=points")
            .form_to("/point-adjustments")
            .set("amount", "10")
            .set("reason", "Late delivery")
            .set("code", &world.code("mina"));
        assert_eq!(form.request().header("sec-fetch-dest", "iframe").send().status, 403);
        assert_eq!(world.last_audit().refusal, "embedded");
        assert_eq!(form.submit().status, 303);
    }
}
