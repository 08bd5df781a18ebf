//! No console moves the money of another environment.

use crate::{
    config::isolation::{Env, local, production, refuses, run, succeeds, with},
    kit::{Database, on_both},
};
use ingam::config::Settings;
use std::fs;
use tempfile::TempDir;

const SIGNING: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const LIVE: &str = "sk_live_51NiPpBqVbD3";
const TEST: &str = "rk_test_51NiPpBqVbD3";

fn webhook(env: &Env) -> Env {
    let url = Some("https://pay.ingam.test/T0K3N");
    with(
        env,
        &[("INGAM_PAYMENTS", Some("webhook")), ("INGAM_PAYMENTS_URL", url), ("INGAM_PAYMENTS_SECRET", Some(SIGNING))],
    )
}

fn stripe(env: &Env, key: &str) -> Env {
    with(env, &[("INGAM_PAYMENTS", Some("stripe")), ("INGAM_PAYMENTS_SECRET", Some(key))])
}

fn in_profile(env: &Env, profile: &str) -> Env {
    with(env, &[("INGAM_PROFILE", Some(profile))])
}

on_both! {
    fn production_takes_no_payment_secret_from_a_file_and_no_sample(world) {
        let database = Database::empty(world.engine);
        let env = production(&database.url);
        succeeds(&env, &["migrate"]);
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("ingam.toml");
        for (env, secret) in [(webhook(&env), SIGNING), (stripe(&env, LIVE), LIVE)] {
            let unset = with(&env, &[("INGAM_PAYMENTS_SECRET", None)]);
            refuses(&unset, &[], "INGAM_PAYMENTS_SECRET is missing");
            fs::write(&file, format!("payments_secret = {secret:?}")).unwrap();
            let more = ["--config", file.to_str().unwrap()];
            refuses(&unset, &more, "INGAM_PAYMENTS_SECRET comes from a configuration file");
        }
        for sample in ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "changeme"] {
            let env = with(&webhook(&env), &[("INGAM_PAYMENTS_SECRET", Some(sample))]);
            refuses(&env, &[], "INGAM_PAYMENTS_SECRET is a sample value");
        }
        refuses(&stripe(&env, "sk_live_xxxxxxxxxxxxxxxx"), &[], "INGAM_PAYMENTS_SECRET is a sample value");
    }

    fn money_is_real_in_production_and_nowhere_else(world) {
        let theirs = Database::empty(world.engine);
        let env = production(&theirs.url);
        succeeds(&env, &["migrate"]);
        refuses(&stripe(&env, TEST), &[], "INGAM_PAYMENTS_SECRET is a test key of Stripe");
        let ours = Database::empty(world.engine);
        succeeds(&local(&ours.url), &["migrate"]);
        refuses(&stripe(&local(&ours.url), LIVE), &[], "INGAM_PAYMENTS_SECRET is a live key of Stripe");
        for profile in ["dev", "staging"] {
            let env = in_profile(&production(&ours.url), profile);
            refuses(&stripe(&env, LIVE), &[], "INGAM_PAYMENTS_SECRET is a live key of Stripe");
            succeeds(&stripe(&env, TEST), &["check"]);
        }
    }

    fn payment_settings_are_checked_and_not_repeated(world) {
        let database = Database::empty(world.engine);
        succeeds(&local(&database.url), &["migrate"]);
        let webhook = webhook(&local(&database.url));
        let stripe = stripe(&local(&database.url), TEST);
        for (env, name, value, why) in [
            (&webhook, "INGAM_PAYMENTS", Some("paypal"), "must be bookkeeping, webhook or stripe"),
            (&webhook, "INGAM_PAYMENTS", None, "INGAM_PAYMENTS_URL is set, but INGAM_PAYMENTS names no provider"),
            (&stripe, "INGAM_PAYMENTS", None, "INGAM_PAYMENTS_SECRET is set, but INGAM_PAYMENTS names no provider"),
            (&webhook, "INGAM_PAYMENTS_URL", None, "INGAM_PAYMENTS_URL is not set"),
            (&webhook, "INGAM_PAYMENTS_SECRET", None, "INGAM_PAYMENTS_SECRET is not set"),
            (&webhook, "INGAM_PAYMENTS_SECRET", Some(TEST), "must be whsec_"),
            (&stripe, "INGAM_PAYMENTS_SECRET", Some(SIGNING), "must be a secret or restricted key of Stripe"),
            (&webhook, "INGAM_PAYMENTS_URL", Some("pay.ingam.test"), "must begin with https://"),
            (&webhook, "INGAM_PAYMENTS_URL", Some("ftp://pay.ingam.test"), "must begin with https://"),
            (&webhook, "INGAM_PAYMENTS_URL", Some("https://u:hush@pay.ingam.test"), "user name or a password"),
            (&stripe, "INGAM_PAYMENTS_URL", Some("https://stripe.ingam.test/v1"), "must be scheme and host only"),
            (&stripe, "INGAM_PAYMENTS_TIMEOUT_SECONDS", Some("0"), "must be between 1 and 60"),
            (&stripe, "INGAM_PAYMENTS_TIMEOUT_SECONDS", Some("61"), "must be between 1 and 60"),
        ] {
            let env = with(env, &[(name, value)]);
            refuses(&env, &[], why);
            let output = run(&env, &["check"]);
            let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            assert!(!["hush", "T0K3N", &SIGNING[6..], &TEST[8..]].iter().any(|secret| said.contains(secret)), "{said}");
        }
        succeeds(&with(&webhook, &[("INGAM_PAYMENTS_URL", Some("http://127.0.0.1:9000/refunds"))]), &["check"]);
        succeeds(&with(&stripe, &[("INGAM_PAYMENTS_URL", Some("http://127.0.0.1:12111"))]), &["check"]);
    }

    fn another_address_than_stripes_is_for_local_and_dev_only(world) {
        let database = Database::empty(world.engine);
        succeeds(&local(&database.url), &["migrate"]);
        let stripe = stripe(&production(&database.url), TEST);
        let at = |url, profile| in_profile(&with(&stripe, &[("INGAM_PAYMENTS_URL", Some(url))]), profile);
        succeeds(&at("https://stripe.ingam.test", "dev"), &["check"]);
        refuses(&at("http://127.0.0.1:12111", "dev"), &[], "must begin with https://");
        let why = "only local and dev may use another address than Stripe's";
        refuses(&at("https://stripe.ingam.test", "staging"), &[], why);
    }
}

