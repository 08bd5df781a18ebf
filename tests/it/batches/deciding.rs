//! What is unusual, and what people say about it.

use crate::{
    batches::support::{becomes, run, script, state, working},
    kit::{on_both, wait_until},
};

on_both! {
    fn half_of_the_usual_count_is_noticed_explained_and_accepted_as_the_new_normal(world) {
        let text = script("count", "echo ::count processed=$(cat $FILE)", "");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("count");
        let jobs = format!("{text}env = {{ FILE = {:?}, PATH = \"/usr/bin:/bin\" }}\n", file.to_str().unwrap());
        let world = working(world.engine, &jobs);
        let jun = world.signed_in("jun");
        std::fs::write(&file, "100").unwrap();
        for _ in 0..5 {
            let id = run(&world, &jun, "jun", "count");
            becomes(&world, id, "succeeded");
        }
        std::fs::write(&file, "50").unwrap();
        let low = run(&world, &jun, "jun", "count");
        becomes(&world, low, "succeeded");
        let row = &world.rows(&format!("select is_low, baseline_count, baseline_runs from batch_runs where id = {low}"))[0];
        assert_eq!(row.iter().map(|cell| cell.clone().unwrap()).collect::<Vec<_>>(), ["1", "100", "5"]);
        assert_eq!(world.number("select count(*) from outbox where topic = 'runs.low'"), 1);
        let page = jun.get(&format!("/runs/{low}"));
        assert!(page.text().contains("Processed 50% of the usual number."), "{page}");
        let form = jun.get(&format!("/runs/{low}?panel=normal")).form_to("/baseline").set("reason", "Half the shops have closed");
        assert_eq!(form.set("code", &world.code("jun")).submit().status, 303);
        let next = run(&world, &jun, "jun", "count");
        becomes(&world, next, "succeeded");
        assert_eq!(world.number(&format!("select count(*) from batch_runs where id = {next} and is_low")), 0);
        assert_eq!(world.number("select count(*) from batch_runs where resolution = 'accepted'"), 1);
    }

    fn a_failure_waits_for_a_person_until_it_is_resolved(world) {
        let world = working(world.engine, &script("bad", "exit 7", ""));
        let jun = world.signed_in("jun");
        let id = run(&world, &jun, "jun", "bad");
        becomes(&world, id, "failed");
        assert!(jun.get("/runs?show=attention").text().contains(&format!("#{id}")));
        let form = jun.get(&format!("/runs/{id}?panel=resolve")).form_to("/resolution");
        let form = form.set("resolution", "accepted").set("reason", "The bank is closed today");
        assert_eq!(form.set("code", &world.code("jun")).submit().status, 303);
        assert!(!jun.get("/runs?show=attention").text().contains(&format!("#{id}")));
        assert_eq!(state(&world, id), "failed");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.after["resolution"].as_str()), ("runs.resolve", Some("accepted")));
    }

    fn a_run_is_called_slow_while_it_still_runs(world) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("wait");
        let jobs = script("nap", "sleep $(cat $FILE)", "")
            + &format!("env = {{ FILE = {:?}, PATH = \"/usr/bin:/bin\" }}\n", file.to_str().unwrap());
        let world = working(world.engine, &jobs);
        let jun = world.signed_in("jun");
        std::fs::write(&file, "0.05").unwrap();
        for _ in 0..5 {
            let id = run(&world, &jun, "jun", "nap");
            becomes(&world, id, "succeeded");
        }
        std::fs::write(&file, "300").unwrap();
        let id = run(&world, &jun, "jun", "nap");
        becomes(&world, id, "running");
        world.clock.advance(std::time::Duration::from_mins(1));
        wait_until(|| world.number(&format!("select count(*) from batch_runs where id = {id} and is_slow")) == 1);
        assert_eq!(state(&world, id), "running");
        let form = jun.get(&format!("/runs/{id}?panel=cancel")).form_to("/cancellation").set("reason", "The test is over");
        assert_eq!(form.set("code", &world.code("jun")).submit().status, 303);
        becomes(&world, id, "cancelled");
    }
}
