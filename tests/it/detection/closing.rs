//! A person closes what was found, with a reason, and never what is about themselves.

use super::planted::plant_suspicion;
use crate::kit::{Browser, Form, on_both};

const REASON: &str = "Asked Mina: the carrier was late, ticket 4711";

fn form(browser: &Browser, id: i64) -> Form {
    browser
        .get(&format!("/audit/suspicions/{id}?panel=close"))
        .form_to("/end")
        .set("outcome", "explained")
        .set("reason", REASON)
}

on_both! {
    fn closing_is_sealed_with_how_it_ended_and_why(world) {
        let id = plant_suspicion(world, "burst", 1, None, 12);
        let sora = world.signed_in("sora");
        let closed = form(&sora, id).set("code", &world.code("sora")).submit();
        assert_eq!(closed.status, 303, "{closed}");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.target.as_str(), row.reason.as_str()), ("suspicions.close", "suspicion/1", REASON));
        for (field, value) in [("suspicion_outcome", "explained"), ("suspicion_state", "closed"), ("suspicion_rule", "burst"), ("suspicion_n", "12")] {
            assert_eq!(row.after[field], value, "{field}: {}", row.after);
        }
        let page = closed.follow();
        assert!(page.says("main").contains("Explained") && page.says("main").contains(REASON) && page.says("main").contains("Sora Lee"), "{page}");
        assert!(!page.has("a[href*='panel=close']"), "{page}");
        let event = world.database().value("select cast(body as text) from outbox where topic = 'suspicions.closed'");
        assert!(event.contains("explained") && !event.contains("Mina"), "{event}");
        assert!(world.command(&["audit", "verify"]).output().unwrap().status.success());
        // What the owner of the database makes of it afterwards is noticed.
        world.database().tamper("update suspicions set outcome = 'confirmed'").unwrap();
        let verified = world.command(&["audit", "verify"]).output().unwrap();
        assert!(!verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
        world.database().tamper("update suspicions set state = 'open', outcome = null, closed_at = null, closed_by = null").unwrap();
        assert!(!world.command(&["audit", "verify"]).output().unwrap().status.success());
    }

    fn what_makes_no_sense_comes_back_as_it_was_filled_in(world) {
        let id = plant_suspicion(world, "burst", 1, None, 12);
        let sora = world.signed_in("sora");
        for outcome in ["", "fine", "open"] {
            let page = form(&sora, id).forge("outcome", outcome).set("code", &world.code("sora")).submit();
            assert_eq!(page.status, 422, "{outcome}: {page}");
            assert_eq!(page.form_to("/end").value("reason"), Some(REASON), "{page}");
            assert!(page.has("#outcome-error"), "{page}");
        }
        assert_eq!(form(&sora, id).set("reason", "").set("code", &world.code("sora")).submit().status, 422);
        assert_eq!(world.number("select count(*) from suspicions where state = 'open'"), 1);
    }

    fn one_is_closed_once_and_only_as_it_was_seen(world) {
        let id = plant_suspicion(world, "burst", 1, None, 12);
        let (sora, owner) = (world.signed_in("sora"), world.signed_in("owner"));
        let (one, other) = (form(&sora, id), form(&owner, id).set("outcome", "false-alarm"));
        // It has grown since the form was opened.
        world.database().tamper("update suspicions set n = 15").unwrap();
        let stale = one.set("code", &world.code("sora")).submit();
        assert_eq!(stale.status, 409, "{stale}");
        assert_eq!(form(&sora, id).set("code", &world.code("sora")).submit().status, 303);
        let late = other.forge("seen", "15").set("code", &world.code("owner")).submit();
        assert_eq!(late.status, 409, "{late}");
        assert_eq!(world.database().value("select outcome from suspicions"), "explained");
        assert!(sora.get("/audit/suspicions/1?panel=close").text().contains("Another person closed it before"));
        assert_eq!(sora.get("/audit/suspicions/99").status, 404);
    }

    fn no_person_closes_one_about_themselves(world) {
        let (own, pair) = (plant_suspicion(world, "after-silence", 3, None, 40), plant_suspicion(world, "each-other", 1, Some(3), 10));
        let (sora, owner) = (world.signed_in("sora"), world.signed_in("owner"));
        for id in [own, pair] {
            let page = sora.get(&format!("/audit/suspicions/{id}"));
            assert!(!page.has("a[href*='panel=close']") && page.says("main").contains("This one is about you"), "{page}");
            assert!(sora.get(&format!("/audit/suspicions/{id}?panel=close")).text().contains("so another person closes it"));
            // The form of another one, sent to this.
            let other = plant_suspicion(world, "burst", 2, None, 12);
            let path = format!("/audit/suspicions/{id}/end");
            let n = world.number(&format!("select n from suspicions where id = {id}")).to_string();
            let forged = form(&sora, other).to(&path).forge("seen", &n).set("code", &world.code("sora")).submit();
            assert_eq!(forged.status, 403, "{forged}");
            assert_eq!(form(&owner, id).set("code", &world.code("owner")).submit().status, 303);
        }
        assert_eq!(world.number("select count(*) from suspicions where state = 'closed'"), 2);
    }

    fn only_auditors_and_owners_look_into_suspicions(world) {
        let id = plant_suspicion(world, "burst", 1, None, 12);
        for who in ["mina", "hana", "jun"] {
            let person = world.signed_in(who);
            for path in ["/audit/suspicions", "/audit/suspicions/rules", &format!("/audit/suspicions/{id}")] {
                assert_eq!(person.get(path).status, 403, "{who} {path}");
            }
            assert!(!person.get("/").has("#suspicions-title"), "{who}");
        }
        assert_eq!(world.signed_in("sora").get("/").says("#suspicions-title"), "Suspicious activity 1");
    }
}
