//! A place that is not there any more: a person on the host sets another one.

use super::support::{EVENTS, TOPIC, is_read, job, reader, report, rid, started};
use crate::kit::{Broker, REASON, assert_sound, on_both, poll, wait_until};
use std::{fs, path::PathBuf, time::Duration};
use tempfile::TempDir;

/// The configuration file of a console that reads the topic.
fn written(folder: &TempDir, broker: &Broker) -> PathBuf {
    let file = folder.path().join("ingam.toml");
    let consume =
        format!("[[consume]]\nchannel = \"events\"\ntopic = \"{TOPIC}\"\nas = \"reports\"\njobs = [\"sync\"]\n");
    fs::write(&file, job("sync") + &broker.channel(EVENTS) + &consume).unwrap();
    file
}

on_both! {
    fn a_place_behind_the_end_is_set_from_the_host_and_the_new_topic_is_read(world) {
        let (broker, folder) = (started(), TempDir::with_prefix("ingam-test-").unwrap());
        let file = written(&folder, &broker);
        // From March 2026, the time of the world, to the time of the machine, which the command has.
        let jun = world.signed_in("jun");
        let place = |arguments: &[&str]| {
            let command = [&["queue", "place"], arguments, &["--reason", REASON, "--config", file.to_str().unwrap()]].concat();
            let output = world.command(&command).env("INGAM_PUBLIC_ORIGIN", "http://127.0.0.1:8080").output().unwrap();
            let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            assert_eq!(said.lines().count(), 1, "{said}");
            (output.status.success(), said)
        };
        let refused = |arguments: &[&str], says: &str| {
            let (worked, said) = place(arguments);
            assert!(!worked && said.contains(says), "{said}");
        };

        let mut reads = reader(world, &broker);
        broker.write(TOPIC, "sync", "<of the first topic/>");
        for n in 1..=3 {
            broker.write(TOPIC, "sync", &report("success", &rid(n), ""));
        }
        wait_until(|| is_read(world, &broker));
        reads.stop();
        let of = world.number("select partition from queue_offsets where next_offset = 4").to_string();
        // The topic is made again, and shorter than the old one was.
        assert!(broker.fake.delete_topic(TOPIC) && broker.fake.create_topic(TOPIC, 3));
        broker.write(TOPIC, "sync", "<of the second topic/>");
        broker.write(TOPIC, "sync", &report("success", &rid(4), ""));
        let mut reads = reader(world, &broker);
        let stuck = || world.number("select count(*) from alerts where kind = 'queue.stuck' and resolved_at is null");
        poll(|| {
            world.clock.advance(Duration::from_secs(15));
            (stuck() == 1).then_some(())
        })
        .expect("a place that is not there is an alert");
        reads.stop();
        assert_eq!(world.number("select count(*) from batch_runs where state = 'succeeded'"), 3);

        world.database().tamper("update queue_offsets set owner = 'a console', lease_until = '2099-01-01T00:00:00.000000Z'").unwrap();
        refused(&[TOPIC, &of, "0"], "a console reads partition");
        assert_eq!(world.last_audit().refusal, "queue-held");
        world.database().tamper("update queue_offsets set lease_until = '2026-03-01T00:00:00.000000Z'").unwrap();
        refused(&[TOPIC, &of, "3"], &format!("partition {of} of {TOPIC} has the places 0 to 2, and not 3"));
        refused(&[TOPIC, "7", "0"], "has no partition 7; it has 0, 1, 2");
        refused(&["dev-elsewhere", "0", "0"], &format!("those that are read: {TOPIC}"));
        world.database().tamper(&format!("update queue_offsets set topic = 'dev-elsewhere' where partition = {of}")).unwrap();
        refused(&[TOPIC, &of, "0"], "was never read, and is read from its beginning");
        world.database().tamper(&format!("update queue_offsets set topic = '{TOPIC}' where partition = {of}")).unwrap();
        let output = world.command(&["queue", "place", TOPIC, &of, "0"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "a reason is required");
        assert_eq!(world.number(&format!("select next_offset from queue_offsets where partition = {of}")), 4);

        let (worked, said) = place(&[TOPIC, &of, "0"]);
        let row = world.last_audit();
        assert!(worked && said.contains(&format!("is read from 0 on, in place of 4; it has 0 to 2. Sealed as audit row #{}", row.seq)), "{said}");
        assert_eq!((row.action.as_str(), row.outcome.as_str()), ("queues.set-place", "applied"));
        assert_eq!(row.target, format!("queue/{TOPIC}/{of}"));
        assert_eq!((&row.before["next_offset"], &row.after["next_offset"], &row.after["end_offset"]), (&"4".into(), &"0".into(), &"2".into()));
        assert_eq!(world.database().value("select actor from audit order by seq desc limit 1"), "console");
        refused(&[TOPIC, &of, "0"], "0 is what comes next");

        let mut reads = reader(world, &broker);
        wait_until(|| world.number("select count(*) from batch_runs where state = 'succeeded'") == 4);
        wait_until(|| stuck() == 0);
        // What was set aside at this place before gave way to what is there now.
        assert_eq!(world.rows("select body from queue_rejects").concat(), [Some("<of the second topic/>".to_owned())]);
        let page = jun.get("/queues");
        let set = page.says("section[aria-labelledby='set-title']");
        assert!(set.contains("Set what is read next") && set.contains(REASON) && set.contains("Next record 4 → 0"), "{page}");
        reads.stop();
        // Without an answer of the cluster nothing is set.
        broker.fake.crash(0);
        refused(&[TOPIC, &of, "1"], "nothing was changed");
        assert_sound(world);
    }

    fn what_a_command_set_is_what_an_owner_confirms(world) {
        let (broker, folder) = (started(), TempDir::with_prefix("ingam-test-").unwrap());
        let file = written(&folder, &broker);
        let owner = world.signed_in("owner");
        let mut reads = reader(world, &broker);
        for n in 0..9 {
            broker.write(TOPIC, &rid(n), &report("success", &rid(n), ""));
        }
        wait_until(|| is_read(world, &broker));
        reads.stop();
        let output = world
            .command(&["queue", "place", TOPIC, "1", "0", "--reason", REASON, "--config", file.to_str().unwrap()])
            .env("INGAM_PUBLIC_ORIGIN", "http://127.0.0.1:8080")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let home = owner.get("/").says("section[aria-labelledby='host-title']");
        assert!(home.contains("Set what is read next") && home.contains(&format!("queue/{TOPIC}/1")), "{home}");
        // What is read again does nothing again.
        let reads = reader(world, &broker);
        wait_until(|| is_read(world, &broker));
        assert_eq!(world.number("select count(*) from batch_runs"), 9);
        assert_eq!(world.number("select count(*) from audit where action = 'runs.finish'"), 9);
        drop(reads);
    }
}
