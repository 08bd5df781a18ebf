//! What the tests of incidents have in common.

use crate::{
    batches::support::id_of,
    kit::{Browser, Form, Page, World},
};

pub(crate) const REASON: &str = "As all of us agreed";

/// Opens an incident by hand.
pub(crate) fn open(who: &Browser, title: &str) -> i64 {
    let form = who.get("/incidents?panel=open").form_to("/incidents");
    let done = form.set("title", title).set("severity", "sev2").submit();
    assert_eq!(done.status, 303, "{done}");
    id_of(done.location().unwrap())
}

pub(crate) fn page(who: &Browser, id: i64) -> Page {
    who.get(&format!("/incidents/{id}"))
}

/// A form of an incident, filled in but for the code.
pub(crate) fn form(who: &Browser, id: i64, panel: &str, fields: &[(&str, &str)]) -> Form {
    let action = match panel {
        "advance" => "/step",
        "reopen" => "/reopening",
        "edit" => "/description",
        "action" => "/actions",
        "postmortem" => "/postmortem",
        "lead" => "/lead",
        _ => "/end",
    };
    let form = who.get(&format!("/incidents/{id}?panel={panel}")).form_to(action).set("reason", REASON);
    fields.iter().fold(form, |form, (name, value)| form.set(name, value))
}

/// Makes a change of Jun's that costs a code.
pub(crate) fn seal(world: &World, jun: &Browser, id: i64, panel: &str, fields: &[(&str, &str)]) -> Page {
    let done = form(jun, id, panel, fields).set("code", &world.code("jun")).submit();
    assert_eq!(done.status, 303, "{done}");
    done
}

pub(crate) fn lead(jun: &Browser, id: i64) {
    let done = form(jun, id, "lead", &[]).submit();
    assert_eq!(done.status, 303, "{done}");
}

/// An incident that is right again.
pub(crate) fn recovered(world: &World, jun: &Browser, title: &str) -> i64 {
    let id = open(jun, title);
    lead(jun, id);
    seal(world, jun, id, "advance", &[("cause", "The bank sent an empty file")]);
    seal(world, jun, id, "advance", &[("remedy", "It was sent again")]);
    id
}

pub(crate) fn step(world: &World, id: i64) -> String {
    world.database().value(&format!("select step from incidents where id = {id}"))
}

/// The entries of a timeline from this source, the oldest first.
pub(crate) fn entries(world: &World, id: i64, source: &str) -> Vec<String> {
    let sql = format!("select what from incident_events where incident = {id} and source = '{source}' order by at, id");
    world.rows(&sql).into_iter().map(|row| row[0].clone().unwrap()).collect()
}
