//! Channels as the real program reads, checks and tries them.

use super::isolation::{Env, local, run, succeeds, with};
use crate::kit::{Database, Says, Sink, on_both};
use std::{fs, path::PathBuf};
use tempfile::TempDir;

/// A configuration file, whose secrets are in the environment.
fn written(folder: &TempDir, more: &str) -> PathBuf {
    let file = folder.path().join("ingam.toml");
    let text = format!(
        "[[channel]]\nname = \"ops\"\nkind = \"slack\"\nurl = \"$INGAM_SLACK_OPS\"\n\
         [[channel]]\nname = \"page\"\nkind = \"pagerduty\"\nrouting_key = \"$INGAM_PAGER\"\n\
         [[route]]\nkinds = [\"*\"]\nto = [\"ops\", \"page\"]\n{more}"
    );
    fs::write(&file, text).unwrap();
    file
}

fn said(env: &Env, arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(env, arguments);
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

on_both! {
    fn a_channel_is_checked_and_tried_from_the_host_without_showing_its_secret(world) {
        let (database, sink, folder) = (Database::empty(world.engine), Sink::start(), TempDir::with_prefix("ingam-test-").unwrap());
        let file = written(&folder, "");
        let file = file.to_str().unwrap();
        let env = with(
            &local(&database.url),
            &[
                ("INGAM_SLACK_OPS", Some(sink.url("slack").as_str())),
                ("INGAM_PAGER", Some("R0UT1NGK3Y")),
                ("INGAM_PUBLIC_ORIGIN", Some("http://127.0.0.1:8080")),
            ],
        );
        succeeds(&env, &["migrate"]);
        let (code, check) = said(&env, &["check", "--config", file]);
        assert_eq!(code, Some(0), "{check}");
        assert!(check.contains("ops: slack at 127.0.0.1; never tried; `ingam notify test ops` does"), "{check}");
        assert!(check.contains("page: pagerduty at events.pagerduty.com, written to the log in this environment"), "{check}");
        let test = |channel: &str| said(&env, &["notify", "test", channel, "--config", file, "--reason", "Is it set up rightly?"]);
        let (code, answer) = test("ops");
        assert!(code == Some(0) && answer.contains("taken (audit row "), "{code:?} {answer}");
        assert!(sink.bodies("slack")[0]["text"].as_str().unwrap().starts_with("[LOCAL] ops 채널 시험 (console@"), "{:?}", sink.bodies("slack"));
        let (_, check) = said(&env, &["check", "--config", file]);
        assert!(check.contains("ops: slack at 127.0.0.1; last message taken 20"), "{check}");
        sink.set("slack", Says::Status(404, "no_service"));
        let (code, answer) = test("ops");
        assert!(code == Some(1) && answer.contains("not taken: HTTP 404: no_service"), "{code:?} {answer}");
        let (code, answer) = test("opps");
        assert!(code == Some(1) && answer.contains("no channel is called \"opps\"; those declared are: ops, page"), "{code:?} {answer}");
        let (_, check) = said(&env, &["check", "--config", file]);
        assert!(check.contains("warning: fails since 20") && check.contains("HTTP 404: no_service"), "{check}");
        assert!(!check.contains("R0UT1NGK3Y") && !check.contains("/slack"), "{check}");
        succeeds(&env, &["audit", "verify"]);
    }

    fn what_is_wrong_with_channels_keeps_the_server_from_starting_in_one_line(world) {
        let (database, folder) = (Database::empty(world.engine), TempDir::with_prefix("ingam-test-").unwrap());
        let env = with(
            &local(&database.url),
            &[
                ("INGAM_SLACK_OPS", Some("https://hooks.slack.com/services/secret")),
                ("INGAM_PAGER", Some("R0UT1NGK3Y")),
                ("INGAM_PUBLIC_ORIGIN", Some("http://127.0.0.1:8080")),
            ],
        );
        succeeds(&env, &["migrate"]);
        for (env, more, says) in [
            (env.clone(), "[[route]]\nkinds = [\"runs.fialed\"]\nto = [\"ops\"]", "\"runs.fialed\" is no kind of alert"),
            (env.clone(), "[[route]]\nkinds = [\"*\"]\nto = [\"opps\"]", "\"opps\" is not the name of a channel"),
            (env.clone(), "[[notice]]\nchange = \"points.adjust\"\nquantity = \"points\"\nover = 1\nto = [\"opps\"]", "\"opps\" is not the name of a channel"),
            (with(&env, &[("INGAM_PAGER", None)]), "", "channel \"page\": INGAM_PAGER is not set"),
            (with(&env, &[("INGAM_SLACK_OPS", Some("http://hooks.slack.com/services/secret"))]), "", "others could read what is sent"),
            (with(&env, &[("INGAM_PUBLIC_ORIGIN", None)]), "", "channels need INGAM_PUBLIC_ORIGIN"),
        ] {
            let file = written(&folder, more);
            for command in ["check", "serve"] {
                let (code, said) = said(&env, &[command, "--config", file.to_str().unwrap()]);
                assert!(code == Some(78) && said.contains(says), "{command} {more}: {code:?} {said}");
                assert!(!said.contains("services/secret") && !said.contains("R0UT1NGK3Y"), "{said}");
            }
        }
    }

    fn readiness_is_four_checklists_with_a_verdict_for_each_line_and_what_to_do(world) {
        let (database, sink, folder) = (Database::empty(world.engine), Sink::start(), TempDir::with_prefix("ingam-test-").unwrap());
        let job = "[[job]]\nname = \"settle\"\ntitle = \"Settle\"\nowner = \"tests\"\ncommand = [\"/bin/true\"]\n";
        let file = written(&folder, job);
        let arguments = ["check", "--readiness", "--config", file.to_str().unwrap()];
        let env = with(
            &local(&database.url),
            &[
                ("INGAM_SLACK_OPS", Some(sink.url("slack").as_str())),
                ("INGAM_PAGER", Some("R0UT1NGK3Y")),
                ("INGAM_PUBLIC_ORIGIN", Some("http://127.0.0.1:8080")),
                ("INGAM_BATCH_PROGRAMS", Some("/bin/true")),
            ],
        );
        succeeds(&env, &["migrate"]);
        let (code, lists) = said(&env, &arguments);
        assert_eq!(code, Some(1), "{lists}");
        for says in [
            "Deployment\n", "Batches\n", "Administration\n", "Monitoring\n",
            "MISSING  The console runs as production: local",
            "MISSING  Two owners can sign in: 0",
            "ok       Every job names its owner",
            "ok       A failure of every job reaches a person",
            "MISSING  Every job has instructions: settle",
            "MISSING  Every channel took a message in the last 30 days: ops",
            "Test these channels: under Channels and messages, or with `ingam notify test`.",
        ] {
            assert!(lists.contains(says), "{says}: {lists}");
        }
        // A channel that is proven, and one that is not used in this environment, are not missed.
        let (code, _) = said(&env, &["notify", "test", "ops", "--config", file.to_str().unwrap(), "--reason", "Is it set up rightly?"]);
        assert_eq!(code, Some(0));
        let (_, lists) = said(&env, &arguments);
        assert!(lists.contains("ok       Every channel took a message in the last 30 days"), "{lists}");
        assert!(!lists.contains("R0UT1NGK3Y") && !lists.contains("/slack"), "{lists}");
    }

    fn owners_see_the_checklists_as_a_page_and_others_do_not(world) {
        let owner = world.signed_in("owner");
        let page = owner.get("/readiness");
        assert_eq!(page.status, 200, "{page}");
        let monitoring = page.says("section[aria-labelledby='list-monitoring']");
        assert!(monitoring.contains("Everything critical reaches a person : not so yet") && monitoring.contains("Run failed"), "{monitoring}");
        let admin = page.says("section[aria-labelledby='list-admin']");
        assert!(admin.contains("An approver can sign in : so") && admin.contains("Two owners can sign in : not so yet 1"), "{admin}");
        assert_eq!(world.signed_in("jun").get("/readiness").status, 403);
        // A person with two roles counts for both.
        world.database().tamper("update staff set roles = 'oncall owner' where email = 'jun@ingam.test'").unwrap();
        let page = owner.get("/readiness");
        let (admin, monitoring) = (page.says("section[aria-labelledby='list-admin']"), page.says("section[aria-labelledby='list-monitoring']"));
        assert!(admin.contains("Two owners can sign in : so 2"), "{admin}");
        assert!(monitoring.contains("a person is on duty for the next 14 days : not so yet"), "{monitoring}");
    }
}
