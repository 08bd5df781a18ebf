//! Personal data: masked until a reason is given, and every look written down before it is granted.

use crate::kit::{Browser, Engine, Page, World, on_both};

/// Everything of customer 1 that a mask hides.
const HIDDEN: [&str; 6] = ["김서연", "seoyeon", "4821-4821", "821048214821", "01048214821", "0482148"];

fn is_masked(what: &str, page: &Page) {
    for part in HIDDEN {
        assert!(!page.text().contains(part), "{part} is on {what}: {page}");
    }
}

/// The access records: task, subject, detail, reason, who.
fn records(world: &World) -> Vec<[String; 5]> {
    world
        .rows("select task, subject, detail, reason, staff_name from access_records order by id")
        .into_iter()
        .map(|row| [0, 1, 2, 3, 4].map(|at| row[at].clone().unwrap_or_default()))
        .collect()
}

fn last_record(world: &World) -> [String; 5] {
    records(world).pop().unwrap()
}

fn reveal(browser: &Browser, reason: &str) -> Page {
    browser.get("/users/1?panel=contact").form_to("/contact").set("reason", reason).submit()
}

/// Makes it impossible to write an access record, or possible again.
fn obstruct(world: &World, on: bool) {
    let sql = match (world.engine, on) {
        (Engine::Sqlite, true) => {
            "create trigger obstruct before insert on access_records begin select raise(abort, 'no'); end"
        }
        (Engine::Sqlite, false) => "drop trigger obstruct",
        (Engine::Postgres, true) => "revoke insert on access_records from ingam_app",
        (Engine::Postgres, false) => "grant insert on access_records to ingam_app",
    };
    world.database().tamper(sql).unwrap();
}

