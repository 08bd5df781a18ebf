//! Ways over which people are reached, added and proven as a person does it.

use super::{Browser, Page, Sink, World, wait_for, wait_until};

impl Sink {
    /// A channel called `duty` in which people have webhooks at this sink.
    pub(crate) fn people(&self) -> String {
        format!(
            "[[channel]]\nname = \"duty\"\nkind = \"webhook\"\npeople = true\nhosts = [\"{}\"]\nsecret = \"{}\"\nlang = \"en\"\n",
            self.host(),
            self.secret()
        )
    }

    /// The code in the newest message that proves an address, where there is one.
    pub(crate) fn code(&self, path: &str) -> Option<String> {
        let bodies = self.bodies(path);
        let said = bodies.iter().rev().find_map(|body| body["data"]["text"].as_str()?.split_once("Code "));
        said.map(|(_, rest)| rest.chars().take(6).collect())
    }
}

/// Adds a way in a channel, which sends the message that proves it.
pub(crate) fn add_way(world: &World, browser: &Browser, who: &str, channel: &str, address: &str) -> Page {
    wait_until(|| world.number("select count(*) from channels where addresses is not null") > 0);
    let form = browser.get("/account/ways?panel=add").form_to("/account/ways");
    form.set("channel", channel).set("address", address).set("code", &world.code(who)).submit()
}

/// The newest way of a person.
pub(crate) fn newest_way(world: &World, who: &str) -> i64 {
    world.number(&format!(
        "select max(w.id) from ways w join staff s on s.id = w.staff where s.email = '{who}@ingam.test'"
    ))
}

/// Gives the code of a way.
pub(crate) fn prove_way(world: &World, browser: &Browser, who: &str, id: i64, code: &str) -> Page {
    let form = browser.get(&format!("/account/ways?panel=prove-{id}")).form_to("/proof");
    form.set("way_code", code).set("code", &world.code(who)).submit()
}

/// Makes a person reachable at a path of the sink.
pub(crate) fn reached_at(world: &World, sink: &Sink, browser: &Browser, who: &str, path: &str) -> i64 {
    let added = add_way(world, browser, who, "duty", &sink.url(path));
    assert_eq!(added.status, 303, "{added}");
    let (id, code) = (newest_way(world, who), wait_for(|| sink.code(path)));
    let proven = prove_way(world, browser, who, id, &code);
    assert_eq!(proven.status, 303, "{proven}");
    id
}
