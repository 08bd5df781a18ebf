//! One's own sessions: seen, and ended one by one or all but this.

use crate::kit::{Browser, World, is_in, on_both};

/// The addresses of the panels that end one of the other sessions.
fn others(browser: &Browser) -> Vec<String> {
    browser.get("/account").attributes("a[href^=\"/account?panel=session&\"]", "href")
}

fn end(world: &World, browser: &Browser, panel: &str) -> crate::kit::Page {
    browser.get(panel).form_to("/revocation").set("code", &world.code("mina")).submit()
}

on_both! {
    fn sessions_are_listed_and_ended_one_by_one(world) {
        let here = world.signed_in("mina");
        assert!(others(&here).is_empty());
        let phone = world
            .browser()
            .with_header("user-agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1");
        phone.sign_in("mina");
        world.clock.advance(std::time::Duration::from_secs(61));
        let tablet = world.signed_in("mina");
        world.signed_in("sora");
        let panels = others(&here);
        assert_eq!(panels.len(), 2, "her own, and no others: {panels:?}");
        // The newest comes first.
        let done = end(world, &here, &panels[0]);
        assert_eq!((done.status, done.location()), (303, Some("/account?done=sessions")), "{done}");
        assert!(is_in(&here) && is_in(&phone) && !is_in(&tablet));
        let row = world.last_audit();
        assert_eq!(
            (row.action.as_str(), row.outcome.as_str(), &row.after["sessions_ended"]),
            ("account.end-sessions", "applied", &"1".into())
        );
        assert_eq!(others(&here).len(), 1);
    }

    fn all_other_sessions_end_at_once(world) {
        let here = world.signed_in("mina");
        let there: Vec<_> = (0..3).map(|_| world.signed_in("mina")).collect();
        let sora = world.signed_in("sora");
        let half = world.browser();
        half.give_password("mina");
        let done = end(world, &here, "/account?panel=sessions");
        assert_eq!(done.status, 303, "{done}");
        assert!(is_in(&here) && is_in(&sora));
        assert!(there.iter().all(|browser| !is_in(browser)));
        assert_eq!(half.get("/login/code").status, 303, "a person half way in is out as well");
    }

    fn ending_a_session_takes_a_code(world) {
        let (here, there) = (world.signed_in("mina"), world.signed_in("mina"));
        let form = here.get(&others(&here)[0]).form_to("/revocation");
        assert_eq!(form.submit().status, 422);
        assert_eq!(form.set("code", &world.wrong_code("mina")).submit().status, 422);
        assert!(is_in(&there));
    }

    fn the_sessions_of_others_cannot_be_ended(world) {
        let (mina, sora) = (world.signed_in("mina"), world.signed_in("sora"));
        let id = world
            .database()
            .value("select e.id from sessions e join staff s on s.id = e.staff_id where s.email = 'sora@ingam.test'");
        world.signed_in("mina");
        let form = mina.get(&others(&mina)[0]).form_to("/revocation");
        let fields: Vec<(String, String)> = form.fields().to_vec();
        for handle in [&id[..16], id.as_str(), "", "%", "0000000000000000", "%00", "_"] {
            let mut fields = fields.clone();
            for (name, value) in &mut fields {
                match name.as_str() {
                    "code" => *value = world.code("mina"),
                    "key" => *value = format!("{}-{}", handle.len(), value.get(..8).unwrap()),
                    _ => {}
                }
            }
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let page = mina.post(&format!("/account/sessions/{handle}/revocation"), &fields);
            assert!(matches!(page.status, 404 | 400), "{handle}: {page}");
        }
        assert!(is_in(&sora) && is_in(&mina));
    }

    fn the_list_shows_no_session_that_is_over_and_no_whole_key(world) {
        let here = world.signed_in("mina");
        let idle = world.signed_in("mina");
        world.clock.advance(std::time::Duration::from_mins(14));
        assert!(is_in(&here));
        world.clock.advance(std::time::Duration::from_mins(2));
        assert!(others(&here).is_empty());
        assert!(!is_in(&idle));
        let page = here.get("/account").text();
        for row in world.rows("select id from sessions") {
            assert!(!page.contains(row[0].as_deref().unwrap()));
        }
    }
}
