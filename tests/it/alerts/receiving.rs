//! Alerts of others: what an Alertmanager or a Grafana posts, in any order and any number of times.

use super::support::{alert, counted};
use crate::kit::{Browser, Engine, Page, Sink, World, assert_sound, at_once, on_both, wait_until};
use ingam::config::{ReceiverConfig, receivers};
use serde_json::{Value, json};
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

const TOKEN: &str = "9f1c2e7ab04d5583c6e1f7a2900b4c6d";
const ROUTES: &str = "[[route]]\nkinds = [\"*\"]\nto = [\"hook\", \"page\"]";
const STARTS: &str = "2026-02-28T23:00:00.5Z";

/// The part of a configuration file that says who posts.
#[derive(serde::Deserialize)]
struct File {
    receive: Vec<ReceiverConfig>,
}

/// A console that takes alerts under `am` and `grafana`; `more` belongs to the first.
fn receiving(engine: Engine, sink: &Sink, more: &str) -> World {
    World::start_with(engine, |config| {
        sink.serve_for(config, ROUTES);
        let text = format!(
            "[[receive]]\nname = \"am\"\nkind = \"alertmanager\"\ntoken = \"{TOKEN}\"\n{more}\n\
             [[receive]]\nname = \"grafana\"\nkind = \"grafana\"\ntoken = \"{TOKEN}0\"\n"
        );
        let declared: File = toml::from_str(&text).unwrap();
        config.receivers = receivers(&declared.receive, &config.channels, config.profile).unwrap();
    })
}

fn told(fingerprint: &str, status: &str, starts_at: &str) -> Value {
    json!({
        "status": status, "fingerprint": fingerprint, "startsAt": starts_at,
        "endsAt": if status == "firing" { "0001-01-01T00:00:00Z" } else { "2026-03-01T02:00:00Z" },
        "labels": { "alertname": "HighLatency", "severity": "critical", "instance": "shop-1" },
        "annotations": { "summary": format!("it is {status}") },
        "generatorURL": if status == "firing" { "https://prometheus.example.com/graph" } else { "" },
    })
}

fn group(alerts: &[Value]) -> Value {
    json!({ "version": "4", "status": "resolved", "receiver": "ingam", "truncatedAlerts": 1, "groupKey": "{}:{}", "alerts": alerts })
}

fn send(browser: &Browser, name: &str, token: &str, body: impl Into<Vec<u8>>) -> Page {
    let request = browser.request("POST", &format!("/receive/{name}")).without("origin").without("sec-fetch-site");
    request.header("authorization", &format!("Bearer {token}")).body("application/json", body).send()
}

fn post(browser: &Browser, alerts: &[Value]) -> Page {
    send(browser, "am", TOKEN, group(alerts).to_string())
}

fn taken(world: &World, alerts: &[Value]) {
    let page = post(&world.browser(), alerts);
    assert_eq!((page.status, page.text().trim()), (200, "OK"), "{page}");
}

fn open(world: &World) -> i64 {
    world.number("select count(*) from alerts where kind = 'received.firing' and resolved_at is null")
}

fn episodes(world: &World) -> i64 {
    world.number("select count(*) from alerts where kind = 'received.firing'")
}

/// Time for the console to have judged what it was told.
fn a_while() {
    thread::sleep(Duration::from_millis(1300));
}

/// What answers as an Alertmanager does that is asked what is open.
#[derive(Clone)]
struct Asked {
    address: SocketAddr,
    answers: Arc<Mutex<(String, Value)>>,
    times: Arc<Mutex<usize>>,
}

impl Asked {
    fn start(began: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let answers = Arc::new(Mutex::new((began.to_owned(), json!([]))));
        let this = Self { address: listener.local_addr().unwrap(), answers, times: Arc::default() };
        let served = this.clone();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut head = [0; 4096];
                let n = stream.read(&mut head).unwrap_or(0);
                let (began, alerts) = served.answers.lock().unwrap().clone();
                let body = if String::from_utf8_lossy(&head[..n]).contains("/api/v2/status") {
                    json!({ "uptime": began, "versionInfo": {} }).to_string()
                } else {
                    *served.times.lock().unwrap() += 1;
                    alerts.to_string()
                };
                let answer =
                    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        this
    }

    fn has(&self, alerts: Value) {
        self.answers.lock().unwrap().1 = alerts;
    }

    fn times(&self) -> usize {
        *self.times.lock().unwrap()
    }
}

fn listed(fingerprint: &str, starts_at: &str, state: &str) -> Value {
    let mut alert = told(fingerprint, "firing", starts_at);
    alert["status"] = json!({ "state": state, "silencedBy": [], "inhibitedBy": [] });
    alert
}

