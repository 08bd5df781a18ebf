use crate::{
    approvals::support::{approval, bare, last_refusal, request_of, state, usual},
    kit::{World, on_both},
};
use ingam::{batches::definition::Definition, config::Config, supervise::Allowed};

const JOB: &str = r#"
name = "payout"
title = "Payout"
owner = "tests"
roles = ["oncall"]
approval = true
command = ["/bin/sh", "-c", "echo paid"]
"#;

fn with_job(config: &mut Config) {
    usual(config);
    config.batches.jobs = vec![toml::from_str::<Definition>(JOB).unwrap()];
    config.batches.programs = Allowed::parse("/bin/sh").unwrap();
}

fn run_form(world: &World, browser: &crate::kit::Browser) -> crate::kit::Form {
    let page = browser.get("/batches/payout?panel=run");
    assert!(page.says("#panel").contains("second person"), "{page}");
    page.form_to("/runs").set("reason", "The bank asked for it").set("code", &world.code("jun"))
}

on_both! {
    fn a_marked_job_runs_only_when_another_person_agrees(outer) {
        let world = &World::start_with(outer.engine, with_job);
        let (jun, hana) = (world.signed_in("jun"), world.signed_in("hana"));
        let request = request_of(&run_form(world, &jun).submit());
        assert_eq!(world.number("select count(*) from batch_runs"), 0);
        let own = bare(&jun, request, "approval", &world.code("jun")).submit();
        assert_eq!(own.status, 403, "{own}");
        assert_eq!(last_refusal(world).1, "approval-own");
        let done = approval(&hana, request).set("code", &world.code("hana")).submit();
        assert_eq!((done.status, state(world, request).as_str()), (303, "approved"), "{done}");
        assert_eq!(world.number("select count(*) from batch_runs"), 1);
        assert_eq!(world.database().value("select staff_name from batch_runs"), "Jun Park");
    }

    fn what_cannot_wait_runs_at_once_and_owes_its_approval(outer) {
        let world = &World::start_with(outer.engine, with_job);
        let (jun, hana) = (world.signed_in("jun"), world.signed_in("hana"));
        let done = run_form(world, &jun).set("urgent", "yes").submit();
        assert!(done.location().unwrap().starts_with("/runs/"), "{done}");
        assert_eq!(world.number("select count(*) from batch_runs"), 1);
        assert_eq!(world.database().value("select flags from audit where action = 'batches.run'"), "urgent");
        let request = world.number("select id from approval_requests");
        assert_eq!(state(world, request), "owed");
        // Everybody sees it, also who cannot open it.
        for who in ["jun", "mina", "sora", "hana", "owner"] {
            assert!(world.signed_in(who).get("/").says("main").contains("approval owed"), "{who}");
        }
        let approved = approval(&hana, request).set("code", &world.code("hana")).submit();
        assert_eq!((approved.status, state(world, request).as_str()), (303, "approved"), "{approved}");
        assert_eq!(world.number("select count(*) from batch_runs"), 1, "it is not run again");
    }
}
