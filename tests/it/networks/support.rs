//! What the tests of networks have in common.

use crate::kit::{Browser, Form, Page, Server, World};
use ingam::allowlist::Allowlist;

pub(crate) const REASON: &str = "The new office opens on Monday";
/// A network that no environment here opens.
pub(crate) const ELSEWHERE: &str = "203.0.113.9";

/// Where people are who are on this machine: the proxy is at another of its addresses.
pub(crate) const HERE: &str = "127.0.0.2";

/// A console behind a proxy on this machine, whose environment opens these networks.
pub(crate) fn console(world: &World, environment: &str) -> Server {
    world
        .another(|config| {
            config.allowed_networks = Allowlist::parse(environment).unwrap();
            config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        })
        .unwrap()
}

pub(crate) fn local(world: &World) -> Server {
    console(world, "127.0.0.0/8")
}

/// A browser at this address.
pub(crate) fn from(world: &World, server: &Server, ip: &str) -> Browser {
    world.browser().at(server.address).with_header("x-forwarded-for", ip)
}

/// A browser on this machine in which `who` is signed in.
pub(crate) fn signed_in(world: &World, server: &Server, who: &str) -> Browser {
    let browser = from(world, server, HERE);
    browser.sign_in(who);
    browser
}

/// Puts a network on the list behind the console's back, and says its row.
pub(crate) fn put(world: &World, net: &str) -> i64 {
    let sql = "insert into networks (net, note, added_at, added_by) values";
    world.database().tamper(&format!("{sql} ('{net}', '', '{}', 'Nobody')", world.clock.now())).unwrap();
    row(world, net)
}

/// The row of this network.
pub(crate) fn row(world: &World, net: &str) -> i64 {
    world.number(&format!("select id from networks where net = '{net}'"))
}

/// What is on the list.
pub(crate) fn listed(world: &World) -> Vec<String> {
    world.rows("select net from networks order by net").iter().map(|row| row[0].clone().unwrap()).collect()
}

/// The form for a new network, filled in but for the code.
pub(crate) fn adding(owner: &Browser, net: &str) -> Form {
    owner.get("/networks?panel=add").form_to("/networks").set("net", net).set("reason", REASON)
}

pub(crate) fn changing(owner: &Browser, id: i64) -> Form {
    owner.get(&format!("/networks?panel=change-{id}")).form_to(&format!("/networks/{id}")).set("reason", REASON)
}

pub(crate) fn removing(owner: &Browser, id: i64) -> Form {
    owner.get(&format!("/networks?panel=remove-{id}")).form_to("/removal").set("reason", REASON)
}

/// Adds a network and says its row.
pub(crate) fn add(world: &World, owner: &Browser, net: &str) -> i64 {
    let done = adding(owner, net).set("code", &world.code("owner")).submit();
    assert_eq!(done.status, 303, "{done}");
    row(world, net)
}

pub(crate) fn remove(world: &World, owner: &Browser, id: i64) {
    let done = removing(owner, id).set("code", &world.code("owner")).submit();
    assert_eq!(done.status, 303, "{done}");
}

/// Turned away for where it comes from, and in the log.
pub(crate) fn turned_away(world: &World, page: &Page) {
    assert_eq!(page.status, 403, "{page}");
    assert!(page.text().contains("network"), "{page}");
    assert_eq!(world.last_audit().refusal, "network");
}