on_both! {
    fn an_alert_of_another_system_is_open_here_until_it_says_that_it_is_over(world) {
        let sink = Sink::start();
        let world = receiving(world.engine, &sink, "");
        taken(&world, &[told("a1", "firing", STARTS)]);
        wait_until(|| open(&world) == 1);
        let jun = world.signed_in("jun");
        assert_eq!(counted(&jun.get("/")), "1");
        let list = jun.get("/alerts");
        assert!(list.says("tbody").contains("HighLatency Alert of another system Open"), "{list}");
        let page = jun.get(&format!("/alerts/{}", alert(&world, "received.firing")));
        let facts = page.says("section[aria-labelledby='facts-title']");
        assert!(facts.contains("it is firing") && facts.contains("instance shop-1") && facts.contains("am"), "{page}");
        assert!(page.has("a[href='https://prometheus.example.com/graph'][rel~='noopener']"), "{page}");
        wait_until(|| sink.sent("hook").len() == 1);
        let told_first = &sink.bodies("hook")[0]["data"];
        assert_eq!((&told_first["severity"], &told_first["title"]), (&"critical".into(), &"HighLatency".into()));
        assert_eq!((&told_first["facts"]["labels"]["instance"], &told_first["facts"]["source"]), (&"shop-1".into(), &"am".into()));
        // The end has no link and another text, which are not put over what was said.
        taken(&world, &[told("a1", "resolved", STARTS)]);
        wait_until(|| open(&world) == 0);
        wait_until(|| sink.bodies("hook").iter().map(|body| body["type"].clone()).collect::<Vec<_>>() == ["alert.opened", "alert.resolved"]);
        let page = jun.get(&format!("/alerts/{}", alert(&world, "received.firing")));
        assert!(page.text().contains("it is firing") && !page.text().contains("it is resolved"), "{page}");
        assert!(page.has("a[href='https://prometheus.example.com/graph']"));
        assert_sound(&world);
    }

    fn an_episode_is_opened_once_and_ended_once_in_whichever_order_it_is_told(world) {
        let sink = Sink::start();
        let world = receiving(world.engine, &sink, "");
        // Repeated, by two members of a cluster at once.
        let browsers = [world.browser(), world.browser(), world.browser()];
        let statuses = at_once(&browsers, |browser| post(browser, &[told("a1", "firing", STARTS), told("a2", "firing", STARTS)]).status);
        assert_eq!(statuses, [200, 200, 200]);
        wait_until(|| open(&world) == 2);
        // Partly over; of what a group does not hold nothing follows.
        taken(&world, &[told("a1", "resolved", STARTS)]);
        wait_until(|| open(&world) == 1);
        for _ in 0..3 {
            taken(&world, &[told("a1", "resolved", STARTS)]);
        }
        // Told late, an episode that is over stays so.
        taken(&world, &[told("a1", "firing", STARTS)]);
        a_while();
        assert_eq!((open(&world), episodes(&world)), (1, 2));
        wait_until(|| sink.sent("hook").len() == 3);
        // The end of one that was never told, and then its beginning.
        taken(&world, &[told("a3", "resolved", STARTS), told("a3", "firing", STARTS)]);
        // The next episode of the same alert is another one, also where the end of the last was never told.
        taken(&world, &[told("a2", "firing", "2026-03-01T00:30:00Z")]);
        wait_until(|| episodes(&world) == 3 && open(&world) == 1);
        // Grafana 12 says of one that ends that it began when it ended.
        taken(&world, &[told("a4", "firing", STARTS)]);
        wait_until(|| open(&world) == 2);
        taken(&world, &[told("a4", "resolved", "2026-03-01T00:45:00Z")]);
        wait_until(|| open(&world) == 1);
        // And one from before the one that is open, told later, is none.
        taken(&world, &[told("a2", "firing", "2026-02-28T20:00:00Z")]);
        a_while();
        assert_eq!((open(&world), episodes(&world)), (1, 4));
    }

    fn what_is_not_for_the_console_is_refused_as_its_sender_understands(world) {
        let sink = Sink::start();
        let world = receiving(world.engine, &sink, "");
        let browser = world.browser();
        let good = group(&[told("a1", "firing", STARTS)]).to_string();
        let refused = |page: Page, status: u16, says: &str| {
            assert_eq!(page.status, status, "{page}");
            assert!(page.location().is_none() && page.text().lines().count() == 1 && page.text().contains(says), "{page}");
        };
        refused(send(&browser, "am", "wrong", good.clone()), 401, "Authorization: Bearer");
        refused(send(&browser, "am", &format!("{TOKEN}0"), good.clone()), 401, "");
        refused(browser.request("POST", "/receive/am").without("origin").body("application/json", good.clone()).send(), 401, "");
        refused(send(&browser, "other", TOKEN, good.clone()), 404, "no such receiver");
        refused(send(&browser, "am", TOKEN, "{\"alerts\":"), 400, "line 1");
        refused(send(&browser, "am", TOKEN, group(&[json!({ "status": "firing" })]).to_string()), 400, "not the body of a webhook");
        refused(send(&browser, "am", TOKEN, vec![b' '; 3 * 1024 * 1024]), 413, "max_alerts");
        let got = browser.get("/receive/am");
        assert!(got.status == 405 || got.status == 404, "{got}");
        assert_eq!(world.number("select count(*) from received_alerts"), 0);
        // A person who is signed in is none here either, and the token of one is not that of another.
        refused(send(&world.signed_in("owner"), "am", "", good.clone()), 401, "");
        assert_eq!(send(&browser, "grafana", &format!("{TOKEN}0"), good).status, 200);
        wait_until(|| open(&world) == 1);
    }

    fn what_cannot_be_written_down_is_told_again(world) {
        let sink = Sink::start();
        let world = receiving(world.engine, &sink, "");
        world.database().tamper("alter table received_alerts rename to elsewhere").unwrap();
        let page = post(&world.browser(), &[told("a1", "firing", STARTS)]);
        assert_eq!((page.status, page.header("retry-after")), (503, Some("5")), "{page}");
        assert!(!page.text().contains("received_alerts"), "{page}");
        world.database().tamper("alter table elsewhere rename to received_alerts").unwrap();
        taken(&world, &[told("a1", "firing", STARTS)]);
        wait_until(|| open(&world) == 1);
    }

    fn what_is_not_heard_of_any_more_is_stale_and_not_over(world) {
        let sink = Sink::start();
        let world = receiving(world.engine, &sink, "repeat_interval = \"10m\"");
        taken(&world, &[told("a1", "firing", STARTS)]);
        wait_until(|| open(&world) == 1);
        world.clock.advance(Duration::from_mins(20));
        let jun = world.signed_in("jun");
        assert!(!jun.get("/alerts").text().contains("Last heard of"));
        world.clock.advance(Duration::from_mins(6));
        assert!(jun.get("/alerts").says("tbody").contains("Last heard of"), "{}", jun.get("/alerts"));
        let page = jun.get(&format!("/alerts/{}", alert(&world, "received.firing")));
        assert!(page.text().contains("Nothing has been heard of it since"), "{page}");
        a_while();
        assert_eq!(open(&world), 1);
        // It is told again.
        taken(&world, &[told("a1", "firing", STARTS)]);
        assert!(!jun.get("/alerts").text().contains("Last heard of"));
        assert_eq!(episodes(&world), 1);
        // A person can only end what is stale; told again, it is open again.
        let alert = alert(&world, "received.firing");
        let closed = jun.get(&format!("/alerts/{alert}?panel=end"));
        assert!(closed.text().contains("still tells of this alert") && !closed.has("form.seal"), "{closed}");
        world.clock.advance(Duration::from_mins(30));
        let jun = world.signed_in("jun");
        let form = jun.get(&format!("/alerts/{alert}?panel=end")).form_to("/end").set("reason", "Looked at Grafana, it is over");
        assert_eq!(form.set("code", &world.code("jun")).submit().status, 303);
        assert_eq!(world.last_audit().action, "alerts.end-received");
        wait_until(|| open(&world) == 0);
        taken(&world, &[told("a1", "firing", STARTS)]);
        wait_until(|| open(&world) == 1 && episodes(&world) == 2);
        taken(&world, &[told("a1", "resolved", STARTS)]);
        wait_until(|| open(&world) == 0);
        taken(&world, &[told("a1", "firing", STARTS)]);
        a_while();
        assert_eq!(open(&world), 0, "what its system ended stays so");
        assert_sound(&world);
    }

    fn an_alertmanager_that_can_be_asked_settles_what_it_does_not_tell(world) {
        let sink = Sink::start();
        let asked = Asked::start("2026-01-01T00:00:00.000Z");
        asked.has(json!([listed("a1", STARTS, "active"), listed("a2", STARTS, "suppressed")]));
        let world = receiving(world.engine, &sink, &format!("url = \"http://{}/\"", asked.address));
        taken(&world, &[told("a1", "firing", STARTS), told("a2", "firing", STARTS)]);
        wait_until(|| open(&world) == 2 && asked.times() == 1);
        wait_until(|| world.number("select count(*) from received_alerts where is_suppressed") == 1);
        let jun = world.signed_in("jun");
        let suppressed = world.number("select id from alerts where subject like 'am:a2:%'");
        assert!(jun.get(&format!("/alerts/{suppressed}")).text().contains("silenced there"));
        a_while();
        assert_eq!(asked.times(), 1, "it is asked every five minutes");
        // Under its silence one ended, and the other ended and began again: it tells neither.
        asked.has(json!([listed("a1", "2026-03-01T00:30:00Z", "active")]));
        world.clock.advance(Duration::from_mins(5));
        wait_until(|| asked.times() == 2 && episodes(&world) == 3 && open(&world) == 1);
        // One that has just begun does not know yet.
        *asked.answers.lock().unwrap() = (world.clock.now().to_string(), json!([]));
        world.clock.advance(Duration::from_mins(5));
        wait_until(|| asked.times() == 3);
        a_while();
        assert_eq!(open(&world), 1);
        world.clock.advance(Duration::from_mins(6));
        wait_until(|| open(&world) == 0);
    }
}
