//! What the tests of batches have in common.

use crate::kit::{Browser, Engine, Form, World, poll, wait_until};
use ingam::{batches::definition::Definition, config::Config, supervise::Allowed};
use std::path::Path;

pub(crate) const REASON: &str = "The bank has confirmed the file";

/// A world whose console has these jobs, as the configuration would declare them.
pub(crate) fn working(engine: Engine, jobs: &str) -> World {
    World::start_with(engine, |config| declare(config, jobs))
}

pub(crate) fn declare(config: &mut Config, jobs: &str) {
    #[derive(serde::Deserialize)]
    struct File {
        job: Vec<Definition>,
    }
    config.batches.jobs = toml::from_str::<File>(jobs).unwrap().job;
    for job in &config.batches.jobs {
        job.check().unwrap();
    }
    config.batches.programs = Allowed::parse("/bin/sh").unwrap();
}

/// A job that runs this script.
pub(crate) fn script(name: &str, script: &str, more: &str) -> String {
    format!(
        "[[job]]\nname = \"{name}\"\ntitle = \"Job {name}\"\nowner = \"tests\"\nroles = [\"oncall\", \"operator\"]\n\
         command = [\"/bin/sh\", \"-c\", {script:?}]\n{more}\n"
    )
}

/// The form that runs a job, filled in but for the code.
pub(crate) fn run_form(browser: &Browser, job: &str) -> Form {
    browser.get(&format!("/batches/{job}?panel=run")).form_to("/runs").set("reason", REASON)
}

/// Runs a job and says which run it became.
pub(crate) fn run(world: &World, browser: &Browser, who: &str, job: &str) -> i64 {
    let done = run_form(browser, job).set("code", &world.code(who)).submit();
    assert_eq!(done.status, 303, "{done}");
    id_of(done.location().unwrap())
}

pub(crate) fn id_of(path: &str) -> i64 {
    let path = path.split('?').next().unwrap();
    path.rsplit('/').next().unwrap().parse().unwrap()
}

pub(crate) fn rerun_form(browser: &Browser, run: i64) -> Form {
    browser.get(&format!("/runs/{run}?panel=rerun")).form_to("/rerun").set("reason", REASON)
}

pub(crate) fn state(world: &World, run: i64) -> String {
    world.database().value(&format!("select state from batch_runs where id = {run}"))
}

/// Waits until a run has come to this state.
pub(crate) fn becomes(world: &World, run: i64, wanted: &str) {
    if poll(|| (state(world, run) == wanted).then_some(())).is_some() {
        return;
    }
    let how = world.rows(&format!("select exit_code, failure from batch_runs where id = {run}"));
    panic!("run {run} is {} and never became {wanted}: {how:?}", state(world, run));
}

/// Waits until the command of a run has said something. Its run is already called running when it is about to be told to begin.
pub(crate) fn begins(world: &World, run: i64) {
    becomes(world, run, "running");
    wait_until(|| world.number(&format!("select count(*) from batch_log where run_id = {run}")) > 0);
}

/// A shell command that ends when this file is there.
pub(crate) fn until_there(file: &Path) -> String {
    format!("while [ ! -e {} ]; do sleep 0.1; done", file.display())
}

/// The whole log of a run.
pub(crate) fn log(browser: &Browser, run: i64) -> String {
    browser.get(&format!("/runs/{run}/log")).text()
}
