//! From which networks the console opens, and which header is trusted for a client's address.

use crate::kit::{Browser, Page, Server, World, on_both, wait_until};
use ingam::allowlist::Allowlist;
use std::time::Duration;

/// A console behind proxies on this machine and in 10.9.0.0/16, open to an office and to a range of IPv6.
fn behind_proxies(world: &World) -> Server {
    world
        .another(|config| {
            config.allowed_networks = Allowlist::parse("10.0.0.0/8, 2001:db8::/32").unwrap();
            config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap(), "10.9.0.0/16".parse().unwrap()];
        })
        .unwrap()
}

fn forwarded(browser: &Browser, lines: &[&str]) -> Page {
    let mut request = browser.request("GET", "/login");
    for line in lines {
        request = request.and_header("x-forwarded-for", line);
    }
    request.send()
}

/// Refused, and in the log with the word for why and the address it came from.
fn refused(world: &World, what: &str, page: &Page, status: u16, why: &str, ip: &str) {
    assert_eq!(page.status, status, "{what}: {page}");
    let row = world.last_audit();
    assert_eq!(
        (row.action.as_str(), row.outcome.as_str(), row.refusal.as_str()),
        ("request.refused", "refused", why),
        "{what}"
    );
    assert_eq!(world.database().value("select ip from audit order by seq desc limit 1"), ip, "{what}");
    world.clock.advance(Duration::from_secs(1));
}

