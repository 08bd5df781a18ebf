//! Backups and what comes back from them: each drill ends with a log that verifies and with a change that the restored console makes.

mod backing_up;
mod copies;
mod killed;
mod programs;
mod repairing;
mod restoring;

use crate::kit::{Browser, Database, Engine, World, addition, program};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// Runs a command that has to succeed, and returns what it said.
#[track_caller]
pub(crate) fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = said(&output);
    assert!(output.status.success(), "{command:?}\n{said}");
    said
}

/// Runs a command that has to fail with one line, and returns it.
#[track_caller]
fn fails(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{command:?}\n{}", said(&output));
    let line = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The program on `database` with these arguments.
fn ingam(database: &Database, arguments: &[&str]) -> Command {
    let mut command = program(database);
    command.args(arguments);
    command
}

fn backup(database: &Database, file: &Path) -> Command {
    ingam(database, &["backup", file.to_str().unwrap()])
}

fn restore(database: &Database, file: &Path, more: &[&str]) -> Command {
    let mut command = ingam(database, &["restore", file.to_str().unwrap()]);
    command.args(more);
    command
}

/// Rows of the log.
fn rows(database: &Database) -> i64 {
    database.number("select size from audit_head")
}

/// A copy as the tools of the engine make it, which `ingam restore` takes too.
fn copied_by_tools(database: &Database, file: &Path) {
    match Engine::of(&database.url).unwrap() {
        Engine::Sqlite => database.tamper(&format!("vacuum into '{}'", file.display())).unwrap(),
        Engine::Postgres => dump(database, &["--format=custom"], file),
    }
}

/// A dump as `pg_dump` makes it by default, with these options more.
fn dump(from: &Database, options: &[&str], into: &Path) {
    succeeds(from.client("pg_dump").args(options).stdout(Stdio::from(File::create(into).unwrap())));
}

/// What is in a folder, by name.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A folder and the place of a backup in it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ingam.backup");
    (folder, file)
}

#[track_caller]
fn add_points(world: &World, mina: &Browser) {
    let done = addition(mina, 1, "5").set("code", &world.code("mina")).submit();
    assert_eq!(done.status, 303, "{done}");
}

/// A console on `database` starts, a person signs in there and makes a change, and the log verifies before and after.
#[track_caller]
fn assert_goes_on(world: &World, database: &Database) {
    let check = ingam(database, &["check"]).output().unwrap();
    assert!(!said(&check).lines().any(|line| line.starts_with("REFUSED")), "{}", said(&check));
    assert!(succeeds(&mut ingam(database, &["audit", "verify"])).contains("The audit log fits: "));
    let points = || database.number("select points from users where id = 1");
    let before = points();
    {
        let server = world.another(|config| config.database_url.clone_from(&database.url)).unwrap();
        let mina = world.browser().at(server.address);
        mina.sign_in("mina");
        add_points(world, &mina);
    }
    assert_eq!(points(), before + 5);
    assert!(succeeds(&mut ingam(database, &["audit", "verify"])).contains("The audit log fits: "));
}
