//! Outside a local machine the console answers under its own name only.

use crate::kit::{Browser, Page, Server, World, on_both};
use ingam::{batches::ping, profile::Profile};

const HOST: &str = "admin.example.com";

/// A console that knows what it is called.
fn named(world: &World) -> Server {
    world
        .another(|config| {
            config.profile = Profile::Dev;
            config.public_origin = Some(format!("http://{HOST}"));
        })
        .unwrap()
}

fn last_refusal(world: &World) -> String {
    world.last_audit().refusal
}

/// Sends lines as they are; the status, and all of the answer.
fn raw(browser: &Browser, lines: &[&str]) -> (String, String) {
    let answer = browser.raw(format!("{}\r\nConnection: close\r\n\r\n", lines.join("\r\n")).as_bytes());
    (answer.split(' ').nth(1).unwrap_or_default().to_owned(), answer)
}

fn misdirected(world: &World, what: &str, page: &Page) {
    assert_eq!(page.status, 421, "{what}: {page}");
    assert_eq!(last_refusal(world), "other-host", "{what}");
    assert!(page.header("set-cookie").is_none() && !page.has("form"), "{what}: {page}");
}

on_both! {
    fn another_name_gets_nothing(world) {
        let asset = world.browser().get("/login").attributes("link[rel=stylesheet]", "href").remove(0);
        let server = named(world);
        let mina = world.signed_in("mina").at(server.address);
        let ours = mina.with_header("host", HOST);
        for path in ["/users/1", "/", asset.as_str()] {
            assert_eq!(ours.get(path).status, 200, "{path}");
        }
        let looks = || world.number("select count(*) from access_records");
        let before = looks();
        for host in ["evil.test", "admin.example.com.", "admin.example.com:8080", "admin.example.com.evil.test", "127.0.0.1"] {
            let other = mina.with_header("host", host);
            for path in ["/users/1", "/login", "/nowhere", asset.as_str()] {
                misdirected(world, &format!("{host} {path}"), &other.get(path));
            }
            let page = other.get("/users/1");
            assert_eq!(page.attributes("main a.btn", "href"), ["http://admin.example.com/login"], "{page}");
        }
        let form = ours
            .get("/users/1?panel=points")
            .form_to("/point-adjustments")
            .set("amount", "10")
            .set("reason", "Late delivery")
            .set("code", &world.code("mina"));
        let request = form.request().header("origin", &format!("http://{HOST}"));
        misdirected(world, "a form", &request.clone().header("host", "evil.test").send());
        assert_eq!(world.number("select points from users where id = 1"), 12_450);
        assert_eq!(request.header("host", "ADMIN.example.com").send().status, 303);
        assert_eq!(looks(), before + 1, "the page with the form");
    }

    fn the_host_is_named_once_in_every_way(world) {
        let server = named(world);
        let browser = world.browser().at(server.address);
        for lines in [
            &["GET /login HTTP/1.1"][..],
            &["GET /login HTTP/1.0"],
            &["GET /login HTTP/1.1", "Host: admin.example.com", "Host: admin.example.com"],
            &["GET /login HTTP/1.1", "Host: admin.example.com", "Host: evil.test"],
        ] {
            let (status, answer) = raw(&browser, lines);
            assert_eq!(status, "400", "{lines:?}: {answer}");
            assert!(!answer.contains("password"), "{lines:?}: {answer}");
        }
        for (lines, expected) in [
            (["GET http://evil.test/login HTTP/1.1", "Host: admin.example.com"], "421"),
            (["GET http://admin.example.com/login HTTP/1.1", "Host: evil.test"], "421"),
            (["GET http://x@admin.example.com/login HTTP/1.1", "Host: admin.example.com"], "421"),
            (["GET /login HTTP/1.1", "Host: "], "421"),
            (["GET http://admin.example.com/login HTTP/1.1", "Host: admin.example.com"], "200"),
            (["GET /login HTTP/1.0", "Host: admin.example.com"], "200"),
        ] {
            let (status, answer) = raw(&browser, &lines);
            assert_eq!(status, expected, "{lines:?}: {answer}");
        }
        // No other header says what the host is.
        for name in ["x-forwarded-host", "forwarded", "x-host", "x-original-host"] {
            let value = if name == "forwarded" { "host=admin.example.com" } else { HOST };
            let page = browser.request("GET", "/login").header("host", "evil.test").header(name, value).send();
            assert_eq!(page.status, 421, "{name}: {page}");
        }
    }

    fn load_balancers_ask_under_any_name_and_jobs_report_to_the_public_one(world) {
        let server = named(world);
        let browser = world.browser().at(server.address);
        for path in ["/healthz", "/readyz"] {
            assert_eq!(browser.get(path).status, 200, "{path}");
            assert_eq!(raw(&browser, &[&format!("GET {path} HTTP/1.0")]).0, "200", "{path}");
        }
        let path = format!("/ping/{}/sync", ping::token(&world.config().secret_key, "sync", 1));
        assert_eq!(browser.with_header("host", HOST).post(&path, &[]).status, 404, "there is no such job");
        assert_eq!(browser.post(&path, &[]).status, 421);
        assert_eq!(last_refusal(world), "other-host");
    }

    fn a_local_machine_has_many_names(world) {
        for host in ["localhost", "evil.test", "127.0.0.1"] {
            assert_eq!(world.browser().with_header("host", host).get("/login").status, 200, "{host}");
        }
    }
}
