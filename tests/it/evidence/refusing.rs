//! What the signer refuses: everything that an owner of the database can do to the log afterwards.

use super::support::{
    Key, bodies, change, lay_open, literal, recompute, rewrite, said, signed, size, tamper, wait_for_signature, write,
};
use crate::kit::{World, on_both, wait_until};
use std::fs;

/// The newest checkpoint as it is kept elsewhere.
fn kept(world: &World) -> String {
    world.database().value("select note from checkpoints order by size desc limit 1")
}

/// Waits until the signer has found this, and checks that everybody hears of it.
fn is_found(world: &World, words: &str) {
    wait_until(|| world.number("select count(*) from signing where fault is not null") == 1);
    let fault = world.database().value("select fault from signing");
    assert!(fault.contains(words), "{fault}");
    assert!(world.browser().get("/readyz").text().contains("refuses to sign the audit log"));
    let sora = world.signed_in("sora");
    for path in ["/audit", "/audit/checkpoints"] {
        let page = sora.get(path);
        assert!(page.says("[role=alert]").contains(words), "{path}: {page}");
    }
    wait_until(|| {
        world.number("select count(*) from alerts where kind = 'audit.signing-refused' and resolved_at is null") == 1
    });
    assert!(sora.get("/").text().contains("Audit log is not signed"));
    wait_until(|| world.number("select count(*) from audit where action = 'audit.report-unfit'") == 1);
}

