//! `ingam audit verify` names the first row that does not fit.

use crate::{
    kit::{Engine, World, addition, assert_sound, block_on, bytes, on_both, operators_here},
    sealing::support::run,
};
use ingam::{
    audit::verify::{Unfit, Verified, verify},
    changes::KINDS,
    secret::sha256,
    store::Store,
};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

/// Makes a log worth tampering with, as a thief with the database's password would find it: the triggers gone, and a
/// copy beside it to start again from. Returns the number of rows.
fn laid_open(world: &World) -> i64 {
    let mina = world.signed_in("mina");
    for amount in ["5", "7"] {
        assert_eq!(addition(&mina, 1, amount).set("code", &world.code("mina")).submit().status, 303);
    }
    assert_eq!(addition(&mina, 1, "9").set("code", &world.wrong_code("mina")).submit().status, 422);
    let open = match world.engine {
        Engine::Sqlite => {
            let triggers = "select name from sqlite_master where type = 'trigger'
                             and tbl_name in ('audit', 'audit_head', 'access_records', 'point_entries')";
            let drops: Vec<_> = world
                .rows(triggers)
                .iter()
                .map(|row| format!("drop trigger {};", row[0].as_deref().unwrap()))
                .collect();
            drops.concat()
        }
        Engine::Postgres => ["audit", "audit_head", "point_entries"]
            .map(|table| format!("alter table {table} disable trigger all;"))
            .concat(),
    };
    let copies = ["audit", "audit_head", "point_entries"]
        .map(|table| format!("create table {table}_copy as select * from {table};"));
    world.database().tamper(&(open + &copies.concat())).unwrap();
    world.audit_size()
}

/// Puts everything back.
fn mend(world: &World) {
    let identity = match world.engine {
        Engine::Sqlite => "",
        Engine::Postgres => "overriding system value",
    };
    let back = ["audit", "audit_head", "point_entries"]
        .map(|table| format!("delete from {table}; insert into {table} {identity} select * from {table}_copy;"))
        .concat();
    world.database().tamper(&back).unwrap();
}

fn verified(world: &World) -> Result<Verified, Unfit> {
    block_on(async {
        let store = Store::open(&world.database().url, 1).await.unwrap();
        let outcome = verify(&store.reader, KINDS).await;
        store.close().await;
        outcome
    })
}

