//! Batches that run elsewhere and report, as clients of healthchecks.io do.

use crate::{
    batches::support::{log, state, working},
    kit::{Browser, Page, World, assert_sound, on_both, wait_until},
};
use ingam::batches::ping;

const JOB: &str =
    "[[job]]\nname = \"sync\"\ntitle = \"Sync\"\nowner = \"warehouse\"\nexternal = true\ntimeout_seconds = 600\n";
const RID: &str = "0b5e8a9c-1111-4222-8333-444455556666";

fn token(world: &World) -> String {
    ping::token(&world.config().secret_key, "sync", 1)
}

/// As curl does it: no cookie, no origin, no form.
fn report(browser: &Browser, path: &str, body: &str) -> Page {
    browser.request("POST", path).without("origin").without("sec-fetch-site").body("text/plain", body).send()
}

on_both! {
    fn a_run_elsewhere_reports_its_start_its_log_and_its_end(world) {
        let world = working(world.engine, JOB);
        let (client, at) = (world.browser(), format!("/ping/{}/sync", token(&world)));
        let started = report(&client, &format!("{at}/start?rid={RID}"), "");
        assert_eq!((started.status, started.text().as_str()), (200, "OK"));
        assert_eq!(started.header("ping-body-limit"), Some("10000"));
        report(&client, &format!("{at}/log?rid={RID}&progress=0.25&count=10"), "a quarter\nis done\n");
        let id = world.number("select id from batch_runs");
        assert_eq!(state(&world, id), "running");
        world.clock.advance(std::time::Duration::from_secs(90));
        let ended = report(&client, &format!("{at}?rid={RID}&count=40"), "all of it");
        assert_eq!(ended.status, 200);
        assert_eq!(state(&world, id), "succeeded");
        assert_eq!(world.rows("select processed, duration_ms, cause from batch_runs")[0].iter().flatten().collect::<Vec<_>>(), ["40", "90000", "report"]);
        let jun = world.signed_in("jun");
        let text = log(&jun, id);
        assert!(text.contains("a quarter") && text.contains("is done") && text.contains("all of it"), "{text}");
        // The same end again is late, and is kept as that.
        assert_eq!(report(&client, &format!("{at}/fail?rid={RID}"), "").status, 200);
        assert_eq!(state(&world, id), "succeeded");
        assert_eq!(world.number("select count(*) from batch_events where kind = 'late-report'"), 1);
        assert_sound(&world);
    }

    fn each_rid_is_a_run_of_its_own_and_an_exit_code_is_success_or_failure(world) {
        let world = working(world.engine, JOB);
        let (client, at) = (world.browser(), format!("/ping/{}/sync", token(&world)));
        let other = RID.replace('0', "1");
        for rid in [RID, &other] {
            assert_eq!(report(&client, &format!("{at}/start?rid={rid}"), "").status, 200);
        }
        report(&client, &format!("{at}/0?rid={other}"), "");
        report(&client, &format!("{at}/7?rid={RID}"), "");
        let rows = world.rows("select rid, state, exit_code from batch_runs order by id");
        assert_eq!(rows[0].iter().flatten().collect::<Vec<_>>(), [RID, "failed", "7"]);
        assert_eq!(rows[1].iter().flatten().collect::<Vec<_>>(), [&other, "succeeded", "0"]);
        // Without a start and without a rid, as the simplest clients report.
        assert_eq!(report(&client, &at, "").status, 200);
        assert_eq!(world.number("select count(*) from batch_runs where state = 'succeeded' and rid is null"), 1);
        assert_sound(&world);
    }

    fn a_caller_without_the_token_reports_nothing_and_learns_nothing(world) {
        let world = working(world.engine, JOB);
        let (client, token) = (world.browser(), token(&world));
        let wrong = ping::token(&world.config().secret_key, "sync", 2);
        for path in [format!("/ping/{wrong}/sync"), "/ping/x/sync".to_owned(), format!("/ping/{token}/other")] {
            let page = report(&client, &path, "");
            assert_eq!((page.status, page.text().as_str()), (404, "not found"), "{path}");
        }
        assert_eq!(report(&client, &format!("/ping/{token}/sync/begin"), "").status, 400);
        // Link previews in a chat message would report too.
        assert_eq!(client.get(&format!("/ping/{token}/sync")).status, 405);
        assert_eq!(world.number("select count(*) from batch_runs"), 0);
    }

    fn a_run_elsewhere_that_never_reports_again_is_lost_after_its_time(world) {
        let world = working(world.engine, JOB);
        let client = world.browser();
        report(&client, &format!("/ping/{}/sync/start?rid={RID}", token(&world)), "");
        world.clock.advance(std::time::Duration::from_secs(601));
        wait_until(|| world.number("select count(*) from batch_runs where state = 'lost'") == 1);
        let jun = world.signed_in("jun");
        let id = world.number("select id from batch_runs");
        assert!(jun.get(&format!("/runs/{id}")).text().contains("No result was reported"));
        assert!(!jun.get(&format!("/runs/{id}")).has("form[action$='/rerun']"));
        assert_sound(&world);
    }

    fn of_a_body_that_is_too_long_the_end_is_kept_and_the_outcome_counts(world) {
        let world = working(world.engine, JOB);
        let (client, at) = (world.browser(), format!("/ping/{}/sync", token(&world)));
        let jun = world.signed_in("jun");
        for (n, lines) in [(1, 20_000), (2, 300_000)] {
            let body = format!("first line\n{}the database did not answer\n", "0123456789\n".repeat(lines));
            assert_eq!(report(&client, &format!("{at}/1"), &body).status, 200);
            assert_eq!(world.number("select count(*) from batch_runs where state = 'failed'"), n);
            let text = log(&jun, world.number("select max(id) from batch_runs"));
            assert!(text.contains("the database did not answer") && !text.contains("first line"), "{text}");
            let first = text.lines().next().unwrap();
            let missing = body.len() - text.lines().skip(1).map(|line| line.len() + 1).sum::<usize>();
            assert!(text.contains(&format!("[ingam] {missing} bytes before this are not kept")) || first.contains("not kept"), "{first}");
        }
        assert!(world.number("select sum(length(lines)) from batch_log") < 200_000);
        assert_sound(&world);
    }

    fn figures_that_cannot_be_read_do_not_keep_the_end_of_a_run_from_being_recorded(world) {
        let world = working(world.engine, JOB);
        let (client, at) = (world.browser(), format!("/ping/{}/sync", token(&world)));
        let jun = world.signed_in("jun");
        for (path, state_, code, noted) in [
            ("/0000?count=4120", "succeeded", "0", ""),
            ("/256", "failed", "256", ""),
            ("/-1", "failed", "-1", ""),
            ("/0xC000013A", "failed", "3221225786", ""),
            ("/?count=many", "succeeded", "0", "count"),
            ("/fail/", "failed", "", ""),
            ("?rid=&count=-1&progress=2&failed=3", "succeeded", "0", "progress"),
            ("?rid=not-a-uuid", "succeeded", "0", "rid"),
            ("/7/?rid=0b5e8a9c111142228333444455556666", "failed", "7", ""),
        ] {
            assert_eq!(report(&client, &format!("{at}{path}"), "worked on it\n").status, 200, "{path}");
            let row = &world.rows("select id, state, coalesce(cast(exit_code as text), '') from batch_runs order by id desc limit 1")[0];
            let cells: Vec<&str> = row.iter().flatten().map(String::as_str).collect();
            assert_eq!(cells[1..], [state_, code], "{path}");
            let text = log(&jun, cells[0].parse().unwrap());
            assert!(text.contains("worked on it"), "{path}: {text}");
            assert_eq!(text.contains(&format!("[ingam] {noted} cannot be read")), !noted.is_empty(), "{path}: {text}");
        }
        assert_eq!(world.number("select count(*) from batch_runs where rid is not null"), 1);
        assert_sound(&world);
    }

    fn a_success_without_a_rid_ends_the_one_run_that_is_open(world) {
        let world = working(world.engine, JOB);
        let (client, at) = (world.browser(), format!("/ping/{}/sync", token(&world)));
        report(&client, &format!("{at}/start?rid={RID}"), "");
        report(&client, &format!("{at}/log"), "a part\n");
        assert_eq!(report(&client, &at, "").status, 200);
        let rows = world.rows("select rid, state from batch_runs");
        assert_eq!(rows, [[Some(RID.to_owned()), Some("succeeded".to_owned())]]);
        // Of two that are open neither is meant: the report is one of its own.
        let other = RID.replace('0', "1");
        let third = RID.replace('0', "2");
        for rid in [&other, &third] {
            report(&client, &format!("{at}/start?rid={rid}"), "");
        }
        assert_eq!(report(&client, &at, "").status, 200);
        assert_eq!(world.number("select count(*) from batch_runs where state = 'running'"), 2);
        assert_eq!(world.number("select count(*) from batch_runs where state = 'succeeded' and rid is null"), 1);
        assert_sound(&world);
    }
}
