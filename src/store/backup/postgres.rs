//! A PostgreSQL database as a file in the custom format of `pg_dump`, and such a file in a database.

#![expect(clippy::disallowed_methods, reason = "looks into a database that no console serves")]

use super::{
    Facts, Partial, SEEDED, There,
    programs::{Programs, what_failed},
};
use crate::{
    sql,
    store::{Store, open},
};
use anyhow::{Context as _, bail};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use std::{path::Path, process::Stdio};
use tokio::io::{self, AsyncReadExt as _, AsyncWriteExt as _};

/// Dumps what `store` sees: a store of [`Store::open_unchanging`], so that exactly what is in the file can be verified there afterwards.
pub(crate) async fn dump(url: &str, store: &Store, into: &Partial) -> anyhow::Result<()> {
    let programs = Programs::of(url)?;
    let (server, snapshot): (i64, String) = store
        .reader
        .query(sql!(
            sqlite: "select 0, ''",
            postgres: "select current_setting('server_version_num')::bigint / 10000, pg_export_snapshot()",
        ))
        .one()
        .await?;
    let version = programs.version("pg_dump").await?;
    if version < server {
        bail!(
            "pg_dump is of version {version} and the server of version {server}: an older pg_dump cannot dump it; install \
             postgresql-client-{server} and put it first on PATH"
        );
    }
    let dumped = programs
        .command("pg_dump")
        .args(["--format=custom", "--no-password", "--lock-wait-timeout=60s"])
        .arg(format!("--snapshot={snapshot}"))
        .stdout(Stdio::from(into.file()?))
        // `output` would take its output for itself.
        .spawn()
        .context("pg_dump cannot be started")?
        .wait_with_output()
        .await?;
    if !dumped.status.success() {
        bail!(
            "pg_dump failed: {}; it works as the role in DATABASE_URL, which must own the tables, as for `ingam migrate`",
            what_failed(&dumped.stderr)
        );
    }
    read_through(&programs, into.path()).await
}

/// Reads all of an archive, which fails where its end is missing.
async fn read_through(programs: &Programs, file: &Path) -> anyhow::Result<()> {
    let read = programs.command("pg_restore").arg("--file=/dev/null").arg(file).output().await;
    let read = read.context("pg_restore cannot be started")?;
    if !read.status.success() {
        bail!("{} cannot be read: {}", file.display(), what_failed(&read.stderr));
    }
    Ok(())
}

/// What an archive says of itself, read from the rows of two tables.
pub(crate) async fn facts(url: &str, file: &Path) -> anyhow::Result<Facts> {
    let programs = Programs::of(url)?;
    programs.version("psql").await?;
    programs.version("pg_restore").await?;
    read_through(&programs, file).await?;
    let read = programs
        .command("pg_restore")
        .args(["--data-only", "--schema=public", "--table=_sqlx_migrations", "--table=installation", "--file=-"])
        .arg(file)
        .output()
        .await?;
    let script = String::from_utf8_lossy(&read.stdout).into_owned();
    let no_console = || format!("{} is a dump, but not of a console's database", file.display());
    let versions = column(&script, "_sqlx_migrations", "version");
    let version = versions.iter().filter_map(|version| version.parse().ok()).max().with_context(no_console)?;
    let environment = column(&script, "installation", "environment").first().cloned().with_context(no_console)?;
    Ok(Facts { version, environment: environment.parse().map_err(anyhow::Error::msg)? })
}

/// A column of a table, from a script that copies it: `COPY public.t (a, b) FROM stdin;`, lines with tabs, `\.`.
fn column(script: &str, table: &str, column: &str) -> Vec<String> {
    let begins = format!("COPY public.{table} (");
    let mut lines = script.lines().skip_while(|line| !line.starts_with(&begins));
    let columns = lines.next().and_then(|line| line.strip_prefix(&begins)?.split(')').next());
    let place = columns.and_then(|columns| columns.split(", ").position(|name| name == column));
    let rows = lines.take_while(|line| *line != "\\.");
    rows.filter_map(|row| Some(row.split('\t').nth(place?)?.to_owned())).collect()
}

/// What is in a database.
///
/// # Errors
///
/// A console is connected; or the database cannot be reached or read.
pub(crate) async fn there(url: &str) -> anyhow::Result<There> {
    let mut connection = open::postgres_options(url)?
        .application_name("ingam restore")
        .connect()
        .await
        .with_context(|| format!("cannot reach the database {}", open::shown(url)))?;
    let (consoles,): (i64,) = sqlx::query_as(
        "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'ingam'",
    )
    .fetch_one(&mut connection)
    .await?;
    if consoles > 0 {
        bail!("a console has {consoles} connections to the database: stop it first; nothing was changed");
    }
    let there = tables(&mut connection).await;
    connection.close().await?;
    there
}

