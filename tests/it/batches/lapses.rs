//! What did not happen: seen in the navigation, on the first page, in the list and at the job, until a success or a person.

use crate::{
    batches::support::{becomes, declare, run, script, working},
    kit::{Browser, Page, World, assert_sound, on_both, wait_until},
};
use ingam::batches::ping;
use std::time::Duration;

const HOURLY: &str = "schedule = { cron = \"0 * * * *\" }\nstart_grace_seconds = 60";

fn external() -> String {
    format!(
        "[[job]]\nname = \"sync\"\ntitle = \"Sync\"\nowner = \"warehouse\"\nexternal = true\ntimeout_seconds = 600\nping_revision = 2\nroles = [\"oncall\"]\n{HOURLY}\n"
    )
}

/// As curl does it: no cookie, no origin, no form.
fn report(world: &World, method: &str, revision: u32, what: &str) -> Page {
    let token = ping::token(&world.config().secret_key, "sync", revision);
    let path = format!("/ping/{token}/sync{what}");
    world.browser().request(method, &path).without("origin").without("sec-fetch-site").send()
}

/// What the navigation counts at the batches.
fn counted(page: &Page) -> String {
    let counts = page.all(".nav > ul > li > a[href='/batches'] .count:not(.news)");
    counts.first().map_or("0".to_owned(), |count| count.split(' ').next().unwrap_or_default().to_owned())
}

fn open(world: &World, kind: &str) -> i64 {
    world.number(&format!("select count(*) from batch_lapses where kind = '{kind}' and resolved_at is null"))
}

fn resolve(world: &World, jun: &Browser, job: &str) -> Page {
    let form = jun.get(&format!("/batches/{job}?panel=resolve")).form_to("/lapses");
    form.set("reason", "The console was being updated").set("code", &world.code("jun")).submit()
}