#[test]
fn a_payment_secret_may_be_in_a_mounted_file_and_is_not_shown() {
    let folder = TempDir::new().unwrap();
    let mounted = folder.path().join("payments-secret");
    let config = folder.path().join("ingam.toml");
    fs::write(&mounted, format!("{SIGNING}\n")).unwrap();
    fs::write(
        &config,
        "payments = 'webhook'\npayments_url = 'https://pay.ingam.test/T0K3N'\npayments_timeout_seconds = 7",
    )
    .unwrap();
    let mut env = production("postgres://ingam:x7Fq@db/ingam?sslmode=verify-full");
    env.insert("INGAM_PAYMENTS_SECRET_FILE".to_owned(), mounted.to_str().unwrap().to_owned());
    let settings =
        Settings::gather(ingam::changes::KINDS, |name| env.get(name).cloned(), Some(&config), "ingam-1".to_owned())
            .unwrap();
    for check in settings.checks() {
        assert!(check.verdict.is_ok(), "{check:?}");
    }
    assert!(settings.checks().iter().any(|check| check.name == "payment secret"));
    let shown = format!("{:?}", settings.config().unwrap());
    assert!(shown.contains("pay.ingam.test") && shown.contains("7s"), "{shown}");
    assert!(!shown.contains("T0K3N") && !shown.contains(&SIGNING[6..]), "{shown}");
}
