//! A row is taken back once, and both rows name each other.

use crate::{
    kit::{assert_sound, on_both, operators_here, points, submit_at_once, with_status},
    reversal::support::{WHY, bare, form, given, link, page, taken_back, verified},
};

on_both! {
    fn what_is_taken_back_is_the_opposite_now_and_both_rows_name_each_other(world) {
        let mina = world.signed_in("mina");
        let seq = given(world, &mina, "1,000");
        // What happened since stays.
        given(world, &mina, "300");
        let shown = page(&mina, seq);
        assert!(shown.says("#panel").contains("13,750") && shown.says("#panel").contains("12,750"), "{shown}");
        assert!(shown.says("#go").contains("Deduct 1,000"), "{shown}");
        let by = taken_back(world, &mina, "mina", seq);
        assert_eq!(points(world, 1), 12_750);
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), &row.after["reason_kind"]), ("points.adjust", &"correction".into()));
        // The link is in the bytes that are hashed.
        let sora = world.signed_in("sora");
        let reversal = sora.get(&format!("/audit/{by}"));
        assert!(reversal.says("pre").contains(&format!("\"reversal\":\"{seq}\"")), "{reversal}");
        assert!(reversal.has(&format!("main a.seq[href='/audit/{seq}']")), "{reversal}");
        let original = sora.get(&format!("/audit/{seq}"));
        assert!(original.says("main").contains("Taken back by") && original.has(&format!("main a.seq[href='/audit/{by}']")), "{original}");
        assert!(!original.has(&format!("a[href='/audit/{seq}/reversal']")), "{original}");
        assert!(page(&mina, seq).find_form("form[action$='/reversal']").is_none());
        verified(world);
    }

    fn the_history_of_a_customer_leads_to_taking_a_change_back(world) {
        let mina = world.signed_in("mina");
        let seq = given(world, &mina, "1,000");
        let customer = mina.get("/users/1");
        assert!(customer.has(&format!("#history a[href='/audit/{seq}/reversal']")), "{customer}");
        let hana = world.signed_in("hana");
        assert!(!hana.get("/users/1").has(&format!("a[href='/audit/{seq}/reversal']")), "she makes no such change");
        // The form leads back to where the person came from.
        assert!(page(&mina, seq).has("#panel a[href='/users/1']"));
    }

    fn of_two_who_take_a_row_back_at_once_one_does_and_the_other_ones_row_says_so(world) {
        let mina = world.signed_in("mina");
        let seq = given(world, &mina, "1,000");
        let people = operators_here(world, 4);
        world.clock.advance(std::time::Duration::from_mins(1));
        let forms: Vec<_> = people.iter().map(|person| form(&person.browser, seq).set("code", &person.code(world.clock.now(), 0))).collect();
        let before = world.audit_size();
        let pages = submit_at_once(&forms);
        assert_eq!((with_status(&pages, 303), with_status(&pages, 409)), (1, 3), "{pages:?}");
        assert_eq!(points(world, 1), 12_450);
        let rows = world.audit_from(before);
        let applied: Vec<_> = rows.iter().filter(|row| row.outcome == "applied").collect();
        assert_eq!(applied.len(), 1);
        for row in rows.iter().filter(|row| row.outcome != "applied") {
            assert_eq!((row.outcome.as_str(), row.refusal.as_str(), link(world, row.seq)), ("refused", format!("reversal-done by={}", applied[0].seq).as_str(), Some(seq)));
        }
        assert_eq!(rows.len(), 4);
        let refused = pages.iter().find(|page| page.status == 409).unwrap();
        assert!(refused.text().contains("took this back already"), "{refused}");
        assert_eq!(refused.says("#reason"), WHY, "what was typed is there");
        assert_sound(world);
    }

    fn notes_that_no_row_locks_are_taken_back_once_too(world) {
        let mina = world.signed_in("mina");
        let noted = mina.get("/users/1?panel=note").form_to("/notes").set("text", "Prefers calls in the evening").set("reason", "Said so on the phone").set("code", &world.code("mina")).submit();
        assert_eq!(noted.status, 303, "{noted}");
        let seq = world.last_audit().seq;
        let people = operators_here(world, 4);
        world.clock.advance(std::time::Duration::from_mins(1));
        let forms: Vec<_> = people.iter().map(|person| form(&person.browser, seq).set("code", &person.code(world.clock.now(), 0))).collect();
        let pages = submit_at_once(&forms);
        assert_eq!((with_status(&pages, 303), with_status(&pages, 409)), (1, 3), "{pages:?}");
        assert_eq!(world.number("select count(*) from user_notes where user_id = 1"), 2);
        assert_eq!(world.database().value("select text from user_notes where user_id = 1 order by id desc limit 1"), format!("↩ #{seq}: {WHY}"));
        assert_sound(world);
    }

    fn pressed_twice_it_is_done_once_and_answered_alike(world) {
        let mina = world.signed_in("mina");
        let seq = given(world, &mina, "1,000");
        let form = form(&mina, seq).set("code", &world.code("mina"));
        let again = form.clone();
        let pages = submit_at_once(&[form.clone(), form.clone(), form]);
        assert_eq!(with_status(&pages, 303), 3, "{pages:?}");
        assert!(pages.iter().all(|page| page.location() == pages[0].location()));
        // The same of one that comes when it is done.
        let late = again.submit();
        assert_eq!((late.status, late.location()), (303, pages[0].location()), "{late}");
        assert_eq!((points(world, 1), world.number("select count(*) from audit where reversal_of is not null")), (12_450, 1));
    }

    fn a_key_of_an_ordinary_change_takes_nothing_back(world) {
        let mina = world.signed_in("mina");
        let seq = given(world, &mina, "1,000");
        let ordinary = mina.get("/users/1?panel=points").form_to("/point-adjustments").set("direction", "deduct").set("amount", "1000").set("reason", WHY);
        let key = ordinary.value("key").unwrap().to_owned();
        let ordinary = ordinary.forge("reason_kind", "correction").set("code", &world.code("mina")).submit();
        assert_eq!((ordinary.status, link(world, world.last_audit().seq)), (303, None), "{ordinary}");
        let again = form(&mina, seq).forge("key", &key).set("code", &world.code("mina")).submit();
        assert_eq!(again.status, 409, "{again}");
        assert_eq!((points(world, 1), world.number("select count(*) from audit where reversal_of is not null and outcome = 'applied'")), (12_450, 0));
    }

    fn what_took_back_is_not_taken_back_and_a_refused_row_has_nothing(world) {
        let mina = world.signed_in("mina");
        let seq = given(world, &mina, "1,000");
        let by = taken_back(world, &mina, "mina", seq);
        let shown = page(&mina, by);
        assert!(shown.status == 200 && shown.says("main").contains("make a new change"), "{shown}");
        assert!(shown.find_form("form[action$='/reversal']").is_none(), "{shown}");
        let refused = bare(&mina, by, &world.code("mina")).submit();
        assert_eq!((refused.status, world.last_audit().refusal), (409, format!("reversal-of-reversal of={seq}")), "{refused}");
        // That one is now a row that changed nothing.
        let nothing = world.last_audit().seq;
        let shown = page(&mina, nothing);
        assert!(shown.says("main").contains("nothing to take back"), "{shown}");
        let refused = bare(&mina, nothing, &world.code("mina")).submit();
        assert_eq!((refused.status, world.last_audit().refusal.as_str()), (409, "reversal-nothing"), "{refused}");
        // Done again, it is refused and names what did it.
        let refused = bare(&mina, seq, &world.code("mina")).submit();
        assert_eq!((refused.status, world.last_audit().refusal), (409, format!("reversal-done by={by}")), "{refused}");
        assert_eq!((points(world, 1), link(world, world.last_audit().seq)), (12_450, Some(seq)));
        verified(world);
    }
}