on_both! {
    fn an_hourly_job_that_stays_silent_is_seen_everywhere_until_it_reports_again(world) {
        let world = working(world.engine, &external());
        let jun = world.signed_in("jun");
        assert_eq!(counted(&jun.get("/")), "0");
        // 09:10 is now.
        world.clock.advance(Duration::from_hours(7));
        wait_until(|| open(&world, "missed") == 1);
        let jun = world.signed_in("jun");
        let home = jun.get("/");
        assert_eq!(counted(&home), "1", "{home}");
        // An alert tells of it, and nothing beside it does.
        wait_until(|| jun.get("/").says("section[aria-labelledby='alerts-title']").contains("×7"));
        assert!(!jun.get("/").has("section[aria-labelledby='runs-title']"), "{home}");
        let list = jun.get("/batches?show=attention");
        assert!(list.says("tbody").contains("Silent 7"), "{list}");
        let job = jun.get("/batches/sync");
        assert!(job.says("section[aria-labelledby='lapses-title']").contains("No report came for 7 scheduled runs"), "{job}");
        assert_eq!(report(&world, "POST", 2, "").status, 200);
        assert_eq!(open(&world, "missed"), 0);
        assert_eq!(counted(&jun.get("/")), "0");
        assert!(!jun.get("/batches?show=attention").has("tbody tr"));
        assert_sound(&world);
    }

    fn what_nothing_was_started_for_waits_for_a_person_and_what_comes_later_shows_again(world) {
        let world = working(world.engine, &script("rare", "true", "schedule = { cron = \"*/10 * * * *\" }\nstart_grace_seconds = 60"));
        // 09:10 is now.
        world.clock.advance(Duration::from_mins(35));
        wait_until(|| open(&world, "missed") == 1);
        let jun = world.signed_in("jun");
        assert!(jun.get("/batches/rare").text().contains("3 scheduled runs did not start"));
        // Between the form and its sending, one more is missed.
        let form = jun.get("/batches/rare?panel=resolve").form_to("/lapses").set("reason", "The console was being updated");
        world.clock.advance(Duration::from_mins(10));
        wait_until(|| world.number("select n from batch_lapses") == 4);
        let late = form.set("code", &world.code("jun")).submit();
        assert_eq!((late.status, open(&world, "missed")), (409, 1), "{late}");
        let done = resolve(&world, &jun, "rare");
        assert_eq!(done.status, 303, "{done}");
        assert_eq!(counted(&jun.get("/")), "0");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.before["missed"].as_str()), ("batches.resolve", Some("4")));
        assert!(jun.get("/batches/rare").says("section[aria-labelledby='events-title']").contains("The console was being updated"));
        // Nothing is left to resolve, and the page says so.
        assert!(jun.get("/batches/rare?panel=resolve").text().contains("nothing left to resolve"));
        world.clock.advance(Duration::from_mins(10));
        wait_until(|| open(&world, "missed") == 1);
        assert_eq!(world.number("select n from batch_lapses"), 1);
        let id = run(&world, &jun, "jun", "rare");
        becomes(&world, id, "succeeded");
        assert_eq!(world.number("select count(*) from batch_lapses"), 0, "a success makes good");
        assert_sound(&world);
    }

    fn a_skipped_tick_is_seen_until_a_run_succeeds(world) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("go on");
        let more = format!(
            "schedule = {{ cron = \"*/5 * * * *\" }}\nenv = {{ FILE = {:?}, PATH = \"/usr/bin:/bin\" }}",
            file.to_str().unwrap()
        );
        let world = working(world.engine, &script("slow", "while [ ! -e \"$FILE\" ]; do sleep 0.1; done", &more));
        world.clock.advance(Duration::from_mins(5));
        wait_until(|| world.number("select count(*) from batch_runs where state = 'running'") == 1);
        for n in 1..=2 {
            world.clock.advance(Duration::from_mins(5));
            wait_until(|| world.number("select coalesce(max(n), 0) from batch_lapses where kind = 'skipped'") == n);
        }
        let list = world.signed_in("jun").get("/batches?show=attention");
        assert!(list.says("tbody").contains("Skipped 2"), "{list}");
        std::fs::write(&file, "").unwrap();
        wait_until(|| world.number("select count(*) from batch_lapses") == 0);
        assert_sound(&world);
    }

    fn a_pause_of_more_than_a_day_is_remembered_until_it_ends(world) {
        let world = working(world.engine, &script("rare", "true", HOURLY));
        let jun = world.signed_in("jun");
        let pause = |hours: &str| {
            let form = jun.get("/batches/rare?panel=pause").form_to("/pause").set("hours", hours);
            form.set("reason", "The bank is closed").set("code", &world.code("jun")).submit()
        };
        assert_eq!(pause("72").status, 303);
        world.clock.advance(Duration::from_hours(23));
        std::thread::sleep(Duration::from_secs(2));
        assert_eq!(world.number("select count(*) from batch_lapses"), 0);
        world.clock.advance(Duration::from_hours(2));
        wait_until(|| open(&world, "paused") == 1);
        let jun = world.signed_in("jun");
        assert!(jun.get("/batches/rare").text().contains("Paused since"));
        assert_eq!(resolve(&world, &jun, "rare").status, 303);
        assert_eq!(counted(&jun.get("/")), "0", "it may stay paused");
        // The pause ends by itself.
        world.clock.advance(Duration::from_hours(48));
        wait_until(|| world.number("select count(*) from batch_lapses where kind = 'paused'") == 0);
        assert_sound(&world);
    }

    fn a_report_that_is_refused_is_seen_at_its_job_and_a_guess_is_not(world) {
        let world = working(world.engine, &external());
        let why = || world.rows("select n, detail from batch_lapses where kind = 'refused'").first().map(|row| row.iter().flatten().cloned().collect::<Vec<_>>().join(" "));
        assert_eq!(report(&world, "POST", 3, "").status, 404, "a token that never was");
        assert_eq!(why(), None);
        assert_eq!(report(&world, "POST", 2, "/finished").status, 400);
        assert_eq!(why().unwrap(), "1 address");
        assert_eq!(report(&world, "POST", 1, "").status, 404, "the token before it was renewed");
        assert_eq!(why().unwrap(), "2 token");
        let page = world.signed_in("jun").get("/batches/sync");
        assert!(page.text().contains("2 reports were refused") && page.text().contains("before the token of this job was renewed"), "{page}");
        assert_eq!(report(&world, "POST", 2, "").status, 200);
        assert_eq!(why(), None);
    }

    fn a_schedule_without_a_next_time_is_seen_until_it_is_corrected(world) {
        let never = script("rare", "true", "schedule = { cron = \"0 0 30 2 *\" }");
        // As an earlier version took it, which did not refuse it.
        let world = World::start_with(world.engine, |config| {
            declare(config, &script("rare", "true", HOURLY));
            config.batches.jobs = vec![toml::from_str::<toml::Table>(&never).unwrap()["job"][0].clone().try_into().unwrap()];
        });
        let list = world.signed_in("jun").get("/batches?show=attention");
        assert!(list.says("tbody").contains("No next time"), "{list}");
        let _second = world.another(|config| declare(config, &script("rare", "true", HOURLY))).unwrap();
        assert_eq!(world.number("select count(*) from batch_lapses"), 0);
    }

    fn a_run_that_waits_too_long_to_begin_needs_a_person_until_it_begins(world) {
        let jobs = script("rare", "true", "schedule = { cron = \"0 * * * *\" }\nstart_grace_seconds = 120\noverlap = \"queue\"");
        let world = World::start_with(world.engine, |config| {
            declare(config, &jobs);
            config.batches.slots = 0;
        });
        world.clock.advance(Duration::from_mins(50));
        wait_until(|| world.number("select count(*) from batch_runs where state = 'queued'") == 1);
        world.clock.advance(Duration::from_mins(3));
        wait_until(|| world.number("select count(*) from batch_runs where is_late") == 1);
        let jun = world.signed_in("jun");
        assert_eq!(counted(&jun.get("/")), "1");
        let list = jun.get("/runs?show=attention");
        assert!(list.says("tbody").contains("Late"), "{list}");
        let _second = world.another(|config| declare(config, &jobs)).unwrap();
        wait_until(|| world.number("select count(*) from batch_runs where state = 'succeeded'") == 1);
        assert_eq!(counted(&jun.get("/")), "0");
    }
}
