//! What a console that may run says of its environment, and one that may not because its database is not ready.

use crate::{
    cli::program::{Serving, ingam, one_line},
    config::isolation::{Env, KEY, is_a_desk, local, production, refuses, run, succeeds, with},
    kit::{Database, free_address, on_both},
};
use ingam::config::Settings;
use std::fs;
use tempfile::TempDir;

/// How a command ends with this text as the configuration file, and what it says.
fn with_file(env: &Env, command: &str, text: &str) -> (Option<i32>, String) {
    let folder = TempDir::with_prefix("ingam-test-").unwrap();
    let file = folder.path().join("ingam.toml");
    fs::write(&file, text).unwrap();
    let output = run(env, &[command, "--config", file.to_str().unwrap()]);
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

on_both! {
    fn what_is_in_order_is_checked_and_served(world) {
        let database = Database::empty(world.engine);
        for (env, is_refused) in [(production(&database.url), is_a_desk())] {
            refuses_unmigrated(&env, is_refused);
            succeeds(&env, &["migrate"]);
            let output = run(&env, &["check"]);
            let said = String::from_utf8(output.stdout).unwrap();
            if is_refused {
                refuses(&env, &[], "host name");
                continue;
            }
            assert!(output.status.success(), "{said}");
            assert!(said.lines().count() >= 8 && said.lines().all(|line| line.starts_with("ok ")), "{said}");
            assert!(!said.contains(KEY), "{said}");
            let address = free_address().to_string();
            let env = with(&env, &[("INGAM_LISTEN", Some(&address))]);
            let settings: Vec<_> = env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let mut serving = Serving::start(ingam(&settings, &["serve"]));
            // Lines for machines, one event each.
            assert!(
                serving.said.iter().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()),
                "{:#?}",
                serving.said
            );
            assert!(serving.said.iter().all(|line| !line.contains(KEY)));
            succeeds(&env, &["healthcheck"]);
            // This machine is on no list.
            assert_eq!(world.browser().at(serving.address).get("/login").status, 403);
            assert_eq!(serving.terminate().code(), Some(0));
            assert_eq!(run(&env, &["healthcheck"]).status.code(), Some(1));
        }
    }

    fn the_rules_of_detection_are_checked(world) {
        let database = Database::empty(world.engine);
        let env = local(&database.url);
        succeeds(&env, &["migrate"]);
        let own = "[detection.burst]\nchanges = 25\n[detection.off_hours]\nholidays = [\"2026-12-25\"]\n";
        let (code, said) = with_file(&env, "check", own);
        assert_eq!(code, Some(0), "{said}");
        for (text, says) in [
            (own.replace("25\n", "2\n"), "detection.burst: `changes` must be between 3 and 1000, and is 2"),
            (own.replace("2026-12-25", "Christmas"), "no day such as"),
            (own.replace("burst", "bursts"), "unknown field `bursts`"),
            (own.replace("changes", "many"), "unknown field `many`"),
            (format!("[detection]\ndigest = [\"mail\"]\n{own}"), "`digest` names the channel \"mail\", which is not declared"),
        ] {
            let (code, said) = with_file(&env, "check", &text);
            assert!(code == Some(78) && said.contains(says), "{text}: {said}");
        }
    }

    fn the_limits_on_looking_are_shown_and_checked(world) {
        let database = Database::empty(world.engine);
        let env = local(&database.url);
        succeeds(&env, &["migrate"]);
        let check = |text: &str| with_file(&env, "check", text);
        let (code, said) = check("");
        assert!(code == Some(0) && said.contains("reveals 60/120 an hour, 300/600 a day"), "{said}");
        let own = "[[look_limit]]\nrole = \"operator\"\nkind = \"reveals\"\nhour = [5, 10]\n";
        let (code, said) = check(own);
        assert!(code == Some(0) && said.contains("operator: reveals 5/10 an hour, 300/600 a day"), "{said}");
        for (text, says) in [
            (own.replace("[5, 10]", "[11, 10]"), "the first limit of `hour` is above the second: [11, 10]"),
            (own.replace("[5, 10]", "[0, 10]"), "`hour` must be between 1 and 1000000"),
            (own.replace("reveals", "reveal"), "not one of the words"),
            ([own, own].concat(), "there are two for the role operator"),
        ] {
            let (code, said) = check(&text);
            assert!(code == Some(78) && said.contains(says), "{text}: {code:?} {said}");
        }
    }

    fn how_long_things_are_kept_is_shown_and_less_than_the_law_asks_for_is_refused(world) {
        let database = Database::empty(world.engine);
        let env = local(&database.url);
        succeeds(&env, &["migrate"]);
        let check = |text: &str| with_file(&env, "check", text);
        let (code, said) = check("");
        assert!(code == Some(0) && said.contains("access records for good, searches for 1 day,"), "{said}");
        let (code, said) = check("[retention]\naccess_years = 2\nbatch_log_days = 90\n");
        assert!(code == Some(0) && said.contains("access records for 2 years") && said.contains("logs of batches for 90 days"), "{said}");
        for (text, says) in [
            ("[retention]\naccess_years = 0\n", "the law has access records kept for at least 1 year"),
            ("[retention]\nsearch_days = 0\n", "`search_days` must be between 1 and 3650"),
            ("[retention]\naccess_days = 400\n", "unknown field"),
            // The report says that they are there for two years.
            ("[retention]\naccess_years = 1\n", "by [review] access records must be there for 2"),
        ] {
            let (code, said) = check(text);
            assert!(code == Some(78) && said.contains(says), "{text}: {code:?} {said}");
        }
    }

    fn each_job_is_shown_with_its_next_times_and_a_schedule_that_does_not_say_when_is_refused(world) {
        let database = Database::empty(world.engine);
        let env = local(&database.url);
        succeeds(&env, &["migrate"]);
        let with_cron = |command: &str, cron: &str| {
            let job = "[[job]]\nname = \"sync\"\ntitle = \"Sync\"\nowner = \"warehouse\"\nexternal = true\ntimeout_seconds = 600\n";
            let schedule = format!("schedule = {{ cron = \"{cron}\", zone = \"America/New_York\" }}\n");
            with_file(&env, command, &[job, &schedule].concat())
        };
        let (code, said) = with_cron("check", "30 9 * * *");
        let line = said.lines().find(|line| line.contains("sync (30 9 * * *, America/New_York): ")).unwrap_or_default();
        assert_eq!((code, line.matches(" 09:30-0").count()), (Some(0), 5), "{said}");
        assert!(said.lines().any(|line| line.contains("time zones") && line.contains("IANA 20")), "{said}");
        for (cron, says) in [
            ("0 0 31 2 *", "never comes"),
            ("*/90 * * * *", "larger than the minute"),
            ("0 9 */2 * MON", "write the days as a list"),
            ("0 9 * * L", "is no weekday"),
        ] {
            for command in ["check", "serve"] {
                let (code, said) = with_cron(command, cron);
                assert!(code == Some(78) && said.contains(says) && said.contains("\"sync\""), "{command} {cron}: {code:?} {said}");
            }
        }
    }

    fn what_a_definition_says_wrongly_of_encodings_arguments_and_patterns_is_refused_with_its_job(world) {
        let database = Database::empty(world.engine);
        let env = with(&local(&database.url), &[("INGAM_BATCH_PROGRAMS", Some("/bin/sh:/bin/no-such-program"))]);
        succeeds(&env, &["migrate"]);
        let job = |more: &str| {
            format!(
                "[[job]]\nname = \"sync\"\ntitle = \"Sync\"\nowner = \"warehouse\"\n{more}\n\
                 [[job.parameters]]\nname = \"date\"\ntitle = \"Day\"\ntype = \"date\"\n\
                 [[job.parameters]]\nname = \"scope\"\ntitle = \"Scope\"\ntype = \"text\"\npattern = \"[가-힣0-9, ]+\"\n"
            )
        };
        let command = |argument: &str| job(&format!("command = [\"/bin/sh\", \"/opt/sync\", {argument:?}]"));
        for argument in ["--date={date}", "{scope}", "{{date}}", "${HOME}", "plain"] {
            let (code, said) = with_file(&env, "check", &command(argument));
            assert_eq!(code, Some(0), "{argument}: {said}");
        }
        for (text, says) in [
            (job("external = true\nencoding = \"cp949\""), "write a label of the Encoding standard: utf-8, euc-kr (for cp949"),
            (job("external = true\nencoding = \"klingon\""), "\"klingon\" is not known"),
            (command("--date={day}"), "\"--date={day}\": {day} is not one of its parameters; declare it, or write {{day}}"),
            (command("--date=${date}"), "write {date} for the parameter"),
            (job("command = [\"/bin/sh\", \"-c\", \"sync {scope}\"]"), "let the script take it from $PARAM_SCOPE"),
            (job("command = [\"/bin/{date}\"]"), "cannot depend on a parameter"),
            (command("x").replace("[가-힣0-9, ]+", "["), "the pattern of scope cannot be used"),
            (command("x").replace("[가-힣0-9, ]+", "\\\\p{Hangul}+"), "the pattern of scope cannot be used"),
        ] {
            for command in ["check", "serve"] {
                let (code, said) = with_file(&env, command, &text);
                assert!(code == Some(78) && said.contains(says) && said.contains("\"sync\""), "{command} {text}: {code:?} {said}");
            }
        }
        for (kind, more, says) in [
            ("text", "patern = \"[0-9]+\"", "unknown field `patern`"),
            ("date", "min = 1", "day has min or max, which only a parameter of type integer can have"),
            ("text", "choices = [\"a\"]", "day has choices, which only a parameter of type choice can have"),
            ("choice", "", "day has no choices"),
            ("dat", "", "unknown variant `dat`"),
        ] {
            let parameter = format!("\n[[job.parameters]]\nname = \"day\"\ntitle = \"Day\"\ntype = \"{kind}\"\n{more}\n");
            let text = job("external = true") + &parameter;
            let (code, said) = with_file(&env, "check", &text);
            assert!(code == Some(78) && said.contains(says) && said.contains(": line "), "{text}: {code:?} {said}");
        }
        // A program that is not there keeps nothing from starting.
        let (code, said) = with_file(&env, "check", &command("x").replace("/bin/sh", "/bin/no-such-program"));
        assert!(code == Some(0) && said.contains("warning: job \"sync\": /bin/no-such-program cannot be found"), "{code:?} {said}");
        // One that is there and may not run does, as before.
        let (code, said) = with_file(&env, "check", &command("x").replace("/bin/sh", "/bin/true"));
        assert!(code == Some(78) && said.contains("is not among the programs"), "{code:?} {said}");
    }

    fn a_schema_that_is_missing_or_newer_is_refused(world) {
        let database = Database::empty(world.engine);
        refuses_unmigrated(&local(&database.url), false);
        succeeds(&local(&database.url), &["migrate"]);
        succeeds(&local(&database.url), &["migrate"]);
        succeeds(&local(&database.url), &["check"]);
        let newest = "(select max(version) from _sqlx_migrations)";
        database.tamper(&format!("update _sqlx_migrations set version = 9000 where version = {newest}")).unwrap();
        refuses(&local(&database.url), &[], "newer than this program");
    }

    fn every_page_says_which_environment_it_is(world) {
        let badge = |address| world.browser().at(address).get("/login").says(".env");
        assert!(badge(world.server().address).contains("LOCAL"));
        for (profile, shown) in [
            (ingam::profile::Profile::Dev, "DEV"),
            (ingam::profile::Profile::Staging, "STAG"),
            (ingam::profile::Profile::Prod, "PROD"),
        ] {
            let server = world.another(|config| config.profile = profile).unwrap();
            let page = world.browser().at(server.address).get("/login");
            assert!(page.says(".env").to_uppercase().contains(shown), "{page}");
            let wrong = world.browser().at(server.address).get("/nowhere");
            assert!(wrong.has(".env"), "on error pages too");
        }
    }
}

