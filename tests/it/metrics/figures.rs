//! What only the database knows.

use super::support::{Scrape, measured, open, working};
use crate::{
    batches::support::{becomes, declare, run, script},
    kit::{Engine, Says, Sink, World, on_both, wait_until},
};
use std::time::Duration;

fn is(found: f64, wanted: i64) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let wanted = wanted as f64;
    (found - wanted).abs() < 0.001
}

on_both! {
    fn what_people_and_orders_do_is_counted(world) {
        let world = measured(world.engine);
        assert!(is(Scrape::of(&world.browser()).number("ingam_active_sessions"), 0));
        let mina = world.signed_in("mina");
        let _jun = world.signed_in("jun");
        let _half_way = world.browser().give_password("sora");
        let scrape = Scrape::now(&world);
        assert!(is(scrape.number("ingam_active_sessions"), 2));
        let pending = world.number("select count(*) from orders where paid_at is not null and shipped_at is null and cancelled_at is null");
        assert!(pending > 0 && is(scrape.number("ingam_pending_orders"), pending));
        mina.get("/account").form_to("/logout").submit();
        assert!(is(Scrape::now(&world).number("ingam_active_sessions"), 1));
        world.clock.advance(Duration::from_hours(1));
        assert!(is(Scrape::now(&world).number("ingam_active_sessions"), 0), "a session that ran out is none");
    }

    fn the_age_of_the_oldest_event_that_waits_is_told(world) {
        let world = measured(world.engine);
        wait_until(|| world.number("select count(*) from outbox where delivered_at is null") == 0);
        let scrape = Scrape::now(&world);
        assert!(is(scrape.number("ingam_outbox_oldest_seconds"), 0) && is(scrape.number("ingam_outbox_waiting"), 0));
        let at = world.database().value("select max(at) from audit");
        // No worker can mark them as delivered.
        let refuse = match world.engine {
            Engine::Sqlite => "create trigger stays before update on outbox begin select raise(abort, 'it stays'); end",
            Engine::Postgres => "create trigger stays before update on outbox execute function refuse_rewriting()",
        };
        world.database().tamper(refuse).unwrap();
        world.database().tamper(&format!("insert into outbox (seq, topic, body, at) values (1, 't', '{{}}', '{at}'), (1, 't', '{{}}', '{at}')")).unwrap();
        world.clock.advance(Duration::from_mins(5));
        let scrape = Scrape::now(&world);
        assert!(is(scrape.number("ingam_outbox_waiting"), 2));
        assert!((300.0..10_000.0).contains(&scrape.number("ingam_outbox_oldest_seconds")), "{scrape:?}");
    }

    fn what_waits_for_a_channel_and_what_is_wrong_is_told(world) {
        let sink = Sink::start();
        sink.set("hook", Says::Status(404, "gone"));
        let world = World::start_with(world.engine, |config| {
            sink.serve_for(config, "[[route]]\nkinds = [\"*\"]\nto = [\"hook\"]");
            declare(config, &script("bad", "exit 3", ""));
            open(config);
        });
        let jun = world.signed_in("jun");
        let id = run(&world, &jun, "jun", "bad");
        becomes(&world, id, "failed");
        wait_until(|| world.number("select count(*) from channels where failing_since is not null") == 1);
        wait_until(|| world.number("select count(*) from alerts where resolved_at is null") == 2);
        let scrape = Scrape::now(&world);
        assert!(is(scrape.number("ingam_channel_failing{channel=\"hook\"}"), 1) && is(scrape.number("ingam_channel_failing{channel=\"ops\"}"), 0));
        assert!(scrape.number("ingam_messages_waiting{channel=\"hook\"}") >= 1.0, "{scrape:?}");
        assert!(is(scrape.number("ingam_open_alerts{kind=\"runs.failed\"}"), 1) && is(scrape.number("ingam_open_alerts{kind=\"runs.lost\"}"), 0));
        assert!(scrape.has("ingam_messages_oldest_seconds"), "{scrape:?}");
    }

    fn the_database_is_asked_once_in_five_seconds_for_all(world) {
        let world = measured(world.engine);
        assert!(is(Scrape::of(&world.browser()).number("ingam_active_sessions"), 0));
        // `signed_in` may move the clock to the next code, so the session is written past the form.
        world.database().tamper(
            "insert into sessions (id, staff_id, stage, created_at, seen_at, ip, user_agent) \
             select 'of-a-test', min(s.id), 'signed', max(a.at), max(a.at), '127.0.0.1', '' from staff s, audit a"
        ).unwrap();
        for _ in 0..3 {
            assert!(is(Scrape::of(&world.browser()).number("ingam_active_sessions"), 0), "as of five seconds ago");
        }
        assert!(is(Scrape::now(&world).number("ingam_active_sessions"), 1));
    }

    fn figures_that_cannot_be_had_are_left_out_and_never_zero(world) {
        let world = working(world.engine, &script("dawn", "true", ""));
        let families = [
            "ingam_changes_total", "ingam_active_sessions", "ingam_pending_orders", "ingam_outbox_oldest_seconds",
            "ingam_outbox_waiting", "ingam_batch_runs_total", "ingam_batch_unresolved_failures", "ingam_batch_running",
            "ingam_batch_open_lapses", "ingam_batch_run_seconds_total", "ingam_batch_info",
        ];
        let before = Scrape::now(&world);
        assert!(families.iter().all(|family| before.has(family)), "{before:#?}");
        assert!(is(before.number("ingam_database_reachable"), 1));
        world.database().tamper("alter table outbox rename to gone").unwrap();
        let without = Scrape::now(&world);
        assert!(is(without.number("ingam_database_reachable"), 0));
        for family in families {
            assert!(!without.has(family), "{family}");
        }
        for family in ["process_cpu_seconds_total", "ingam_http_requests_total", "ingam_database_pool_connections", "ingam_build_info"] {
            assert!(without.has(family), "{family}");
        }
        world.database().tamper("alter table gone rename to outbox").unwrap();
        let after = Scrape::now(&world);
        assert!(families.iter().all(|family| after.has(family)), "{after:#?}");
        let all = "ingam_changes_total{kind=\"batches.define\",outcome=\"applied\"}";
        assert!((after.number(all) - before.number(all)).abs() < 0.001);
    }

    fn a_job_says_when_it_last_succeeded_and_what_it_did(world) {
        let world = working(world.engine, &script("dawn", "echo '::count processed=41'", ""));
        let before = Scrape::now(&world);
        assert!(is(before.of_job("ingam_batch_running", "dawn"), 0));
        for family in ["ingam_batch_last_success_timestamp_seconds", "ingam_batch_last_duration_seconds", "ingam_batch_last_processed"] {
            assert!(!before.has(family), "{family} of a job that never succeeded");
        }
        let jun = world.signed_in("jun");
        let id = run(&world, &jun, "jun", "dawn");
        becomes(&world, id, "succeeded");
        let scrape = Scrape::now(&world);
        let at = scrape.of_job("ingam_batch_last_success_timestamp_seconds", "dawn");
        #[expect(clippy::cast_precision_loss, reason = "of this century")]
        let now = world.clock.now().unix() as f64;
        assert!((now - 600.0..=now).contains(&at), "{at} is not just before {now}");
        let ms = world.number(&format!("select duration_ms from batch_runs where id = {id}"));
        assert!(is(scrape.of_job("ingam_batch_last_duration_seconds", "dawn") * 1_000.0, ms));
        assert!(is(scrape.of_job("ingam_batch_run_seconds_total", "dawn") * 1_000.0, ms));
        assert!(is(scrape.of_job("ingam_batch_last_processed", "dawn"), 41));
    }

    fn what_did_not_happen_to_a_job_is_a_number_of_it(world) {
        let hourly = script("dawn", "true", "schedule = { cron = \"0 * * * *\" }\nstart_grace_seconds = 60");
        let world = working(world.engine, &hourly);
        let missed = "ingam_batch_open_lapses{job_name=\"dawn\",kind=\"missed\"}";
        assert!(is(Scrape::now(&world).number(missed), 0));
        world.database().tamper(
            "insert into batch_lapses (job, kind, since, newest_at, n) select 'dawn', 'missed', max(at), max(at), 3 from audit"
        ).unwrap();
        let scrape = Scrape::now(&world);
        assert!(is(scrape.number(missed), 3));
        assert!(is(scrape.number("ingam_batch_open_lapses{job_name=\"dawn\",kind=\"refused\"}"), 0));
    }
}
