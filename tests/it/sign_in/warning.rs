//! What a page may ask about its session, so that it can warn before the end and hide itself afterwards.

use crate::kit::{Browser, World, on_both};
use std::time::Duration;

fn ask(browser: &Browser) -> serde_json::Value {
    let page = browser.get("/session");
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")), "{page}");
    serde_json::from_slice(&page.body).unwrap()
}

fn wait(world: &World, seconds: u64) {
    world.clock.advance(Duration::from_secs(seconds));
}

on_both! {
    fn a_page_learns_how_long_its_session_lasts_without_prolonging_it(world) {
        let mina = world.signed_in("mina");
        let page = mina.get("/users/1");
        let of = page.attributes("html", "data-session").remove(0);
        let by = page.attributes("html", "data-person").remove(0);
        assert_eq!((of.len(), by.len()), (16, 16));
        wait(world, 600);
        let session = ask(&mina);
        assert_eq!(session["of"], of.as_str());
        assert_eq!(session["by"], by.as_str());
        assert_eq!((session["idle"].as_i64(), session["ends"].as_i64()), (Some(300), Some(8 * 3600 - 600)));
        assert_eq!(session["warn"], 120);
        wait(world, 299);
        assert_eq!(ask(&mina)["idle"], 1);
        wait(world, 1);
        let over = ask(&mina);
        assert_eq!((over["of"].as_str(), over["by"].as_str()), (Some(""), Some("")), "asking did not keep it alive");
        // A visitor without a session learns nothing.
        assert_eq!(ask(&world.browser()), over);
    }

    fn a_person_who_was_warned_stays(world) {
        let mina = world.signed_in("mina");
        let form = mina.get("/").form_to("/session");
        wait(world, 14 * 60);
        let page = form.submit();
        assert_eq!(page.status, 200, "{page}");
        let session: serde_json::Value = serde_json::from_slice(&page.body).unwrap();
        assert_eq!(session["idle"], 900);
        wait(world, 14 * 60);
        assert_eq!(ask(&mina)["idle"], 60);
        assert_eq!(mina.get("/session").status, 200);
        // Not for longer than a session lasts at most.
        for _ in 0..(8 * 60 - 28) / 14 - 1 {
            assert_eq!(form.submit().status, 200);
            wait(world, 14 * 60);
        }
        assert_eq!(form.submit().status, 200);
        assert_eq!(ask(&mina)["ends"], (480 - 33 * 14) * 60);
    }

    fn another_session_has_another_name_and_another_person_too(world) {
        let (one, two, jun) = (world.signed_in("mina"), world.signed_in("mina"), world.signed_in("jun"));
        let (one, two, jun) = (ask(&one), ask(&two), ask(&jun));
        assert_ne!(one["of"], two["of"]);
        assert_eq!(one["by"], two["by"]);
        assert_ne!(one["by"], jun["by"]);
        for session in [one, two, jun] {
            let of = session["of"].as_str().unwrap();
            assert_eq!(world.number(&format!("select count(*) from sessions where id like '%{of}%'")), 0);
        }
    }
}
