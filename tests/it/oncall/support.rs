use crate::kit::{Browser, Form, Page, World};
use chrono::TimeDelta;

/// The id of a person.
pub(crate) fn staff(world: &World, who: &str) -> String {
    world.number(&format!("select id from staff where email = '{who}@ingam.test'")).to_string()
}

/// The form of a rota with these members: a week each from Monday, 2 March 2026, at nine in Seoul. The world begins some
/// minutes after that.
pub(crate) fn rota_form(world: &World, who: &Browser, name: &str, members: &[&str]) -> Form {
    let form = who.get("/oncall?panel=create").form_to("/oncall");
    let form = form.set("title", &format!("Rota {name}")).set("name", name).set("starts_on", "2026-03-02");
    let form = form.set("reason", "Agreed in the team");
    members
        .iter()
        .enumerate()
        .fold(form, |form, (n, member)| form.forge(&format!("member-{}", n + 1), &staff(world, member)))
}

/// Makes a rota of these members.
pub(crate) fn make_rota(world: &World, who: &Browser, name: &str, members: &[&str]) {
    let done = rota_form(world, who, name, members).set("code", &world.code("jun")).submit();
    assert_eq!(done.status, 303, "{done}");
}

/// A time from now as a browser's field has it, in the zone of the console.
pub(crate) fn ahead(world: &World, delta: TimeDelta) -> String {
    let seoul = world.clock.now().plus(delta).plus(TimeDelta::hours(9));
    seoul.utc().format("%Y-%m-%dT%H:%M").to_string()
}

/// Puts a person on duty.
pub(crate) fn put_on_duty(world: &World, jun: &Browser, rota: &str, who: &str, from: &str, until: &str) -> Page {
    let form = jun.get(&format!("/oncall/{rota}?panel=override")).form_to("/overrides");
    let form = form.set("staff", &staff(world, who)).set("from", from).set("until", until);
    form.set("reason", "A wedding in Busan").set("code", &world.code("jun")).submit()
}

/// The person that the header of every page names.
pub(crate) fn on_duty(who: &Browser) -> String {
    who.get("/").says(".duty")
}