fn refuses_unmigrated(env: &Env, is_refused_anyway: bool) {
    let why = if is_refused_anyway { "host name" } else { "ingam migrate" };
    let url = &env["DATABASE_URL"];
    // SQLite makes no file for a server that is only looking.
    if url.starts_with("postgres") {
        refuses(env, &[], why);
    } else {
        let output = run(env, &["serve"]);
        assert_ne!(output.status.code(), Some(0));
        one_line(&output);
    }
}

#[test]
fn a_desk_is_no_production_machine() {
    let verdict = |host: &str, profile: &str| {
        let value = |name: &str| match name {
            "INGAM_PROFILE" => Some(profile.to_owned()),
            _ => None,
        };
        let checks = Settings::gather(ingam::changes::KINDS, value, None, host.to_owned()).unwrap().checks();
        checks.into_iter().find(|check| check.name == "host name").map(|check| check.verdict.is_ok())
    };
    for host in
        ["minas-laptop", "localhost", "host.local", "DEV-BOX-3", "ip-10-0-0-1.dev.internal", "Laptop7", "xlocalx"]
    {
        assert_eq!(verdict(host, "prod"), Some(false), "{host}");
        assert_eq!(verdict(host, "staging"), None, "{host}");
    }
    for host in ["ingam-7f9c4", "web-3.prod.internal", "kr-seoul-1"] {
        assert_eq!(verdict(host, "prod"), Some(true), "{host}");
    }
}

#[test]
fn a_configuration_shown_for_debugging_tells_no_secret() {
    let key = ingam::secret::SecretKey::parse(KEY).unwrap();
    let config = ingam::config::Config::local(
        ingam::changes::KINDS,
        "postgres://ingam:hush@db/ingam?password=hush".to_owned(),
        key,
    );
    let shown = format!("{config:?} {:?}", config.secret_key);
    assert!(!shown.contains("hush") && !shown.contains(&KEY[..8]), "{shown}");
    assert!(shown.contains("db/ingam"), "{shown}");
}

#[test]
fn help_names_every_command() {
    let output = ingam(&[], &["--help"]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    for command in ["demo", "code", "serve", "migrate", "check", "healthcheck", "staff", "audit", "seed"] {
        assert!(said.lines().any(|line| line.trim_start().starts_with(command)), "{command} is not in\n{said}");
    }
}
