//! What pipelines report, and how the page shows it.

use crate::kit::{Browser, Engine, Page, World, assert_sound, at_once, on_both, wait_for};
use ingam::config::{DeployerConfig, deployers};
use serde_json::{Value, json};

pub(crate) const TOKEN: &str = "9f1c2e7ab04d5583c6e1f7a2900b4c6d";
const OTHER: &str = "9f1c2e7ab04d5583c6e1f7a2900b4c6e";

/// The part of a configuration file that says who reports.
#[derive(serde::Deserialize)]
struct File {
    deployment: Vec<DeployerConfig>,
}

/// A console that takes the deployments of `shop` and `bank`.
fn reporting(engine: Engine) -> World {
    World::start_with(engine, |config| {
        let text = format!(
            "[[deployment]]\nservice = \"shop\"\ntoken = \"{TOKEN}\"\n[[deployment]]\nservice = \"bank\"\ntoken = \"{OTHER}\"\n"
        );
        let declared: File = toml::from_str(&text).unwrap();
        config.deployers = deployers(&declared.deployment, config.profile).unwrap();
    })
}

fn send(browser: &Browser, named: &str, body: impl Into<Vec<u8>>) -> Page {
    let request = browser.request("POST", &format!("/deployments/{named}")).without("origin").without("sec-fetch-site");
    request.body("application/json", body).send()
}

fn report(world: &World, body: &Value) -> (u16, String) {
    let page = send(&world.browser(), TOKEN, body.to_string());
    (page.status, page.text().trim().to_owned())
}

fn count(world: &World) -> i64 {
    world.number("select count(*) from deployments")
}

