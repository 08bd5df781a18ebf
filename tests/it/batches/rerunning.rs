//! Running again what failed.

use crate::{
    batches::support::{becomes, id_of, rerun_form, run, script, state, working},
    kit::{assert_sound, at_once, on_both, operators_here, with_status},
};

/// Fails until its parameter is right.
const COUPONS: &str = "[[job.parameters]]\nname = \"campaign\"\ntitle = \"Campaign\"\ntype = \"choice\"\nchoices = [\"autumn\", \"winter\"]\ndefault = \"autumn\"";

fn coupons() -> String {
    script("coupons", "echo campaign $PARAM_CAMPAIGN; test $PARAM_CAMPAIGN = winter", COUPONS)
}

on_both! {
    fn a_failed_run_is_rerun_with_the_right_parameter_and_stays_as_it_was(world) {
        let world = working(world.engine, &coupons());
        let jun = world.signed_in("jun");
        let first = run(&world, &jun, "jun", "coupons");
        becomes(&world, first, "failed");
        let done = rerun_form(&jun, first).set("param-campaign", "winter").set("code", &world.code("jun")).submit();
        assert_eq!(done.status, 303, "{done}");
        let second = id_of(done.location().unwrap());
        becomes(&world, second, "succeeded");
        assert_eq!(state(&world, first), "failed");
        let row = world.audit().into_iter().find(|row| row.action == "runs.rerun").unwrap();
        assert_eq!(row.target, format!("run/{first}"));
        assert_eq!((&row.before["param.campaign"], &row.after["param.campaign"]), (&"autumn".into(), &"winter".into()));
        assert_eq!(row.after["rerun"], second.to_string());
        let page = jun.get(&format!("/runs/{first}"));
        assert!(page.text().contains(&format!("#{second}")), "{page}");
        assert_sound(&world);
    }

    fn what_succeeded_runs_or_was_rerun_is_not_rerun_and_the_reason_is_said(world) {
        let jobs = coupons() + &script("slow", "sleep 300", "") + &script("good", "true", "");
        let world = working(world.engine, &jobs);
        let jun = world.signed_in("jun");
        let (failed, slow, good) =
            (run(&world, &jun, "jun", "coupons"), run(&world, &jun, "jun", "slow"), run(&world, &jun, "jun", "good"));
        becomes(&world, failed, "failed");
        becomes(&world, slow, "running");
        becomes(&world, good, "succeeded");
        let form = rerun_form(&jun, failed);
        for (run, word, said) in [(slow, "run-open", "has not ended yet"), (good, "run-succeeded", "succeeded")] {
            let refused = form.clone().to(&format!("/runs/{run}/rerun")).without("param-campaign").without("seen").set("code", &world.code("jun")).submit();
            assert_eq!(refused.status, 409, "{refused}");
            assert!(refused.text().contains(said), "{refused}");
            assert_eq!(world.last_audit().refusal, word);
        }
        assert_eq!(form.clone().set("code", &world.code("jun")).submit().status, 303);
        let again = form.without("seen").forge("key", "another").set("code", &world.code("jun")).submit();
        assert_eq!(again.status, 409);
        assert!(again.text().contains("already been rerun"), "{again}");
        let form = jun.get(&format!("/runs/{slow}?panel=cancel")).form_to("/cancellation");
        form.set("reason", "The test is over").set("code", &world.code("jun")).submit();
        becomes(&world, slow, "cancelled");
    }

    fn twenty_people_who_rerun_one_failure_at_once_make_one_run(world) {
        let world = working(world.engine, &coupons());
        let jun = world.signed_in("jun");
        let failed = run(&world, &jun, "jun", "coupons");
        becomes(&world, failed, "failed");
        let people = operators_here(&world, 20);
        let forms: Vec<_> = people
            .iter()
            .map(|person| rerun_form(&person.browser, failed).set("param-campaign", "winter").set("code", &person.code(world.clock.now(), 0)))
            .collect();
        let pages = at_once(&forms, crate::kit::Form::submit);
        assert_eq!((with_status(&pages, 303), with_status(&pages, 409)), (1, 19), "{pages:?}");
        assert_eq!(world.number("select count(*) from batch_runs where rerun_of is not null"), 1);
        assert_sound(&world);
    }

    fn several_are_rerun_under_one_code_with_a_row_each_or_none_is(world) {
        let jobs = script("one", "exit 3", "overlap = \"queue\"") + &script("two", "exit 4", "overlap = \"queue\"");
        let world = working(world.engine, &jobs);
        let jun = world.signed_in("jun");
        let runs = [run(&world, &jun, "jun", "one"), run(&world, &jun, "jun", "two")];
        for run in runs {
            becomes(&world, run, "failed");
        }
        let list = jun.get("/runs?show=attention");
        let choose = list.form("#choose").forge(&format!("run-{}", runs[0]), "on").forge(&format!("run-{}", runs[1]), "on");
        let form = choose.submit().form_to("/runs/reruns").set("reason", crate::batches::support::REASON);
        let before = world.audit_size();
        let done = form.clone().set("code", &world.code("jun")).submit();
        assert_eq!(done.status, 303, "{done}");
        let rows: Vec<_> = world.audit_from(before).into_iter().filter(|row| row.action == "runs.rerun").collect();
        let targets: Vec<_> = rows.iter().map(|row| row.target.clone()).collect();
        assert_eq!(targets, runs.map(|run| format!("run/{run}")));
        assert_eq!(world.number("select count(*) from batch_runs where cause = 'rerun'"), 2);
        // One that was rerun meanwhile keeps back the others.
        for run in [runs[0] + 2, runs[1] + 2] {
            becomes(&world, run, "failed");
        }
        let form = jun.get(&format!("/runs?panel=rerun&run-{}=on&run-{}=on", runs[0] + 2, runs[0])).form_to("/runs/reruns");
        let refused = form.set("reason", crate::batches::support::REASON).set("code", &world.code("jun")).submit();
        assert_eq!(refused.status, 409, "{refused}");
        assert_eq!(world.number("select count(*) from batch_runs"), 4);
        assert_sound(&world);
    }
}
