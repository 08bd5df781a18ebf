//! When the log is signed, and who sees that.

use super::support::{Key, NAME, said, signed, size, wait_for_signature};
use crate::kit::{World, addition, on_both, wait_until};
use signed_note::{Note, StandardVerifier, Verifier as _, VerifierList};
use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

/// What an implementation that is not ours makes of a checkpoint: its lines.
fn read_by_another(note: &[u8], vkey: &str) -> Vec<String> {
    let verifier = StandardVerifier::new(vkey).unwrap();
    assert_eq!(verifier.name(), NAME);
    let note = Note::from_bytes(note).unwrap();
    let (known, _) = note.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
    assert_eq!(known.len(), 1);
    String::from_utf8(note.text().to_vec()).unwrap().lines().map(str::to_owned).collect()
}

on_both! {
    fn a_log_is_signed_at_the_start_after_some_rows_and_after_an_hour(outer) {
        let (world, key) = signed(outer.engine);
        wait_until(|| size(&world) >= 0);
        wait_for_signature(&world);
        // Hours later: her signing in is signed at once, and that is what the next hour begins with.
        let old = size(&world);
        world.clock.advance(Duration::from_hours(2));
        let mina = world.signed_in("mina");
        wait_until(|| size(&world) > old);
        let before = size(&world);
        // Fewer rows than are signed at once: they wait for the hour.
        assert_eq!(addition(&mina, 1, "5").set("code", &world.code("mina")).submit().status, 303);
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(size(&world), before);
        wait_for_signature(&world);
        assert!(size(&world) > before);
        let owner = world.signed_in("owner");
        let page = owner.get("/audit/checkpoints");
        assert_eq!(page.status, 200, "{page}");
        let link = page.attributes("td a[href^='/audit/checkpoints/']", "href").remove(0);
        let newest = world.number(&format!("select size from checkpoints where id = {}", link.rsplit('/').next().unwrap()));
        let note = owner.get(&link);
        assert!(note.header("content-disposition").unwrap().contains(&format!("checkpoint-{newest}-")), "{note}");
        assert_eq!(read_by_another(&note.body, &key.vkey)[1], newest.to_string());
        assert_eq!(owner.get("/audit/checkpoints/999999").status, 404);
    }

    fn checkpoints_and_proofs_are_for_auditors_and_owners(outer) {
        let (world, _key) = signed(outer.engine);
        wait_for_signature(&world);
        for (who, status) in [("sora", 200), ("owner", 200), ("mina", 403), ("hana", 403), ("jun", 403)] {
            let browser = world.signed_in(who);
            for path in ["/audit/checkpoints", "/audit/0/receipt", "/audit/0/entry", "/log/checkpoint"] {
                assert_eq!(browser.get(path).status, status, "{who}: {path}");
            }
        }
        assert_eq!(world.browser().get("/log/checkpoint").location().map(|to| to.starts_with("/login")), Some(true));
    }

    fn a_command_signs_and_prints_what_it_signed(world) {
        let key = Key::make();
        world.signed_in("mina");
        let first = key.sign(world);
        assert!(first.status.success(), "{}", said(&first));
        assert_eq!(read_by_another(&first.stdout, &key.vkey)[1], world.audit_size().to_string());
        // Nothing has happened since: it says the same again.
        assert_eq!(key.sign(world).stdout, first.stdout);
        assert_eq!(world.number("select count(*) from checkpoints"), 1);
        let without = world.command(&["audit", "sign"]).output().unwrap();
        assert!(!without.status.success() && said(&without).contains("ingam audit keygen"), "{}", said(&without));
    }
}

#[test]
fn a_key_is_made_once_and_is_for_its_owner_only() {
    let key = Key::make();
    for file in [key.path(), key.state()] {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
    let secret = fs::read_to_string(key.path()).unwrap();
    assert!(secret.starts_with(&format!("PRIVATE+KEY+{NAME}+")), "as Go's note package writes it");
    let path = key.path();
    let make = |name: &str, path: &str| {
        std::process::Command::new(env!("CARGO_BIN_EXE_ingam"))
            .args(["audit", "keygen", "--name", name, "--key", path])
            .output()
            .unwrap()
    };
    let again = make(NAME, path.to_str().unwrap());
    assert!(!again.status.success() && said(&again).contains("is there already"), "{}", said(&again));
    assert_eq!(fs::read_to_string(key.path()).unwrap(), secret);
    for name in ["", "https://audit.ingam.test", "two words", "a+b"] {
        let other = key.directory.path().join("other.key");
        let refused = make(name, other.to_str().unwrap());
        assert!(!refused.status.success() && !other.exists(), "{name:?}: {}", said(&refused));
    }
}

#[test]
fn a_key_that_everybody_can_read_or_that_is_none_refuses_the_start() {
    let key = Key::make();
    let world = World::start(crate::kit::Engine::Sqlite);
    let check = || key.command(&world, &["check"]);
    assert!(said(&check()).contains("by audit.ingam.test/log, the last time at 0 rows"), "{}", said(&check()));
    fs::set_permissions(key.path(), fs::Permissions::from_mode(0o604)).unwrap();
    let open = check();
    assert_eq!(open.status.code(), Some(78), "{}", said(&open));
    assert!(said(&open).contains("can be read by everybody"), "{}", said(&open));
    fs::set_permissions(key.path(), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(key.path(), "PRIVATE+KEY+nonsense").unwrap();
    let none = check();
    assert_eq!(none.status.code(), Some(78), "{}", said(&none));
    assert!(said(&none).contains("holds no key of a log"), "{}", said(&none));
}
