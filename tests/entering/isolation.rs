//! No console takes the data of one environment for that of another.

use crate::{
    kit::{Database, on_both},
    program::{Serving, free_address, ingam, one_line},
};
use ingam::config::Settings;
use std::{collections::BTreeMap, fs, process::Output};
use tempfile::TempDir;

const KEY: &str = "9f1c2e7ab04d5583c6e1f7a2900b4c6d3e8f5a17b2c4d6e8091a3b5c7d9e0f12";

type Env = BTreeMap<String, String>;

/// Everything that production asks for.
#[cfg(test)]
fn production(url: &str) -> Env {
    [
        ("INGAM_PROFILE", "prod"),
        ("DEPLOYMENT_ENV", "PRODUCTION"),
        ("DATABASE_URL", url),
        ("INGAM_SECRET_KEY", KEY),
        ("INGAM_ALLOWED_NETWORKS", "10.20.0.0/16"),
        ("INGAM_PUBLIC_ORIGIN", "https://admin.ingam.test"),
        ("INGAM_LISTEN", "127.0.0.1:0"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

#[cfg(test)]
fn local(url: &str) -> Env {
    let mut env = production(url);
    env.insert("INGAM_PROFILE".to_owned(), "local".to_owned());
    env.remove("DEPLOYMENT_ENV");
    env.remove("INGAM_PUBLIC_ORIGIN");
    env.insert("INGAM_ALLOWED_NETWORKS".to_owned(), "127.0.0.0/8".to_owned());
    env
}

#[cfg(test)]
fn with(env: &Env, changes: &[(&str, Option<&str>)]) -> Env {
    let mut env = env.clone();
    for (name, value) in changes {
        match value {
            Some(value) => env.insert((*name).to_owned(), (*value).to_owned()),
            None => env.remove(*name),
        };
    }
    env
}

#[cfg(test)]
fn run(env: &Env, arguments: &[&str]) -> Output {
    let env: Vec<_> = env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    ingam(&env, arguments).output().unwrap()
}

#[cfg(test)]
fn succeeds(env: &Env, arguments: &[&str]) {
    let output = run(env, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Both commands refuse with code 78 and say why: the server in one line, the check in one of its lines.
#[cfg(test)]
fn refuses(env: &Env, more: &[&str], why: &str) {
    let serve: Vec<_> = ["serve"].iter().chain(more).copied().collect();
    let output = run(env, &serve);
    let (code, line) = one_line(&output);
    assert_eq!(code, Some(78), "{why}: {line}");
    assert!(line.contains(why), "{why:?} is not in {line:?}");
    assert!(output.stdout.is_empty());
    assert!(!line.contains(KEY), "{line} tells the key");

    let check: Vec<_> = ["check"].iter().chain(more).copied().collect();
    let output = run(env, &check);
    assert_eq!(output.status.code(), Some(78), "{why}");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    let is_this = |line: &&str| (line.starts_with("REFUSED") || line.starts_with("ingam: ")) && line.contains(why);
    assert!(said.lines().any(|line| is_this(&line)), "{why:?} is not in\n{said}");
    assert!(!said.contains(KEY), "{said}");
}

/// Whether the machine that runs this is called like somebody's desk; then production refuses it, and rightly.
#[cfg(test)]
fn is_a_desk() -> bool {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap().to_lowercase();
    ["local", "dev", "laptop"].iter().any(|word| host.contains(word))
}

on_both! {
    fn production_is_refused_without_its_deployment(world) {
        let database = Database::empty(world.engine);
        let env = production(&database.url);
        succeeds(&env, &["migrate"]);
        for other in [None, Some(""), Some("production"), Some("STAGING"), Some("PRODUCTION2")] {
            refuses(&with(&env, &[("DEPLOYMENT_ENV", other)]), &[], "DEPLOYMENT_ENV is not PRODUCTION");
        }
    }

    fn production_takes_no_secret_from_a_file(world) {
        let database = Database::empty(world.engine);
        let env = production(&database.url);
        succeeds(&env, &["migrate"]);
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("ingam.toml");
        for (name, line) in [
            ("DATABASE_URL", format!("database_url = {:?}", database.url)),
            ("INGAM_SECRET_KEY", format!("secret_key = {KEY:?}")),
            ("INGAM_ALLOWED_NETWORKS", "allowed_networks = '10.20.0.0/16'".to_owned()),
        ] {
            fs::write(&file, line).unwrap();
            let more = ["--config", file.to_str().unwrap()];
            refuses(&with(&env, &[(name, None)]), &more, &format!("{name} comes from a configuration file"));
            // Elsewhere that is allowed.
            fs::write(&file, "time_zone = 'UTC'").unwrap();
        }
        for (text, why) in [("secret = 'x'", "line 1"), ("time_zone = ", "line 1"), ("listen = 'nowhere'", "INGAM_LISTEN")] {
            fs::write(&file, text).unwrap();
            // What the environment says wins, so it says nothing.
            refuses(&with(&env, &[("INGAM_LISTEN", None)]), &["--config", file.to_str().unwrap()], why);
        }
        refuses(&env, &["--config", "/nowhere/ingam.toml"], "/nowhere/ingam.toml");
    }

    fn production_takes_no_missing_and_no_sample_value(world) {
        let database = Database::empty(world.engine);
        let env = production(&database.url);
        succeeds(&env, &["migrate"]);
        for name in ["DATABASE_URL", "INGAM_SECRET_KEY", "INGAM_ALLOWED_NETWORKS", "INGAM_PUBLIC_ORIGIN"] {
            let why = if name == "INGAM_PUBLIC_ORIGIN" { "is not set" } else { "is missing" };
            refuses(&with(&env, &[(name, None)]), &[], &format!("{name} {why}"));
            refuses(&with(&env, &[(name, Some(""))]), &[], &format!("{name} {why}"));
        }
        let zeros = "00".repeat(32);
        let counting: String = (0..32).map(|n| format!("{n:02x}")).collect();
        for (name, value) in [
            ("INGAM_SECRET_KEY", zeros.as_str()),
            ("INGAM_SECRET_KEY", &counting),
            ("INGAM_ALLOWED_NETWORKS", "192.0.2.0/24"),
            ("INGAM_ALLOWED_NETWORKS", "10.20.0.0/16,203.0.113.7"),
            ("DATABASE_URL", "postgres://ingam:changeme@db/ingam"),
            ("DATABASE_URL", "postgres://postgres:postgres@db/ingam"),
            ("DATABASE_URL", "postgres://ingam:password@db/ingam"),
            ("DATABASE_URL", "postgres://u:x7Fq@db.example.com/ingam"),
        ] {
            refuses(&with(&env, &[(name, Some(value))]), &[], &format!("{name} is a sample value"));
        }
        for (name, value, why) in [
            ("INGAM_SECRET_KEY", "short", "INGAM_SECRET_KEY"),
            ("INGAM_ALLOWED_NETWORKS", "0.0.0.0/0", "too wide"),
            ("INGAM_ALLOWED_NETWORKS", "10.20.0.1/16", "did you mean 10.20.0.0/16"),
            ("INGAM_PUBLIC_ORIGIN", "http://admin.ingam.test", "https://"),
            ("INGAM_PUBLIC_ORIGIN", "https://admin.ingam.test/path", "INGAM_PUBLIC_ORIGIN"),
            ("INGAM_PROFILE", "production", "no profile"),
            ("INGAM_SESSION_HOURS", "900", "INGAM_SESSION_HOURS"),
            ("DATABASE_URL", "mysql://db/ingam", "DATABASE_URL"),
        ] {
            refuses(&with(&env, &[(name, Some(value))]), &[], why);
        }
    }

    fn a_database_belongs_to_the_environment_that_stamped_it(world) {
        let theirs = Database::empty(world.engine);
        succeeds(&production(&theirs.url), &["migrate"]);
        refuses(&local(&theirs.url), &[], "the database is stamped prod");
        for profile in ["dev", "staging"] {
            let env = with(&production(&theirs.url), &[("INGAM_PROFILE", Some(profile))]);
            refuses(&env, &[], "the database is stamped prod");
        }
        let output = run(&local(&theirs.url), &["migrate"]);
        assert_eq!(output.status.code(), Some(78), "{}", String::from_utf8_lossy(&output.stderr));
        let output = run(&local(&theirs.url), &["staff", "add", "--email", "a@b.kr", "--name", "A", "--role", "owner"]);
        assert_eq!(one_line(&output).0, Some(78));
        let output = run(&local(&theirs.url), &["seed", "--users", "5"]);
        assert_eq!(one_line(&output).0, Some(78));
        assert_eq!(theirs.number("select count(*) from staff") + theirs.number("select count(*) from users"), 0);
        assert_eq!(theirs.value("select environment from installation"), "prod");

        let ours = Database::empty(world.engine);
        succeeds(&local(&ours.url), &["migrate"]);
        refuses(&production(&ours.url), &[], "the database is stamped local");
        // Production is never filled with made-up people.
        if !is_a_desk() {
            let output = run(&production(&theirs.url), &["seed", "--users", "5"]);
            assert_eq!(one_line(&output).0, Some(78));
        }
    }

    fn topics_say_whose_events_they_are(world) {
        let theirs = Database::empty(world.engine);
        succeeds(&production(&theirs.url), &["migrate"]);
        refuses(&with(&production(&theirs.url), &[("INGAM_EVENTS_TOPIC", Some("dev-orders"))]), &[], "starts with dev-");
        let ours = Database::empty(world.engine);
        succeeds(&local(&ours.url), &["migrate"]);
        let env = with(&local(&ours.url), &[("INGAM_EVENTS_TOPIC", Some("orders"))]);
        refuses(&env, &[], "does not start with dev-");
        let dev = with(&production(&ours.url), &[("INGAM_PROFILE", Some("dev")), ("INGAM_EVENTS_TOPIC", Some("orders"))]);
        refuses(&dev, &[], "does not start with dev-");
        for (profile, topic) in [("dev", "dev-orders"), ("staging", "orders"), ("staging", "dev-orders")] {
            let env = with(&production(&ours.url), &[("INGAM_PROFILE", Some(profile)), ("INGAM_EVENTS_TOPIC", Some(topic))]);
            succeeds(&env, &["check"]);
        }
    }

    fn secrets_may_stand_in_mounted_files(world) {
        let database = Database::empty(world.engine);
        let env = production(&database.url);
        succeeds(&env, &["migrate"]);
        let folder = TempDir::new().unwrap();
        let mut mounted = env.clone();
        for name in ["DATABASE_URL", "INGAM_SECRET_KEY", "INGAM_ALLOWED_NETWORKS"] {
            let file = folder.path().join(name);
            fs::write(&file, format!("{}\n", env[name])).unwrap();
            let variable = format!("{name}_FILE");
            let both = with(&env, &[(variable.as_str(), Some(file.to_str().unwrap()))]);
            refuses(&both, &[], "both set");
            let missing = with(&env, &[(name, None), (variable.as_str(), Some("/nowhere/at-all"))]);
            refuses(&missing, &[], "/nowhere/at-all");
            mounted.remove(name);
            mounted.insert(variable, file.to_str().unwrap().to_owned());
        }
        let output = run(&mounted, &["check"]);
        assert_eq!(output.status.success(), !is_a_desk(), "{}", String::from_utf8_lossy(&output.stdout));
        fs::write(folder.path().join("INGAM_SECRET_KEY"), "00".repeat(32)).unwrap();
        refuses(&mounted, &[], "INGAM_SECRET_KEY is a sample value");
    }

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
            assert!(serving.said.iter().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{:#?}", serving.said);
            assert!(serving.said.iter().all(|line| !line.contains(KEY)));
            succeeds(&env, &["healthcheck"]);
            // This machine is on nobody's list.
            assert_eq!(world.browser().at(serving.address).get("/login").status, 403);
            assert_eq!(serving.terminate().code(), Some(0));
            assert_eq!(run(&env, &["healthcheck"]).status.code(), Some(1));
        }
    }

    fn a_schema_that_is_missing_or_newer_is_refused(world) {
        let database = Database::empty(world.engine);
        refuses_unmigrated(&local(&database.url), false);
        succeeds(&local(&database.url), &["migrate"]);
        succeeds(&local(&database.url), &["migrate"]);
        succeeds(&local(&database.url), &["check"]);
        database.tamper("update _sqlx_migrations set version = 9000 where version = (select max(version) from _sqlx_migrations)").unwrap();
        refuses(&local(&database.url), &[], "newer than this program");
    }

    fn every_page_says_which_environment_it_is(world) {
        let badge = |address| world.browser().at(address).get("/login").says(".env");
        assert!(badge(world.server().address).contains("LOCAL"));
        for (profile, shown) in [(ingam::profile::Profile::Dev, "DEV"), (ingam::profile::Profile::Staging, "STAG"), (ingam::profile::Profile::Prod, "PROD")] {
            let server = world.another(|config| config.profile = profile).unwrap();
            let page = world.browser().at(server.address).get("/login");
            assert!(page.says(".env").to_uppercase().contains(shown), "{page}");
            let wrong = world.browser().at(server.address).get("/nowhere");
            assert!(wrong.has(".env"), "on error pages too");
        }
    }
}

#[cfg(test)]
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
        let checks = Settings::gather(value, None, host.to_owned()).unwrap().checks();
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
    let config = ingam::config::Config::local("postgres://ingam:hush@db/ingam?password=hush".to_owned(), key);
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
