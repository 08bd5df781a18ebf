//! What programs write is read as a terminal would show it: while they run, when they have ended, as a file, and where it comes with a
//! report.

use crate::{
    batches::support::{becomes, log, run, script, until_there, working},
    kit::{Browser, Page, World, assert_sound, on_both, wait_until},
};
use ingam::batches::ping;

const BAR: &str = "for n in 1 2 3 4 5 6 7 8 9; do printf '\\r%s%%|%s' \"$n\" \"##########\"; sleep 0.05; done";

fn live(browser: &Browser, run: i64) -> Page {
    browser.get(&format!("/runs/{run}/log?after=0"))
}

fn report(world: &World, job: &str, path: &str, kind: &str, body: impl Into<Vec<u8>>) -> Page {
    let token = ping::token(&world.config().secret_key, job, 1);
    let path = format!("/ping/{token}/{job}{path}");
    world.browser().request("POST", &path).without("origin").without("sec-fetch-site").body(kind, body).send()
}

fn external(name: &str, more: &str) -> String {
    format!("[[job]]\nname = \"{name}\"\ntitle = \"{name}\"\nowner = \"tests\"\nexternal = true\n{more}\n")
}

on_both! {
    fn of_a_progress_bar_the_last_state_is_shown_while_it_grows_and_when_it_has_ended(world) {
        let folder = tempfile::tempdir().unwrap();
        let end = folder.path().join("end");
        let command = format!("echo begun; {BAR}; {}; printf '\\r100%%|done \\033[K\\r\\n'; echo end", until_there(&end));
        let job = script("bar", &command, "");
        let world = working(world.engine, &job);
        let jun = world.signed_in("jun");
        let id = run(&world, &jun, "jun", "bar");
        wait_until(|| live(&jun, id).says(".more-log").contains("9%|#"));
        let page = live(&jun, id);
        assert!(page.text().contains("begun") && !page.text().contains("8%|"), "{}", page.text());
        // The next answer takes the place of the bar, and not of what has ended before it.
        assert_eq!(page.attributes(".more-log", "hx-get"), [format!("/runs/{id}/log?after=1")]);
        assert!(log(&jun, id).contains("9%|##########"), "a download has it too");
        assert!(jun.get(&format!("/runs/{id}")).says("#log").contains("9%|##########"));
        std::fs::write(&end, "").unwrap();
        becomes(&world, id, "succeeded");
        let lines: Vec<String> = log(&jun, id).lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect();
        assert_eq!(lines, ["begun", "100%|done", "end"]);
        assert_eq!(world.number(&format!("select count(*) from batch_log where run_id = {id} and lines like '%pending%'")), 0);
        assert_sound(&world);
    }

    fn a_bar_of_a_run_that_is_stopped_is_kept_as_it_was(world) {
        let world = working(world.engine, &script("bar", &format!("{BAR}; sleep 300"), "timeout_seconds = 10"));
        let jun = world.signed_in("jun");
        let id = run(&world, &jun, "jun", "bar");
        becomes(&world, id, "timed_out");
        let text = log(&jun, id);
        assert!(text.contains("9%|##########") && text.lines().count() == 1, "{text}");
        assert!(jun.get(&format!("/runs/{id}")).says("#log").contains("9%|##########"));
    }

    fn escapes_are_swallowed_whole_in_every_log(world) {
        let script_ = r"printf '\033[1;31mred\033[0m \033]0;title\007one\033]8;;https://x\033\\two\033Pq#0\033\\ \033(Bthree \233' ; sleep 0.3; printf '31mfour\302\2331m\n'";
        let world = working(world.engine, &(script("loud", script_, "") + &external("sync", "")));
        let jun = world.signed_in("jun");
        let id = run(&world, &jun, "jun", "loud");
        becomes(&world, id, "succeeded");
        assert!(log(&jun, id).trim_end().ends_with(" red onetwo three four"), "{}", log(&jun, id));
        let body = b"a bar 1%\r a bar 2%\n\x1b[31mred\x1b[m\x1b]0;t\x07 \x9b1mbold\n".to_vec();
        assert_eq!(report(&world, "sync", "/1", "text/plain", body).status, 200);
        let text = log(&jun, world.number("select max(id) from batch_runs"));
        assert!(text.contains("  a bar 2%\n") && text.trim_end().ends_with(" red bold"), "{text}");
        assert_eq!(text.lines().count(), 2, "{text}");
        // Lines that an earlier version has stored as they were written.
        world.database().tamper(&format!(
            "insert into batch_log (run_id, n, until, lines) values ({id}, 7, 8, \
             '[[\"2026-03-02T00:00:00.000000Z\",\"out\",\"10%\\r20%\\u001b[32m ok\\u001b[0m\\u001b]0;x\\u0007\"]]')"
        )).unwrap();
        assert!(log(&jun, id).trim_end().ends_with(" 20% ok"), "{}", log(&jun, id));
    }

    fn a_job_that_writes_another_encoding_is_read_in_that_one(world) {
        // 정산 오류 in EUC-KR, with the second character in two writes.
        let script_ = r"printf '\301\244\273'; sleep 0.3; printf '\352 \277\300\267\371\n'";
        let euc = [0xc1, 0xa4, 0xbb, 0xea, b' ', 0xbf, 0xc0, 0xb7, 0xf9, b'\n'];
        let jobs = script("old", script_, "encoding = \"euc-kr\"")
            + &external("sync", "encoding = \"EUC-KR\"")
            + &external("plain", "");
        let world = working(world.engine, &jobs);
        let jun = world.signed_in("jun");
        let id = run(&world, &jun, "jun", "old");
        becomes(&world, id, "succeeded");
        assert!(log(&jun, id).contains("정산 오류"), "{}", log(&jun, id));
        let last = || log(&jun, world.number("select max(id) from batch_runs"));
        for (job, kind, body) in [
            ("sync", "text/plain", euc.to_vec()),
            ("sync", "application/x-www-form-urlencoded", euc.to_vec()),
            ("sync", "text/plain; charset=utf-8", "정산 오류".into()),
            ("plain", "text/plain; Charset=\"EUC-KR\"", euc.to_vec()),
            ("plain", "text/plain;charset=MS949", euc.to_vec()),
            ("plain", "text/plain", "정산 오류".into()),
            // A charset that is unknown decides nothing.
            ("plain", "text/plain; charset=klingon", "정산 오류".into()),
        ] {
            assert_eq!(report(&world, job, "/1", kind, body).status, 200, "{kind}");
            assert!(last().contains("정산 오류"), "{job} {kind}: {}", last());
        }
        let url = format!("http://{}/ping/{}", world.server().address, ping::token(&world.config().secret_key, "plain", 1));
        let exec = ["batch", "exec", "plain", "--encoding", "euc-kr", "--", "/bin/sh", "-c", script_];
        let output = world.command(&exec).env("INGAM_PING_URL", url).output().unwrap();
        assert_eq!(output.stdout, euc, "it is handed on as it is");
        assert!(last().contains("정산 오류"), "{}", last());
    }

    fn lines_that_report_errors_are_coloured_and_those_that_count_none_are_not(world) {
        let world = working(world.engine, &external("sync", ""));
        let bad = ["오류: 원장과 맞지 않음", "연결 실패", "java.lang.IllegalStateException: x", "\tat com.example.Settle.run(Settle.java:10)", "Traceback (most recent call last):", "[ERROR] 0 rows"];
        let warned = ["[WARN] slow", "경고 2건"];
        let plain = ["0 errors", "오류 0건", "error_count=0", "no errors", "실패 0", "오류 없음"];
        let body = [&bad[..], &warned, &plain].concat().join("\n");
        assert_eq!(report(&world, "sync", "/1", "text/plain", body).status, 200);
        let jun = world.signed_in("jun");
        let page = jun.get(&format!("/runs/{}", world.number("select max(id) from batch_runs")));
        let tones = page.attributes("#log [data-tone]", "data-tone");
        assert_eq!(tones, [vec!["bad"; bad.len()], vec!["warn"; warned.len()]].concat(), "{page}");
    }
}
