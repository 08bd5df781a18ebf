//! Reruns are offered only to those who may make them, and the page of a run says one thing about it everywhere.

use crate::{
    alerts::support::alert,
    batches::support::{becomes, declare, run, script, until_there, working},
    kit::{Browser, Page, World, on_both, wait_until},
};

/// A job that fails, for these roles.
fn failing(roles: &str) -> String {
    script("fails", "exit 3", "").replace("roles = [\"oncall\", \"operator\"]", &format!("roles = [{roles}]"))
}

fn boxes(browser: &Browser) -> usize {
    let list = browser.get("/runs?show=attention");
    let boxes = list.attributes("input[type=checkbox][name^='run-']", "name").len();
    assert_eq!(boxes > 0, list.says("main").contains("Rerun selected runs"), "{list}");
    boxes
}

/// The states that a page of a run says: in its head, in the title of the tab, in the list of recent runs, and where it is
/// followed.
fn states(page: &Page) -> Vec<String> {
    vec![
        page.says("#run-state"),
        page.says("#run-in-recent"),
        page.says("title").split(" · ").nth(1).unwrap_or_default().to_owned(),
    ]
}

fn fail(world: &World, jun: &Browser) -> i64 {
    let id = run(world, jun, "jun", "fails");
    becomes(world, id, "failed");
    id
}