on_both! {
    fn a_foreign_network_sees_nothing_not_even_the_sign_in_page(world) {
        let asset = world.browser().get("/login").attributes("link[rel=stylesheet]", "href").remove(0);
        let server = world.another(|config| config.allowed_networks = Allowlist::parse("10.0.0.0/8").unwrap()).unwrap();
        let outside = world.browser().at(server.address);
        for path in
            ["/login", "/", "/users", "/setup/x", "/nowhere", "/static/x/ingam.css", asset.as_str(), "/login/code"]
        {
            let page = outside.get(path);
            refused(world, path, &page, 403, "network", "127.0.0.1");
            assert!(!page.has("form") && !page.has("[name=password]"), "{path}");
            assert!(page.header("set-cookie").is_none(), "{path}");
            assert!(page.says("main").contains("127.0.0.1"), "one can tell the owner which address to allow");
        }
        refused(world, "a form", &outside.post("/login", &[("email", "x")]), 403, "network", "127.0.0.1");
        refused(world, "another method", &outside.request("DELETE", "/login").send(), 403, "network", "127.0.0.1");
        // Balancers ask from anywhere and learn nothing.
        for path in ["/healthz", "/readyz"] {
            let page = outside.get(path);
            assert_eq!((page.status, page.text().as_str()), (200, "ok\n"), "{path}");
        }
    }

    fn an_empty_list_lets_no_one_in(world) {
        let server = world.another(|config| config.allowed_networks = Allowlist::default()).unwrap();
        assert_eq!(world.browser().at(server.address).get("/login").status, 403);
    }

    fn a_session_does_not_open_a_foreign_network(world) {
        let server = behind_proxies(world);
        let mina = world.browser().at(server.address);
        let inside = mina.with_header("x-forwarded-for", "10.1.1.1");
        inside.sign_in("mina");
        assert_eq!(inside.get("/users").status, 200);
        let outside = inside.fork().with_header("x-forwarded-for", "203.0.113.9");
        let page = outside.request("GET", "/users").header("x-forwarded-for", "203.0.113.9").send();
        refused(world, "mina outside", &page, 403, "network", "203.0.113.9");
        assert_eq!(inside.get("/users").status, 200, "and she is still signed in inside");
        // A form that was opened inside cannot be sent from outside.
        let form = inside
            .get("/users/1?panel=points")
            .form_to("/point-adjustments")
            .set("amount", "1")
            .set("reason", "Late delivery")
            .set("code", &world.code("mina"));
        let page = form.request().header("x-forwarded-for", "203.0.113.9").send();
        refused(world, "a form", &page, 403, "network", "203.0.113.9");
        assert_eq!(world.number("select points from users where id = 1"), 12_450);
        assert_eq!(form.submit().status, 303);
        assert_eq!(world.database().value("select ip from audit order by seq desc limit 1"), "10.1.1.1");
        assert_eq!(world.database().value("select peer from audit order by seq desc limit 1"), "127.0.0.1");
    }

    fn behind_a_trusted_proxy_the_rightmost_stranger_decides(world) {
        let server = behind_proxies(world);
        let browser = world.browser().at(server.address);
        for (lines, ip, status) in [
            (&["10.1.1.1"][..], "10.1.1.1", 200),
            (&["203.0.113.9"], "203.0.113.9", 403),
            (&["10.1.1.1, 203.0.113.9"], "203.0.113.9", 403),
            (&["10.1.1.1,203.0.113.9"], "203.0.113.9", 403),
            (&["10.1.1.1 ,\t203.0.113.9"], "203.0.113.9", 403),
            (&["203.0.113.9, 10.1.1.1"], "10.1.1.1", 200),
            (&["10.1.1.1", "203.0.113.9"], "203.0.113.9", 403),
            (&["203.0.113.9", "10.1.1.1"], "10.1.1.1", 200),
            (&["203.0.113.9, 10.9.0.5"], "203.0.113.9", 403),
            (&["10.1.1.1, 203.0.113.9, 10.9.0.5, 127.0.0.7"], "203.0.113.9", 403),
            (&["203.0.113.9, 10.1.1.1, 10.9.0.5"], "10.1.1.1", 200),
            (&["::ffff:10.1.1.1"], "10.1.1.1", 200),
            (&["::ffff:203.0.113.9"], "203.0.113.9", 403),
            (&["::10.1.1.1"], "::a01:101", 403),
            (&["64:ff9b::a01:101"], "64:ff9b::a01:101", 403),
            (&["2001:db8::1"], "2001:db8::1", 200),
            (&["2001:DB8:0::1"], "2001:db8::1", 200),
            (&["2001:db9::1"], "2001:db9::1", 403),
            (&["11.0.0.1"], "11.0.0.1", 403),
            (&["9.255.255.255"], "9.255.255.255", 403),
        ] {
            let page = forwarded(&browser, lines);
            if status == 200 {
                assert_eq!(page.status, 200, "{lines:?}: {page}");
                assert!(page.says("body").contains(ip) || page.status == 200, "{lines:?}");
            } else {
                refused(world, &format!("{lines:?}"), &page, 403, "network", ip);
            }
        }
    }

    fn a_proxy_that_names_no_client_is_refused(world) {
        // The proxy itself is in an allowed network, and would let the whole world in.
        let server = world
            .another(|config| {
                config.allowed_networks = Allowlist::parse("127.0.0.0/8, 10.0.0.0/8").unwrap();
                config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap(), "10.9.0.0/16".parse().unwrap()];
            })
            .unwrap();
        let browser = world.browser().at(server.address);
        for lines in [&[][..], &["10.9.0.1, 10.9.0.2"], &["127.0.0.1"], &["10.9.0.1", "::ffff:127.0.0.1"]] {
            let page = forwarded(&browser, lines);
            refused(world, &format!("{lines:?}"), &page, 400, "client-unnamed", "");
            assert!(page.text().contains("X-Forwarded-For") && !page.has("[name=password]"), "{page}");
        }
        assert_eq!(forwarded(&browser, &["10.1.1.1"]).status, 200);
        // The proxy's own question whether the console is alive has no client.
        for path in ["/healthz", "/readyz"] {
            assert_eq!(browser.get(path).status, 200, "{path}");
        }
        // A report of a batch that comes through the proxy is no other.
        assert_eq!(browser.post("/ping/x/sync", &[]).status, 400);
    }

    fn check_warns_where_a_trusted_proxy_is_in_an_allowed_network(world) {
        let said = |networks: &str, proxies: &str| {
            let mut command = world.command(&["check"]);
            command.env("INGAM_ALLOWED_NETWORKS", networks).env("INGAM_TRUSTED_PROXIES", proxies);
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success(), "{said}");
            said.lines().find(|line| line.contains("trusted proxies")).unwrap_or_default().to_owned()
        };
        let line = said("10.20.0.0/16", "10.20.0.2");
        assert!(line.contains("warning") && line.contains("10.20.0.2/32") && line.contains("10.20.0.0/16"), "{line}");
        let line = said("10.20.0.0/16", "10.0.0.0/8");
        assert!(line.contains("warning"), "{line}");
        let line = said("10.20.0.0/16", "10.30.0.2");
        assert!(line.starts_with("ok") && !line.contains("warning"), "{line}");
        assert_eq!(said("10.20.0.0/16", ""), "");
        crate::networks::support::put(world, "10.30.0.0/16");
        assert!(said("10.20.0.0/16", "10.30.0.2").contains("warning"), "the list that owners keep counts too");
    }

    fn a_client_is_read_as_proxies_write_it_and_nothing_left_of_it_is_needed(world) {
        let server = behind_proxies(world);
        let browser = world.browser().at(server.address);
        let long = format!("{}10.1.1.1", "203.0.113.9, ".repeat(200));
        for (lines, status) in [
            // AWS, Azure and others with a port, with and without brackets.
            (&["10.1.1.1:4711"][..], 200),
            (&["[2001:db8::1]:4711"], 200),
            (&["[2001:db8::1]"], 200),
            (&["203.0.113.9:4711"], 403),
            (&["10.1.1.1:4711, 10.9.0.5:80"], 200),
            // What the client sent itself: Squid, gateways, a comma at the end, an empty header, junk.
            (&["unknown, 10.1.1.1"], 200),
            (&["1.2.3.4:4711, 10.1.1.1"], 200),
            (&["1.2.3.4,, 10.1.1.1"], 200),
            (&["", "10.1.1.1"], 200),
            (&["<script>, 10.1.1.1"], 200),
            (&[long.as_str()], 200),
            (&["10.1.1.1, unknown, 203.0.113.9"], 403),
        ] {
            assert_eq!(forwarded(&browser, lines).status, status, "{lines:?}");
        }
    }

    fn an_unreadable_header_of_a_proxy_is_refused(world) {
        let server = behind_proxies(world);
        let browser = world.browser().at(server.address);
        let hops = vec!["10.9.0.1"; 17].join(",");
        for line in [
            "",
            ",",
            "10.1.1.1,",
            "010.1.1.1",
            "0x0a.1.1.1",
            "10.1",
            "167837953",
            "\"10.1.1.1\"",
            "fe80::1%eth0",
            "unknown",
            "_hidden",
            "10.1.1.1, junk",
            "10.1.1.1; x",
            "for=10.1.1.1",
            "10.1.1.1/8",
            "10.1.1.256",
            "%31%30.1.1.1",
            &hops,
        ] {
            let page = forwarded(&browser, &[line]);
            refused(world, line, &page, 400, "address", "");
        }
        for bytes in ["１０.1.1.1".as_bytes(), b"\xff", b"10.1.1.1\x01"] {
            let request =
                [b"GET /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: ", bytes, b"\r\n\r\n"]
                    .concat();
            let answer = browser.raw(&request);
            assert_eq!(answer.split(' ').nth(1), Some("400"), "{answer}");
        }
    }

    fn who_is_no_proxy_is_not_believed(world) {
        let server = world.another(|config| config.allowed_networks = Allowlist::parse("10.0.0.0/8").unwrap()).unwrap();
        let outside = world.browser().at(server.address);
        let claims = [
            "x-forwarded-for",
            "x-real-ip",
            "true-client-ip",
            "cf-connecting-ip",
            "x-client-ip",
            "x-cluster-client-ip",
            "forwarded-for",
            "client-ip",
            "x-originating-ip",
        ];
        for name in claims {
            let page = outside.request("GET", "/login").header(name, "10.1.1.1").send();
            refused(world, name, &page, 403, "network", "127.0.0.1");
        }
        let page = outside.request("GET", "/login").header("forwarded", "for=10.1.1.1;host=admin;proto=https").send();
        refused(world, "forwarded", &page, 403, "network", "127.0.0.1");
        let page = outside
            .request("GET", "/login")
            .header("x-forwarded-for", "10.1.1.1")
            .header("connection", "x-forwarded-for")
            .send();
        refused(world, "hop by hop", &page, 403, "network", "127.0.0.1");
        // And junk from a stranger is ignored.
        let inside = world.browser();
        for line in ["junk", "203.0.113.9", "1.2.3.4:5", ""] {
            assert_eq!(forwarded(&inside, &[line]).status, 200, "{line}");
        }
        // A trusted proxy's other headers are not read either.
        let server = behind_proxies(world);
        let proxied = world.browser().at(server.address);
        for name in &claims[1..] {
            let page = proxied
                .request("GET", "/login")
                .header("x-forwarded-for", "203.0.113.9")
                .header(name, "10.1.1.1")
                .send();
            refused(world, name, &page, 403, "network", "203.0.113.9");
        }
    }

    fn one_connection_may_carry_many_people(world) {
        let server = behind_proxies(world);
        let browser = world.browser().at(server.address);
        let ask =
            |ip: &str, more: &str| format!("GET /login HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {ip}\r\n{more}\r\n");
        let asked = [
            ask("10.1.1.1", ""),
            ask("203.0.113.9", ""),
            ask("10.1.1.2", ""),
            ask("junk", ""),
            ask("10.1.1.3", "Connection: close\r\n"),
        ]
        .concat();
        let answer = browser.raw(asked.as_bytes());
        let statuses: Vec<_> = answer.match_indices("HTTP/1.1 ").map(|(at, _)| &answer[at + 9..at + 12]).collect();
        assert_eq!(statuses, ["200", "403", "200", "400", "200"]);
    }

    fn a_flood_from_one_address_does_not_fill_the_log(world) {
        let server = behind_proxies(world);
        let browser = world.browser().at(server.address);
        let before = world.audit_size();
        for _ in 0..100 {
            assert_eq!(forwarded(&browser, &["203.0.113.9"]).status, 403);
        }
        assert_eq!(world.audit_size() - before, 61, "the rows of a minute, and the first of its kind beyond them");
        // Others are recorded all the same.
        refused(world, "another", &forwarded(&browser, &["203.0.113.10"]), 403, "network", "203.0.113.10");
        // When the minute is over, one row tells of the rest.
        world.clock.advance(Duration::from_mins(1));
        wait_until(|| world.last_audit().after["refusals"] == "39");
        assert_eq!(world.database().value("select ip from audit order by seq desc limit 1"), "203.0.113.9");
        refused(world, "later", &forwarded(&browser, &["203.0.113.9"]), 403, "network", "203.0.113.9");
    }
}
