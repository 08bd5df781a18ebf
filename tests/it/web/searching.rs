//! The one search: what each role finds with it, and where it leads.

use crate::incidents::support::open;
use crate::kit::{Browser, Page, World, on_both, sample_runs};

/// Asks the box on top of every page.
fn ask(browser: &Browser, term: &str) -> Page {
    let page = browser.get("/account");
    let box_ = page.attributes("form.find", "action").remove(0);
    page.form_to(&box_).set("q", term).submit()
}

fn leads(browser: &Browser, term: &str) -> Option<String> {
    let answer = ask(browser, term);
    answer.location().map(str::to_owned)
}

fn job_of(world: &World, run: i64) -> String {
    world.database().value(&format!("select job from batch_runs where id = {run}"))
}

on_both! {
    fn every_role_has_the_box_and_finds_what_it_may_see(world) {
        sample_runs(world);
        let run = world.number("select max(id) from batch_runs");
        let job = job_of(world, run);
        for who in ["mina", "hana", "owner", "jun", "sora"] {
            let browser = world.signed_in(who);
            let may_see_people = !matches!(who, "jun" | "sora");
            assert_eq!(leads(&browser, &format!("run {run}")), Some(format!("/runs/{run}")), "{who}");
            assert_eq!(leads(&browser, &format!("run/{run}")), Some(format!("/runs/{run}")), "{who}");
            assert_eq!(leads(&browser, &job), Some(format!("/batches/{job}")), "{who}");
            for (term, to) in [("seoyeon.k@naver.com", "/users/1"), ("20260228-000017", "/orders/1"), ("pi_3Nx7", "/orders/2")] {
                assert_eq!(leads(&browser, term).as_deref(), may_see_people.then_some(to), "{who}: {term}");
            }
            let staff = world.number("select id from staff where email = 'sora@ingam.test'");
            let found = leads(&browser, "sora@ingam.test");
            let own = found.is_some_and(|to| to == format!("/staff/{staff}"));
            assert_eq!(own, who == "owner", "{who}");
            assert!(!browser.get("/account").attributes("a.find-s", "href").is_empty(), "{who}");
        }
    }

    fn an_incident_is_found_by_its_number_and_by_words_of_its_title(world) {
        let jun = world.signed_in("jun");
        let id = open(&jun, "Kimchi orders are charged twice");
        let other = open(&jun, "The bank answers late");
        let page = format!("/incidents/{id}");
        for who in ["mina", "hana", "owner", "jun", "sora"] {
            let browser = world.signed_in(who);
            for term in [format!("INC-{id}"), format!("inc {id}"), format!("장애 {id}"), "kimchi".to_owned(), "charged tw".to_owned()] {
                assert_eq!(leads(&browser, &term).as_deref(), Some(page.as_str()), "{who}: {term}");
            }
        }
        assert_eq!(leads(&jun, "INC-999"), None);
        // A job of that name is another kind: both are shown.
        world.database().tamper(&format!("update incidents set title = 'Daily settlement is late' where id = {other}")).unwrap();
        sample_runs(world);
        let found = jun.get(&leads(&jun, "settlement").unwrap());
        assert!(found.has(&format!("a[href='/incidents/{other}']")) && found.has("a[href='/batches/settle']"), "{found}");
    }

    fn several_kinds_are_one_page_with_what_was_found_of_each(world) {
        world.database().tamper(
            "insert into users (id, email, name, joined_at) values (70, 'twin@names.kr', 'Sora Twin', '2026-02-01T00:00:00.000000Z');
             update staff set name = 'Twin Sora' where email = 'sora@ingam.test'",
        ).unwrap();
        let owner = world.signed_in("owner");
        let answer = ask(&owner, "sora twin");
        let to = answer.location().unwrap().to_owned();
        assert!(to.starts_with("/searches?search=") && !to.contains("sora"), "{to}");
        let page = owner.get(&to);
        assert_eq!(page.status, 200, "{page}");
        let staff = world.number("select id from staff where email = 'sora@ingam.test'");
        assert!(page.has("a[href='/users/70']") && page.has(&format!("a[href='/staff/{staff}']")), "{page}");
        assert!(!page.text().contains("Sora Twin"), "{page}");
        // It is that person's, and a look each time.
        assert_eq!(world.signed_in("mina").get(&to).status, 404);
        let records = || world.number("select count(*) from access_records where task = 'search'");
        let before = records();
        owner.get(&to);
        assert_eq!(records(), before + 1);
        // Who may not see staff has one hit, and is led there.
        assert_eq!(leads(&world.signed_in("mina"), "sora twin").as_deref(), Some("/users/70"));
    }

    fn what_was_not_found_is_said_on_a_page_and_is_in_no_address(world) {
        for (who, term) in [("jun", "010-4821-4821"), ("sora", "김서연"), ("jun", "nothing like it"), ("sora", "999999")] {
            let browser = world.signed_in(who);
            let answer = ask(&browser, term);
            assert_eq!((answer.status, answer.location()), (200, None), "{who}: {term}: {answer}");
            assert!(!answer.text().contains("naver"), "{answer}");
        }
        assert_eq!(world.number("select count(*) from access_records"), 0, "they see no customers");
        let sora = world.signed_in("sora");
        assert_eq!(ask(&sora, "%").status, 422);
        assert_eq!(sora.get("/searches").status, 200);
        assert_eq!(sora.get("/searches?search=0123456789abcdef0123456789abcdef").status, 404);
    }

    fn what_an_auditor_calls_by_number_or_mail_is_what_the_log_has_by_id(world) {
        let sora = world.signed_in("sora");
        let staff = world.number("select id from staff where email = 'mina@ingam.test'");
        for (typed, target) in [
            ("20260228-000017", "order%2F1".to_owned()),
            ("mina%40ingam.test", format!("staff%2F{staff}")),
            ("order%2F20260228-000017", "order%2F1".to_owned()),
        ] {
            let page = sora.get(&format!("/audit?target={typed}"));
            assert_eq!(page.location(), Some(format!("/audit?target={target}").as_str()), "{typed}: {page}");
        }
        for typed in ["20991231-000017", "none%40ingam.test"] {
            let page = sora.get(&format!("/audit?target={typed}"));
            assert_eq!((page.status, page.has("#target-error")), (200, true), "{typed}: {page}");
        }
        for list in ["/audit", "/access-records"] {
            let page = sora.get(&format!("{list}?from=2026-03-02&to=2026-03-01"));
            assert_eq!((page.status, page.has("#to-error")), (200, true), "{list}: {page}");
        }
    }
}