on_both! {
    fn reruns_are_offered_only_to_the_roles_of_the_job(outer) {
        let world = &working(outer.engine, &failing("\"oncall\""));
        let jun = world.signed_in("jun");
        let id = fail(world, &jun);
        assert_eq!(boxes(&jun), 1);
        assert!(jun.get(&format!("/runs/{id}")).has("form[action$='/rerun']"));
        assert!(!jun.get("/").says("main").contains("Other roles act on these"));
        for who in ["mina", "owner", "hana", "sora"] {
            let other = world.signed_in(who);
            assert_eq!(boxes(&other), 0, "{who}");
            let page = other.get(&format!("/runs/{id}"));
            assert!(!page.has("form[action$='/rerun']") && !page.has(".btn[href*='panel=']"), "{who}: {page}");
            assert!(!other.get("/batches/fails").has(".btn[href*='panel=']"), "{who}");
            let asked = other.get(&format!("/runs?panel=rerun&run-{id}=on"));
            assert!(!asked.has("form[action$='/reruns']"), "{who}: {asked}");
        }
        // Where no alert tells of it any more, the first page says whose it is.
        alert(world, "runs.failed");
        let retiring = world.another(|config| declare(config, &script("other", "true", ""))).unwrap();
        wait_until(|| world.number("select count(*) from alerts where resolved_at is null") == 0);
        let acts = |who: &str| world.signed_in(who).get("/").says("section[aria-labelledby=runs-title]");
        assert!(acts("mina").contains(&format!("#{id}")) && acts("mina").contains("Other roles act on these"), "{}", acts("mina"));
        assert!(acts("jun").contains(&format!("#{id}")) && !acts("jun").contains("Other roles act on these"), "{}", acts("jun"));
        drop(retiring);
        // The server refuses it as before.
        let mina = world.signed_in("mina");
        let form = jun.get(&format!("/runs?panel=rerun&run-{id}=on")).form_to("/reruns");
        let csrf = mina.get("/account").form_to("/logout").value("csrf").unwrap().to_owned();
        let fields: Vec<(String, String)> = form.fields().iter().map(|(name, value)| match name.as_str() {
            "csrf" => (name.clone(), csrf.clone()),
            "reason" => (name.clone(), "I would like to".to_owned()),
            "code" => (name.clone(), world.code("mina")),
            _ => (name.clone(), value.clone()),
        }).collect();
        assert_eq!(crate::kit::Form::bare(&mina, "/runs/reruns", &fields).submit().status, 403);
    }

    fn what_cannot_be_run_now_is_disabled_with_its_reason(outer) {
        let world = &working(outer.engine, &(failing("\"oncall\"") + &script("slow", "sleep 300", "")));
        let jun = world.signed_in("jun");
        let id = fail(world, &jun);
        let slow = run(world, &jun, "jun", "slow");
        becomes(world, slow, "running");
        let page = jun.get("/batches/slow");
        assert!(page.says("#why-run").contains(&format!("Run #{slow} of this job is still in progress")), "{page}");
        assert!(page.says("#why-pause").contains("no schedule") || page.has("#why-pause"), "{page}");
        assert!(!jun.get("/batches/slow?panel=run").has("form[action$='/runs']"));
        assert!(jun.get("/batches/fails").has("a.btn[href*='panel=run']"));
        // A job that has left the configuration.
        world.database().tamper("update batch_jobs set is_retired = (1 = 1) where name = 'fails'").unwrap();
        assert_eq!(boxes(&jun), 0);
        let page = jun.get(&format!("/runs/{id}"));
        assert!(!page.has("form[action$='/rerun']"), "{page}");
        let form = jun.get(&format!("/runs/{slow}?panel=cancel")).form_to("/cancellation");
        form.set("reason", "The test is over").set("code", &world.code("jun")).submit();
        becomes(world, slow, "cancelled");
    }

    fn the_head_of_a_run_its_title_and_its_history_follow_it(outer) {
        let folder = tempfile::tempdir().unwrap();
        let end = folder.path().join("end");
        let job = script("steps", &format!("echo ::progress 0.63; {}; exit 4", until_there(&end)), "");
        let world = &working(outer.engine, &job);
        let jun = world.signed_in("jun");
        let id = run(world, &jun, "jun", "steps");
        becomes(world, id, "running");
        crate::kit::wait_until(|| world.number(&format!("select coalesce(progress, 0) from batch_runs where id = {id}")) == 630);
        let page = jun.get(&format!("/runs/{id}"));
        assert_eq!(states(&page), ["Running", "Running", "Running 63%"]);
        // What the page asks for while it goes on brings every place up to date.
        let live = jun.get(&format!("/runs/{id}/live"));
        assert_eq!(states(&live), ["Running", "Running", "Running 63%"], "{}", live.text());
        let parts = ["run-state", "run-in-line", "run-in-recent", "run-events"];
        assert_eq!(live.attributes("[hx-swap-oob=true]", "id"), parts);
        assert!(live.says("#run-events").contains("Requested"), "{}", live.text());
        // The list of runs asks for those that go on.
        let asks = jun.get("/runs").attributes("#states", "hx-get");
        assert_eq!(asks, [format!("/runs/states?ids={id}")]);
        let answer = jun.get(&asks[0]);
        assert_eq!(answer.says(&format!("#state-{id}")), "Running", "{}", answer.text());
        std::fs::write(&end, "").unwrap();
        becomes(world, id, "failed");
        let page = jun.get(&format!("/runs/{id}"));
        assert_eq!(states(&page), ["Failed", "Failed", "Failed"]);
        // A page that is only looked at is loaded again; one on which something is being typed stays, and says so.
        let looking = jun.request("GET", &format!("/runs/{id}/live"));
        let end = format!("/runs/{id}");
        assert_eq!(looking.clone().send().header("hx-redirect"), Some(end.as_str()));
        let typing = looking.and_header("ingam-typed", "yes").send();
        assert_eq!((typing.status, typing.header("hx-redirect")), (200, None), "{typing}");
        assert_eq!(typing.attributes("#live .note a", "href"), [end]);
        assert!(typing.attributes("#live", "hx-get").is_empty(), "it asks no more: {typing}");
        assert!(page.says("#run-events").contains("Failed"), "{page}");
        let answer = jun.get(&asks[0]);
        assert!(answer.attributes("#states", "hx-get").is_empty(), "nothing goes on any more: {}", answer.text());
        assert_eq!(answer.says(&format!("#state-{id}")), "Failed");

    }
}
