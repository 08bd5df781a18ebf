//! Reports that come over a topic: each does its work once, however many read it and however often it comes.

use super::support::{RID, TOPIC, is_read, read_by, reading, report, rid, started};
use crate::{
    batches::support::{log, state},
    kit::{assert_sound, on_both, poll, wait_for, wait_until},
};
use krafka::testing::{ApiKey, Control};
use std::{collections::BTreeSet, time::Duration};

on_both! {
    fn a_run_elsewhere_reports_its_start_its_log_and_its_end_over_a_topic(world) {
        let broker = started();
        let world = reading(world.engine, &broker);
        broker.write(TOPIC, "sync", &report("start", RID, ""));
        wait_until(|| world.number("select count(*) from batch_runs where state = 'running'") == 1);
        broker.write(TOPIC, "sync", &report("log", RID, ",\"progress\":0.25,\"count\":10,\"log\":\"a quarter\\nis done\""));
        wait_until(|| is_read(&world, &broker));
        world.clock.advance(Duration::from_secs(90));
        broker.write(TOPIC, "sync", &report("success", RID, ",\"count\":\"40\",\"log\":\"all of it\""));
        let id = world.number("select id from batch_runs");
        wait_until(|| state(&world, id) == "succeeded");
        assert_eq!(world.rows("select processed, duration_ms, cause from batch_runs")[0].iter().flatten().collect::<Vec<_>>(), ["40", "90000", "report"]);
        let jun = world.signed_in("jun");
        let text = log(&jun, id);
        assert!(text.contains("a quarter") && text.contains("is done") && text.contains("all of it"), "{text}");
        // One that comes again ends nothing again, and one without a start is a run of its own.
        broker.write(TOPIC, "sync", &report("success", RID, ""));
        broker.write(TOPIC, "sync", &report("3", &rid(7), ",\"log\":\"disk full\""));
        wait_until(|| is_read(&world, &broker));
        assert_eq!(world.number("select count(*) from batch_events where kind = 'late-report'"), 0);
        assert_eq!(world.rows("select state, exit_code, duration_ms from batch_runs order by id desc limit 1")[0].iter().flatten().collect::<Vec<_>>(), ["failed", "3", "0"]);
        let page = jun.get("/queues").text();
        assert!(page.contains(TOPIC) && page.contains("Up to date") && page.contains("Nothing was set aside"), "{page}");
        assert_sound(&world);
    }

    fn three_consoles_take_each_report_once(world) {
        let broker = started();
        let world = reading(world.engine, &broker);
        let mut others: Vec<_> = (0..2).map(|_| world.another(|config| read_by(&broker, config)).unwrap()).collect();
        for n in 0..60 {
            // Each twice: writers send again what was not answered.
            for _ in 0..2 {
                broker.write(TOPIC, &rid(n), &report("0", &rid(n), ",\"log\":\"one line\""));
            }
            if n == 30 {
                others.pop();
            }
        }
        wait_until(|| is_read(&world, &broker));
        assert_eq!(world.number("select count(*) from batch_runs where state = 'succeeded'"), 60);
        assert_eq!(world.number("select count(*) from audit where action = 'runs.finish'"), 60);
        assert_eq!(world.number("select count(*) from batch_log"), 60, "no line came twice");
        assert_eq!(world.number("select count(*) from queue_rejects"), 0);
        let owners = world.rows("select owner from queue_offsets where partition >= 0");
        assert!(owners.iter().all(|row| row[0].is_some()), "{owners:?}");
        // What a console has when it stops, another one reads at once.
        others.clear();
        broker.write(TOPIC, "sync", &report("start", RID, ""));
        crate::kit::poll(|| {
            world.clock.advance(Duration::from_secs(11));
            is_read(&world, &broker).then_some(())
        })
        .expect("the partitions of a console that stopped are read");
        assert_sound(&world);
    }

    fn what_cannot_be_taken_is_set_aside_and_the_next_is_read(world) {
        let broker = started();
        let world = reading(world.engine, &broker);
        let bad = [
            ("not-json", "<report/>".to_owned()),
            ("not-json", "[1]".to_owned()),
            ("no-job", format!("{{\"report\":\"success\",\"rid\":\"{RID}\",\"to\":\"seoyeon.k@naver.com 010-4821-4821\"}}")),
            ("no-report", format!("{{\"job\":\"sync\",\"rid\":\"{RID}\"}}")),
            ("no-report", report("perhaps", RID, "")),
            ("no-rid", "{\"job\":\"sync\",\"report\":\"success\"}".to_owned()),
            ("job-not-named", format!("{{\"job\":\"other\",\"report\":\"success\",\"rid\":\"{RID}\"}}")),
            ("job-not-named", format!("{{\"job\":\"nowhere\",\"report\":\"success\",\"rid\":\"{RID}\"}}")),
        ];
        for (_, value) in &bad {
            broker.write(TOPIC, "sync", value);
        }
        broker.write_nothing(TOPIC, "sync");
        // The people of the job learn of what named it; no other job is touched.
        wait_until(|| world.number("select count(*) from queue_rejects") == 9);
        let lapses = world.rows("select job, n, detail from batch_lapses where kind = 'refused'");
        assert_eq!(lapses.iter().flatten().flatten().collect::<Vec<_>>(), ["sync", "3", "no-rid"]);
        broker.write(TOPIC, "sync", &report("success", RID, ""));
        wait_until(|| world.number("select count(*) from batch_runs where state = 'succeeded'") == 1);
        let mut whys: Vec<_> = bad.iter().map(|(why, _)| *why).collect();
        whys.push("no-value");
        let found = world.rows("select why, record_offset from queue_rejects order by record_offset");
        assert_eq!(found.iter().map(|row| row[0].as_deref().unwrap()).collect::<Vec<_>>(), whys);
        assert_eq!(world.number("select count(*) from batch_runs"), 1);
        let jun = world.signed_in("jun");
        let page = jun.get("/queues").text();
        assert!(page.contains("It is no JSON object") && page.contains("Its job is not named for this topic"), "{page}");
        assert!(!page.contains("seoyeon") && !page.contains("4821"), "{page}");
        assert_eq!(world.signed_in("mina").get("/queues").status, 403, "operators do not see it");
        let of_topic = jun.get("/queues?topic=dev-elsewhere").text();
        assert!(of_topic.contains("Nothing was set aside"), "{of_topic}");
        assert_sound(&world);
    }

    fn only_what_is_committed_is_read_and_nothing_of_a_transaction_stops_it(world) {
        let broker = started();
        let world = reading(world.engine, &broker);
        broker.transaction(TOPIC, "sync", &report("success", &rid(1), ""), true);
        broker.transaction(TOPIC, "sync", &report("success", &rid(2), ""), false);
        broker.write_with_null_header(TOPIC, "sync", &report("success", &rid(3), ""));
        broker.transaction(TOPIC, "sync", &report("success", &rid(4), ""), true);
        wait_until(|| is_read(&world, &broker));
        let rids: BTreeSet<_> = world.rows("select rid from batch_runs").into_iter().filter_map(|row| row[0].clone()).collect();
        assert_eq!(rids, [rid(1), rid(3), rid(4)].into());
        // Behind the last record are the marks of its transaction, which are no records that wait.
        world.clock.advance(Duration::from_mins(20));
        std::thread::sleep(Duration::from_millis(1500));
        assert_eq!(world.number("select count(*) from alerts where kind = 'queue.stuck'"), 0);
        assert_eq!(world.number("select count(*) from queue_rejects"), 0);
    }

    fn a_partition_that_does_not_move_is_an_alert_until_it_does(world) {
        let broker = started();
        let world = reading(world.engine, &broker);
        broker.write(TOPIC, "sync", &report("start", RID, ""));
        wait_until(|| is_read(&world, &broker));
        broker.fake.on(ApiKey::Fetch, |_| Control::CorruptRecords);
        broker.write(TOPIC, "sync", &report("success", RID, ""));
        wait_until(|| world.number("select count(*) from queue_offsets where error is not null") > 0);
        let stuck = || world.rows("select subject from alerts where kind = 'queue.stuck' and resolved_at is null");
        assert!(stuck().is_empty(), "not at the first error");
        poll(|| {
            world.clock.advance(Duration::from_secs(15));
            (!stuck().is_empty()).then_some(())
        })
        .expect("an error that lasts is an alert");
        let subject = stuck()[0][0].clone().unwrap();
        assert!(subject.starts_with("dev-shop.batch-reports/"), "{subject}");
        assert!(world.signed_in("jun").get("/queues").text().contains("Does not move"));
        assert_eq!(world.number("select count(*) from batch_runs where state = 'succeeded'"), 0);
        broker.fake.clear_hooks();
        wait_until(|| world.number("select count(*) from batch_runs where state = 'succeeded'") == 1);
        wait_until(|| stuck().is_empty());
        // A cluster that is away does not move as a whole.
        broker.fake.crash(0);
        let row = wait_for(|| {
            world.clock.advance(Duration::from_secs(15));
            stuck().pop()
        });
        assert!(row[0].as_deref().unwrap().starts_with("dev-shop.batch-reports"), "{row:?}");
    }

    fn a_place_that_is_not_there_is_not_skipped_in_silence(world) {
        let broker = started();
        let world = reading(world.engine, &broker);
        broker.write(TOPIC, "sync", &report("start", RID, ""));
        wait_until(|| is_read(&world, &broker));
        // Behind the end: the topic was made again, or its cluster has lost records. Nothing is read until a person has looked at it.
        world.database().tamper("update queue_offsets set next_offset = 500, owner = null where partition = 0").unwrap();
        poll(|| {
            world.clock.advance(Duration::from_secs(15));
            (world.number("select count(*) from queue_offsets where partition = 0 and error like '%offset 500 is not there%'") == 1).then_some(())
        })
        .expect("it says that the place is not there");
        assert_eq!(world.number("select next_offset from queue_offsets where partition = 0"), 500);
    }
}
