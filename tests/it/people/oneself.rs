//! No one alters their own roles or state.

use crate::{
    kit::{is_in, on_both},
    people::support::{id_of, make_owner, panel, roles_form},
};

on_both! {
    fn ones_own_page_has_no_panels_and_says_why(world) {
        let owner = world.signed_in("owner");
        let own = id_of(world, "owner");
        for name in ["roles", "status", "reset", "sessions", "networks", "link"] {
            let page = owner.get(&format!("/staff/{own}?panel={name}"));
            assert_eq!(page.status, 200);
            assert!(!page.has("form.seal") && page.text().contains("This is you"), "{name}: {page}");
            assert!(page.attributes("main a", "href").contains(&"/account".to_owned()));
        }
    }

    fn what_is_posted_straight_for_oneself_is_refused_and_recorded(world) {
        make_owner(world, "hana");
        let owner = world.signed_in("owner");
        world.signed_in("mina");
        let (own, mina) = (id_of(world, "owner"), id_of(world, "mina"));
        let session = world.database().value(&format!("select id from sessions where staff_id = {own}"));
        let version = world.database().value(&format!("select version from staff where id = {own}"));
        let roles = roles_form(&owner, mina, &["owner", "operator"]);
        let networks = panel(&owner, mina, "networks").set("networks", "127.0.0.0/8");
        let forms = [
            (roles, "roles".to_owned()),
            (panel(&owner, mina, "status"), "status".to_owned()),
            (panel(&owner, mina, "reset"), "second-factor-reset".to_owned()),
            (panel(&owner, mina, "sessions"), "sessions/revocation".to_owned()),
            (panel(&owner, mina, "sessions"), format!("sessions/{}/revocation", &session[..16])),
            (networks, "networks".to_owned()),
        ];
        for (form, noun) in forms {
            let form = form.to(&format!("/staff/{own}/{noun}")).forge("seen", &version);
            let code = world.code("owner");
            let refused = form.set("code", &code).submit();
            assert_eq!(refused.status, 409, "{noun}: {refused}");
            assert!(refused.text().contains("Only another owner can change"), "{noun}: {refused}");
            let row = world.last_audit();
            assert_eq!((row.outcome.as_str(), row.refusal.as_str()), ("refused", "staff-own"), "{noun}");
        }
        assert!(is_in(&owner));
        let kept = world.rows(&format!("select roles, networks, version from staff where id = {own} and active"));
        assert_eq!(kept[0].iter().map(|cell| cell.clone().unwrap_or_default()).collect::<Vec<_>>(), ["owner", "", version.as_str()]);
        assert_eq!(world.number(&format!("select count(*) from authenticators where staff_id = {own}")), 1);
    }

    fn only_owners_have_the_pages_and_the_forms(world) {
        let owner = world.signed_in("owner");
        let form = panel(&owner, id_of(world, "jun"), "status");
        for who in ["mina", "jun", "sora", "hana"] {
            let browser = world.signed_in(who);
            assert_eq!(browser.get("/staff").status, 403, "{who}");
            assert_eq!(browser.get("/staff/1").status, 403, "{who}");
            assert!(!browser.get("/").attributes("nav a", "href").contains(&"/staff".to_owned()), "{who}");
            let csrf = browser.get("/account").form_with("csrf").value("csrf").unwrap().to_owned();
            let fields: Vec<(String, String)> = form.fields().to_vec();
            let bare = crate::kit::Form::bare(&browser, form.action(), &fields);
            let refused = bare.forge("csrf", &csrf).forge("code", &world.code(who)).submit();
            assert_eq!(refused.status, 403, "{who}: {refused}");
        }
        assert_eq!(world.number("select count(*) from staff where not active"), 0);
    }
}
