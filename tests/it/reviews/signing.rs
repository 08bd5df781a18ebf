//! Signing a report: the one that was read, once it can be, and so that it stays.

use super::support::{at, end_march, file, form, plant, sign};
use crate::{
    evidence::support::{lay_open_tables, literal, said},
    kit::on_both,
};
use sha2::{Digest as _, Sha256};

/// The hash that the page says its report has.
fn shown_hash(page: &crate::kit::Page) -> String {
    page.form_to("/audit/reviews/2026-03").value("sha256").unwrap().to_owned()
}

on_both! {
    fn what_was_read_is_what_is_signed_and_kept(world) {
        end_march(world);
        let sora = world.signed_in("sora");
        let list = sora.get("/audit/reviews");
        assert_eq!(list.all("tbody tr td:first-child"), ["2026-04", "2026-03"], "{list}");
        assert!(list.says("tbody").contains("To be signed"), "{list}");
        let page = sora.get("/audit/reviews/2026-03?panel=sign");
        let hash = shown_hash(&page);
        let form = form(&sora, "2026-03").set("result", "found").set("findings", "One person at night").set("measures", "Asked her");
        let signed = form.set("code", &world.code("sora")).submit();
        assert_eq!(signed.status, 303, "{signed}");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.target.as_str(), row.outcome.as_str()), ("reviews.sign", "review/2026-03", "applied"));
        for (field, value) in [
            ("review_number", "1"), ("review_sha256", hash.as_str()), ("review_result", "found"), ("review_findings", "One person at night"),
            ("review_measures", "Asked her"), ("review_responsible", "Kim Boho, privacy officer"), ("review_to", "2026-03-31T15:00:00.000000Z"),
        ] {
            assert_eq!(row.after[field], value, "{field}: {}", row.after);
        }
        assert_eq!(world.rows("select topic from outbox where topic = 'reviews.signed'").len(), 1);
        // Its bytes are those that the page was made of.
        let bytes = file(&sora, 1);
        assert_eq!(hex::encode(Sha256::digest(&bytes.body)), hash);
        assert_eq!(bytes.header("content-disposition"), Some("attachment; filename=\"review-2026-03-1.jsonl\""));
        let shown = sora.get("/audit/reviews/signed/1");
        assert!(shown.says("#main").contains("The report as it was signed") && shown.says("#main").contains("One person at night"), "{shown}");
        let page = sora.get("/audit/reviews/2026-03");
        assert!(page.says("#main").contains("byte for byte") && page.says("#main").contains(&hash), "{page}");
        let list = sora.get("/audit/reviews");
        assert!(list.says("tbody").contains("There are findings") && list.has("a[href='/audit/reviews/signed/1']"), "{list}");
        // The row of the log leads to it.
        assert!(sora.get("/audit").has("tbody a[href='/audit/reviews/2026-03']"));
        let verified = world.command(&["audit", "verify"]).output().unwrap();
        assert!(verified.status.success(), "{}", said(&verified));
    }

    fn a_second_report_of_a_period_names_the_first_and_of_two_at_once_one_is_told(world) {
        end_march(world);
        let sora = world.signed_in("sora");
        let (one, two) = (form(&sora, "2026-03"), form(&sora, "2026-03"));
        let one = one.set("code", &world.code("sora"));
        let (signed, again) = (one.submit(), one.submit());
        assert_eq!((signed.status, again.location()), (303, signed.location()), "{again}");
        assert_eq!(world.number("select count(*) from reviews"), 1);
        let stale = two.set("code", &world.code("sora")).submit();
        assert_eq!(stale.status, 409, "{stale}");
        assert_eq!(world.number("select count(*) from reviews"), 1);
        // Once it is known that there is one, another may follow.
        assert_eq!(sign(world, &sora, "2026-03"), 2);
        assert_eq!(world.number("select earlier from reviews where id = 2"), 1);
        assert_eq!(world.last_audit().after["review_earlier"], "1");
        assert!(sora.get("/audit/reviews/signed/2").has("a[href='/audit/reviews/signed/1']"));
        assert!(sora.get("/audit/reviews/signed/1").status == 200);
        assert_eq!(file(&sora, 1).body, file(&sora, 2).body);
    }

    fn a_row_that_comes_late_makes_another_report(world) {
        end_march(world);
        let sora = world.signed_in("sora");
        let form = form(&sora, "2026-03");
        let hash = form.value("sha256").unwrap().to_owned();
        plant(world, "2026-03-20T01:00:00.000000Z", "reveal", 0);
        let code = world.code("sora");
        let refused = form.set("findings", "As I wrote it").set("code", &code).submit();
        assert_eq!(refused.status, 409, "{refused}");
        // The page shows the new one, with what was typed, and the form is for it.
        assert!(refused.says("#main").contains("She called") && refused.says("#panel").contains("The report has changed"), "{refused}");
        let next = refused.form_to("/audit/reviews/2026-03");
        assert_eq!(next.value("findings"), Some("As I wrote it"));
        assert_ne!(next.value("sha256"), Some(hash.as_str()));
        assert_eq!(world.number("select count(*) from reviews"), 0);
        assert_eq!(world.last_audit().refusal, "review-changed");
        // What can be seen without the code does not cost one.
        let signed = next.set("code", &code).submit();
        assert_eq!(signed.status, 303, "{signed}");
        // After that the period is not what was signed any more.
        plant(world, "2026-03-21T01:00:00.000000Z", "reveal", 1);
        assert!(sora.get("/audit/reviews/2026-03").says("#main").contains("Not as it was signed"));
        assert!(sora.get("/audit/reviews/signed/1").says("#main").contains("The report as it was signed"));
    }

    fn a_period_that_goes_on_is_provisional_and_others_are_not_there(world) {
        let sora = world.signed_in("sora");
        let page = sora.get("/audit/reviews/2026-03?panel=sign");
        assert!(page.says("#main").contains("Provisional") && page.says(".aside").contains("has not ended yet"), "{page}");
        assert!(page.find_form("form.seal").is_none());
        end_march(world);
        let sora = world.signed_in("sora");
        let april = sora.get("/audit/reviews/2026-04");
        assert!(april.says("#main").contains("Provisional") && !april.has("a[href*='panel=sign']"), "{april}");
        let forged = form(&sora, "2026-03").to("/audit/reviews/2026-04").set("code", &world.code("sora")).submit();
        assert_eq!(forged.status, 409, "{forged}");
        assert_eq!((world.last_audit().refusal.as_str(), world.number("select count(*) from reviews")), ("review-open", 0));
        // Before the log began, in the future, and no period at all.
        for period in ["2026-02", "2026-05", "2026-13", "march", "2026-3", "2026-Q5", "signed"] {
            assert_eq!(sora.get(&format!("/audit/reviews/{period}")).status, 404, "{period}");
        }
        assert_eq!(sora.get("/audit/reviews/signed/1").status, 404);
    }

    fn what_makes_no_sense_comes_back_as_it_was_filled_in(world) {
        end_march(world);
        let sora = world.signed_in("sora");
        let code = world.code("sora");
        let long = "가".repeat(2_001);
        for (name, value) in [
            ("result", "maybe"), ("responsible", ""), ("responsible", "\u{2800}"), ("responsible", "a\u{202e}b"), ("findings", "a\u{200b}b"), ("measures", long.as_str()),
        ] {
            let page = form(&sora, "2026-03").set("findings", "Seen").forge(name, value).set("code", &code).submit();
            assert_eq!(page.status, 422, "{name}={value}: {page}");
            assert!(page.has(&format!("#{name}-error")), "{name}={value}: {page}");
            assert!(!page.text().contains('\u{202e}'));
            assert_eq!(page.form_to("/audit/reviews/2026-03").value("reason"), Some("The review of the month"));
        }
        // What was found is to be said, and what is done about it.
        let bare = form(&sora, "2026-03").set("result", "found").set("code", &code).submit();
        assert!(bare.status == 422 && bare.has("#findings-error"), "{bare}");
        let forged = form(&sora, "2026-03").forge("sha256", "ab").set("code", &code).submit();
        assert_eq!(forged.status, 409, "{forged}");
        assert_eq!(world.number("select count(*) from reviews"), 0);
    }

    fn only_auditors_and_owners_review(world) {
        end_march(world);
        for who in ["mina", "hana", "jun"] {
            let person = world.signed_in(who);
            for path in ["/audit/reviews", "/audit/reviews/2026-03", "/audit/reviews/signed/1", "/audit/reviews/signed/1/file"] {
                assert_eq!(person.get(path).status, 403, "{who} {path}");
            }
        }
        let sora = world.signed_in("sora");
        let page = form(&sora, "2026-03");
        let fields: Vec<(&str, &str)> = page.fields().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(world.signed_in("mina").post("/audit/reviews/2026-03", &fields).status, 403);
        let owner = world.signed_in("owner");
        let signed = form(&owner, "2026-03").set("code", &world.code("owner")).submit();
        assert_eq!(signed.status, 303, "{signed}");
    }

    fn a_report_that_is_late_is_said_to_be(world) {
        world.clock.set(at("2026-04-10T14:59:00"));
        let early = world.signed_in("sora");
        assert!(early.get("/audit/reviews").says("tbody").contains("To be signed"));
        assert!(!early.get("/").text().contains("is overdue"));
        world.clock.set(at("2026-04-10T15:00:00"));
        // The first page says it to those who sign reports, and to no others.
        for (who, is_told) in [("mina", false), ("hana", false), ("owner", true)] {
            let home = world.signed_in(who).get("/");
            assert_eq!(home.has("main a[href='/audit/reviews'].btn"), is_told, "{who}: {home}");
            assert_eq!(home.text().contains("1 report is overdue"), is_told, "{who}");
        }
        let sora = world.signed_in("sora");
        let home = sora.get("/");
        assert!(home.says("section[aria-labelledby=reviews-title]").contains("1 report is overdue"), "{home}");
        let list = sora.get("/audit/reviews");
        assert!(list.says("#main").contains("1 report is overdue") && list.says("tbody").contains("Overdue"), "{list}");
        sign(world, &sora, "2026-03");
        assert!(!sora.get("/audit/reviews").says("#main").contains("overdue"));
        assert!(!sora.get("/").text().contains("is overdue"));
    }

    fn a_kept_report_that_was_altered_is_found(world) {
        end_march(world);
        let sora = world.signed_in("sora");
        let review = sign(world, &sora, "2026-03");
        let bytes = file(&sora, review).body;
        let text = String::from_utf8(bytes.clone()).unwrap();
        let altered = literal(world.engine, text.replace("\"is_whole\":true", "\"is_whole\":false").as_bytes());
        let (kept, hash) = (literal(world.engine, &bytes), hex::encode(Sha256::digest(&bytes)));
        lay_open_tables(world, &["reviews"]);
        let other = "0a".repeat(32);
        for (sql, words) in [
            (format!("update reviews set report = {altered}"), "does not have the hash that was signed"),
            (format!("update reviews set report = {kept}, sha256 = '{other}'"), "differs from the row that signed it"),
            (format!("update reviews set sha256 = '{hash}', result = 'found'"), "differs from the row that signed it"),
            ("update reviews set result = 'clear', measures = 'None was needed'".to_owned(), "differs from the row that signed it"),
            ("update reviews set measures = '', to_at = '2026-03-30T15:00:00.000000Z'".to_owned(), "differs from the row that signed it"),
            ("delete from reviews".to_owned(), "has no report"),
        ] {
            world.database().tamper(&sql).unwrap();
            if sql.contains(&altered) {
                assert!(sora.get("/audit/reviews/signed/1").says("#main").contains("not the bytes that were signed"));
            }
            let verified = world.command(&["audit", "verify"]).output().unwrap();
            assert!(!verified.status.success() && said(&verified).contains(words), "{sql}: {}", said(&verified));
        }
    }

    fn the_host_writes_the_same_bytes(world) {
        end_march(world);
        let sora = world.signed_in("sora");
        let review = sign(world, &sora, "2026-03");
        let bytes = file(&sora, review).body;
        let hash = hex::encode(Sha256::digest(&bytes));
        let report = |rest: &[&str]| {
            let arguments = [&["audit", "report", "--reason", "For the file of March"], rest].concat();
            world.command(&arguments).output().unwrap()
        };
        let written = report(&["--month", "2026-03"]);
        assert!(written.status.success(), "{}", said(&written));
        assert_eq!(String::from_utf8(written.stdout.clone()).unwrap(), String::from_utf8(bytes.clone()).unwrap());
        assert!(said(&written).contains(&hash));
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.target.as_str(), row.after["review_sha256"].as_str()), ("reviews.write", "review/2026-03", Some(hash.as_str())));
        let directory = tempfile::TempDir::with_prefix("ingam-test-").unwrap();
        let path = directory.path().join("march.jsonl");
        let out = ["--month", "2026-03", "--out", path.to_str().unwrap()];
        assert!(report(&out).status.success());
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
        // It takes the place of no file, and there is nothing of a month before the log.
        for (arguments, words) in [(&out[..], "is there already"), (&["--month", "2026-02"], "has nothing of 2026-02"), (&["--month", "2026-3"], "not a month"), (&[], "required")] {
            let refused = report(arguments);
            assert!(!refused.status.success() && said(&refused).contains(words), "{arguments:?}: {}", said(&refused));
        }
        assert_eq!(world.number("select count(*) from audit where action = 'reviews.write'"), 2);
    }
}
