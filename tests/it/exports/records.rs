//! Files of access records: what is sealed of them, and nothing else.

use super::asking::{ask_for, form};
use crate::kit::{Browser, Engine, World, assert_sound, on_both, wait_until};
use ingam::{access::seal::Sealing, config::Config, merkle::leaf};
use sha2::{Digest as _, Sha256};
use std::time::Duration;

pub(super) fn sealing(config: &mut Config) {
    config.sealing = Some(Sealing { look: Duration::from_millis(20), turns: 1, ..Sealing::default() });
}

/// Waits until all records are leaves.
fn sealed(world: &World) {
    wait_until(|| {
        world.number("select sum(h.size - s.next) from access_sealed s join access_heads h on h.lane = s.lane") == 0
    });
}

fn ask(world: &World, sora: &Browser, format: &str, query: &str) -> String {
    ask_for(world, form(sora, &format!("&holds=access{query}")).set("format", format))
}

fn hashes(world: &World) -> Vec<String> {
    let hex = match world.engine {
        Engine::Sqlite => "lower(hex(leaf))",
        Engine::Postgres => "encode(leaf, 'hex')",
    };
    world
        .rows(&format!("select {hex} from access_leaves order by n"))
        .into_iter()
        .map(|row| row[0].clone().unwrap())
        .collect()
}

on_both! {
    fn each_line_is_the_bytes_of_a_leaf_and_the_log_has_the_hash_of_the_file(outer) {
        let world = &World::start_with(outer.engine, sealing);
        let mina = world.signed_in("mina");
        mina.get("/users");
        mina.get("/users/2");
        let sora = world.signed_in("sora");
        sealed(world);
        // From the list, with its filters.
        let link = sora.get("/access-records").attributes("main .head a", "href").into_iter().find(|href| href.contains("panel=export")).unwrap();
        sealed(world);
        let page = sora.get(&link);
        let counted = page.attributes("dd [hx-get]", "hx-get").remove(0);
        assert!(sora.get(&counted).says("span").contains(" rows · "), "{counted}");
        let path = ask(world, &sora, "jsonl", "");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.after["export_holds"].as_str()), ("exports.create", Some("access")));
        let rows = world.number("select row_count from exports");
        let file = sora.get(&format!("{path}/file"));
        assert_eq!(file.status, 200, "{file}");
        assert_eq!(file.header("content-disposition"), Some(format!("attachment; filename=\"access-0-{}-export-1.jsonl\"", rows - 1).as_str()));
        let lines: Vec<String> = file.body.strip_suffix(b"\n").unwrap().split(|byte| *byte == b'\n').map(|line| hex::encode(leaf(line))).collect();
        assert_eq!(lines, hashes(world)[..usize::try_from(rows).unwrap()]);
        assert_eq!(world.last_audit().after["export_sha256"], hex::encode(Sha256::digest(&file.body)));
        // Once; and the look at the records has its own record, which names those who are in them.
        assert_eq!(sora.get(&format!("{path}/file")).status, 303);
        let taken = "from access_records where task = 'export-records' and detail = 'audit/exports/1'";
        assert_eq!(world.number(&format!("select count(*) {taken}")), 1);
        assert_eq!(world.number(&format!("select shown {taken}")), world.number("select person_count from exports"));
        assert!(world.number("select person_count from exports") > 1);
        let shown = sora.get(&path);
        assert!(shown.says("main").contains("Access records as JSON Lines") && shown.says("#file").contains("Taken"), "{shown}");
        assert_sound(world);
        assert!(world.command(&["audit", "verify"]).output().unwrap().status.success());
    }

    fn filters_choose_the_records_and_a_spreadsheet_gets_texts_that_it_cannot_compute(outer) {
        let world = &World::start_with(outer.engine, sealing);
        let mina = world.signed_in("mina");
        mina.get("/users/1");
        mina.get("/users/2");
        let revealed = mina.get("/users/1?panel=contact").form_to("/contact").set("reason", "=1+1, she called").submit();
        assert_eq!(revealed.status, 200, "{revealed}");
        let sora = world.signed_in("sora");
        sealed(world);
        let mina_id = world.number("select id from staff where email = 'mina@ingam.test'");
        for (query, rows) in [
            ("&subject=2".to_owned(), 1),
            ("&task=reveal".to_owned(), 1),
            // Two pages, one with the form for the contact, and its answer.
            (format!("&staff={mina_id}&task=view"), 4),
            ("&address=127.0.0.1&task=reveal".to_owned(), 1),
            // The files that were taken so far name her too.
            ("&from=2026-03-01&to=2026-03-02&subject=2&task=view".to_owned(), 1),
        ] {
            let path = ask(world, &sora, "jsonl", &query);
            assert_eq!(sora.get(&format!("{path}/file")).text().lines().count(), rows, "{query}");
            assert_eq!(world.number("select row_count from exports order by id desc limit 1"), i64::try_from(rows).unwrap(), "{query}");
        }
        let path = ask(world, &sora, "csv", "&task=reveal");
        let file = sora.get(&format!("{path}/file")).text();
        assert!(file.starts_with("\u{feff}\"n\",\"id\",\"at_kst\",\"at_utc\",\"staff\",\"name\",\"task\"") && file.ends_with("\"\r\n"), "{file}");
        assert!(file.contains("\"'=1+1, she called\"") && file.contains("\"u_1\",\"1\""), "{file}");
        assert_eq!(file.lines().count(), 2);
        // Nothing of these days, and formats that are of the log alone.
        let code = world.code("sora");
        let none = form(&sora, "&holds=access&from=2020-01-01&to=2020-01-02").set("code", &code).submit();
        assert!(none.status == 422 && none.has("#filter-error"), "{none}");
        let none = form(&sora, "&holds=access").forge("format", "ocsf").set("code", &code).submit();
        assert_eq!(none.status, 422, "{none}");
    }

    fn records_that_are_not_sealed_yet_are_in_no_file_and_the_form_says_so(world) {
        // Nothing seals here.
        let mina = world.signed_in("mina");
        mina.get("/users");
        let sora = world.signed_in("sora");
        let page = sora.get("/audit/exports?panel=export&holds=access");
        assert!(page.says("main").contains("not sealed yet and"), "{page}");
        let none = form(&sora, "&holds=access").set("code", &world.code("sora")).submit();
        assert!(none.status == 422 && none.has("#filter-error"), "{none}");
        assert_eq!(world.number("select count(*) from exports"), 0);
    }
}
