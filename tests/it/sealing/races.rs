//! Many at once: one code is one change, and no change is lost.

use crate::{
    kit::{
        Form, Operator, addition, assert_sound, at_once, on_both, operators_here, points, submit_at_once, with_status,
    },
    sealing::support::{applied, customers, entries, refused},
};

on_both! {
    fn one_code_in_fifty_posts_for_one_customer_changes_one_thing(world) {
        let mina = world.signed_in("mina");
        let code = world.code("mina");
        // Without the version that was seen, nothing but the code separates the fifty.
        let forms: Vec<Form> = (0..50).map(|_| addition(&mina, 2, "5").without("seen").set("code", &code)).collect();
        let answers = submit_at_once(&forms);
        assert_eq!((with_status(&answers, 303), with_status(&answers, 422)), (1, 49));
        assert_eq!((points(world, 2), entries(world), applied(world)), (5, 1, 1));
        assert_eq!(refused(world, "code-reused"), 49);
        assert_sound(world);
    }

    fn one_code_in_fifty_posts_for_fifty_customers_changes_one_of_them(world) {
        customers(world, 100, 50);
        let mina = world.signed_in("mina");
        let code = world.code("mina");
        let forms: Vec<Form> = (100..150).map(|user| addition(&mina, user, "5").set("code", &code)).collect();
        let answers = submit_at_once(&forms);
        assert_eq!((with_status(&answers, 303), with_status(&answers, 422)), (1, 49));
        assert_eq!(world.number("select sum(points) from users where id >= 100"), 5);
        assert_eq!((entries(world), applied(world), refused(world, "code-reused")), (1, 1, 49));
        assert_sound(world);
    }

    fn of_ten_forms_that_saw_the_same_only_the_first_is_not_out_of_date(world) {
        let people = operators_here(world, 10);
        let now = world.clock.now();
        let forms: Vec<Form> =
            people.iter().map(|p| addition(&p.browser, 2, "5").set("code", &p.code(now, 0))).collect();
        let answers = submit_at_once(&forms);
        assert_eq!((with_status(&answers, 303), with_status(&answers, 409)), (1, 9));
        assert_eq!((points(world, 2), entries(world), refused(world, "stale")), (5, 1, 9));
    }

    fn two_consoles_on_one_database_accept_a_code_once(world) {
        customers(world, 100, 20);
        let second = world.second_process();
        let mina = world.signed_in("mina");
        let there = mina.at(second.address);
        let code = world.code("mina");
        let forms: Vec<Form> = (100..120)
            .map(|user| addition(if user % 2 == 0 { &mina } else { &there }, user, "5").set("code", &code))
            .collect();
        let answers = submit_at_once(&forms);
        assert_eq!((with_status(&answers, 303), with_status(&answers, 422)), (1, 19));
        assert_eq!((entries(world), applied(world)), (1, 1));
        assert_sound(world);
    }

    fn a_form_that_reaches_two_consoles_acts_once(world) {
        let second = world.second_process();
        let mina = world.signed_in("mina");
        let form = addition(&mina, 2, "5").set("code", &world.code("mina"));
        let fields = form.fields().to_vec();
        let to = [&mina, &mina.at(second.address)].map(|b| b.request("POST", form.action()).form(&fields));
        let sends: Vec<_> = (0..10).flat_map(|_| to.clone()).collect();
        let answers = at_once(&sends, crate::kit::Request::send);
        for answer in &answers {
            assert_eq!((answer.status, answer.location()), (303, answers[0].location()), "{answer}");
        }
        assert_eq!((points(world, 2), entries(world)), (5, 1));
    }

    fn a_hundred_adjustments_at_once_lose_nothing(world) {
        let second = world.second_process();
        let people = operators_here(world, 100);
        let now = world.clock.now();
        let forms: Vec<Form> = people
            .iter()
            .enumerate()
            .map(|(n, person)| {
                let browser = if n % 2 == 0 { person.browser.clone() } else { person.browser.at(second.address) };
                let amount = (n + 1).to_string();
                let form = if n % 10 == 0 { crate::sealing::support::deduction(&browser, 1, &amount) } else { addition(&browser, 1, &amount) };
                form.without("seen").set("code", &person.code(now, 0))
            })
            .collect();
        let answers = submit_at_once(&forms);
        assert_eq!(with_status(&answers, 303), 100, "{:?}", answers.iter().find(|page| page.status != 303));
        // 1 + 2 + … + 100, of which every tenth from the first on is taken away: 1 + 11 + … + 91.
        assert_eq!(points(world, 1), 12_450 + 5050 - 2 * 460);
        assert_eq!((entries(world), applied(world)), (100, 100));
        assert_sound(world);
    }

    fn a_person_too_late_looks_again_and_gets_through_with_the_same_code(world) {
        let people = operators_here(world, 12);
        let now = world.clock.now();
        let persist = |person: &Operator| {
            let code = person.code(now, 0);
            let mut answer = addition(&person.browser, 2, "1").set("code", &code).submit();
            for _ in 0..people.len() {
                if answer.status != 409 {
                    break;
                }
                answer = answer.form_to("/point-adjustments").set("code", &code).submit();
            }
            answer
        };
        let answers = at_once(&people, persist);
        assert_eq!(with_status(&answers, 303), 12, "{:?}", answers.iter().find(|page| page.status != 303));
        assert_eq!((points(world, 2), entries(world), applied(world)), (12, 12, 12));
        assert_eq!(refused(world, "code-reused"), 0);
        assert_sound(world);
    }
}
