//! Receipts of access records: a record is in a tree of which the signed log has the root.

use super::sealing::{bodies, sealed, sealing, tied, tree};
use crate::{
    evidence::support::{Key, lay_open_tables, literal, said, tamper, wait_for_signature, write},
    kit::{World, on_both, wait_until},
};
use std::{path::Path, process::Output};

fn verify(world: &World, key: &Key, path: &Path) -> Output {
    world.command(&["audit", "verify", path.to_str().unwrap(), "--vkey", &key.vkey]).output().unwrap()
}

/// The id of the record of opening the second customer.
fn record(world: &World) -> i64 {
    world.number("select id from access_records where task = 'view' and subject = 'user/2'")
}

on_both! {
    fn a_record_is_proven_elsewhere_when_the_signed_log_has_its_tree(outer) {
        let key = Key::make();
        let world = &World::start_with(outer.engine, |config| {
            key.serve_for(config);
            sealing(config);
        });
        let mina = world.signed_in("mina");
        mina.get("/users");
        sealed(world);
        wait_until(|| world.number("select tied from access_head") > 0);
        mina.get("/users/2");
        sealed(world);
        let id = record(world);
        let path = format!("/access-records/{id}");
        let sora = world.signed_in("sora");
        // The log has a root, but of a tree without this record.
        let early = sora.get(&path);
        assert!(early.says("#place").contains("The log is told of the tree within an hour") && !early.has("#place a[download]"), "{early}");
        assert_eq!(sora.get(&format!("{path}/receipt")).status, 404);
        assert_eq!(sora.get("/access-records/999999").status, 404);
        tied(world);
        wait_for_signature(world);
        let sora = world.signed_in("sora");
        let list = sora.get("/access-records?subject=2&task=view");
        assert!(list.has(&format!("tbody a[href='{path}']")), "{list}");
        let page = sora.get(&path);
        assert!(page.has(&format!("#place a[href='{path}/receipt']")) && page.says("main").contains("u_2"), "{page}");
        let receipt = sora.get(&format!("{path}/receipt"));
        assert_eq!((receipt.status, receipt.header("content-disposition")), (200, Some(format!("attachment; filename=\"access-record-{id}.access-proof\"").as_str())), "{receipt}");
        let looked = format!("select count(*) from access_records where task = 'view-records' and detail in ('access-records/{id}', 'access-records/{id}/receipt')");
        assert_eq!(world.number(&looked), 3, "{receipt}");

        let file = write(key.directory.path(), "one.access-proof", &receipt.body);
        let proven = verify(world, &key, &file);
        assert!(proven.status.success(), "{}", said(&proven));
        let n = world.number(&format!("select n from access_leaves where record_id = {id}"));
        assert!(said(&proven).contains(&format!("The access record is leaf {n} of the tree of ")), "{}", said(&proven));

        // Its lines are what the documents say, for an implementation that is not ours.
        let text = receipt.text();
        let (head, row) = text.split_once("\n\n").unwrap();
        let lines: Vec<&str> = head.lines().collect();
        let all = bodies(world);
        assert_eq!(lines[..2], ["ingam/access-proof@v1", all[usize::try_from(n).unwrap()].as_str()]);
        let seal: serde_json::Value = serde_json::from_str(lines[2]).unwrap();
        let leaves: usize = seal["after"]["access_size"].as_str().unwrap().parse().unwrap();
        let root = hex::decode(seal["after"]["access_root"].as_str().unwrap()).unwrap();
        assert_eq!(root, tree(&all[..leaves]).root());
        let proof: Vec<_> = lines[4..].iter().map(|line| tlog_tiles::Hash::parse_hash(line).unwrap()).collect();
        let leaf = tlog_tiles::Hash(ingam::merkle::leaf(lines[1].as_bytes()));
        let root = tlog_tiles::Hash(root.try_into().unwrap());
        assert_eq!(lines[3], format!("index {n}"));
        tlog_tiles::check_record(&proof, leaves as u64, root, n.unsigned_abs(), leaf).unwrap();
        // The rest is the receipt of the row, byte for byte, for the checkpoint of that moment.
        let seq = seal["seq"].as_str().unwrap();
        write(key.directory.path(), "row.tlog-proof", row.as_bytes());
        write(key.directory.path(), "row.json", lines[2].as_bytes());
        assert!(verify(world, &key, &key.directory.path().join("row.tlog-proof")).status.success());
        assert!(row.contains(&format!("\nindex {seq}\n")), "{row}");

        // A byte of each line that is another one.
        let mut place = 0;
        for line in text.split_inclusive('\n') {
            let mut altered = receipt.body.clone();
            altered[place + line.len() / 2] ^= 1;
            let file = write(key.directory.path(), "altered.access-proof", &altered);
            let refused = verify(world, &key, &file);
            assert!(matches!(refused.status.code(), Some(1 | 2)), "{line}: {}", said(&refused));
            place += line.len();
        }
        let stranger = Key::make();
        assert_eq!(verify(world, &stranger, &file).status.code(), Some(1));
        // Altered where it is kept, it gets no receipt that proves nothing.
        lay_open_tables(world, &["access_leaves"]);
        tamper(world, &format!("update access_leaves set body = {} where n = {n}", literal(world.engine, b"{}")));
        assert_eq!(sora.get(&format!("{path}/receipt")).status, 500);
    }

    fn a_log_that_is_not_signed_gives_no_receipt_and_the_page_says_so(outer) {
        let world = &World::start_with(outer.engine, sealing);
        let mina = world.signed_in("mina");
        mina.get("/users/2");
        sealed(world);
        wait_until(|| world.number("select size - tied from access_head") == 0);
        let sora = world.signed_in("sora");
        let page = sora.get(&format!("/access-records/{}", record(world)));
        assert!(page.says("#place").contains("The log is not signed"), "{page}");
        assert_eq!(sora.get(&format!("/access-records/{}/receipt", record(world))).status, 404);
        assert_eq!(mina.get(&format!("/access-records/{}", record(world))).status, 403);
    }

    fn a_tree_of_many_leaves_is_proven_from_them(outer) {
        let key = Key::make();
        let world = &World::start_with(outer.engine, |config| {
            key.serve_for(config);
            sealing(config);
        });
        let mina = world.signed_in("mina");
        for n in 0..300 {
            assert_eq!(mina.get(if n == 150 { "/users/2" } else { "/users/1" }).status, 200, "{n}");
        }
        tied(world);
        wait_for_signature(world);
        assert!(world.number("select size from access_head") >= 300);
        let sora = world.signed_in("sora");
        for id in [record(world), world.number("select record_id from access_leaves where n = 0"), world.number("select record_id from access_leaves where n = 255"), world.number("select record_id from access_leaves where n = 256")] {
            let receipt = sora.get(&format!("/access-records/{id}/receipt"));
            assert_eq!(receipt.status, 200, "{id}: {receipt}");
            let file = write(key.directory.path(), &format!("{id}.access-proof"), &receipt.body);
            let proven = verify(world, &key, &file);
            assert!(proven.status.success(), "{}", said(&proven));
        }
    }
}
