//! Backups of a database as files: a SQLite database as `VACUUM INTO` writes it, and PostgreSQL's custom format as `pg_dump` writes it.
//! Both can be restored without this program too.

mod partial;
pub(crate) mod postgres;
mod programs;
pub(crate) mod sqlite;

pub(crate) use super::wal::beside;
pub(crate) use partial::{Partial, sync_folder};

use super::migration::{POSTGRES, SQLITE};
use crate::profile::{Profile, stamp_fits};
use anyhow::{Context as _, bail};
use std::{fs::File, io::Read as _, path::Path};

/// What a file holds, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Sqlite,
    Postgres,
}

impl Format {
    /// # Errors
    ///
    /// The file cannot be read, or is no backup; then what it may be instead and what to do.
    pub(crate) fn of(file: &Path) -> anyhow::Result<Self> {
        let mut head = [0; 16];
        let mut opened = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let mut read = 0;
        while let Some(rest) = head.get_mut(read..).filter(|rest| !rest.is_empty()) {
            match opened.read(rest).with_context(|| format!("{} cannot be read", file.display()))? {
                0 => break,
                more => read += more,
            }
        }
        match &head {
            b"SQLite format 3\0" => Ok(Self::Sqlite),
            head if head.starts_with(b"PGDMP") => Ok(Self::Postgres),
            head if head.starts_with(b"--") => bail!(
                "{} is text, such as a plain dump, and no backup of `ingam backup`; load it with `psql` or `sqlite3` into an empty \
                 database and run `ingam migrate`",
                file.display()
            ),
            _ => bail!(
                "{} is no backup: neither a SQLite database nor a dump in PostgreSQL's custom format",
                file.display()
            ),
        }
    }
}

/// What a backup says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) version: i64,
    pub(crate) environment: Profile,
}

impl Facts {
    /// Whether this program, with this profile, may restore it.
    ///
    /// # Errors
    ///
    /// [`super::ForeignDatabase`] where it is of another environment; otherwise it is newer than this program.
    pub(crate) fn check(&self, format: Format, profile: Profile) -> anyhow::Result<()> {
        let latest = match format {
            Format::Sqlite => &SQLITE,
            Format::Postgres => &POSTGRES,
        };
        let latest = latest.iter().map(|migration| migration.version).max().unwrap_or_default();
        if self.version > latest {
            bail!(
                "the backup is of schema version {}, newer than this program, which knows {latest}; restore it with the program that \
                 wrote it, or a newer one",
                self.version
            );
        }
        stamp_fits(profile, self.environment).map_err(super::migration::ForeignDatabase)?;
        Ok(())
    }
}

/// Tables that a new database has rows in.
const SEEDED: [&str; 11] = [
    "_sqlx_migrations",
    "installation",
    "audit_head",
    "access_heads",
    "access_head",
    "access_sealed",
    "numbers",
    "verification",
    "signing",
    "host_review",
    "detection",
];

/// What is in the way of restoring into a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum There {
    /// Not even tables.
    Nothing,
    /// Tables as a migration makes them.
    Tables,
    /// Rows in this table.
    Rows(String),
}
