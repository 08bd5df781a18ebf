//! No console takes the data of one environment for that of another.

use crate::{
    cli::program::{ingam, one_line},
    kit::{Database, on_both},
};
use ingam::config::Settings;
use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _, process::Output};
use tempfile::TempDir;

pub(crate) const KEY: &str = "9f1c2e7ab04d5583c6e1f7a2900b4c6d3e8f5a17b2c4d6e8091a3b5c7d9e0f12";

pub(crate) type Env = BTreeMap<String, String>;

/// Everything that production asks for.
pub(crate) fn production(url: &str) -> Env {
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

pub(crate) fn local(url: &str) -> Env {
    let mut env = production(url);
    env.insert("INGAM_PROFILE".to_owned(), "local".to_owned());
    env.remove("DEPLOYMENT_ENV");
    env.remove("INGAM_PUBLIC_ORIGIN");
    env.insert("INGAM_ALLOWED_NETWORKS".to_owned(), "127.0.0.0/8".to_owned());
    env
}

pub(crate) fn with(env: &Env, changes: &[(&str, Option<&str>)]) -> Env {
    let mut env = env.clone();
    for (name, value) in changes {
        match value {
            Some(value) => env.insert((*name).to_owned(), (*value).to_owned()),
            None => env.remove(*name),
        };
    }
    env
}

pub(crate) fn run(env: &Env, arguments: &[&str]) -> Output {
    let env: Vec<_> = env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    ingam(&env, arguments).output().unwrap()
}

pub(crate) fn succeeds(env: &Env, arguments: &[&str]) {
    let output = run(env, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Both commands refuse with code 78 and say why: the server in one line, the check in one of its lines.
pub(crate) fn refuses(env: &Env, more: &[&str], why: &str) {
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

/// Whether the machine that runs this has the name of a developer's machine; then production refuses it, and rightly.
pub(crate) fn is_a_desk() -> bool {
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
        for (text, why) in
            [("secret = 'x'", "line 1"), ("time_zone = ", "line 1"), ("listen = 'nowhere'", "INGAM_LISTEN")]
        {
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
        let counting = hex::encode((0..32).collect::<Vec<u8>>());
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
            ("INGAM_PROFILE", "production", "not a profile"),
            ("INGAM_SESSION_HOURS", "900", "INGAM_SESSION_HOURS"),
            ("DATABASE_URL", "mysql://db/ingam", "DATABASE_URL"),
        ] {
            refuses(&with(&env, &[(name, Some(value))]), &[], why);
        }
    }

    fn production_speaks_to_another_machine_only_over_tls_that_checks_the_name(world) {
        let database = Database::empty(world.engine);
        let env = production(&database.url);
        succeeds(&env, &["migrate"]);
        let why = "without sslmode=verify-full";
        for mode in ["", "?sslmode=disable", "?sslmode=prefer", "?sslmode=require", "?sslmode=verify-ca"] {
            let url = format!("postgres://u:x7Fq9aLm@db.corp.test/ingam{mode}");
            refuses(&with(&env, &[("DATABASE_URL", Some(&url))]), &[], why);
            // Elsewhere it is a matter of taste.
            let output = run(&with(&local(&url), &[]), &["check"]);
            assert!(!String::from_utf8_lossy(&output.stdout).contains(why));
        }
        for (url, way) in [
            ("postgres://u:x7Fq9aLm@db.corp.test/ingam?sslmode=verify-full", "verify-full"),
            ("postgres://u:x7Fq9aLm@127.0.0.1:1/ingam", "loopback"),
            ("postgres://u:x7Fq9aLm@[::1]:1/ingam", "loopback"),
            ("postgres://u@localhost/ingam?host=/nowhere", "a socket"),
        ] {
            let said = run(&with(&env, &[("DATABASE_URL", Some(url))]), &["check"]).stdout;
            let said = String::from_utf8(said).unwrap();
            assert!(said.lines().any(|line| line.starts_with("ok ") && line.contains("database connection") && line.contains(way)), "{url}: {said}");
        }
        // What the connection really uses is said too.
        let said = String::from_utf8(run(&env, &["check"]).stdout).unwrap();
        let is_there = said.lines().any(|line| line.contains("database transport") && line.contains("no TLS"));
        assert_eq!(is_there, world.engine == crate::kit::Engine::Postgres, "{said}");
    }

    fn files_of_sqlite_are_for_their_owner_alone(world) {
        if world.engine == crate::kit::Engine::Postgres {
            return;
        }
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("ingam.db");
        let mode = |path: &std::path::Path| fs::metadata(path).map(|it| it.permissions().mode() & 0o777);
        let env = local(&format!("sqlite://{}", file.display()));
        succeeds(&env, &["migrate"]);
        assert_eq!(mode(&file).unwrap(), 0o600);
        // One from before, or copied by hand.
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        succeeds(&env, &["migrate"]);
        assert_eq!(mode(&file).unwrap(), 0o600);
        let serving = crate::cli::program::Serving::start(ingam(&env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>(), &["serve"]));
        for end in ["ingam.db", "ingam.db-wal", "ingam.db-shm"] {
            assert_eq!(mode(&folder.path().join(end)).unwrap(), 0o600, "{end}");
        }
        drop(serving);
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
        let output = run(&local(&theirs.url), &["seed", "--users", "5", "--reason", "Sample data for the tests"]);
        assert_eq!(one_line(&output).0, Some(78));
        assert_eq!(theirs.number("select count(*) from staff") + theirs.number("select count(*) from users"), 0);
        assert_eq!(theirs.value("select environment from installation"), "prod");

        let ours = Database::empty(world.engine);
        succeeds(&local(&ours.url), &["migrate"]);
        refuses(&production(&ours.url), &[], "the database is stamped local");
        // Production is never filled with made-up people.
        if !is_a_desk() {
            let output = run(&production(&theirs.url), &["seed", "--users", "5", "--reason", "Sample data for the tests"]);
            assert_eq!(one_line(&output).0, Some(78));
        }
    }

    fn topics_say_whose_events_they_are(world) {
        let theirs = Database::empty(world.engine);
        succeeds(&production(&theirs.url), &["migrate"]);
        refuses(
            &with(&production(&theirs.url), &[("INGAM_EVENTS_TOPIC", Some("dev-orders"))]),
            &[],
            "starts with dev-",
        );
        let ours = Database::empty(world.engine);
        succeeds(&local(&ours.url), &["migrate"]);
        let env = with(&local(&ours.url), &[("INGAM_EVENTS_TOPIC", Some("orders"))]);
        refuses(&env, &[], "does not start with dev-");
        let dev =
            with(&production(&ours.url), &[("INGAM_PROFILE", Some("dev")), ("INGAM_EVENTS_TOPIC", Some("orders"))]);
        refuses(&dev, &[], "does not start with dev-");
        for (profile, topic) in [("dev", "dev-orders"), ("staging", "orders"), ("staging", "dev-orders")] {
            let env =
                with(&production(&ours.url), &[("INGAM_PROFILE", Some(profile)), ("INGAM_EVENTS_TOPIC", Some(topic))]);
            succeeds(&env, &["check"]);
        }
    }

    /// A console on a developer's machine that was started with production's profile read production's topics.
    fn a_laptop_with_the_configuration_of_production_is_refused_three_times_over(world) {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("ingam.toml");
        fs::write(
            &file,
            "[[channel]]\nname = \"events\"\nkind = \"kafka\"\nbrokers = [\"kafka-1.example.com:9093\"]\ntopic = \"shop.events\"\n",
        )
        .unwrap();
        let with_file = ["--config", file.to_str().unwrap()];
        let (theirs, ours) = (Database::empty(world.engine), Database::empty(world.engine));
        succeeds(&production(&theirs.url), &["migrate"]);
        succeeds(&local(&ours.url), &["migrate"]);
        let read = |host: &str, env: &Env| {
            let env = |name: &str| env.get(name).cloned();
            let settings = Settings::gather(ingam::changes::KINDS, env, Some(&file), host.to_owned()).unwrap();
            let refused = settings.checks().into_iter().filter_map(|check| Some(format!("{}: {}", check.name, check.verdict.err()?)));
            refused.collect::<Vec<_>>()
        };
        // By the name of the machine, whichever database it has.
        let [refused] = read("minas-laptop.local", &production(&theirs.url)).try_into().unwrap();
        assert!(refused.starts_with("host name: ") && refused.contains("minas-laptop"), "{refused}");
        assert_eq!(read("console-7f9c", &production(&theirs.url)), Vec::<String>::new());
        // On a machine with another name by the stamp of its database.
        if !is_a_desk() {
            refuses(&production(&ours.url), &with_file, "the database is stamped local");
        }
        // With a profile of its own by the topic, and with production's database by its stamp too.
        let mut desk = local(&ours.url);
        desk.insert("INGAM_PUBLIC_ORIGIN".to_owned(), "http://127.0.0.1:8080".to_owned());
        let why = "channel \"events\": the profile is local and the topic \"shop.events\" does not begin with dev-";
        refuses(&desk, &with_file, why);
        assert_eq!(read("minas-laptop.local", &desk)[0], format!("topic: {why}"));
        fs::write(&file, fs::read_to_string(&file).unwrap().replace("shop.events", "dev-shop.events")).unwrap();
        succeeds(&desk, &["check", "--config", file.to_str().unwrap()]);
        refuses(&with(&desk, &[("DATABASE_URL", Some(&theirs.url))]), &with_file, "the database is stamped prod");
        // The other way round, production names no topic of a developer's; and a pattern is no name.
        refuses(&production(&theirs.url), &with_file, "begins with staging- or dev-");
        fs::write(&file, fs::read_to_string(&file).unwrap().replace("dev-shop.events", "^dev-.*")).unwrap();
        refuses(&desk, &with_file, "begins with ^");
        refuses(&with(&desk, &[("INGAM_EVENTS_TOPIC", Some("^dev-.*"))]), &[], "begins with ^");
    }

    fn secrets_may_be_in_mounted_files(world) {
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
}
