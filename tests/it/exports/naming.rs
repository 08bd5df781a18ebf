//! Each customer in a file is named in an access record, before the file is sent.

use super::asking::{ask, form};
use crate::{
    approvals::support::approval,
    evidence::support::{grow_by, lay_open, recompute, tamper},
    kit::{Browser, World, assert_sound, on_both},
};

/// How many customers each record of taking this file names, in the order of the records; and those whom all name.
fn named(world: &World, task: &str, export: i64) -> (Vec<i64>, Vec<i64>) {
    let of = format!("from access_records r where r.task = '{task}' and r.detail = 'audit/exports/{export}'");
    let numbers = |sql: &str| -> Vec<i64> {
        world.rows(sql).iter().map(|row| row[0].as_deref().unwrap().parse().unwrap()).collect()
    };
    let shown = numbers(&format!("select r.shown {of} order by r.id"));
    let named = format!("select s.customer from access_subjects s where s.record_id in (select r.id {of}) order by 1");
    (shown, numbers(&named))
}

fn adjust(world: &World, mina: &Browser, user: i64) {
    let form = mina.get(&format!("/users/{user}?panel=points")).form_to("/point-adjustments");
    let adjusted = form.set("amount", "10").set("reason", "Late delivery").set("code", &world.code("mina")).submit();
    assert_eq!(adjusted.status, 303, "{adjusted}");
}

on_both! {
    fn each_customer_in_a_file_is_named_and_finds_it_among_the_looks(world) {
        let mina = world.signed_in("mina");
        for user in [1, 2, 1] {
            adjust(world, &mina, user);
        }
        let sora = world.signed_in("sora");
        for (n, format) in ["jsonl", "csv", "ocsf"].into_iter().enumerate() {
            let path = ask(world, &sora, format, "&action=points.adjust");
            assert_eq!(sora.get(&format!("{path}/file")).status, 200);
            assert_eq!(named(world, "export-log", i64::try_from(n).unwrap() + 1), (vec![2], vec![1, 2]), "{format}");
        }
        // A file about no customer is taken with a record too.
        let path = ask(world, &sora, "csv", "&action=exports.create");
        assert_eq!(sora.get(&format!("{path}/file")).status, 200);
        assert_eq!(named(world, "export-log", 4), (vec![0], Vec::new()));
        let owner = world.signed_in("owner");
        let page = owner.get("/users/2");
        let looks = page.says("#looks");
        assert!(looks.contains("Took a file of the log") && looks.contains("For the inspection of November"), "{page}");
        assert!(page.has("#looks a[href='/audit/exports/3']") && !page.has("#looks a[href='/audit/exports/4']"), "{page}");
        let records = sora.get("/access-records?subject=2&task=export-log");
        assert!(records.has("tbody a[href='/audit/exports/1']"), "{records}");
        assert_sound(world);
        assert!(world.command(&["audit", "verify"]).output().unwrap().status.success());
    }

    fn a_file_that_the_host_writes_names_its_customers_too(world) {
        let mina = world.signed_in("mina");
        adjust(world, &mina, 2);
        let to = tempfile::tempdir().unwrap();
        let out = to.path().join("all.csv");
        let written = world.command(&["audit", "export", "--format", "csv", "--purpose", "audit", "--reason", "For the archive", "--out", out.to_str().unwrap()]).output().unwrap();
        assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
        let (shown, customers) = named(world, "export-log", 1);
        assert_eq!(shown, [world.number("select person_count from exports")]);
        assert!(customers.contains(&2), "{customers:?}");
        let owner = world.signed_in("owner");
        assert!(owner.get("/users/2").says("#looks").contains("console@"), "{}", owner.get("/users/2"));
        assert!(world.command(&["audit", "verify"]).output().unwrap().status.success());
    }

    fn a_file_about_many_customers_has_several_records_that_name_each_once(outer) {
        let world = World::start(outer.engine);
        grow_by(&world, 2_002, |seq| (seq + 1, format!("{{\"n\":{seq}}}")));
        // Rows about an order are about its customer.
        lay_open(&world);
        tamper(&world, "update audit set target_kind = 'order', target_id = '1' where seq = (select max(seq) from audit)");
        let buyer = world.number("select user_id from orders where id = 1");
        let sora = world.signed_in("sora");
        let asked = form(&sora, "&outcome=applied").set("format", "jsonl").set("code", &world.code("sora")).submit();
        assert!(asked.location().unwrap().starts_with("/approvals/"), "{asked}");
        recompute(&world);
        let hana = world.signed_in("hana");
        assert_eq!(approval(&hana, 1).set("code", &world.code("hana")).submit().status, 303);
        let export = world.number("select id from exports");
        assert_eq!(sora.get(&format!("/audit/exports/{export}/file")).status, 200);
        let (shown, customers) = named(&world, "export-log", export);
        let persons = world.number("select person_count from exports");
        assert!(persons > 2_000 && shown.len() == 3 && shown.iter().all(|shown| *shown <= 1_000), "{shown:?}");
        assert_eq!(shown.iter().sum::<i64>(), persons);
        // Sorted, and none of them twice.
        assert_eq!(i64::try_from(customers.len()).unwrap(), persons);
        assert!(customers.windows(2).all(|pair| pair[0] < pair[1]) && customers.contains(&buyer), "{customers:?}");
        assert_eq!(world.number("select count(distinct request_id) from access_records where task = 'export-log'"), 1);
        // A list shows some of them.
        let page = sora.get("/access-records?task=export-log");
        assert!(page.status == 200 && page.says("tbody").contains("1,000 customers"), "{page}");
    }
}
