//! What the tests of alerts have in common.

use crate::{
    batches::support::{becomes, declare, run, script},
    kit::{Browser, Engine, Page, Sink, World, wait_for, wait_until},
};

/// Every alert goes to every channel.
pub(crate) const ALL: &str = "[[route]]\nkinds = [\"*\"]\nto = [\"ops\", \"page\", \"hook\"]";

/// A world with a job that fails and one that succeeds where a file is, whose alerts go to the sink.
pub(crate) fn alerting(engine: Engine, sink: &Sink, routes: &str) -> World {
    World::start_with(engine, |config| {
        sink.serve_for(config, routes);
        let runbook = "runbook = \"https://wiki.example.com/bad\"";
        declare(config, &[script("bad", "exit 3", runbook), script("good", "true", "")].concat());
    })
}

/// Runs the job that fails, and waits for its alert.
pub(crate) fn fail(world: &World, jun: &Browser) -> i64 {
    let id = run(world, jun, "jun", "bad");
    becomes(world, id, "failed");
    wait_until(|| world.number(&format!("select count(*) from alerts where reference = '{id}'")) == 1);
    id
}

/// The newest alert of a kind.
pub(crate) fn alert(world: &World, kind: &str) -> i64 {
    let newest = format!("select id from alerts where kind = '{kind}' order by id desc limit 1");
    wait_for(|| world.rows(&newest).pop().and_then(|row| row[0].clone())).parse().unwrap()
}

/// Waits until no message is on its way. While one is, another console would send it again where the clock is moved beyond its claim.
pub(crate) fn all_answered(world: &World) {
    wait_until(|| world.number("select count(*) from deliveries where state = 'waiting'") == 0);
}

pub(crate) fn resolve_run(world: &World, jun: &Browser, id: i64) -> Page {
    let form = jun.get(&format!("/runs/{id}?panel=resolve")).form_to("/resolution");
    form.set("reason", "The file was late, and is there now").set("code", &world.code("jun")).submit()
}

/// What the navigation counts at the alerts.
pub(crate) fn counted(page: &Page) -> String {
    let counts = page.all(".nav > ul > li > a[href='/alerts'] .count:not(.news)");
    counts.first().map_or("0".to_owned(), |count| count.split(' ').next().unwrap_or_default().to_owned())
}
