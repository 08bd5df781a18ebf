//! The secret key: another one than the database's is recognised at start, and there is a way on where it is lost.

use crate::{
    cli::program::one_line,
    kit::{World, addition, on_both},
};
use std::process::Command;

const OTHER: &str = "9f1c2e7ab04d5583c6e1f7a2900b4c6d3e8f5a17b2c4d6e8091a3b5c7d9e0f12";

fn with_other_key(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.command(arguments);
    command.env("INGAM_SECRET_KEY", OTHER);
    command
}

/// What counts wrong codes and passwords.
fn counted(world: &World) -> i64 {
    world.number("select coalesce(sum(failures), 0) from authenticators")
        + world.number("select coalesce(sum(failures), 0) from throttles")
}

on_both! {
    fn another_key_is_refused_at_start_by_the_server_the_check_and_every_command(world) {
        for arguments in [&["serve"][..], &["staff", "list"], &["network", "list"]] {
            let (code, line) = one_line(&with_other_key(world, arguments).output().unwrap());
            assert_eq!(code, Some(78), "{arguments:?}: {line}");
            assert!(line.contains("INGAM_SECRET_KEY is not the key that this database was set up with"), "{line}");
            assert!(!line.contains(OTHER), "{line}");
        }
        let check = with_other_key(world, &["check"]).output().unwrap();
        let said = String::from_utf8(check.stdout).unwrap();
        assert_eq!(check.status.code(), Some(78), "{said}");
        assert!(said.lines().any(|line| line.starts_with("REFUSED") && line.contains("key of the database")), "{said}");
        let right = world.command(&["check"]).output().unwrap();
        assert!(String::from_utf8(right.stdout).unwrap().contains("the key of this database"));
        // The in-process console refuses too, and the right one goes on.
        let another = world.another(|config| config.secret_key = ingam::secret::SecretKey::parse(OTHER).unwrap());
        assert!(another.is_err());
        drop(world.signed_in("mina"));
        assert_eq!(counted(world), 0);
    }

    fn a_database_from_before_keys_were_compared_knows_its_key_by_its_authenticators(world) {
        world.database().tamper("update installation set key_check = null").unwrap();
        let (code, line) = one_line(&with_other_key(world, &["staff", "list"]).output().unwrap());
        assert_eq!(code, Some(78), "{line}");
        assert_eq!(world.number("select count(*) from installation where key_check is null"), 1, "a wrong key is not stored");
        // One person's secret is damaged, the others open.
        world.database().tamper("update authenticators set secret = substr(secret, 2) where staff_id = 1").unwrap();
        assert!(world.command(&["staff", "list"]).output().unwrap().status.success());
        assert_eq!(world.number("select count(*) from installation where key_check is not null"), 1);
    }

    fn a_secret_that_cannot_be_decrypted_is_the_consoles_fault_and_counts_nothing(world) {
        let mina = world.signed_in("mina");
        world.database().tamper("update authenticators set secret = (select b.secret from authenticators b join staff s on s.id = b.staff_id where s.email = 'sora@ingam.test')
              where staff_id = (select id from staff where email = 'mina@ingam.test')").unwrap();
        for _ in 0..12 {
            let answer = addition(&mina, 1, "5").set("code", &world.code("mina")).submit();
            assert_eq!(answer.status, 503, "{answer}");
        }
        assert_eq!(counted(world), 0);
        assert_eq!(world.number("select count(*) from authenticators where locked"), 0);
    }

    fn where_the_key_is_lost_another_one_takes_its_place_and_everyone_sets_up_again(world) {
        let mina = world.signed_in("mina");
        let replace = ["key", "replace", "--reason", "The key server burned down"];
        let same = world.command(&replace).output().unwrap();
        assert!(one_line(&same).1.contains("the key is the one of this database already"));

        let replaced = with_other_key(world, &replace).output().unwrap();
        assert!(replaced.status.success(), "{}", String::from_utf8_lossy(&replaced.stderr));
        let restarted = world.another(|config| config.secret_key = ingam::secret::SecretKey::parse(OTHER).unwrap()).unwrap();
        assert_eq!(mina.at(restarted.address).get("/users").status, 303, "no cookie of the former key is valid");
        assert_eq!(one_line(&world.command(&["staff", "list"]).output().unwrap()).0, Some(78), "the former key is refused");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.outcome.as_str(), row.reason.as_str()), ("installation.key", "applied", replace[3]));
        let link = with_other_key(world, &["staff", "reset-second-factor", "mina@ingam.test", "--reason", "The key server burned down"]).output().unwrap();
        assert!(String::from_utf8(link.stdout).unwrap().contains("/setup/"), "{}", String::from_utf8_lossy(&link.stderr));
        let verified = with_other_key(world, &["audit", "verify"]).output().unwrap();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    }
}
