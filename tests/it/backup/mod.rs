//! Backups and what comes back from them: each drill ends with a log that verifies and with a change that the restored console makes.

mod repairing;

use crate::kit::{Database, World, addition, program};
use std::process::{Command, Output};

/// Runs a command that has to succeed, and returns what it said.
#[track_caller]
pub(crate) fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = said(&output);
    assert!(output.status.success(), "{command:?}\n{said}");
    said
}

pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The program on `database` with these arguments.
pub(crate) fn ingam(database: &Database, arguments: &[&str]) -> Command {
    let mut command = program(database);
    command.args(arguments);
    command
}

/// A console on `database` starts, a person signs in there and makes a change, and the log verifies before and after.
#[track_caller]
pub(crate) fn assert_goes_on(world: &World, database: &Database) {
    let check = ingam(database, &["check"]).output().unwrap();
    assert!(!said(&check).lines().any(|line| line.starts_with("REFUSED")), "{}", said(&check));
    assert!(succeeds(&mut ingam(database, &["audit", "verify"])).contains("The audit log fits: "));
    let points = || database.number("select points from users where id = 1");
    let before = points();
    {
        let server = world.another(|config| config.database_url.clone_from(&database.url)).unwrap();
        let mina = world.browser().at(server.address);
        mina.sign_in("mina");
        let done = addition(&mina, 1, "7").set("code", &world.code("mina")).submit();
        assert_eq!(done.status, 303, "{done}");
    }
    assert_eq!(points(), before + 7);
    assert!(succeeds(&mut ingam(database, &["audit", "verify"])).contains("The audit log fits: "));
}
