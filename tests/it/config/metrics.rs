//! Where metrics are read is said by `check`, and what would let anybody read them, or clash, is refused.

use super::isolation::{local, production, refuses, run, succeeds, with};
use crate::kit::{Database, Engine, within};
use std::{fs, process::Output};

const TOKEN: &str = "9f1c2e7ab04d5583c6e1f7a2900b4c6d";

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_token_that_can_be_guessed_is_refused() {
    within(Engine::Sqlite, |_| {
        let database = Database::empty(Engine::Sqlite);
        let env = local(&database.url);
        for (token, why) in [
            ("short", "must have 22 to 512 characters"),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "is a sample value"),
            ("change-me-change-me-change-me", "is a sample value"),
            ("two words are no bearer token", "as a bearer token"),
        ] {
            refuses(&with(&env, &[("INGAM_METRICS_TOKEN", Some(token))]), &[], why);
            let output = run(&with(&env, &[("INGAM_METRICS_TOKEN", Some(token))]), &["check"]);
            assert!(!said(&output).contains(token), "the token is not repeated");
        }
    });
}

#[test]
fn the_listener_of_pages_is_not_that_of_metrics() {
    within(Engine::Sqlite, |_| {
        let database = Database::empty(Engine::Sqlite);
        let env = with(&local(&database.url), &[("INGAM_LISTEN", Some("127.0.0.1:8080"))]);
        for address in ["127.0.0.1:8080", "0.0.0.0:8080"] {
            refuses(
                &with(&env, &[("INGAM_METRICS_LISTEN", Some(address))]),
                &[],
                "is where people's pages are (INGAM_LISTEN)",
            );
        }
        refuses(&with(&env, &[("INGAM_METRICS_LISTEN", Some("9464"))]), &[], "INGAM_METRICS_LISTEN: \"9464\"");
    });
}

#[test]
fn production_takes_the_token_from_the_environment_only() {
    within(Engine::Sqlite, |_| {
        let database = Database::empty(Engine::Sqlite);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ingam.toml");
        fs::write(&file, format!("metrics_token = \"{TOKEN}\"\n")).unwrap();
        let env = with(&production(&database.url), &[]);
        let output = run(&env, &["check", "--config", file.to_str().unwrap()]);
        let line = said(&output).lines().find(|line| line.contains("metrics token")).map(str::to_owned).unwrap();
        assert!(
            line.starts_with("REFUSED") && line.contains("INGAM_METRICS_TOKEN comes from a configuration file"),
            "{line}"
        );
        let secret = folder.path().join("token");
        fs::write(&secret, format!("{TOKEN}\n")).unwrap();
        let env = with(&env, &[("INGAM_METRICS_TOKEN_FILE", Some(secret.to_str().unwrap()))]);
        let output = run(&env, &["check"]);
        assert!(
            said(&output).lines().any(|line| line.starts_with("ok") && line.contains("metrics token")),
            "{output:?}"
        );
        assert!(!said(&output).contains(TOKEN));
    });
}

#[test]
fn check_says_where_metrics_are_and_who_reads_them() {
    within(Engine::Sqlite, |_| {
        let database = Database::empty(Engine::Sqlite);
        let env = local(&database.url);
        succeeds(&env, &["migrate"]);
        for (listen, token, wanted) in [
            (None, None, "not served: set INGAM_METRICS_TOKEN or INGAM_METRICS_LISTEN"),
            (None, Some(TOKEN), "/metrics, with the token"),
            (Some("127.0.0.1:9464"), None, "on 127.0.0.1:9464, without a token"),
            (Some("0.0.0.0:9464"), None, "warning: on 0.0.0.0:9464 without a token, to all that reach it"),
            (Some("0.0.0.0:9464"), Some(TOKEN), "on 0.0.0.0:9464, with the token"),
        ] {
            let env = with(&env, &[("INGAM_METRICS_LISTEN", listen), ("INGAM_METRICS_TOKEN", token)]);
            let output = run(&env, &["check"]);
            let line = said(&output).lines().find(|line| line.contains(" metrics ")).map(str::to_owned).unwrap();
            assert!(line.starts_with("ok") && line.contains(wanted), "{line}");
        }
    });
}
