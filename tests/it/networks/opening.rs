//! What is on the list is open, what is not is closed, at once and in every process.

use crate::{
    kit::{World, block_on, on_both},
    networks::support::{ELSEWHERE, HERE, add, adding, console, from, local, put, remove, signed_in, turned_away},
};
use ingam::{
    allowlist::Allowlist,
    batches::ping,
    config::{ReceiverConfig, receivers},
    gate::{Actor, Gate, Origin, Refusal, Role, Roles, Seal, Who},
    id::CustomerId,
    store::Store,
    users::adjust::AdjustPoints,
};
use std::{collections::BTreeMap, time::Duration};

const TOKEN: &str = "9f1c2e7ab04d5583c6e1f7a2900b4c6d";

/// What the gate itself answers to this browser's session from `ip`, independent of the middleware.
pub(crate) fn knock(world: &World, email: &str, ip: &str) -> Refusal {
    let row = &world.rows(&format!(
        "select s.id, s.name, e.id from staff s join sessions e on e.staff_id = s.id and e.stage = 'signed'
          where s.email = '{email}'"
    ))[0];
    let text = |at: usize| row[at].clone().unwrap();
    let roles = Roles::new(Role::ALL);
    let actor = Actor {
        who: Who::Staff { id: text(0).parse().unwrap(), name: text(1), email: email.to_owned(), roles },
        origin: Origin {
            ip: Some(ip.parse().unwrap()),
            peer: None,
            user_agent: String::new(),
            session: Some(text(2)),
            request_id: "req_test".to_owned(),
        },
    };
    block_on(async {
        let store = Store::open(&world.database().url, 1).await.unwrap();
        let gate = Gate::open(
            &store,
            ingam::changes::CATALOG,
            world.clock.clock(),
            world.config().secret_key,
            Allowlist::loopback(),
        )
        .await
        .unwrap();
        let adjust = AdjustPoints { user: CustomerId::new(1), delta: 1, reason_kind: "goodwill".to_owned() };
        let refusal = gate.submit(&actor, &adjust, &Seal::none()).await.err().unwrap();
        store.close().await;
        gate.close().await;
        refusal
    })
}

