//! The server's own log: every line about a request names it, and every line about a change names the change.

use crate::kit::{Process, REASON, on_both, poll, program};
use std::{
    fs::{self, File},
    process::Command,
};

/// The lines that `process` has logged, once there are some that hold `wanted`.
fn lines_with(log: &std::path::Path, wanted: &[&str]) -> Vec<String> {
    poll(|| {
        let lines: Vec<String> = fs::read_to_string(log).unwrap().lines().map(str::to_owned).collect();
        let found: Vec<String> =
            lines.into_iter().filter(|line| wanted.iter().all(|word| line.contains(word))).collect();
        (!found.is_empty()).then_some(found)
    })
    .unwrap_or_else(|| panic!("no line with {wanted:?} in\n{}", fs::read_to_string(log).unwrap()))
}

on_both! {
    fn every_line_about_a_request_names_it_and_every_change_says_its_outcome(world) {
        let log = tempfile::NamedTempFile::new().unwrap();
        let with_log = |variable: &str, value: &str| -> Command {
            let mut command = program(world.database());
            command.stderr(File::create(log.path()).unwrap()).env(variable, value).env("NO_COLOR", "1");
            command
        };
        let mut process = Process::start_as(with_log("RUST_LOG", "info"));
        let mina = process.browser();
        mina.sign_in("mina");
        let wrong = mina
            .get("/users/1?panel=adjust")
            .form_to("/point-adjustments")
            .set("amount", "100")
            .set("reason", REASON)
            .set("code", "000000")
            .submit();
        assert_eq!(wrong.status, 422, "{wrong}");

        let row = world.rows(
            "select request_id, staff_id from audit where action = 'points.adjust' and outcome = 'refused' order by seq desc limit 1",
        );
        let [Some(request), Some(staff)] = &row[0][..] else { panic!("{row:?}") };
        let decided = lines_with(log.path(), &["decided", request, "points.adjust", "user/1"]);
        assert!(decided.iter().all(|line| line.contains("refused") && line.contains("code-wrong")), "{decided:#?}");
        let staff = format!("staff={staff}");
        let answered = lines_with(log.path(), &["answered", request]);
        for part in ["POST", "/users/{id}/point-adjustments", "status=422", staff.as_str()] {
            assert!(answered[0].contains(part), "{part} is not in {}", answered[0]);
        }
        assert_eq!(answered.len(), 1, "one line for each request: {answered:#?}");
        let signed_in = lines_with(log.path(), &["decided", "session.start", "applied"]);
        assert!(signed_in.iter().all(|line| line.contains("request=")), "{signed_in:#?}");
        let all = fs::read_to_string(log.path()).unwrap();
        assert!(!all.contains("mina@ingam.test") && !all.contains(REASON), "{all}");
        process.terminate();

        // Where only errors are wanted, an error still says which request it is about.
        process = Process::start_as(with_log("RUST_LOG", "error"));
        world.database().tamper("alter table orders rename to gone").unwrap();
        let broken = mina.at(process.address).get("/orders");
        assert_eq!(broken.status, 503, "{broken}");
        let failed = lines_with(log.path(), &["a request failed", "/orders", staff.as_str()]);
        assert!(failed[0].contains("request=") && failed.len() == 1, "{failed:#?}");
    }
}
