//! What a report says, held against the tables that it was read from.

use super::support::{at, end_march, file, lines, plant, sign};
use crate::{
    approvals::support::{approval, ask, points_rule, under},
    evidence::support::{Key, said},
    exports::asking,
    kit::{World, addition, on_both, sample_suspicion, wait_until},
    people::support::{id_of, roles_form},
};
use ingam::{
    access::seal::Sealing,
    plan::{Every, ReviewPlan},
    zone::Zone,
};
use std::time::Duration;

/// The number of a text in a line.
fn number(line: &serde_json::Value, name: &str) -> i64 {
    line[name].as_str().unwrap_or_else(|| panic!("{name} in {line}")).parse().unwrap()
}

on_both! {
    fn a_report_has_what_each_person_did_and_every_file_reveal_and_right(world) {
        sample_suspicion(world);
        let mina = world.signed_in("mina");
        mina.get("/users").form_to("/users/searches").set("q", "kim").submit().follow();
        mina.get("/users/1?panel=contact").form_to("/contact").set("reason", "She called, ticket 5").submit();
        assert_eq!(addition(&mina, 1, "5").set("code", &world.code("mina")).submit().status, 303);
        assert_eq!(addition(&mina, 2, "5").set("code", &world.wrong_code("mina")).submit().status, 422);
        let sora = world.signed_in("sora");
        let export = asking::ask(world, &sora, "jsonl", "");
        assert_eq!(sora.get(&format!("{export}/file")).status, 200);
        let owner = world.signed_in("owner");
        let roles = roles_form(&owner, id_of(world, "jun"), &["oncall", "auditor"]);
        assert_eq!(roles.set("code", &world.code("owner")).submit().status, 303);
        // On a Saturday.
        world.clock.set(at("2026-03-07T03:00:00"));
        world.signed_in("mina").get("/users/3");
        let saturday = "at >= '2026-03-07T00:00:00.000000Z' and staff_id = (select id from staff where email = 'mina@ingam.test')";
        let off_hours = world.number(&format!("select count(*) from access_records where {saturday}"))
            + world.number(&format!("select count(*) from audit where {saturday}"));
        let (end, records) = (world.audit_size(), world.number("select count(*) from access_records"));
        end_march(world);
        let sora = world.signed_in("sora");
        let review = sign(world, &sora, "2026-03");
        let bytes = file(&sora, review).body;

        let head = &lines(&bytes, "report")[0];
        assert_eq!((head["from"].as_str(), head["to"].as_str()), (Some("2026-02-28T15:00:00.000000Z"), Some("2026-03-31T15:00:00.000000Z")));
        assert_eq!(head["cut"].as_array().unwrap().len(), 0);
        let kept = &lines(&bytes, "retention")[0];
        assert_eq!((number(kept, "records"), number(kept, "gaps"), kept["is_whole"].as_bool()), (records, 0, Some(true)));

        let people = lines(&bytes, "person");
        let person = people.iter().find(|person| person["account"] == "mina@ingam.test").unwrap();
        let of_mina = |task: &str| world.number(&format!("select count(*) from access_records where task in ({task}) and staff_name = 'Mina Kang'"));
        let customers = world.number("select count(distinct s.customer) from access_subjects s join access_records r on r.id = s.record_id where r.staff_name = 'Mina Kang'");
        assert!(customers >= 2 && off_hours >= 2, "{customers} {off_hours}");
        for (name, expected) in [
            ("days", 2), ("reveals", 1), ("changes", 1), ("refused", 1), ("sign_ins", 2), ("searches", of_mina("'search'")), ("views", of_mina("'view', 'view-order'")),
            ("customers", customers), ("off_hours", off_hours), ("log_views", 0),
        ] {
            assert_eq!(number(person, name), expected, "{name}: {person}");
        }
        assert_eq!((person["first"]["ip"].as_str(), person["last"]["at"].as_str().map(|at| &at[..10])), (Some("127.0.0.1"), Some("2026-03-07")));
        assert!(of_mina("'search'") >= 1 && !people.iter().any(|person| person["account"] == "hana@ingam.test"));

        let taken = lines(&bytes, "export");
        let hash = world.database().value("select sha256 from exports where id = 1");
        assert_eq!((taken.len(), taken[0]["sha256"].as_str(), taken[0]["purpose"].as_str()), (1, Some(hash.as_str()), Some("audit")));
        let reveals = lines(&bytes, "reveal");
        assert_eq!((reveals.len(), reveals[0]["customer"].as_str(), reveals[0]["reason"].as_str()), (1, Some("user/1"), Some("She called, ticket 5")));
        // Beside those with which the five of them came.
        let rights = lines(&bytes, "right");
        let right = rights.iter().find(|right| right["action"] == "staff.roles").unwrap();
        let field = &right["fields"][0];
        assert_eq!((rights.len(), right["whom"].as_str(), right["by"].as_str()), (6, Some("jun@ingam.test"), Some("Olivia Owens")));
        assert_eq!((field["name"].as_str(), field["before"].as_str()), (Some("roles"), Some("oncall")));
        assert!(field["after"].as_str().unwrap().contains("auditor"), "{field}");
        let integrity = &lines(&bytes, "integrity")[0];
        assert_eq!((number(integrity, "first"), number(integrity, "end"), number(integrity, "unsealed")), (0, end, records));
        assert!(integrity["checkpoint"].is_null() && integrity["previous"].is_null());

        // The page is made of these bytes, in both languages.
        let page = sora.get("/audit/reviews/signed/1");
        assert!(page.says("#main").contains("She called, ticket 5") && page.text().contains(&hash), "{page}");
        let found = &lines(&bytes, "finding")[0];
        assert_eq!((found["rule"].as_str(), found["numbers"]["n"].as_str(), found["outcome"].as_str()), (Some("after-silence"), Some("31"), None));
        assert!(page.says("section[aria-labelledby=r-7]").contains("The first row of the person after 31 days without one. Open"), "{page}");
        assert!(page.has("#r-1") && page.has("#r-10"), "{page}");
        // No data of a customer beside the id.
        let email = world.database().value("select email from users where id = 1");
        assert!(!page.text().contains(&email));
        let korean = sora.with_header("accept-language", "ko").get("/audit/reviews/2026-03");
        assert!(korean.status == 200 && korean.text().contains("31일"), "{korean}");
        let looked = "select count(*) from access_records where task = 'export-log' and detail = 'audit/reviews/signed/1'";
        assert_eq!(world.number(looked), 1);
    }

    fn what_was_approved_names_both_and_who_is_away_is_named(outer) {
        let world = under(outer.engine, vec![points_rule(10_000, Some(200_000), 1)]);
        let mina = world.signed_in("mina");
        let request = ask(&world, &mina, 1, "50,000");
        let hana = world.signed_in("hana");
        assert_eq!(approval(&hana, request).set("code", &world.code("hana")).submit().status, 303);
        // Jun has never signed in, and the others have not for more than 90 days before the end of June.
        world.clock.set(at("2026-07-02T00:00:00"));
        let sora = world.signed_in("sora");
        let march = file(&sora, sign(&world, &sora, "2026-03")).body;
        let behalf = lines(&march, "behalf");
        assert_eq!((behalf.len(), behalf[0]["by"].as_str(), behalf[0]["approver"].as_str(), behalf[0]["target"].as_str()), (1, Some("Mina Kang"), Some("Hana Choi"), Some("user/1")), "{behalf:?}");
        assert!(lines(&march, "dormant").is_empty());
        let june = file(&sora, sign(&world, &sora, "2026-06")).body;
        let dormant = lines(&june, "dormant");
        let of = |email: &str| dormant.iter().find(|account| account["account"] == email);
        assert!(of("jun@ingam.test").unwrap()["last"].is_null(), "{dormant:?}");
        assert!(of("mina@ingam.test").unwrap()["last"].as_str().unwrap().starts_with("2026-03-02"), "{dormant:?}");
        // The report names the one before, which is of an earlier period.
        assert_eq!(lines(&june, "integrity")[0]["previous"]["period"], "2026-03");
        assert!(lines(&june, "person").is_empty() && lines(&june, "behalf").is_empty());
    }

    fn a_period_begins_and_ends_at_midnight_of_the_business(outer) {
        // In Berlin the clocks went forward within March.
        for (zone, first, last) in [("Asia/Seoul", "2026-02-28T15:00:00", "2026-03-31T15:00:00"), ("Europe/Berlin", "2026-02-28T23:00:00", "2026-03-31T22:00:00")] {
            let world = World::start_with(outer.engine, |config| config.time_zone = zone.parse::<Zone>().unwrap());
            for (n, (moment, micros)) in [(first, -1), (first, 0), (last, -1), (last, 0)].into_iter().enumerate() {
                let moment = at(moment).plus(chrono::TimeDelta::microseconds(micros)).to_string();
                plant(&world, &moment, "reveal", i64::try_from(n).unwrap());
            }
            end_march(&world);
            let sora = world.signed_in("sora");
            let march = file(&sora, sign(&world, &sora, "2026-03")).body;
            let reveals: Vec<String> = lines(&march, "reveal").iter().map(|line| line["at"].as_str().unwrap().to_owned()).collect();
            let before = at(last).plus(chrono::TimeDelta::microseconds(-1)).to_string();
            assert_eq!(reveals, [format!("{first}.000000Z"), before], "{zone}");
            // From one to the other the chain has no gap: the third is in the period, and so is the second.
            assert_eq!(lines(&march, "retention")[0]["gaps"], "0");
            // The looks in the night are outside of working hours.
            assert_eq!(number(&lines(&march, "person")[0], "off_hours"), 2, "{zone}");
        }
    }

    fn a_record_that_was_taken_away_is_missed(world) {
        for (n, hour) in ["01", "02", "03"].into_iter().enumerate() {
            plant(world, &format!("2026-03-03T{hour}:00:00.000000Z"), "view", i64::try_from(n).unwrap());
        }
        crate::evidence::support::lay_open_tables(world, &["access_records"]);
        world.database().tamper("delete from access_records where lane = 99 and place = 1").unwrap();
        end_march(world);
        let sora = world.signed_in("sora");
        let page = sora.get("/audit/reviews/2026-03");
        assert!(page.says("#main").contains("1 record is missing"), "{page}");
        let march = file(&sora, sign(world, &sora, "2026-03")).body;
        assert_eq!((lines(&march, "retention")[0]["gaps"].as_str(), lines(&march, "retention")[0]["records"].as_str()), (Some("1"), Some("2")));
    }

    fn a_report_names_the_checkpoint_that_holds_it_and_continues_the_one_before(outer) {
        let key = Key::make();
        let world = World::start_with(outer.engine, |config| {
            key.serve_for(config);
            config.sealing = Some(Sealing { look: Duration::from_millis(50), turns: 1, ..Sealing::default() });
        });
        world.signed_in("mina").get("/users/1");
        end_march(&world);
        // A row that seals the records, and a checkpoint that holds it. Neither the next row nor the next checkpoint is due when it is signed.
        let recent = || {
            let ago = world.clock.now().minus(chrono::TimeDelta::minutes(50));
            world.number(&format!("select count(*) from access_head where tied_at > '{ago}'")) == 1
                && world.number(&format!("select count(*) from checkpoints where signed_at > '{ago}'")) > 0
        };
        let mut sora = world.signed_in("sora");
        let mut looks = 0_u32;
        wait_until(|| {
            looks += 1;
            // Sessions end after eight hours.
            if looks.is_multiple_of(60) {
                sora = world.signed_in("sora");
            }
            world.clock.advance(Duration::from_mins(5));
            let page = sora.get("/audit/reviews/2026-03");
            page.says("#main").contains("It holds the rows of the period and the tree of its access records") && recent()
        });
        let march = file(&sora, sign(&world, &sora, "2026-03")).body;
        let integrity = &lines(&march, "integrity")[0];
        let (checkpoint, sealed) = (&integrity["checkpoint"], &integrity["sealed"]);
        assert!(number(checkpoint, "rows") > number(sealed, "row") && number(checkpoint, "rows") >= number(integrity, "end"), "{integrity}");
        assert_eq!(checkpoint["log"], crate::evidence::support::NAME);
        assert!(key.vkey.contains(&format!("+{}+", checkpoint["key"].as_str().unwrap())), "{} {checkpoint}", key.vkey);
        let size = number(checkpoint, "rows");
        assert_eq!(world.number(&format!("select count(*) from checkpoints where size = {size}")), 1);
        assert_eq!(world.number("select checkpoint_size from reviews"), size);
        // A month later.
        world.clock.set(at("2026-05-02T00:00:00"));
        sora = world.signed_in("sora");
        wait_until(|| {
            looks += 1;
            if looks.is_multiple_of(60) {
                sora = world.signed_in("sora");
            }
            world.clock.advance(Duration::from_mins(5));
            sora.get("/audit/reviews/2026-04").says("#main").contains("The log continues that of its checkpoint")
        });
        let verified = world.command(&["audit", "verify"]).output().unwrap();
        assert!(verified.status.success(), "{}", said(&verified));
    }

    fn a_business_may_review_each_quarter(outer) {
        let plan = ReviewPlan { every: Every::Quarter, processor: "Gana Trading Co.".to_owned(), access_years: 1, ..ReviewPlan::default() };
        let world = World::start_with(outer.engine, |config| config.review_plan = plan);
        end_march(&world);
        let sora = world.signed_in("sora");
        let list = sora.get("/audit/reviews");
        assert_eq!(list.all("tbody tr td:first-child"), ["2026-Q2", "2026-Q1"], "{list}");
        let quarter = file(&sora, sign(&world, &sora, "2026-Q1")).body;
        assert_eq!(lines(&quarter, "report")[0]["processor"], "Gana Trading Co.");
        assert!(sora.get("/audit/reviews/2026-Q1").says("#main").contains("Gana Trading Co."));
    }
}
