//! What a person records on the host, and what the console saw change itself.

use crate::kit::{World, assert_sound, on_both};
use std::{fs, process::Output};

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn record(world: &World, more: &[&str]) -> Output {
    let usual = ["deployment", "record", "--service", "shop", "--version", "1.4.2", "--reason", "Deployed by hand"];
    world.command(&[&usual[..], more].concat()).output().unwrap()
}

on_both! {
    fn a_deployment_that_is_recorded_on_the_host_is_sealed(world) {
        let at = ingam::clock::Clock::system().now().unix() - 180;
        let at = ingam::clock::Instant::from_unix(at).unwrap().to_string();
        let done = record(world, &["--by", "Mina Kang", "--at", &at]);
        assert!(done.status.success() && said(&done).contains("sealed as audit row"), "{}", said(&done));
        let row = world.audit().into_iter().find(|row| row.action == "deployments.record").unwrap();
        assert_eq!((row.target.as_str(), row.outcome.as_str()), ("deployment/shop", "applied"));
        assert_eq!((&row.after["version"], &row.after["deployed_at"]), (&"1.4.2".into(), &at.clone().into()));
        let again = record(world, &["--at", &at]);
        assert!(again.status.success() && said(&again).contains("recorded before"), "{}", said(&again));
        assert_eq!(world.number("select count(*) from deployments"), 1);
        let page = world.signed_in("mina").get("/deployments");
        assert!(page.text().contains("recorded on the host"), "{page}");
        assert_sound(world);
    }

    fn what_cannot_be_recorded_on_the_host_is_said_in_a_line(world) {
        let ahead = ingam::clock::Clock::system().now().plus(chrono::TimeDelta::hours(1)).to_string();
        let long = "x".repeat(2001);
        for (name, value, why) in [
            ("--at", ahead.as_str(), "in the future"),
            ("--at", "noon", "at is no time"),
            ("--url", "ci.example.com", "url must begin"),
            ("--notes", long.as_str(), "notes has more than"),
        ] {
            let done = record(world, &[name, value]);
            assert!(done.status.code() == Some(1) && said(&done).contains(why), "{}", said(&done));
        }
        assert_eq!(world.number("select count(*) from deployments"), 0);
    }

    fn a_console_notes_with_which_configuration_it_begins(world) {
        let seen = || world.rows("select hash from configurations order by id");
        assert_eq!(seen().len(), 0, "no file, no configuration");
        let begin = |digest| drop(world.another(|config| config.file_digest = Some(digest)).unwrap());
        begin([1; 32]);
        begin([1; 32]);
        assert_eq!(seen().len(), 1);
        begin([2; 32]);
        begin([1; 32]);
        let hashes = seen();
        assert_eq!(hashes.len(), 3);
        assert!(hashes[0] == hashes[2] && hashes[0] != hashes[1]);
        let hash = hashes[0][0].clone().unwrap();
        assert_ne!(hash, "01".repeat(16), "it is a fingerprint under the key");
        assert!(world.signed_in("jun").get("/deployments").text().contains(&hash));
    }
}

#[test]
fn the_fingerprint_is_of_the_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ingam.toml");
    let digest = |text: &str| {
        fs::write(&path, text).unwrap();
        let env = |name: &str| match name {
            "DATABASE_URL" => Some("sqlite://x.db".to_owned()),
            "INGAM_SECRET_KEY" => Some("9f1c2e7ab04d5583c6e1f7a2900b4c6d3e8f5a17b2c4d6e8091a3b5c7d9e0f12".to_owned()),
            "INGAM_ALLOWED_NETWORKS" => Some("127.0.0.0/8".to_owned()),
            _ => None,
        };
        let settings = ingam::config::Settings::gather(ingam::changes::KINDS, env, Some(&path), "h".to_owned());
        settings.unwrap().config().unwrap().file_digest.unwrap()
    };
    assert_ne!(digest("# one\n"), digest("# two\n"), "a comment counts");
    assert_eq!(digest("# one\n"), digest("# one\n"));
}
