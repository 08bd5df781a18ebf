//! Taking a file: once, by the person who asked, whole or not at all.

use super::asking::ask;
use crate::{
    evidence::support::{bodies, grow_by, recompute},
    kit::{Browser, Engine, World, on_both, wait_until},
};
use sha2::{Digest as _, Sha256};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    time::Duration,
};

/// Begins to take a file and reads a little of it.
fn begin(sora: &Browser, path: &str) -> TcpStream {
    let cookies: Vec<String> = sora.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
    let address = sora.origin().replace("http://", "");
    let mut stream = TcpStream::connect(&address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {}\r\n\r\n", cookies.join("; ")).unwrap();
    let mut some = [0; 4096];
    let read = stream.read(&mut some).unwrap();
    assert!(some[..read].starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&some[..read]));
    stream
}

/// How many threads of this process step back for others: field 19 of proc(5)'s stat.
fn that_step_back() -> usize {
    let steps_back = |task: &Path| {
        let stat = fs::read_to_string(task.join("stat")).unwrap_or_default();
        // The name before it may have spaces.
        let fields = stat.rsplit_once(") ").map(|(_, fields)| fields).unwrap_or_default();
        fields.split(' ').nth(16) == Some("10")
    };
    fs::read_dir("/proc/self/task").unwrap().filter(|task| steps_back(&task.as_ref().unwrap().path())).count()
}

