//! Receipts, proofs of growth and tiles: with an implementation that is not ours, and with the command that needs no database.

use super::support::{
    Key, bodies, grow, is_valid_by_another, literal, said, signed, size, tamper, wait_for_signature, write,
};
use crate::kit::{World, on_both};
use ingam::merkle::{Frontier, leaf};
use std::{fs, process::Output};

fn verify(world: &World, key: &Key, path: &std::path::Path) -> Output {
    world.command(&["audit", "verify", path.to_str().unwrap(), "--vkey", &key.vkey]).output().unwrap()
}

on_both! {
    fn a_receipt_proves_its_row_elsewhere_and_nothing_else(outer) {
        let (world, key) = signed(outer.engine);
        world.signed_in("mina");
        wait_for_signature(&world);
        let sora = world.signed_in("sora");
        let newest = size(&world);
        let directory = key.directory.path().join("receipts");
        fs::create_dir(&directory).unwrap();
        for seq in 0..newest {
            let [receipt, entry] = ["receipt", "entry"].map(|what| sora.get(&format!("/audit/{seq}/{what}")));
            assert_eq!((receipt.status, entry.status), (200, 200), "{receipt}");
            write(&directory, &format!("row-{seq}.tlog-proof"), &receipt.body);
            write(&directory, &format!("row-{seq}.json"), &entry.body);
        }
        let all = verify(&world, &key, &directory);
        assert!(all.status.success(), "{}", said(&all));
        assert_eq!(said(&all).lines().count(), usize::try_from(newest).unwrap());
        let row = directory.join("row-1.tlog-proof");
        let other = world.command(&["audit", "verify", row.to_str().unwrap(), "--vkey", &key.vkey, "--entry", directory.join("row-2.json").to_str().unwrap()]).output().unwrap();
        assert_eq!(other.status.code(), Some(1), "{}", said(&other));
        let text = fs::read_to_string(&row).unwrap();
        for (what, altered, code) in [
            ("another place", text.replace("index 1\n", "index 0\n"), 1),
            ("another size", text.replace(&format!("\n{newest}\n"), &format!("\n{}\n", newest + 1)), 1),
            ("cut", text[..text.len() / 2].to_owned(), 2),
            ("no receipt", "hello\n".to_owned(), 2),
        ] {
            let file = write(&directory, "row-1.tlog-proof", altered.as_bytes());
            let refused = verify(&world, &key, &file);
            assert_eq!(refused.status.code(), Some(code), "{what}: {}", said(&refused));
        }
        let stranger = Key::make();
        let of_stranger = world.command(&["audit", "verify", directory.join("row-0.tlog-proof").to_str().unwrap(), "--vkey", &stranger.vkey]).output().unwrap();
        assert_eq!(of_stranger.status.code(), Some(1), "{}", said(&of_stranger));
        // What came after the checkpoint is proven with the next one.
        let late = world.audit_size() - 1;
        assert!(late >= newest);
        assert_eq!(sora.get(&format!("/audit/{late}/receipt")).status, 404);
        assert!(!sora.get(&format!("/audit/{late}")).has("a[href$='/receipt']") && sora.get("/audit/0").has("a[href='/audit/0/receipt']"));
    }

    fn a_large_log_is_proven_from_subtrees_that_are_kept_and_from_its_leaves(outer) {
        let (world, key) = signed(outer.engine);
        grow(&world, 600);
        wait_for_signature(&world);
        let old = size(&world);
        grow(&world, 300);
        wait_for_signature(&world);
        let new = size(&world);
        crate::kit::wait_until(|| world.number("select count(*) from audit_nodes") == new >> 8);
        let all = bodies(&world);
        let mut frontier = Frontier::default();
        all.iter().take(usize::try_from(new).unwrap()).for_each(|body| frontier.push(leaf(body)));
        let sora = world.signed_in("sora");
        let check = || {
            for seq in [0, 1, 255, 256, 511, 512, new - 2, new - 1] {
                let receipt = sora.get(&format!("/audit/{seq}/receipt"));
                assert_eq!(receipt.status, 200, "{seq}: {receipt}");
                is_valid_by_another(&receipt.body, u64::try_from(seq).unwrap(), &all[usize::try_from(seq).unwrap()], &frontier);
            }
        };
        check();
        let grown = world.command(&["audit", "consistency", &old.to_string(), &new.to_string()]).output().unwrap();
        assert!(grown.status.success() && grown.stdout.len() > 44, "{}", said(&grown));
        let never = world.command(&["audit", "consistency", "1", &new.to_string()]).output().unwrap();
        assert!(!never.status.success() && said(&never).contains("no checkpoint of 1 rows"), "{}", said(&never));
        // Subtrees that are kept and wrong, or gone, cost time and prove nothing wrong.
        tamper(&world, &format!("update audit_nodes set hash = {}", literal(world.engine, &[7; 32])));
        check();
        tamper(&world, "delete from audit_nodes where n > 0");
        check();
        let proven = key.directory.path().join("proven");
        fs::create_dir(&proven).unwrap();
        let ended = world.command(&["audit", "prove", "300", "--dir", proven.to_str().unwrap()]).output().unwrap();
        assert!(ended.status.success(), "{}", said(&ended));
        assert!(verify(&world, &key, &proven).status.success());
    }

    fn tiles_hold_the_log_up_to_the_newest_checkpoint(outer) {
        let (world, _key) = signed(outer.engine);
        grow(&world, 600);
        wait_for_signature(&world);
        let newest = size(&world);
        let sora = world.signed_in("sora");
        let all = bodies(&world);
        let leaves: Vec<_> = all.iter().map(|body| leaf(body)).collect();
        let rest = newest - 512;
        for (path, from, count) in [("tile/0/000".to_owned(), 0, 256), ("tile/0/001".to_owned(), 256, 256), (format!("tile/0/002.p/{rest}"), 512, rest)] {
            let tile = sora.get(&format!("/log/{path}"));
            assert_eq!(tile.status, 200, "{path}: {tile}");
            let (from, to) = (usize::try_from(from).unwrap(), usize::try_from(from + count).unwrap());
            assert_eq!(tile.body, leaves[from..to].concat(), "{path}");
            let bundle = sora.get(&format!("/log/{}", path.replace("tile/0", "tile/entries")));
            let expected: Vec<u8> = all[from..to].iter().flat_map(|body| [&u16::try_from(body.len()).unwrap().to_be_bytes(), body.as_slice()].concat()).collect();
            assert_eq!(bundle.body, expected, "{path}");
        }
        let above = sora.get("/log/tile/1/000.p/2");
        assert_eq!((above.status, above.body.len()), (200, 64));
        for none in ["tile/0/003", "tile/0/0", "tile/9/000", &format!("tile/0/002.p/{}", rest + 1), "tile/1/000", "tile/../tile/0/000", "tile", "tile/0/002.p/0"] {
            assert_eq!(sora.get(&format!("/log/{none}")).status, 404, "{none}");
        }
        assert_eq!(sora.get("/log/checkpoint").body, world.database().value("select note from checkpoints order by size desc limit 1").into_bytes());
    }
}
