//! What a change costs under a lever.

use crate::kit::{Browser, Process, addition, on_both, program};
use std::{fs, path::Path, process::Stdio};

/// The statements that the console has said it runs since a place in its log.
fn statements(log: &Path, from: usize) -> Vec<String> {
    let said = fs::read_to_string(log).unwrap();
    let since = said.get(from..).unwrap_or_default();
    since.lines().filter(|line| line.contains("sqlx::query")).map(str::to_owned).collect()
}

/// Makes an adjustment with this code, and gives its status, how many statements of its request name levers, and how many there are.
fn adjust(mina: &Browser, code: &str, log: &Path) -> (u16, usize, usize) {
    let form = addition(mina, 1, "5").set("code", code);
    let from = fs::read_to_string(log).unwrap().len();
    let status = form.submit().status;
    let run: Vec<String> =
        statements(log, from).into_iter().filter(|line| line.contains("/point-adjustments")).collect();
    (status, run.iter().filter(|line| line.contains("from levers")).count(), run.len())
}

on_both! {
    fn a_sealed_change_under_a_closed_or_open_lever_costs_no_statement_more(world) {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut command = program(world.database());
        command.env("RUST_LOG", "info,sqlx::query=debug").stderr(Stdio::from(fs::File::create(&log).unwrap()));
        let console = Process::start_as(command);
        let mina = console.browser();
        mina.sign_in("mina");
        let without = adjust(&mina, &console.people.code("mina"), &log);
        assert_eq!((without.0, without.1), (303, 1), "the row of the person brings it along");
        let form = addition(&mina, 1, "5");
        let now = ingam::clock::Clock::system().now();
        let until = now.plus(chrono::TimeDelta::hours(1));
        let lever = |kind: &str| format!("('{kind}', '{now}', '{until}', 'x', 'Jun Park')");
        let columns = "kind, closed_at, until_at, reason, staff_name";
        let both = format!("{}, {}", lever("points.adjust"), lever("orders.refund"));
        world.database().tamper(&format!("insert into levers ({columns}) values {both}")).unwrap();
        assert_eq!(form.set("code", "123456").submit().status, 409, "it is closed");
        let open = format!("update levers set opened_at = '{now}', opened_by = 'Jun Park' where kind = 'points.adjust'");
        world.database().tamper(&open).unwrap();
        let with = adjust(&mina, &console.people.code("mina"), &log);
        // One that was opened, and one of another kind that is closed. The first change of a day has more to do for the day.
        assert!(with.0 == 303 && with.1 == 1 && with.2 <= without.2, "{with:?} {without:?}");
    }
}