on_both! {
    fn every_line_is_the_hashed_bytes_and_the_log_has_the_hash_of_the_file(world) {
        let sora = world.signed_in("sora");
        let path = ask(world, &sora, "jsonl", "");
        let rows = world.number("select row_count from exports");
        // A browser that only asks what it is takes nothing.
        let head = sora.request("HEAD", &format!("{path}/file")).send();
        assert_eq!(head.status, 200);
        assert_eq!(world.rows("select state from exports")[0][0].as_deref(), Some("ready"));
        let file = sora.get(&format!("{path}/file"));
        assert_eq!(file.status, 200, "{file}");
        assert_eq!(file.header("content-disposition"), Some(format!("attachment; filename=\"audit-0-{}-export-1.jsonl\"", rows - 1).as_str()));
        let lines: Vec<&[u8]> = file.body.strip_suffix(b"\n").unwrap().split(|byte| *byte == b'\n').collect();
        assert_eq!(lines, bodies(world)[..usize::try_from(rows).unwrap()].iter().map(Vec::as_slice).collect::<Vec<_>>());
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.email.as_str()), ("exports.finish", ""));
        let hash = hex::encode(Sha256::digest(&file.body));
        assert_eq!(row.after["export_sha256"], hash);
        assert_eq!(row.after["export_bytes"], file.body.len().to_string());
        let page = sora.get(&path);
        assert!(page.says("#file").contains(&hash) && !page.has("a[href$='/file']"), "{page}");
        // Once.
        assert_eq!(sora.get(&format!("{path}/file")).status, 303);
        let looked = "select count(*) from access_records where task = 'export-log' and detail = 'audit/exports/1'";
        assert_eq!(world.number(looked), 1);
        let verified = world.command(&["audit", "verify"]).output().unwrap();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    }

    fn a_filtered_file_has_the_rows_that_fit_in_their_order_and_no_others(world) {
        let mina = world.signed_in("mina");
        for (user, amount) in [(1, "10"), (2, "20"), (1, "30")] {
            let adjusted = mina.get(&format!("/users/{user}?panel=points")).form_to("/point-adjustments").set("amount", amount).set("reason", "늦은 배송, 보상").set("code", &world.code("mina")).submit();
            assert_eq!(adjusted.status, 303, "{adjusted}");
        }
        let sora = world.signed_in("sora");
        for (query, rows) in [("&target=user/1", 2), ("&action=points.adjust", 3), ("&staff=1", -1), ("&text=%EB%8A%A6%EC%9D%80", 3), ("&address=127.0.0.1", -1), ("&outcome=applied&action=points.adjust&target=user/2", 1)] {
            let path = ask(world, &sora, "jsonl", query);
            let file = sora.get(&format!("{path}/file")).text();
            let found: Vec<i64> = file.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["seq"].as_str().unwrap().parse().unwrap()).collect();
            let counted = world.number("select row_count from exports order by id desc limit 1");
            assert_eq!(i64::try_from(found.len()).unwrap(), counted, "{query}");
            assert!(found.is_sorted() && (rows < 0 || counted == rows), "{query}: {found:?}");
        }
        for format in ["csv", "ocsf"] {
            let path = ask(world, &sora, format, "&action=points.adjust");
            let file = sora.get(&format!("{path}/file"));
            assert_eq!(file.status, 200, "{file}");
            assert_eq!(file.text().lines().count(), if format == "csv" { 4 } else { 3 }, "{format}: {}", file.text());
            assert!(file.text().contains("늦은 배송, 보상"), "{format}: {}", file.text());
        }
    }

    fn files_are_read_and_written_by_threads_that_step_back_for_pages(world) {
        let sora = world.signed_in("sora");
        let path = ask(world, &sora, "csv", "");
        assert_eq!(sora.get(&format!("{path}/file")).status, 200);
        // The one that writes, and on SQLite the one that reads for it.
        let threads = if world.engine == Engine::Sqlite { 2 } else { 1 };
        assert!(that_step_back() >= threads, "{} threads", that_step_back());
    }

    fn only_the_person_who_asked_takes_it_and_only_for_a_day(world) {
        let sora = world.signed_in("sora");
        let path = ask(world, &sora, "jsonl", "");
        let owner = world.signed_in("owner");
        assert!(!owner.get(&path).has("a[href$='/file']"));
        assert_eq!(owner.get(&format!("{path}/file")).status, 403);
        assert!(sora.get(&path).has("a[href$='/file']"));
        world.clock.advance(Duration::from_hours(24));
        let late = world.signed_in("sora");
        let page = late.get(&path);
        assert!(page.says("#file").contains("Out of date") && !page.has("a[href$='/file']"), "{page}");
        assert_eq!(late.get(&format!("{path}/file")).status, 303);
        assert_eq!(world.number("select count(*) from audit where action = 'exports.finish'"), 0);
    }

    fn a_file_that_broke_off_is_no_export_and_can_be_taken_again(outer) {
        let world = World::start(outer.engine);
        // More than what lies in buffers on the way.
        let filler = "x".repeat(60_000);
        grow_by(&world, 600, |seq| (1, format!("{{\"n\":\"{seq}\",\"filler\":\"{filler}\"}}")));
        let sora = world.signed_in("sora");
        recompute(&world);
        let path = ask(&world, &sora, "jsonl", "&target=user/1");
        let stream = begin(&sora, &format!("{path}/file"));
        // Meanwhile it cannot be taken a second time.
        assert_eq!(sora.get(&format!("{path}/file")).status, 303);
        assert!(sora.get(&path).says("#file").contains("of 600 rows sent"), "{}", sora.get(&path));
        drop(stream);
        wait_until(|| world.rows("select state from exports")[0][0].as_deref() == Some("ready"));
        assert_eq!(world.number("select count(*) from audit where action = 'exports.finish'"), 0);
        let page = sora.get(&path);
        assert!(page.says("#file").contains("Broken off") && page.has("a[href$='/file']"), "{page}");
        let file = sora.get(&format!("{path}/file"));
        assert_eq!(file.text().lines().count(), 600);
        assert_eq!(world.last_audit().action, "exports.finish");
    }

    fn a_sending_ends_with_the_session_that_began_it(outer) {
        let world = World::start(outer.engine);
        let filler = "x".repeat(60_000);
        grow_by(&world, 600, |seq| (1, format!("{{\"n\":\"{seq}\",\"filler\":\"{filler}\"}}")));
        let sora = world.signed_in("sora");
        recompute(&world);
        let path = ask(&world, &sora, "jsonl", "&target=user/1");
        let mut stream = begin(&sora, &format!("{path}/file"));
        assert_eq!(sora.get("/").form_to("/logout").submit().status, 303);
        // The rest is read slowly enough that it is noted how far it is.
        let (mut some, mut all) = (vec![0; 1 << 20], 0);
        let ended = loop {
            match stream.read(&mut some) {
                Ok(0) | Err(_) => break true,
                Ok(read) => all += read,
            }
            if all > 34_000_000 {
                break false;
            }
            std::thread::sleep(Duration::from_millis(200));
        };
        assert!(ended, "all of it came");
        assert_eq!(world.number("select count(*) from audit where action = 'exports.finish'"), 0);
    }

    fn a_client_that_cannot_tell_where_an_answer_ends_gets_none(world) {
        let sora = world.signed_in("sora");
        let path = ask(world, &sora, "csv", "");
        let cookies: Vec<String> = sora.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let address = sora.origin().replace("http://", "");
        let asked = format!("GET {path}/file HTTP/1.0\r\nHost: {address}\r\nCookie: {}\r\n\r\n", cookies.join("; "));
        let answer = sora.raw(asked.as_bytes());
        assert!(answer.contains(" 400 "), "{answer}");
        assert_eq!(world.rows("select state from exports")[0][0].as_deref(), Some("ready"));
    }

    fn rows_that_went_missing_break_the_file_off(outer) {
        let world = World::start(outer.engine);
        grow_by(&world, 3, |seq| (1, format!("{{\"n\":\"{seq}\"}}")));
        let sora = world.signed_in("sora");
        recompute(&world);
        let path = ask(&world, &sora, "jsonl", "&target=user/1");
        world.database().tamper("delete from audit where change_id like 'grown%' and seq = (select min(seq) from audit where action = 'bench')").unwrap();
        // The answer is cut short, so that no program takes it for a whole file.
        assert!(sora.request("GET", &format!("{path}/file")).try_send().is_err());
        wait_until(|| world.rows("select state from exports")[0][0].as_deref() == Some("ready"));
        assert_eq!(world.number("select count(*) from audit where action = 'exports.finish'"), 0);
    }
}