on_both! {
    fn a_row_that_was_rewritten_with_its_tree_is_refused_by_the_signer_and_by_what_was_kept(outer) {
        let (world, key) = signed(outer.engine);
        let seq = change(&world, "Late delivery, ticket 5");
        wait_for_signature(&world);
        let note = kept(&world);
        lay_open(&world);
        rewrite(&world, seq, "Late delivery, ticket 5", "As agreed with the CEO");
        tamper(&world, "delete from checkpoints");
        // The database alone knows of nothing: its bytes, leaves and root fit each other.
        let verified = world.command(&["audit", "verify"]).output().unwrap();
        assert!(verified.status.success(), "{}", said(&verified));
        change(&world, "Something else, ticket 6");
        world.clock.advance(std::time::Duration::from_hours(2));
        is_found(&world, "no longer contains what was signed");
        let by_hand = key.sign(&world);
        assert!(!by_hand.status.success() && said(&by_hand).contains("no longer contains"), "{}", said(&by_hand));
        let file = write(key.directory.path(), "checkpoint.txt", note.as_bytes());
        let compared = world.command(&["audit", "compare", file.to_str().unwrap(), "--vkey", &key.vkey]).output().unwrap();
        assert!(!compared.status.success() && said(&compared).contains("are not those that were signed"), "{}", said(&compared));
        // The row as it was fits again, and so the signer goes on.
        rewrite(&world, seq, "As agreed with the CEO", "Late delivery, ticket 5");
        wait_until(|| world.number("select count(*) from signing where fault is null") == 1);
        wait_until(|| world.number("select count(*) from alerts where kind = 'audit.signing-refused' and resolved_at is null") == 0);
        let compared = world.command(&["audit", "compare", file.to_str().unwrap(), "--vkey", &key.vkey]).output().unwrap();
        assert!(compared.status.success(), "{}", said(&compared));
    }

    // Rows are read joined by newlines: one that has a newline of its own would be two.
    fn a_row_that_was_rewritten_into_two_lines_is_refused_by_the_signer(world) {
        let key = Key::make();
        let seq = change(world, "Late delivery, ticket 5");
        lay_open(world);
        rewrite(world, seq, "delivery, ticket", "delivery,\nticket");
        let signed = key.sign(world);
        assert!(!signed.status.success() && said(&signed).contains("are not one line each: rows were rewritten"), "{}", said(&signed));
        rewrite(world, seq, "delivery,\nticket", "delivery, ticket");
        assert!(key.sign(world).status.success());
    }

    fn rows_that_were_cut_off_are_missed_also_after_the_log_has_grown_again(world) {
        let key = Key::make();
        let seq = change(world, "Late delivery, ticket 5");
        let signed = key.sign(world);
        assert!(signed.status.success(), "{}", said(&signed));
        let size = size(world);
        lay_open(world);
        tamper(world, &format!("delete from checkpoints; delete from audit where seq >= {seq}"));
        recompute(world);
        let file = write(key.directory.path(), "checkpoint.txt", &signed.stdout);
        let compare = || world.command(&["audit", "compare", file.to_str().unwrap(), "--vkey", &key.vkey]).output().unwrap();
        assert!(said(&compare()).contains("rows were cut off"), "{}", said(&compare()));
        let shorter = key.sign(world);
        assert!(!shorter.status.success() && said(&shorter).contains("rows were cut off"), "{}", said(&shorter));
        // Only the tree shows it when other rows have taken their place.
        while world.audit_size() <= size {
            change(world, "Something else, ticket 6");
        }
        let grown = key.sign(world);
        assert!(!grown.status.success() && said(&grown).contains("no longer contains"), "{}", said(&grown));
        assert!(said(&compare()).contains("are not those that were signed"), "{}", said(&compare()));
    }

    fn a_row_that_is_missing_or_whose_bytes_differ_is_not_signed(world) {
        let key = Key::make();
        let seq = change(world, "Late delivery, ticket 5");
        lay_open(world);
        tamper(world, &format!("update audit set body = {} where seq = {seq}", literal(world.engine, b"{}")));
        let other = key.sign(world);
        assert!(!other.status.success() && said(&other).contains("no longer contains what was signed at size 0"), "{}", said(&other));
        assert_eq!(bodies(world)[seq], b"{}");
        tamper(world, &format!("delete from audit where seq = {seq}"));
        let missing = key.sign(world);
        assert!(!missing.status.success() && said(&missing).contains(&format!("row {seq} of the log is missing")), "{}", said(&missing));
    }

    fn without_what_was_signed_last_nothing_is_signed(world) {
        let key = Key::make();
        change(world, "Late delivery, ticket 5");
        assert!(key.sign(world).status.success());
        let state = fs::read_to_string(key.state()).unwrap();
        for (what, text) in [
            ("empty", String::new()),
            ("cut", state[..state.len() / 2].to_owned()),
            ("another tree", state.replace("\"frontier\": \"", "\"frontier\": \"00")),
            ("another size", state.replacen("\\n", "\\n1", 1)),
        ] {
            fs::write(key.state(), text).unwrap();
            let refused = key.sign(world);
            assert!(!refused.status.success() && said(&refused).contains("was altered or belongs to another key"), "{what}: {}", said(&refused));
        }
        fs::write(key.state(), fs::read_to_string(Key::make().state()).unwrap()).unwrap();
        assert!(said(&key.sign(world)).contains("belongs to another key"));
        fs::remove_file(key.state()).unwrap();
        let gone = key.sign(world);
        assert!(!gone.status.success() && said(&gone).contains("cannot be read"), "{}", said(&gone));
        assert!(!key.state().exists(), "nothing is begun anew by itself");
        fs::write(key.state(), &state).unwrap();
        assert!(key.sign(world).status.success());
        assert_eq!(world.number("select count(*) from signing where fault is null"), 1);
    }

    fn two_who_sign_at_once_sign_one_log(outer) {
        let (world, key) = signed(outer.engine);
        let others: Vec<_> = (0..2).map(|_| world.another(|config| key.serve_for(config)).unwrap()).collect();
        for n in 0..4 {
            change(&world, &format!("Late delivery, ticket {n}0"));
            assert!(key.sign(&world).status.success() || world.number("select count(*) from signing where fault is null") == 1);
        }
        wait_for_signature(&world);
        assert_eq!(world.number("select count(*) from signing where fault is null"), 1);
        let directory = key.directory.path().join("kept");
        fs::create_dir(&directory).unwrap();
        for row in world.rows("select size, note from checkpoints") {
            write(&directory, &format!("checkpoint-{}", row[0].as_deref().unwrap()), row[1].as_deref().unwrap().as_bytes());
        }
        let compared = world.command(&["audit", "compare", directory.to_str().unwrap(), "--vkey", &key.vkey]).output().unwrap();
        assert!(compared.status.success(), "{}", said(&compared));
        drop(others);
    }
}