on_both! {
    fn a_deployment_is_shown_with_what_its_pipeline_said(world) {
        let world = reporting(world.engine);
        let full = json!({
            "version": "1.4.2", "environment": "prod", "by": "Mina Kang", "at": "2026-02-28T23:50:00Z",
            "url": "https://ci.example.com/7", "notes": "<script>alert(1)</script> cheaper shipping"
        });
        assert_eq!(report(&world, &full), (201, "recorded".to_owned()));
        assert_eq!(send(&world.browser(), OTHER, json!({ "version": "7" }).to_string()).status, 201);
        for who in ["mina", "jun", "sora", "hana", "owner"] {
            let page = world.signed_in(who).get("/deployments");
            assert_eq!(page.status, 200, "{who}");
            let row = page.says("tbody");
            for said in ["shop", "prod", "1.4.2", "Mina Kang", "cheaper shipping", "bank"] {
                assert!(row.contains(said), "{who} {said}: {row}");
            }
            assert_eq!(page.attributes("tbody a[href^=https]", "href"), ["https://ci.example.com/7"]);
            assert!(page.attributes("tbody script", "src").is_empty());
        }
        let of_bank = world.signed_in("mina").get("/deployments?service=bank").says("tbody");
        assert!(of_bank.contains("bank") && !of_bank.contains("shop"), "{of_bank}");
        assert_eq!(world.audit().iter().filter(|row| row.target.starts_with("deployment")).count(), 0, "no sealed change");
        assert_sound(&world);
    }

    fn a_report_that_comes_again_is_one_deployment(world) {
        let world = reporting(world.engine);
        let timed = json!({ "version": "1.4.2", "at": "2026-02-28T23:50:00.5Z" });
        let codes = at_once(&[(); 6], |()| report(&world, &timed).0);
        assert_eq!((codes.iter().filter(|code| **code == 201).count(), count(&world)), (1, 1), "{codes:?}");
        assert!(codes.iter().all(|code| matches!(code, 200 | 201)), "{codes:?}");
        assert_eq!(report(&world, &timed), (200, "was recorded before".to_owned()));
        assert_eq!(report(&world, &json!({ "version": "1.4.3" })).0, 201);
        assert_eq!(report(&world, &json!({ "version": "1.4.3" })).0, 200, "a report without a time, sent again");
        assert_eq!(report(&world, &json!({ "version": "1.4.3", "environment": "staging" })).0, 201);
        // Back to what was there, and forth: three deployments of two versions.
        assert_eq!(report(&world, &json!({ "version": "1.4.2" })).0, 201);
        world.clock.advance(std::time::Duration::from_secs(1));
        assert_eq!(report(&world, &json!({ "version": "1.4.3" })).0, 201);
        assert_eq!(count(&world), 5);
    }

    fn what_cannot_be_recorded_is_answered_with_what_to_do(world) {
        let world = reporting(world.engine);
        let said = |body: &Value| report(&world, body);
        let large = json!({ "version": "1", "notes": "x".repeat(1024 * 1024) });
        let (status, why) = said(&large);
        assert!(status == 413 && why.contains("shorten the notes"), "{status} {why}");
        let (status, why) = said(&json!({ "version": "1", "notes": "x".repeat(2001) }));
        assert!(status == 400 && why.contains("notes has more than 2000 characters"), "{status} {why}");
        let ahead = |minutes| world.clock.now().plus(chrono::TimeDelta::minutes(minutes)).to_string();
        let (status, why) = said(&json!({ "version": "1", "at": ahead(6) }));
        assert!(status == 400 && why.contains("in the future"), "{status} {why}");
        assert_eq!(said(&json!({ "version": "0", "at": ahead(4) })).0, 201, "a clock may be a little ahead");
        let (status, why) = said(&json!({ "version": "1", "url": "javascript:alert(1)" }));
        assert!(status == 400 && why.contains("https://"), "{status} {why}");
        let (status, why) = said(&json!({ "version": "1", "service": "bank" }));
        assert!(status == 400 && why.contains("shop"), "{status} {why}");
        assert_eq!(said(&json!("1.4.2")).0, 400);
        assert_eq!(count(&world), 1);
    }

    fn only_the_token_of_a_service_reports_it(world) {
        let world = reporting(world.engine);
        let body = json!({ "version": "1" }).to_string();
        let browser = world.browser();
        let shown = |named: &str, token: &str| {
            let request = browser.request("POST", &format!("/deployments/{named}")).without("origin");
            request.header("authorization", &format!("Bearer {token}")).body("application/json", body.clone()).send()
        };
        for wrong in ["shop", "x", &TOKEN[1..], &format!("{TOKEN}0")] {
            assert_eq!(send(&browser, wrong, body.clone()).status, 404, "{wrong}");
        }
        assert_eq!((shown("shop", OTHER).status, shown("bank", TOKEN).status, shown(TOKEN, TOKEN).status), (401, 401, 401));
        assert_eq!(count(&world), 0);
        assert_eq!(shown("shop", TOKEN).status, 201);
        assert_eq!(world.rows("select service from deployments")[0][0].as_deref(), Some("shop"));
        let page = browser.get(&format!("/deployments/{TOKEN}"));
        assert!(matches!(page.status, 404 | 405), "{page}");
        // No page repeats a token.
        let page = world.signed_in("owner").get("/deployments").body;
        assert!(!String::from_utf8_lossy(&page).contains(TOKEN));
    }

    fn the_page_of_an_alert_leads_to_the_deployments_of_the_day_before(world) {
        let world = reporting(world.engine);
        let at = |hours| world.clock.now().minus(chrono::TimeDelta::hours(hours)).to_string();
        for (version, hours) in [("within", 23), ("before", 25)] {
            assert_eq!(report(&world, &json!({ "version": version, "at": at(hours) })).0, 201);
        }
        let now = world.clock.now();
        world.database().tamper(&format!(
            "insert into received_alerts (subject, source, fingerprint, starts_at, title, severity, labels, first_at, heard_at, stale_at, is_suppressed)
             values ('am:a1:x', 'am', 'a1', '{now}', 'HighLatency', 'warning', '{{}}', '{now}', '{now}', '{}', {})",
            now.plus(chrono::TimeDelta::days(1)),
            if world.engine == Engine::Postgres { "false" } else { "0" },
        )).unwrap();
        let alert = wait_for(|| world.rows("select id from alerts").pop())[0].clone().unwrap();
        let jun = world.signed_in("jun");
        let page = jun.get(&format!("/alerts/{alert}"));
        assert!(page.text().contains("1 deployment in the 24 hours before"), "{page}");
        let href = format!("/deployments?alert={alert}");
        assert!(page.attributes("header a", "href").contains(&href), "{page}");
        let rows = jun.get(&href).says("tbody");
        assert!(rows.contains("within") && !rows.contains("before"), "{rows}");
        assert_eq!(jun.get("/deployments?alert=x").status, 400);
        assert_eq!(jun.get("/deployments?alert=999").status, 200);
    }

    fn the_list_goes_on_where_a_page_ends(world) {
        let world = reporting(world.engine);
        let at = world.clock.now().minus(chrono::TimeDelta::hours(1)).to_string();
        for n in 0..60 {
            // All at one time: their order is by number.
            assert_eq!(report(&world, &json!({ "version": format!("v{n:02}"), "at": at })).0, 201);
        }
        let mina = world.signed_in("mina");
        let first = mina.get("/deployments?service=shop");
        let next = first.attributes("nav.pager a, .pager a", "href").pop().unwrap();
        let second = mina.get(&next);
        let (first, second) = (first.says("tbody"), second.says("tbody"));
        for n in 0..60 {
            let version = format!("v{n:02}");
            assert_eq!((first.contains(&version), second.contains(&version)), (n >= 10, n < 10), "{version}");
        }
    }
}
