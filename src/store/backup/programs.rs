//! PostgreSQL's own programs: `pg_dump`, `pg_restore` and `psql`.

use anyhow::{Context as _, bail};
use sqlx::{
    ConnectOptions as _,
    postgres::{PgConnectOptions, PgSslMode},
};
use std::{env, process::Stdio, str::FromStr};
use tokio::process::Command;

/// The programs, told which database they are about. They are told it in their environment, because the
/// arguments of a process can be read by every user of the machine.
#[derive(Clone)]
pub(super) struct Programs(Vec<(&'static str, String)>);

impl std::fmt::Debug for Programs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // One of the values may be a password.
        f.write_str("Programs(…)")
    }
}

impl Programs {
    pub(super) fn of(url: &str) -> anyhow::Result<Self> {
        let options = PgConnectOptions::from_str(url)?;
        let host = match options.get_socket() {
            Some(folder) => folder.display().to_string(),
            None => options.get_host().trim_start_matches('[').trim_end_matches(']').to_owned(),
        };
        let mode = match options.get_ssl_mode() {
            PgSslMode::Disable => "disable",
            PgSslMode::Allow => "allow",
            PgSslMode::Prefer => "prefer",
            PgSslMode::Require => "require",
            PgSslMode::VerifyCa => "verify-ca",
            PgSslMode::VerifyFull => "verify-full",
        };
        let user = options.get_username();
        let mut told = vec![
            ("PGHOST", host),
            ("PGPORT", options.get_port().to_string()),
            ("PGUSER", user.to_owned()),
            ("PGDATABASE", options.get_database().unwrap_or(user).to_owned()),
            ("PGSSLMODE", mode.to_owned()),
            ("PGAPPNAME", "ingam backup".to_owned()),
        ];
        if let Some(options) = options.get_options() {
            told.push(("PGOPTIONS", options.to_owned()));
        }
        // The rest can be had only from a URL that the library writes; a user and a host of its own keep that one readable.
        let written = options.clone().username("user").host("localhost").to_url_lossy();
        if let Some(password) = written.password() {
            let decoded: Vec<(String, String)> = serde_urlencoded::from_str(&format!("password={password}"))?;
            told.extend(decoded.into_iter().map(|(_, password)| ("PGPASSWORD", password)));
        }
        for (key, value) in written.query_pairs() {
            match &*key {
                "sslrootcert" => told.push(("PGSSLROOTCERT", value.into_owned())),
                "sslcert" => told.push(("PGSSLCERT", value.into_owned())),
                "sslkey" => told.push(("PGSSLKEY", value.into_owned())),
                _ => {}
            }
        }
        Ok(Self(told))
    }

    /// A program with nothing of this environment but what finds programs, files and servers: the console's secrets are none of its
    /// business. It ends when it is dropped.
    pub(super) fn command(&self, program: &str) -> Command {
        let passed = |name: &str| {
            matches!(name, "PATH" | "HOME" | "TZ" | "SSL_CERT_FILE" | "SSL_CERT_DIR")
                || name.starts_with("PG") && name != "PGSERVICE"
        };
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(env::vars().filter(|(name, _)| passed(name)))
            // Its messages are read here.
            .env("LC_ALL", "C")
            .envs(self.0.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// The major version of a program.
    ///
    /// # Errors
    ///
    /// It is not installed.
    pub(super) async fn version(&self, program: &'static str) -> anyhow::Result<i64> {
        let output = self.command(program).arg("--version").output().await;
        let output = output.with_context(|| {
            format!("{program} cannot be started; install PostgreSQL's client programs (postgresql-client), and put them on PATH")
        })?;
        // "pg_dump (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)"
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let number = said.split(") ").nth(1).unwrap_or_default();
        let major: String = number.chars().take_while(char::is_ascii_digit).collect();
        match major.parse() {
            Ok(major) if output.status.success() => Ok(major),
            _ => bail!("{program} does not say its version but: {}", what_failed(&output.stderr)),
        }
    }
}

/// The first message of a program that failed, without the rows that it may quote below.
pub(super) fn what_failed(stderr: &[u8]) -> String {
    let said = String::from_utf8_lossy(stderr);
    let is_cause = |line: &&str| ["error:", "ERROR:", "FATAL:"].iter().any(|word| line.contains(word));
    let line = said.lines().find(is_cause).or_else(|| said.lines().next()).unwrap_or("it said nothing");
    line.chars().take(300).collect()
}