async fn tables(connection: &mut PgConnection) -> anyhow::Result<There> {
    let tables: Vec<(String, String)> = sqlx::query_as(
        "select c.relname::text, format('select 1 from public.%I limit 1', c.relname) from pg_class c
          where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'f', 'm')
            and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
          order by 1",
    )
    .fetch_all(&mut *connection)
    .await?;
    for (table, sql) in tables.iter().filter(|(table, _)| !SEEDED.contains(&table.as_str())) {
        if sqlx::query(AssertSqlSafe(sql.clone())).fetch_optional(&mut *connection).await?.is_some() {
            return Ok(There::Rows(table.clone()));
        }
    }
    Ok(if tables.is_empty() { There::Nothing } else { There::Tables })
}

/// Removes what is in the schema and belongs to no extension.
const DROP: &str = r"
set local search_path = pg_catalog;
do $$
declare thing record;
begin
  for thing in
    select c.oid::regclass name, case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table'
                                                when 'S' then 'sequence' else 'table' end kind
      from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
       and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('e', 'a', 'i'))
  loop
    -- One that went with an earlier one has only its number for a name.
    if thing.name::text !~ '^[0-9]+$' then execute format('drop %s if exists %s cascade', thing.kind, thing.name); end if;
  end loop;
  for thing in
    select p.oid::regprocedure name from pg_proc p
     where p.pronamespace = 'public'::regnamespace
       and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
  loop
    if thing.name::text !~ '^[0-9]+$' then execute format('drop routine if exists %s cascade', thing.name); end if;
  end loop;
  for thing in
    select t.oid::regtype name from pg_type t
     where t.typnamespace = 'public'::regnamespace and t.typtype in ('e', 'd', 'r')
       and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype in ('e', 'i'))
  loop
    if thing.name::text !~ '^[0-9]+$' then execute format('drop type if exists %s cascade', thing.name); end if;
  end loop;
end $$;
";

/// Replaces what is in a database by what is in an archive, all of it or nothing: the statements are one transaction, whose end is
/// sent only after all of the archive was read. A process that is killed before leaves the database as it was. Owners and rights are
/// left out, because they name roles that this cluster may not have; `migrate` makes those of the console.
pub(crate) async fn replace(url: &str, file: &Path) -> anyhow::Result<()> {
    let programs = Programs::of(url)?;
    let mut reading = programs
        .command("pg_restore")
        .args(["--file=-", "--no-owner", "--no-acl", "--no-comments", "--no-publications", "--no-subscriptions"])
        .args(["--no-security-labels", "--no-tablespaces"])
        .arg(file)
        .stdout(Stdio::piped())
        .spawn()
        .context("pg_restore cannot be started")?;
    let mut loading = programs
        .command("psql")
        .args(["--no-psqlrc", "--quiet", "--no-password", "--output=/dev/null", "--file=-"])
        .args(["-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=terse", "-v", "SHOW_CONTEXT=never"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .context("psql cannot be started")?;
    let (mut script, mut into) =
        (reading.stdout.take().context("no output")?, loading.stdin.take().context("no input")?);
    let mut said = loading.stderr.take().context("no errors")?;
    // What it says is read meanwhile, or it would wait for a reader.
    let listening = tokio::spawn(async move {
        let mut told = Vec::new();
        said.read_to_end(&mut told).await.map(|_| told)
    });
    let sent = async {
        into.write_all(b"begin;\nset local lock_timeout = '30s';\n").await?;
        into.write_all(DROP.as_bytes()).await?;
        io::copy(&mut script, &mut into).await
    };
    let sent = sent.await;
    drop(script);
    let read = reading.wait_with_output().await?;
    if sent.is_ok() && read.status.success() {
        // Where the server refused something, psql has ended, and its message says more than this failure.
        drop(into.write_all(b"\ncommit;\n").await);
    }
    drop(into.shutdown().await);
    drop(into);
    let loaded = loading.wait().await?;
    let told = listening.await??;
    if !loaded.success() {
        bail!("nothing was changed: the database refused the backup: {}", what_failed(&told));
    }
    if let (Err(_), _) | (_, false) = (&sent, read.status.success()) {
        bail!("nothing was changed: {} could not be read: {}", file.display(), what_failed(&read.stderr));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::column;

    #[test]
    fn a_column_is_read_from_a_script() {
        let script = "SET x;\nCOPY public.a (id, name) FROM stdin;\n1\tone\n2\ttwo\n\\.\n\nCOPY public.b (name) FROM stdin;\nthree\n\\.\n";
        assert_eq!(column(script, "a", "name"), ["one", "two"]);
        assert_eq!(column(script, "b", "name"), ["three"]);
        assert!(column(script, "b", "id").is_empty() && column(script, "c", "id").is_empty());
    }
}