on_both! {
    fn what_is_added_is_open_at_once_and_what_is_removed_is_closed_at_once_in_every_process(world) {
        let (here, there) = (local(world), local(world));
        let owner = signed_in(world, &here, "owner");
        let outside = from(world, &here, ELSEWHERE);
        let outside_there = outside.at(there.address);
        for browser in [&outside, &outside_there] {
            turned_away(world, &browser.get("/login"));
        }
        let done = adding(&owner, "203.0.113.0/24").set("note", "Partner").set("code", &world.code("owner")).submit();
        let page = done.follow();
        assert!(page.says("#panel").contains("203.0.113.0/24"), "{page}");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.target.as_str()), ("networks.add", "network/203.0.113.0/24"));
        assert_eq!(row.after["net"], "203.0.113.0/24");
        assert_eq!(world.number("select count(*) from outbox where topic = 'networks.changed'"), 1);
        for browser in [&outside, &outside_there] {
            assert_eq!(browser.get("/login").status, 200);
        }
        outside.sign_in("mina");
        assert_eq!(outside.at(there.address).get("/users").status, 200);
        remove(world, &owner, crate::networks::support::row(world, "203.0.113.0/24"));
        for browser in [&outside, &outside.at(there.address)] {
            turned_away(world, &browser.get("/users"));
            turned_away(world, &browser.get("/login"));
        }
        assert_eq!(owner.get("/networks").status, 200);
    }

    fn a_form_that_was_opened_before_its_network_was_closed_changes_nothing(world) {
        let server = local(world);
        let owner = signed_in(world, &server, "owner");
        let id = add(world, &owner, "203.0.113.0/24");
        let mina = from(world, &server, ELSEWHERE);
        mina.sign_in("mina");
        let form = mina.get("/users/1?panel=points").form_to("/point-adjustments");
        let form = form.set("amount", "1").set("reason", "Late delivery").set("code", &world.code("mina"));
        remove(world, &owner, id);
        turned_away(world, &form.submit());
        assert_eq!(world.number("select points from users where id = 1"), 12_450);
        // The gate says so too, were anybody to get around the door.
        assert!(matches!(knock(world, "mina@ingam.test", ELSEWHERE), Refusal::Network));
        assert_eq!(world.last_audit().refusal, "network");
        put(world, "203.0.113.9/32");
        assert!(matches!(knock(world, "mina@ingam.test", ELSEWHERE), Refusal::Code(_)));
        assert_eq!(form.submit().status, 303, "and it can be sent once more, since nothing was spent");
    }

    fn a_network_that_runs_out_is_closed_by_the_clock(world) {
        let server = local(world);
        let owner = signed_in(world, &server, "owner");
        // 2026-03-02 09:10 in Seoul, where the owner is.
        let form = adding(&owner, "203.0.113.0/24").set("expires_at", "2026-03-02T10:00");
        assert_eq!(form.set("code", &world.code("owner")).submit().status, 303);
        let outside = from(world, &server, ELSEWHERE);
        assert_eq!(outside.get("/login").status, 200);
        outside.sign_in("mina");
        let page = owner.get("/networks");
        assert!(page.says("tbody").contains("03-02 10:00") && page.says("tbody").contains("min left"), "{page}");
        // One second before, and on the hour.
        world.clock.reach(world.clock.now().unix() / 3600 * 3600 + 3600 - 1);
        assert_eq!(outside.get("/login").status, 200);
        world.clock.advance(Duration::from_secs(1));
        turned_away(world, &outside.get("/login"));
        assert!(matches!(knock(world, "mina@ingam.test", ELSEWHERE), Refusal::Network));
        let owner = signed_in(world, &server, "owner");
        let page = owner.get("/networks");
        assert!(page.says("tbody").contains("Expired") && page.says("tbody").contains("not in effect"), "{page}");
    }

    fn without_a_readable_list_only_networks_of_the_environment_are_open(world) {
        let server = local(world);
        put(world, "203.0.113.0/24");
        let outside = from(world, &server, ELSEWHERE);
        assert_eq!(outside.get("/login").status, 200);
        world.database().tamper("alter table networks rename to mislaid").unwrap();
        assert_eq!(outside.get("/login").status, 503);
        assert_eq!(outside.get("/nowhere").status, 503);
        assert_eq!(from(world, &server, HERE).get("/login").status, 200);
    }

    fn what_is_no_network_in_the_table_opens_nothing(world) {
        let server = local(world);
        for net in ["0.0.0.0/0", "203.0.113.9/24", "everybody", "", "::ffff:203.0.113.9/1"] {
            put(world, net);
        }
        turned_away(world, &from(world, &server, ELSEWHERE).get("/login"));
        put(world, "::ffff:203.0.113.0/120");
        assert_eq!(from(world, &server, ELSEWHERE).get("/login").status, 200);
    }

    fn batches_report_from_where_the_console_opens_unless_something_else_is_said(world) {
        let path = format!("/ping/{}/sync", ping::token(&world.config().secret_key, "sync", 1));
        let server = local(world);
        let outside = from(world, &server, ELSEWHERE);
        turned_away(world, &outside.post(&path, &[]));
        put(world, "203.0.113.0/24");
        assert_eq!(outside.post(&path, &[]).status, 404, "there is no such job, which is another matter");
        let apart = world
            .another(|config| {
                config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
                config.batches.networks = Some(Allowlist::parse("198.51.100.0/24").unwrap());
            })
            .unwrap();
        turned_away(world, &outside.at(apart.address).post(&path, &[]));
        assert_eq!(from(world, &apart, "198.51.100.1").post(&path, &[]).status, 404);
    }

    fn a_receiver_of_alerts_with_networks_of_its_own_is_open_from_these_and_no_others(world) {
        let server = world
            .another(|config| {
                config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
                let text = format!("[[receive]]\nkind = \"grafana\"\ntoken = \"{TOKEN}\"\nname =");
                let text = format!("{text} \"usual\"\n{text} \"near\"\nnetworks = [\"198.51.100.0/24\", \"2001:db8::/32\"]");
                let declared: BTreeMap<String, Vec<ReceiverConfig>> = toml::from_str(&text).unwrap();
                config.receivers = receivers(&declared["receive"], &config.channels, config.profile).unwrap();
            })
            .unwrap();
        let post = |path: &str, ip: &str| {
            let request = from(world, &server, ip).request("POST", path).without("origin").without("sec-fetch-site");
            request.header("authorization", &format!("Bearer {TOKEN}")).body("application/json", "{\"alerts\":[]}").send()
        };
        assert_eq!((post("/receive/usual", HERE).status, post("/receive/near", "198.51.100.1").status), (200, 200));
        assert_eq!(post("/receive/near", "2001:db8::7").status, 200);
        turned_away(world, &post("/receive/usual", "198.51.100.1"));
        let refused = || world.number("select count(*) from audit where refusal = 'network'");
        let before = refused();
        turned_away(world, &post("/receive/near", HERE));
        assert_eq!(refused(), before + 1);
        // The list of networks opens the console, and what has none of its own.
        put(world, "203.0.113.0/24");
        assert_eq!(post("/receive/usual", ELSEWHERE).status, 200);
        turned_away(world, &post("/receive/near", ELSEWHERE));
        // Written in another way it is no address of a receiver.
        for path in ["/receive/%6eear", "/receive/near%2f", "/receive/NEAR", "/receive/near/", "//receive/near"] {
            let page = post(path, HERE);
            assert!(page.status == 404 || page.status == 403, "{path}: {page}");
        }
        assert_eq!(post("/receive/near?from=grafana", "198.51.100.1").status, 200);
        turned_away(world, &post("/receive/near?from=grafana", HERE));
    }

    fn the_page_says_what_is_open_why_and_where_one_is(world) {
        let server = console(world, "127.0.0.0/8 10.20.0.0/16");
        let owner = signed_in(world, &server, "owner");
        let page = owner.get("/networks");
        assert!(page.says("main").contains(HERE) && page.has(".empty a[href='/networks?panel=add']"), "{page}");
        put(world, "203.0.113.0/24");
        put(world, "127.0.0.2/32");
        put(world, "2001:db8::/32");
        let page = owner.get("/networks");
        let rows = page.all("tbody tr");
        let says = |net: &str| rows.iter().find(|row| row.contains(net)).unwrap().clone();
        assert!(says("203.0.113.0/24").contains("256 addresses") && !says("203.0.113.0/24").contains("here"));
        assert!(says("127.0.0.2/32").contains("one address") && says("127.0.0.2/32").contains("You are here"));
        assert!(says("2001:db8::/32").contains("2^96 addresses"));
        assert!(says("127.0.0.0/8").contains("server settings") && says("127.0.0.0/8").contains("You are here"));
        assert!(says("10.20.0.0/16").contains("server settings") && !says("10.20.0.0/16").contains("here"));
        let korean = owner.with_header("accept-language", "ko").get("/networks?lang=ko");
        assert!(korean.says("h1").contains("Networks") || korean.says("h1").contains("네트워크"));
        for who in ["mina", "sora", "jun", "hana"] {
            let other = signed_in(world, &server, who);
            assert_eq!(other.get("/networks").status, 403, "{who}");
            assert!(!other.get("/").has("a[href='/networks']"), "{who}");
        }
    }
}