/// Tampers, sees what the program says of it, and puts everything back.
fn assert_named(world: &World, sql: &str, words: &str) {
    world.database().tamper(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let ended = run(world.command(&["audit", "verify"]));
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{sql}\n{said}{}", String::from_utf8_lossy(&ended.stdout));
    assert_eq!(said.lines().count(), 1, "{sql}\n{said}");
    assert!(said.contains(words), "{sql}\n{said}");
    mend(world);
}

/// Another value for each column of row 4, which the table's own checks do not refuse.
const ALTERED: [(&str, &str); 24] = [
    ("at", "'2026-03-02T00:10:00.000001Z'"),
    ("change_id", "'0123456789abcdef0123456789abcdef'"),
    ("actor", "'system'"),
    ("staff_id", "77"),
    ("staff_name", "'Mina  Kang'"),
    ("staff_email", "'someone@ingam.test'"),
    ("roles", "'owner'"),
    ("action", "'points.adjusted'"),
    ("target_kind", "'order'"),
    ("target_id", "'77'"),
    ("before", "'{\"points\":\"1\"}'"),
    ("after", "'{\"points\":\"1\"}'"),
    ("reason", "'Another reason'"),
    ("ip", "'127.0.0.2'"),
    ("ip_key", "'00000000000000000000ffff7f000002'"),
    ("peer", "'127.0.0.2'"),
    ("user_agent", "'Another'"),
    ("session", "'0000000000000000'"),
    ("request_id", "'req_0'"),
    ("approval_id", "1"),
    ("reversal_of", "1"),
    ("outcome", "'failed'"),
    ("refusal", "'stale'"),
    ("flags", "'burst'"),
];

on_both! {
    fn an_untouched_log_fits(world) {
        laid_open(world);
        let ended = run(world.command(&["audit", "verify"]));
        let said = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        let root = world.database().value("select root from audit_head");
        assert!(said.contains(&root) && said.contains(&world.audit_size().to_string()), "{said}");
        mend(world);
        assert!(verified(world).is_ok(), "what the other tests mend with");
    }

    fn a_log_that_grows_while_it_is_verified_fits(world) {
        let people = operators_here(world, 10);
        let now = world.clock.now();
        let forms: Vec<_> = people
            .iter()
            .flat_map(|person| [1, 0].map(|back| addition(&person.browser, 1, "5").without("seen").set("code", &person.code(now, back))))
            .collect();
        let growing = AtomicBool::new(true);
        let times = thread::scope(|scope| {
            let verifying = scope.spawn(|| {
                let mut times = 0;
                while growing.load(Ordering::Relaxed) || times == 0 {
                    let ended = verified(world);
                    // The kit puts its operators into the database without the log; staff is compared last.
                    assert!(matches!(ended, Ok(_) | Err(Unfit::People(_))), "a false alarm: {ended:?}");
                    times += 1;
                }
                times
            });
            for pair in forms.chunks(2) {
                assert_eq!((pair[0].submit().status, pair[1].submit().status), (303, 303));
            }
            growing.store(false, Ordering::Relaxed);
            verifying.join().unwrap()
        });
        assert!(times > 0);
        assert_sound(world);
    }

    fn an_altered_column_is_named_whichever_it_is(world) {
        laid_open(world);
        // No column may be forgotten here when one is added to the table.
        let all = world.rows("select * from audit where seq = 4")[0].len();
        assert_eq!(ALTERED.len() + ["seq", "body", "leaf"].len(), all);
        for (column, value) in ALTERED {
            world.database().tamper(&format!("update audit set {column} = {value} where seq = 4")).unwrap();
            match verified(world) {
                Err(Unfit::Row { seq, what }) if seq.get() == 4 => assert!(what.contains("column") || what.contains("address"), "{what}"),
                other => panic!("{column} was altered: {other:?}"),
            }
            mend(world);
        }
    }

    fn every_flipped_byte_of_a_body_is_seen(world) {
        let rows = laid_open(world);
        let last = rows - 1;
        let body = hex::decode(world.database().value(&format!("select body from audit where seq = {last}"))).unwrap();
        for at in (0..body.len()).step_by(body.len() / 12) {
            let mut flipped = body.clone();
            flipped[at] ^= 0x01;
            let sql = format!("update audit set body = {} where seq = {last}", bytes(world.engine, &flipped));
            world.database().tamper(&sql).unwrap();
            assert!(matches!(verified(world), Err(Unfit::Row { seq, .. }) if seq.get() == last), "byte {at}");
        }
    }

    fn bytes_and_leaves_are_verified_without_columns_where_that_is_asked_for(world) {
        let rows = laid_open(world);
        let said = |sql: &str| {
            world.database().tamper(sql).unwrap();
            let ended = run(world.command(&["audit", "verify", "--leaves"]));
            mend(world);
            (ended.status.code(), String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned())
        };
        let (code, fits) = said("select 1");
        assert!(code == Some(0) && fits.contains(&format!("fit: {rows} rows, root ")) && fits.contains("Neither the columns"), "{fits}");
        let (code, column) = said("update audit set reason = 'Another reason' where seq = 3");
        assert!(code == Some(0), "{column}");
        let other = bytes(world.engine, br#"{"action":"x"}"#);
        for (sql, words) in [
            (format!("update audit set body = {other} where seq = 3"), "row 3: its bytes do not give its leaf"),
            (format!("update audit set leaf = {} where seq = 3", bytes(world.engine, &[7; 32])), "row 3: its bytes do not give its leaf"),
            ("delete from audit where seq = 3".to_owned(), "row 3: is missing"),
            (format!("delete from audit where seq = {}", rows - 1), "is missing: the tail of the log was deleted"),
        ] {
            let (code, unfit) = said(&sql);
            assert!(code == Some(1) && unfit.contains(words), "{sql}: {unfit}");
        }
    }

    fn the_first_row_that_does_not_fit_is_named(world) {
        let rows = laid_open(world);
        let tail = rows - 1;
        let body = hex::decode(world.database().value("select body from audit where seq = 3")).unwrap();
        let mut flipped = body.clone();
        flipped[10] ^= 0x01;
        let literal = |what: &[u8]| bytes(world.engine, what);
        assert_named(world, &format!("update audit set body = {} where seq = 3", literal(&flipped)), "row 3: its bytes");
        assert_named(world, &format!("update audit set leaf = {} where seq = 3", literal(&[7; 32])), "row 3: its bytes");
        assert_named(world, "update audit set reason = 'Another reason' where seq in (5, 3, 4)", "row 3: its columns");
        assert_named(world, &format!("delete from audit where seq = {tail}"), &format!("row {tail}: is missing"));
        assert_named(world, &format!("delete from audit where seq >= {}", tail - 3), &format!("row {}: is missing", tail - 3));
        assert_named(world, "delete from audit where seq = 3", "row 3: is missing");
        assert_named(world, "delete from audit where seq = 0", "row 0: is missing");
        assert_named(world, "delete from audit", "row 0: is missing");
        let swap = "update audit set seq = 1000 where seq = 3; update audit set seq = 3 where seq = 6; update audit set seq = 6 where seq = 1000";
        assert_named(world, swap, "row 3: its columns");
        // Swapped whole, bytes and all: what is inside the bytes gives it away.
        let seq_alone = "update audit set seq = 1000 where seq = 3; update audit set seq = seq - 1 where seq = 4; update audit set seq = 4 where seq = 1000";
        assert_named(world, seq_alone, "row 3: its columns");
        let beyond = format!("
            create table more as select * from audit where seq = 3; update more set seq = {rows}, change_id = 'x';
            insert into audit select * from more; drop table more");
        assert_named(world, &beyond, &format!("row {rows}: is after the head"));
    }

    fn a_row_rewritten_with_its_bytes_and_its_leaf_does_not_give_the_root(world) {
        laid_open(world);
        let body = hex::decode(world.database().value("select body from audit where seq = 3")).unwrap();
        let name = world.database().value("select staff_name from audit where seq = 3");
        let forged = String::from_utf8(body).unwrap().replace(&name, "Nobody");
        let leaf = sha256(&[&[0], forged.as_bytes()].concat());
        let (body, leaf) = (bytes(world.engine, forged.as_bytes()), bytes(world.engine, &leaf));
        let sql = format!("update audit set staff_name = 'Nobody', body = {body}, leaf = {leaf} where seq = 3");
        assert_named(world, &sql, "do not give the root");
        assert_named(world, &format!("update audit_head set root = {}", bytes(world.engine, &[7; 32])), "do not give the root");
        assert_named(world, "update audit_head set size = size - 1", "do not give the root");
        assert_named(world, "update audit_head set size = size + 1", "is missing");
    }

    fn a_ledger_that_differs_from_the_log_is_seen(world) {
        laid_open(world);
        let entry = world.number("select min(id) from point_entries where kind = 'adjusted'");
        let seq = world.number("select min(seq) from audit where action = 'points.adjust' and outcome = 'applied'");
        let unsealed = format!("ledger entry {entry} has no matching row");
        assert_named(world, &format!("update point_entries set delta = delta + 1000 where id = {entry}"), &unsealed);
        assert_named(world, &format!("update point_entries set balance = balance + 1000 where id = {entry}"), &unsealed);
        assert_named(world, &format!("update point_entries set user_id = 2 where id = {entry}"), &unsealed);
        assert_named(world, &format!("update point_entries set change_id = 'x' where id = {entry}"), &unsealed);
        assert_named(world, &format!("delete from point_entries where id = {entry}"), &format!("row {seq} of the log has no ledger entry"));
        let slipped_in = "insert into point_entries (user_id, at, delta, balance, kind, change_id)
            values (2, '2026-03-02T00:10:00.000000Z', 1000, 1000, 'adjusted', 'slipped in')";
        assert_named(world, slipped_in, "has no matching row in the log");
    }
}