on_both! {
    fn names_and_contacts_are_masked_everywhere(world) {
        let mina = world.signed_in("mina");
        let refused = mina.get("/users/1?panel=points").form_to("/point-adjustments").submit();
        let stale = mina
            .get("/users/1?panel=status")
            .form_to("/status")
            .forge("seen", "99")
            .set("reason", "Asked for it")
            .submit();
        for (what, page) in [
            ("the list", mina.get("/users")),
            ("a search", mina.get("/users").form_to("/users/searches").set("q", "연").submit().follow()),
            ("the page", mina.get("/users/1")),
            ("a panel", mina.get("/users/1?panel=contact")),
            ("a refused form", refused),
            ("a stale form", stale),
            ("a short reason", reveal(&mina, "abc")),
            ("home", mina.get("/")),
        ] {
            is_masked(what, &page);
        }
        let page = mina.get("/users/1");
        for shown in ["김*연", "se•••••••@naver.com", "010-••••-4821"] {
            assert!(page.text().contains(shown), "{shown}: {page}");
        }
    }

    fn a_reason_reveals_a_contact_once_and_is_written_down(world) {
        let mina = world.signed_in("mina");
        let page = reveal(&mina, "She called about order 17");
        assert_eq!(page.status, 200);
        for shown in ["김서연", "seoyeon.k@naver.com", "010-4821-4821"] {
            assert!(page.text().contains(shown), "{shown}: {page}");
        }
        let records = records(world);
        let reveals: Vec<_> = records.iter().filter(|record| record[0] == "reveal").collect();
        assert_eq!(reveals, [&["reveal", "user/1", "", "She called about order 17", "Mina Kang"].map(str::to_owned)]);
        is_masked("the page afterwards", &mina.get("/users/1"));
        // No change was made, so the log of changes says nothing.
        assert!(world.audit().iter().all(|row| row.target != "user/1"));
    }

    fn without_a_reason_nothing_is_revealed(world) {
        let mina = world.signed_in("mina");
        for reason in ["", "abcd", "     ", &"x".repeat(501), "a\u{202e}bcdef"] {
            let page = reveal(&mina, reason);
            assert_eq!(page.status, 422, "{reason:?}: {page}");
            is_masked("a refused reveal", &page);
        }
        // An approver may find customers and may not see this.
        let hana = world.signed_in("hana");
        assert!(hana.get("/users/1").find_form("form[action$=\"/contact\"]").is_none());
        let csrf = crate::kit::csrf(&hana.get("/account"));
        let page = hana.post("/users/1/contact", &[("csrf", &csrf), ("reason", "I want to know")]);
        assert_eq!(page.status, 403);
        is_masked("a forbidden reveal", &page);
        assert!(records(world).iter().all(|record| record[0] != "reveal"));
    }

    fn every_look_is_recorded(world) {
        let mina = world.signed_in("mina");
        mina.get("/users");
        assert_eq!(last_record(world), ["search", "", "newest", "", "Mina Kang"].map(str::to_owned));
        let to = mina.get("/users").form_to("/users/searches").set("q", "seoyeon.k@naver.com").submit();
        assert_eq!(last_record(world), ["search", "", "email", "", "Mina Kang"].map(str::to_owned));
        to.follow();
        assert_eq!(last_record(world), ["view", "user/1", "", "", "Mina Kang"].map(str::to_owned));
        let before = records(world).len();
        mina.get("/users/999");
        assert_eq!(records(world).len(), before, "there was no customer to look at");
        mina.get("/users/1?panel=points").form_to("/point-adjustments").submit();
        assert_eq!(records(world).len(), before + 2, "a form that comes back shows the customer again");
        // No record holds what was searched for.
        assert!(records(world).iter().all(|record| !record.concat().contains("naver")));
        let bound = world.rows("select ip, request_id, ip_key from access_records");
        assert!(
            bound
                .iter()
                .all(|row| row[0].as_deref() == Some("127.0.0.1") && row[1].as_deref().unwrap().starts_with("req_"))
        );
    }

    fn what_cannot_be_recorded_is_not_shown(world) {
        let mina = world.signed_in("mina");
        let searching = mina.get("/users").form_to("/users/searches").set("q", "연");
        let kept = searching.submit().location().unwrap().to_owned();
        let revealing =
            mina.get("/users/1?panel=contact").form_to("/contact").set("reason", "She called about order 17");
        let refused = mina.get("/users/1?panel=points").form_to("/point-adjustments");
        let before = records(world).len();
        obstruct(world, true);
        for (what, page) in [
            ("the list", mina.get("/users")),
            ("a customer", mina.get("/users/1")),
            ("a search", searching.submit()),
            ("a reveal", revealing.submit()),
            ("a refused form", refused.submit()),
        ] {
            assert_eq!(page.status, 503, "{what}: {page}");
            is_masked(what, &page);
            for part in ["김*연", "naver.com", "12,450", "4821"] {
                assert!(!page.text().contains(part), "{part} is on {what}");
            }
        }
        assert_eq!(records(world).len(), before);
        let kept_searches = world.number("select count(*) from searches");
        assert_eq!(kept_searches, 1, "the search goes with its record");
        obstruct(world, false);
        assert_eq!(mina.get("/users/1").status, 200);
        assert_eq!(mina.get(&kept).status, 200);
        assert_eq!(revealing.submit().status, 200);
    }

    fn the_log_of_changes_names_customers_by_number_alone(world) {
        let mina = world.signed_in("mina");
        let done = mina
            .get("/users/1?panel=status")
            .form_to("/status")
            .set("reason", "Asked for it herself")
            .set("code", &world.code("mina"))
            .submit();
        assert_eq!(done.status, 303, "{done}");
        let text: String = world
            .rows("select body from audit")
            .into_iter()
            .map(|row| String::from_utf8(hex::decode(row[0].clone().unwrap()).unwrap()).unwrap())
            .collect();
        for part in HIDDEN {
            assert!(!text.contains(part), "{part}");
        }
        let outbox = world.rows("select body from outbox");
        assert!(!outbox.is_empty() && outbox.iter().all(|row| !row[0].as_deref().unwrap().contains("naver")));
    }

    fn whose_data_was_looked_at_can_be_looked_up(world) {
        let mina = world.signed_in("mina");
        mina.get("/users/1");
        mina.get("/users/3");
        reveal(&mina, "She called about order 17");
        let hana = world.signed_in("hana");
        hana.get("/users/3");
        let sora = world.signed_in("sora");
        let mina_id = world.number("select id from staff where email = 'mina@ingam.test'");
        for (query, condition) in [
            (String::new(), "1 = 1".to_owned()),
            ("subject=1".to_owned(), "subject = 'user/1'".to_owned()),
            ("subject=u_3".to_owned(), "subject = 'user/3'".to_owned()),
            ("subject=user/3".to_owned(), "subject = 'user/3'".to_owned()),
            ("task=reveal".to_owned(), "task = 'reveal'".to_owned()),
            ("task=search".to_owned(), "task = 'search'".to_owned()),
            (format!("staff={mina_id}"), format!("staff_id = {mina_id}")),
            (
                format!("staff={mina_id}&subject=3&task=view"),
                format!("staff_id = {mina_id} and subject = 'user/3' and task = 'view'"),
            ),
            ("address=127.0.0.0/8".to_owned(), "1 = 1".to_owned()),
            ("address=10.0.0.0/8".to_owned(), "1 = 0".to_owned()),
            ("from=2026-03-02&to=2026-03-02".to_owned(), "1 = 1".to_owned()),
            ("from=2026-03-03".to_owned(), "1 = 0".to_owned()),
            ("to=2026-03-01".to_owned(), "1 = 0".to_owned()),
        ] {
            let page = sora.get(&format!("/access-records?{query}"));
            assert_eq!(page.status, 200, "{query}: {page}");
            let shown: Vec<_> = page.all("tbody td:last-child code.id");
            let expected: Vec<_> = world
                .rows(&format!("select request_id from access_records where {condition} order by id desc"))
                .into_iter()
                .map(|row| row[0].clone().unwrap())
                .collect();
            assert_eq!(shown, expected, "{query}");
        }
        // An auditor reads who looked, and sees no customer by it.
        assert!(sora.get("/access-records").attributes("a[href^=\"/users\"]", "href").is_empty());
        assert!(sora.get("/access-records").says("main").contains("She called about order 17"));
        for query in ["task=x", "staff=mina", "subject=kim", "from=x", "to=x", "address=office"] {
            assert_eq!(sora.get(&format!("/access-records?{query}")).status, 422, "{query}");
        }
    }
}
