//! Set-up links: shown once, working once.

use crate::{
    kit::{Process, World, is_in, on_both},
    people::support::{PASSWORD, enter, id_of, invitation, link_on, panel, set_up},
};

/// Whether `text` is anywhere in the database.
fn is_kept(world: &World, text: &str) -> bool {
    let tables = [
        "select cast(body as text) from audit",
        "select reason || action || target_id || user_agent || request_id from audit",
        "select body || topic from outbox",
        "select key || coalesce(output, '') from idempotency",
        "select task || coalesce(detail, '') from access_records",
    ];
    tables.iter().any(|table| {
        let table = match world.engine {
            crate::kit::Engine::Postgres => {
                table.replace("cast(body as text) from audit", "convert_from(body, 'UTF8') from audit")
            }
            crate::kit::Engine::Sqlite => (*table).to_owned(),
        };
        let table = table.replace("body || topic", "cast(body as text) || topic");
        world.rows(&table).iter().any(|row| row[0].as_deref().unwrap_or_default().contains(text))
    })
}

on_both! {
    fn an_owner_invites_a_person_who_sets_up_and_works(world) {
        let owner = world.signed_in("owner");
        let form = invitation(&owner, " Nari@Ingam.test ", &["operator", "auditor"]);
        let page = form.set("code", &world.code("owner")).submit();
        let link = link_on(&page);
        assert_eq!(page.header("cache-control"), Some("no-store"), "no cache keeps the page");
        assert!(page.says("main").contains("Shown only once"), "{page}");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.outcome.as_str()), ("staff.invite", "applied"));
        assert_eq!(row.after["roles"].as_str(), Some("operator auditor"));
        let token = link.trim_start_matches("/setup/");
        assert!(!is_kept(world, token), "the token is in the database");

        let id = id_of(world, "nari");
        let list = owner.get("/staff?state=invited");
        assert!(list.says("tbody").contains("link works until"), "{list}");
        assert!(!list.text().contains(token) && !owner.get(&format!("/staff/{id}")).text().contains(token));
        let (_, secret) = set_up(world, &link);
        assert_eq!(world.browser().get(&link).status, 404, "a link works once");
        let nari = enter(world, "nari@ingam.test", &secret);
        assert_eq!((nari.get("/users").status, nari.get("/audit").status, nari.get("/staff").status), (200, 200, 403));
        let person = owner.get(&format!("/staff/{id}"));
        assert!(person.says("#happened").contains("Invite staff"), "{person}");
        assert!(person.says("#sign-ins").contains("Sign in"), "{person}");
        assert_eq!(owner.get(&format!("/staff/{id}?panel=link")).find_form("form.seal").map(|_| ()), None);
    }

    fn an_invitation_sent_twice_invites_once_and_shows_its_link_once(world) {
        let owner = world.signed_in("owner");
        let form = invitation(&owner, "nari@ingam.test", &["operator"]).set("code", &world.code("owner"));
        let first = form.submit();
        let link = link_on(&first);
        let second = form.submit();
        assert_eq!(second.status, 200, "{second}");
        assert!(!second.has("#setup-link") && second.says("main").contains("already sent"), "{second}");
        assert_eq!(world.browser().get(&link).status, 200, "the link that was shown still works");
        assert_eq!(world.number("select count(*) from invitations"), 1);
        assert_eq!(world.number("select count(*) from audit where action = 'staff.invite' and outcome = 'applied' and staff_email = 'owner@ingam.test'"), 1);
    }

    fn a_newer_link_ends_the_older_ones(world) {
        let owner = world.signed_in("owner");
        let first = link_on(&invitation(&owner, "nari@ingam.test", &["operator"]).set("code", &world.code("owner")).submit());
        let id = id_of(world, "nari");
        let second = link_on(&panel(&owner, id, "link").set("code", &world.code("owner")).submit());
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.target), ("staff.issue-link", format!("staff/{id}")));
        assert!(!is_kept(world, second.trim_start_matches("/setup/")));
        // Invited once more, with other roles.
        let third = link_on(&invitation(&owner, "nari@ingam.test", &["oncall"]).set("code", &world.code("owner")).submit());
        assert_eq!(world.last_audit().before["roles"].as_str(), Some("operator"));
        assert_eq!((world.browser().get(&first).status, world.browser().get(&second).status), (404, 404));
        set_up(world, &third);
        for link in [first, second, third] {
            assert_eq!(world.browser().get(&link).status, 404);
        }
    }

    fn a_person_set_up_gets_no_link_and_is_not_invited(world) {
        let owner = world.signed_in("owner");
        let nari = invitation(&owner, "nari@ingam.test", &["operator"]).set("code", &world.code("owner")).submit();
        link_on(&nari);
        let form = panel(&owner, id_of(world, "nari"), "link").without("seen");
        let mina = id_of(world, "mina");
        let refused = form.to(&format!("/staff/{mina}/setup-link")).set("code", &world.code("owner")).submit();
        assert_eq!(refused.status, 409, "{refused}");
        assert!(!refused.has("#setup-link") && refused.text().contains("has set up their account"), "{refused}");
        let there = invitation(&owner, "mina@ingam.test", &["owner"]).set("code", &world.code("owner")).submit();
        assert_eq!(there.status, 422, "{there}");
        assert!(there.says(".err").contains("already has this e-mail address"), "{there}");
        let back = there.form("form.seal");
        assert_eq!((back.value("email"), back.value("role-owner")), (Some("mina@ingam.test"), Some("yes")));
        assert_eq!(world.database().value("select roles from staff where email = 'mina@ingam.test'"), "operator");
        assert_eq!(world.number("select count(*) from invitations"), 1);
    }

    fn an_invitation_that_makes_no_sense_says_at_the_field_why(world) {
        let owner = world.signed_in("owner");
        let good = invitation(&owner, "nari@ingam.test", &["operator"]);
        for (field, value) in [("email", ""), ("email", "nari"), ("email", "a b@c.d"), ("name", ""), ("name", "a\u{202e}b")] {
            let refused = good.clone().forge(field, value).set("code", &world.code("owner")).submit();
            assert_eq!(refused.status, 422, "{field}={value}: {refused}");
            assert!(refused.has(&format!("#{field}-error")), "{field}={value}: {refused}");
        }
        let long = good.clone().forge("name", &"n".repeat(101)).set("code", &world.code("owner")).submit();
        assert!(long.says("#name-error").contains("100"), "{long}");
        let none = good.without("role-operator").set("code", &world.code("owner")).submit();
        assert!(none.has("#roles-error"), "{none}");
        assert_eq!(world.number("select count(*) from staff"), 5);
    }

    fn a_lost_phone_is_reset_and_set_up_again(world) {
        let mina = world.signed_in("mina");
        let owner = world.signed_in("owner");
        let id = id_of(world, "mina");
        let page = panel(&owner, id, "reset").set("code", &world.code("owner")).submit();
        let link = link_on(&page);
        assert!(!is_in(&mina), "every session ends");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.target), ("staff.reset-second-factor", format!("staff/{id}")));
        assert!(row.before["authenticator_at"].is_string() && row.after["authenticator_at"].is_null());
        assert_eq!(world.number(&format!("select count(*) from authenticators where staff_id = {id}")), 0);
        assert_eq!(world.number(&format!("select count(*) from recovery_codes where staff_id = {id}")), 0);
        let half = world.browser();
        half.give_password("mina");
        let refused = half.get("/login/code").form_with("code").set("code", &world.code("mina")).submit();
        assert_ne!(refused.status, 303, "the old authenticator is gone: {refused}");
        assert!(owner.get("/staff?state=reset").text().contains("mina@ingam.test"));
        let other = link_on(&panel(&owner, id, "link").set("code", &world.code("owner")).submit());
        assert_eq!(world.browser().get(&link).status, 404);
        let (_, secret) = set_up(world, &other);
        let mina = enter(world, "mina@ingam.test", &secret);
        assert_eq!(mina.get("/users").status, 200);
        assert!(owner.get("/staff?state=active").text().contains("mina@ingam.test"));
        assert!(PASSWORD.len() > 12);
    }

    fn ten_wrong_codes_are_shown_and_a_reset_ends_them(world) {
        let owner = world.signed_in("owner");
        let id = id_of(world, "jun");
        world.database().tamper(&format!("update authenticators set locked = true, failures = 10 where staff_id = {id}")).unwrap();
        assert!(owner.get("/staff?state=locked").text().contains("jun@ingam.test"));
        let link = link_on(&panel(&owner, id, "reset").set("code", &world.code("owner")).submit());
        let (_, secret) = set_up(world, &link);
        enter(world, "jun@ingam.test", &secret);
    }

    fn a_link_on_its_way_when_the_factor_is_reset_is_the_newer_one(world) {
        let owner = world.signed_in("owner");
        let link = link_on(&invitation(&owner, "nari@ingam.test", &["operator"]).set("code", &world.code("owner")).submit());
        let (_, _) = set_up(world, &link);
        let id = id_of(world, "nari");
        let reset = panel(&owner, id, "reset");
        let first = link_on(&reset.clone().set("code", &world.code("owner")).submit());
        // The same form with the old version is out of date, with any key.
        let stale = reset.forge("key", "another").set("code", &world.code("owner")).submit();
        assert_eq!(stale.status, 409, "{stale}");
        assert_eq!(world.browser().get(&first).status, 200);
    }
    fn no_link_is_in_the_log_of_the_server(world) {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut command = world.command(&["serve"]);
        command.env("RUST_LOG", "debug").stderr(std::fs::File::create(&log).unwrap());
        let process = Process::start_serving(command);
        let owner = process.browser();
        owner.sign_in("owner");
        let form = invitation(&owner, "nari@ingam.test", &["operator"]);
        let link = link_on(&form.set("code", &process.people.code("owner")).submit());
        assert_eq!(process.browser().get(&link).status, 200);
        assert_eq!(process.browser().get(&format!("{link}x")).status, 404);
        let said = std::fs::read_to_string(&log).unwrap();
        assert!(said.contains("/setup/{token}") && said.contains("/staff"), "{said}");
        assert!(!said.contains(link.trim_start_matches("/setup/")), "the token is in the log");
    }
}
