//! The forms of the list: what they take, what they ask twice, and what they say where they take something not.

use crate::{
    kit::{Page, World, on_both},
    networks::support::{REASON, add, adding, changing, listed, local, put, remove, removing, row, signed_in},
};

/// Refused at this field with a sentence that says so, with nothing changed and what was typed still there.
fn refused(world: &World, page: &Page, field: &str, sentence: &str) {
    assert_eq!(page.status, 422, "{page}");
    let said = page.says(&format!("#{field}-error"));
    assert!(said.contains(sentence), "{field}: {said}, not {sentence}: {page}");
    assert_eq!(world.number("select count(*) from audit where action like 'networks.%' and outcome = 'applied'"), 0);
    assert!(page.form_with("net").value("code").unwrap_or_default().is_empty());
}

on_both! {
    fn what_is_no_network_is_refused_with_what_is_wrong_with_it(world) {
        let server = local(world);
        let owner = signed_in(world, &server, "owner");
        let code = world.code("owner");
        let before = world.audit_size();
        for (net, sentence) in [
            ("10.0.0.1/8", "For the whole network, enter 10.0.0.0/8."),
            ("2001:db8::1/48", "For the whole network, enter 2001:db8::/48."),
            ("0.0.0.0/0", "too wide"),
            ("2000::/3", "too wide"),
            ("head office", "Enter a network such as"),
            ("10.0.0.0/33", "Enter a network such as"),
            ("   ", "This field is required"),
        ] {
            let page = adding(&owner, net).set("note", "Typed before").set("code", &code).submit();
            refused(world, &page, "net", sentence);
            let form = page.form_with("net");
            assert_eq!((form.value("net"), form.value("note")), (Some(net), Some("Typed before")));
        }
        assert_eq!(world.audit_size(), before, "nothing came as far as the gate");
        assert!(listed(world).is_empty());
        // The code was never spent.
        assert_eq!(adding(&owner, " 198.51.100.7 ").set("code", &code).submit().status, 303);
        assert_eq!(listed(world), ["198.51.100.7/32"]);
        let page = adding(&owner, "::ffff:198.51.100.8").set("code", &world.code("owner")).submit();
        assert_eq!(page.status, 303);
        assert_eq!(listed(world), ["198.51.100.7/32", "198.51.100.8/32"]);
    }

    fn a_wide_network_is_asked_about_once_more(world) {
        let server = local(world);
        let owner = signed_in(world, &server, "owner");
        let code = world.code("owner");
        let page = adding(&owner, "10.0.0.0/8").set("code", &code).submit();
        refused(world, &page, "wide_confirmed", "10.0.0.0/8");
        assert!(page.says("label[for=wide_confirmed]").contains("all 16,777,216 addresses of 10.0.0.0/8"), "{page}");
        assert_eq!(world.last_audit().refusal.split(' ').next(), Some("network-wide"));
        // A yes to the one is no yes to another.
        let form = page.form_to("/networks").set("wide_confirmed", "10.0.0.0/8").set("code", &code);
        let page = form.clone().set("net", "11.0.0.0/8").submit();
        refused(world, &page, "wide_confirmed", "11.0.0.0/8");
        assert!(!page.has("#wide_confirmed[checked]"));
        assert_eq!(form.submit().status, 303);
        assert_eq!(listed(world), ["10.0.0.0/8"]);
        let page = adding(&owner, "2001:d00::/24").set("code", &world.code("owner")).submit();
        assert!(page.says("label[for=wide_confirmed]").contains("2^104"), "{page}");
        // As wide as usual goes without saying.
        add(world, &owner, "172.16.0.0/16");
        add(world, &owner, "2001:db8::/32");
    }

    fn a_network_that_overlaps_another_is_asked_about_with_its_name_and_the_same_one_is_refused(world) {
        let server = local(world);
        let owner = signed_in(world, &server, "owner");
        put(world, "10.20.0.0/16");
        put(world, "10.20.4.0/24");
        let code = world.code("owner");
        for (net, others) in [
            ("10.20.4.7", vec!["10.20.0.0/16", "10.20.4.0/24"]),
            ("10.20.5.0/24", vec!["10.20.0.0/16"]),
            ("10.16.0.0/12", vec!["10.20.0.0/16", "10.20.4.0/24", "1,048,576"]),
            ("127.0.0.1", vec!["127.0.0.0/8"]),
        ] {
            let page = adding(&owner, net).set("code", &code).submit();
            refused(world, &page, "wide_confirmed", "Tick the box");
            let asked = page.says("label[for=wide_confirmed]");
            assert!(others.iter().all(|other| asked.contains(other)), "{asked}");
        }
        for net in ["10.20.0.0/16", "127.0.0.0/8"] {
            let page = adding(&owner, net).set("code", &code).submit();
            refused(world, &page, "net", "already allowed");
            let page = adding(&owner, net).forge("wide_confirmed", net).set("code", &code).submit();
            refused(world, &page, "net", "already allowed");
        }
        let page = adding(&owner, "10.20.4.7").set("code", &code).submit();
        assert_eq!(page.form_to("/networks").set("wide_confirmed", "10.20.4.7/32").set("code", &code).submit().status, 303);
    }

    fn notes_and_ends_have_their_bounds(world) {
        let server = local(world);
        let owner = signed_in(world, &server, "owner");
        let code = world.code("owner");
        let with = |field: &str, text: &str| adding(&owner, "198.51.100.0/24").set(field, text).set("code", &code).submit();
        refused(world, &with("note", &"가".repeat(201)), "note", "200");
        refused(world, &with("note", "of\u{202e}fice"), "note", "invisible");
        for at in [
            "2026-03-02T09:10", "2026-03-02T00:00", "2027-03-04T09:10", "2026-02-30T09:00", "2026-03-03", "soon",
            "2026-03-03T09:00:00Z", "+2026-03-03T09:00", "9999999-01-01T00:00", "２026-03-03T09:0",
        ] {
            refused(world, &with("expires_at", at), "expires_at", "366");
        }
        refused(world, &with("reason", "no"), "reason", "5");
        let note = "가".repeat(200);
        let form = adding(&owner, "198.51.100.0/24").set("note", &note).set("expires_at", "2027-03-03T09:00");
        assert_eq!(form.set("code", &code).submit().status, 303);
        // Nine in the morning in Seoul.
        let at = world.rows("select cast(expires_at as text) from networks")[0][0].clone().unwrap();
        assert!(at.starts_with("2027-03-03") && at[11..].starts_with("00:00:00"), "{at}");
        let page = owner.get(&format!("/networks?panel=change-{}", row(world, "198.51.100.0/24")));
        assert_eq!(page.form_with("net").value("expires_at"), Some("2027-03-03T09:00"));
        world.database().tamper("update staff set time_zone = 'America/New_York'").unwrap();
        let page = owner.get(&format!("/networks?panel=change-{}", row(world, "198.51.100.0/24")));
        assert_eq!(page.form_with("net").value("expires_at"), Some("2027-03-02T19:00"));
        // The hour that is skipped in spring.
        let page = page.form_to(&format!("/networks/{}", row(world, "198.51.100.0/24")));
        let page = page.set("expires_at", "2026-03-08T02:30").set("reason", "Until spring").submit();
        assert_eq!((page.status, page.says("#expires_at-error").contains("366")), (422, true), "{page}");
    }

    fn a_row_is_changed_and_the_log_says_what_of_it(world) {
        let server = local(world);
        let owner = signed_in(world, &server, "owner");
        let id = add(world, &owner, "198.51.100.0/24");
        let page = changing(&owner, id).set("code", &world.code("owner")).submit();
        assert_eq!((page.status, page.says("#net-error").contains("Nothing is different")), (422, true), "{page}");
        let done = changing(&owner, id).set("note", "Partner").set("code", &world.code("owner")).submit();
        assert!(done.follow().says("#panel").contains("Partner"));
        let audit = world.last_audit();
        assert_eq!(audit.target, "network/198.51.100.0/24");
        assert_eq!((audit.before.as_object().unwrap().len(), &audit.after["note"]), (1, &"Partner".into()));
        let done = changing(&owner, id).set("net", "198.51.100.0/25").set("code", &world.code("owner")).submit();
        assert_eq!(done.status, 303, "{done}");
        assert_eq!(world.last_audit().target, "network/198.51.100.0/24", "what it was when it was changed");
        assert_eq!(world.last_audit().after["net"], "198.51.100.0/25");
        // Another row's network cannot be taken, and a wide one is asked about here too.
        put(world, "192.0.2.0/24");
        let page = changing(&owner, id).set("net", "192.0.2.0/24").set("code", &world.code("owner")).submit();
        assert!(page.says("#net-error").contains("already allowed"), "{page}");
        let page = changing(&owner, id).set("net", "192.0.0.0/9").set("code", &world.code("owner")).submit();
        assert_eq!(page.status, 422);
        let page = changing(&owner, id).set("net", "192.0.0.0/8").set("code", &world.code("owner")).submit();
        assert!(page.says("label[for=wide_confirmed]").contains("192.0.2.0/24"), "{page}");
    }

    fn a_form_over_what_has_changed_meanwhile_changes_nothing(world) {
        let server = local(world);
        let owner = signed_in(world, &server, "owner");
        let id = add(world, &owner, "198.51.100.0/24");
        let (change, removal) = (changing(&owner, id), removing(&owner, id));
        assert_eq!(changing(&owner, id).set("note", "Mine").set("code", &world.code("owner")).submit().status, 303);
        for form in [change.set("note", "Yours"), removal] {
            let page = form.set("code", &world.code("owner")).submit();
            assert_eq!(page.status, 409, "{page}");
            assert!(page.says("[role=alert]").contains("Olivia Owens"), "{page}");
        }
        assert_eq!(world.rows("select note from networks")[0][0].as_deref(), Some("Mine"));
    }

    fn a_form_of_a_row_that_is_gone_never_meets_the_row_that_took_its_place(world) {
        let server = local(world);
        let owner = signed_in(world, &server, "owner");
        let id = add(world, &owner, "198.51.100.0/24");
        let (change, removal) = (changing(&owner, id).set("note", "Yours"), removing(&owner, id));
        remove(world, &owner, id);
        for form in [&change, &removal] {
            let page = form.clone().set("code", &world.code("owner")).submit();
            assert_eq!(page.status, 404, "{page}");
            assert!(page.says("main").contains("already been removed"), "{page}");
        }
        // SQLite gives the next row the same number.
        let next = add(world, &owner, "192.0.2.0/24");
        for form in [&change, &removal] {
            let form = form.clone().to(&form.action().replace(&id.to_string(), &next.to_string()));
            let page = form.set("code", &world.code("owner")).submit();
            assert_eq!(page.status, 409, "{page}");
        }
        assert_eq!(listed(world), ["192.0.2.0/24"]);
        assert!(owner.get("/networks?panel=remove-999").says("main").contains("already been removed"));
    }

    fn a_form_that_is_sent_twice_changes_something_once(world) {
        let server = local(world);
        let owner = signed_in(world, &server, "owner");
        let form = adding(&owner, "198.51.100.0/24").set("code", &world.code("owner"));
        let (first, second) = (form.submit(), form.submit());
        assert_eq!((first.status, first.location()), (303, second.location()));
        assert_eq!(second.status, 303);
        let id = row(world, "198.51.100.0/24");
        let change = changing(&owner, id).set("note", "Mine").set("code", &world.code("owner"));
        let changed = change.submit();
        assert_eq!(changed.status, 303, "{changed}");
        let removal = removing(&owner, id).set("code", &world.code("owner"));
        let removed = removal.submit();
        assert_eq!(removed.status, 303, "{removed}");
        // What it was about is gone, and another copy is answered as the first all the same.
        for (form, first) in [(&change, &changed), (&removal, &removed)] {
            let again = form.submit();
            assert_eq!((again.status, again.location()), (303, first.location()), "{again}");
            assert!(again.follow().says("#panel").contains(REASON), "{again}");
        }
        // Another form under the same key is none of its copies.
        let other = removal.clone().set("reason", "Something else").submit();
        assert_eq!(other.status, 404, "{other}");
        assert!(other.says("main").contains("already been removed"), "{other}");
        let elsewhere = removal.forge("key", change.value("key").unwrap()).submit();
        assert_eq!(elsewhere.status, 404, "{elsewhere}");
        assert_eq!(world.number("select count(*) from audit where action = 'networks.remove'"), 1);
        let wrong = adding(&owner, "192.0.2.0/24").set("code", &world.wrong_code("owner")).submit();
        assert_eq!((wrong.status, wrong.form_with("net").value("net")), (422, Some("192.0.2.0/24")), "{wrong}");
    }
}
