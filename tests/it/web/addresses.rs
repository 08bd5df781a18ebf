//! Addresses that no page links to: strange paths, strange queries.

use crate::kit::{Browser, World, on_both};

const STRANGE: [&str; 26] = [
    "",
    "%00",
    "a%00b",
    "%FF",
    "%ED%A0%80",
    "%E2%80%AEgnp",
    "-1",
    "0",
    "1e3",
    "99999999999999999999",
    "9223372036854775807",
    "-9223372036854775808",
    "%22%27%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "%25",
    "%zz",
    "%",
    "[]",
    "..%2f..%2fetc",
    "%2B262142-12-31",
    "-262143-01-01",
    "-9999-01-01",
    "0000-00-00",
    "9999-12-31",
    "0.0.0.0/0",
    "%3A%3Affff%3A10.0.0.1/104",
    "2026-02-30",
];

fn pages(world: &World) -> Vec<(Browser, &'static str, &'static [&'static str])> {
    let (mina, sora) = (world.signed_in("mina"), world.signed_in("sora"));
    let (owner, jun) = (world.signed_in("owner"), world.signed_in("jun"));
    let half = world.browser();
    half.give_password("hana");
    vec![
        (world.browser(), "/login", &["notice", "lang", "next"]),
        (half, "/login/code", &["with", "lang"]),
        (mina.clone(), "/", &["lang", "x"]),
        (mina.clone(), "/account", &["panel", "session", "done"]),
        (mina.clone(), "/users", &["search", "status", "after"]),
        (mina.clone(), "/users/1", &["panel", "ledger", "sealed"]),
        (mina, "/orders", &["q", "needs", "state", "days", "after"]),
        (owner.clone(), "/staff", &["state", "role", "panel", "after"]),
        (owner.clone(), "/networks", &["panel", "done"]),
        (owner, "/queues", &["topic", "before"]),
        (jun.clone(), "/incidents", &["show", "q", "before", "panel", "alert", "done"]),
        (jun.clone(), "/incidents/times", &["job"]),
        (jun.clone(), "/deployments", &["service", "alert", "before"]),
        (jun.clone(), "/oncall", &["panel", "done"]),
        (jun.clone(), "/silences", &["panel", "name", "scope", "done"]),
        (jun.clone(), "/levers", &["panel", "kind", "done"]),
        (jun, "/account/ways", &["panel", "way", "done"]),
        (sora.clone(), "/runs", &["job", "show", "before"]),
        (sora.clone(), "/alerts", &["show", "kind", "before"]),
        (sora.clone(), "/deliveries", &["show", "channel", "before"]),
        (sora.clone(), "/approvals", &["show", "before"]),
        (
            sora.clone(),
            "/audit",
            &["staff", "action", "target", "outcome", "from", "to", "address", "text", "rows", "hide", "before"],
        ),
        (sora.clone(), "/audit/suspicions", &["rule", "state", "staff", "before"]),
        (
            sora.clone(),
            "/audit/exports",
            &[
                "panel", "before", "sealed", "staff", "action", "target", "outcome", "from", "to", "address", "text",
                "end", "format",
            ],
        ),
        (sora.clone(), "/audit/checkpoints", &["before"]),
        (sora.clone(), "/audit/reviews", &["from"]),
        (sora.clone(), "/audit/reviews/2026-03", &["panel", "sealed"]),
        (sora, "/access-records", &["staff", "subject", "task", "from", "to", "address", "before"]),
    ]
}

on_both! {
    fn no_query_takes_the_console_down(world) {
        for (browser, path, names) in pages(world) {
            let long = "a".repeat(4000);
            for name in names {
                for value in STRANGE.iter().copied().chain([long.as_str()]) {
                    let page = browser.get(&format!("{path}?{name}={value}"));
                    assert!(matches!(page.status, 200 | 400 | 404 | 422), "{path}?{name}={value}: {page}");
                    assert!(!page.text().contains("<script>alert"), "{path}?{name}={value}");
                }
                let twice = browser.get(&format!("{path}?{name}=1&{name}=2"));
                assert!(matches!(twice.status, 200 | 400 | 404 | 422), "{name} twice: {twice}");
            }
            for query in ["&&&", "=", "a", "%00=%00", "%FF=%FF", "nobody=knows", "a[]=1", &"a=b&".repeat(500)] {
                let page = browser.get(&format!("{path}?{query}"));
                assert!(matches!(page.status, 200 | 400), "{path}?{query}: {page}");
            }
        }
    }

    fn no_path_takes_the_console_down(world) {
        let mina = world.signed_in("mina");
        let sora = world.signed_in("sora");
        let csrf = crate::kit::csrf(&mina.get("/account"));
        let owner = world.signed_in("owner");
        let owners = crate::kit::csrf(&owner.get("/account"));
        for id in [
            "0",
            "-1",
            "6",
            "99999999999999999999",
            "9223372036854775807",
            "-9223372036854775808",
            "abc",
            "%00",
            "%FF",
            "%ED%A0%80",
            "1%20",
            "1.0",
            "%D9%A3",
            "1;x",
            "1%2f..",
            "%zz",
            "%",
            "u_1",
            "'",
            "1,2",
        ] {
            for (browser, path) in
                [(&mina, format!("/users/{id}")), (&sora, format!("/audit/{}", id.replace('6', "600")))]
            {
                // The first row of the log is number 0.
                if path == "/audit/0" {
                    continue;
                }
                let page = browser.get(&path);
                assert!(matches!(page.status, 404 | 400), "{path}: {page}");
            }
            let named = ["/incidents", "/oncall", "/oncall/calendars", "/calendars", "/alerts", "/deliveries", "/approvals"];
            for path in named.map(|pages| format!("{pages}/{}", id.replace('6', "600"))) {
                let page = sora.get(&path);
                assert!(matches!(page.status, 404 | 400), "{path}: {page}");
            }
            for path in [format!("/batches/{id}"), format!("/ping/0123456789abcdef/{id}"), format!("/setup/{id}")] {
                let page = sora.get(&path);
                assert!(matches!(page.status, 404 | 400), "{path}: {page}");
            }
            for path in [
                format!("/oncall/{id}/plan"),
                format!("/oncall/{id}/retirement"),
                format!("/deliveries/channels/{id}/tests"),
                format!("/batches/{id}/pause"),
            ] {
                let fields = [("csrf", owners.as_str()), ("reason", "Ticket 8, agreed"), ("code", "000000")];
                let page = owner.post(&path, &fields);
                assert!(matches!(page.status, 404 | 400 | 422), "{path}: {page}");
            }
            for noun in ["contact", "point-adjustments", "point-adjustments/preview", "status"] {
                let fields = [("csrf", csrf.as_str()), ("reason", "Late delivery"), ("code", "000000")];
                let path = format!("/users/{id}/{noun}");
                let page = mina.post(&path, &fields);
                assert!(matches!(page.status, 404 | 400 | 422), "{path}: {page}");
            }
        }
        for path in [
            "//",
            "/./users",
            "/users/",
            "/users//1",
            "/USERS",
            "/static/../Cargo.toml",
            "/static/x/..%2f..%2fCargo.toml",
            "/static/x/%00",
            "/static/x/ingam.css/",
            "/login/",
            "/setup/",
            "/%2e%2e/",
            "/users%00",
            "/.env",
            "/.git/config",
            "/metrics%20",
        ] {
            let page = mina.get(path);
            assert!(matches!(page.status, 404 | 400), "{path}: {page}");
        }
        assert!(mina.get("/users/1").status == 200 && sora.get("/audit/0").status == 200);
    }

    fn a_customer_who_is_not_there_is_not_found_by_any_form(world) {
        let mina = world.signed_in("mina");
        let points = mina
            .get("/users/1?panel=points")
            .form_to("/point-adjustments")
            .set("amount", "10")
            .set("reason", "Late delivery")
            .set("code", &world.code("mina"));
        assert_eq!(points.clone().to("/users/999/point-adjustments").submit().status, 404);
        assert_eq!(points.submit().status, 303, "and the code is still good");
        let contact = mina.get("/users/1?panel=contact").form_to("/contact").set("reason", "She called, ticket 5");
        assert_eq!(contact.to("/users/999/contact").submit().status, 404);
        assert_eq!(world.number("select count(*) from access_records where subject = 'user/999'"), 0);
    }

    fn dates_are_four_digits_two_digits_two_digits(world) {
        let sora = world.signed_in("sora");
        for day in [
            "2026-3-2",
            "02026-03-02",
            "+2026-03-02",
            "-2026-03-02",
            "26-03-02",
            "2026-03-02T00:00",
            "2026-13-01",
            "2026-02-30",
            " 2026-03-02",
            "today",
        ] {
            for list in ["/audit", "/access-records"] {
                let day = day.replace('+', "%2B").replace(' ', "%20");
                let page = sora.get(&format!("{list}?from={day}"));
                assert_eq!(page.status, 422, "{list}?from={day}: {page}");
                assert!(page.has("#from-error"), "{page}");
            }
        }
        assert_eq!(sora.get("/audit?from=2026-03-02&to=9999-12-31").status, 200);
    }
}
