//! Jobs whose program is not there: the console starts and says so, their runs fail and say why, and they work again by themselves.

use crate::{
    batches::support::{becomes, declare, log, run, script, state, working},
    kit::{Browser, World, on_both, wait_until},
};
use ingam::supervise::Allowed;
use std::{fs, os::unix::fs::PermissionsExt as _};

fn marks(browser: &Browser) -> (String, String) {
    let row = browser.get("/batches").says("tr:has(a[href='/batches/late'])");
    (row, browser.get("/batches/late").says("main"))
}

on_both! {
    fn a_job_without_its_program_is_marked_and_works_as_soon_as_it_is_there(world) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().canonicalize().unwrap().join("late");
        let shown = program.to_str().unwrap().to_owned();
        let late = script("late", "true", "").replace("\"/bin/sh\", \"-c\", \"true\"", &format!("{shown:?}"));
        let jobs = late + &script("there", "true", "");
        let allowed = format!("/bin/sh:{}/", program.parent().unwrap().display());
        let world = World::start_with(world.engine, |config| {
            declare(config, &jobs);
            config.batches.programs = Allowed::parse(&allowed).unwrap();
        });
        let jun = world.signed_in("jun");
        let (row, page) = marks(&jun);
        assert!(row.contains("Program missing"), "{row}");
        assert!(page.contains(&format!("{shown} was not found on this machine.")) && page.contains("Install the program"), "{page}");
        assert!(!jun.get("/batches/there").says("main").contains("Program missing"));
        let id = run(&world, &jun, "jun", "late");
        becomes(&world, id, "failed");
        assert!(jun.get(&format!("/runs/{id}")).text().contains(&shown));
        // There, but not to be executed; a directory; and at last a program.
        fs::write(&program, "#!/bin/sh\necho here at last\n").unwrap();
        assert!(marks(&jun).1.contains("is not executable."), "{}", marks(&jun).1);
        fs::remove_file(&program).unwrap();
        fs::create_dir(&program).unwrap();
        assert!(marks(&jun).1.contains("is not a file."), "{}", marks(&jun).1);
        fs::remove_dir(&program).unwrap();
        fs::write(&program, "#!/bin/sh\necho here at last\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let (row, page) = marks(&jun);
        assert!(!row.contains("Program missing") && !page.contains("Program missing"), "{row} {page}");
        world.clock.advance(std::time::Duration::from_secs(30));
        let id = run(&world, &jun, "jun", "late");
        becomes(&world, id, "succeeded");
        assert!(log(&jun, id).contains("here at last"));
    }

    fn a_tick_of_a_job_without_its_program_fails_and_says_so(world) {
        let jobs = script("gone", "true", "schedule = { cron = \"* * * * *\" }").replace("/bin/sh", "/bin/no-such-program");
        let world = working(world.engine, &jobs);
        world.clock.advance(std::time::Duration::from_mins(1));
        wait_until(|| world.number("select count(*) from batch_runs where state = 'failed'") > 0);
        let id = world.number("select min(id) from batch_runs");
        assert_eq!(state(&world, id), "failed");
        let jun = world.signed_in("jun");
        assert!(jun.get(&format!("/runs/{id}")).text().contains("/bin/no-such-program cannot be found"));
    }

    fn a_console_that_starts_no_runs_does_not_say_which_programs_are_there(world) {
        let jobs = script("gone", "true", "").replace("/bin/sh", "/bin/no-such-program");
        let world = World::start_with(world.engine, |config| {
            declare(config, &jobs);
            config.batches.slots = 0;
        });
        let jun = world.signed_in("jun");
        assert!(!jun.get("/batches").text().contains("Program missing"));
        assert!(!jun.get("/batches/gone").text().contains("Program missing"));
    }
}
