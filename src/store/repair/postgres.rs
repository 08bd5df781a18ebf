//! Roles belong to the cluster and are in no dump of a database; `--no-acl` leaves out the rights; `--disable-triggers` arms
//! every trigger for ordinary sessions only; a restore that goes on after an error leaves out constraints and indexes.

use crate::store::{migration::POSTGRES, open::APP_ROLE};
use anyhow::Context as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::collections::{BTreeMap, BTreeSet};

/// Where the migrations run again. It is rolled back, so no other connection ever sees it.
const SCRATCH: &str = "ingam_as_built";

/// One repair at a time in a database: two would alter the same row of a catalogue.
const LOCK: &str = "select pg_advisory_xact_lock(hashtext('ingam repair'))";

/// What keeps the rows as they are, under its kind and name: functions, indexes that belong to no constraint, constraints, triggers
/// with the sessions that they fire for. Whole texts, with the schema of each name. The text of a constraint is left out: the engine
/// writes some of them otherwise once they were restored.
const OBJECTS: &str = "
  select 'function' kind, p.proname::text name, '' on_table, pg_get_functiondef(p.oid) def, '' fires, 1 place
    from pg_proc p
   where p.pronamespace = to_regnamespace($1) and p.prokind = 'f'
     and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
  union all
  select 'constraint', k.conname::text, c.relname::text, pg_get_constraintdef(k.oid), '', 2 + position(k.contype in 'pucf')
    from pg_constraint k join pg_class c on c.oid = k.conrelid
   where c.relnamespace = to_regnamespace($1) and k.contype in ('p', 'u', 'c', 'f')
  union all
  select 'index', i.relname::text, c.relname::text, pg_get_indexdef(i.oid), '', 7
    from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid
   where c.relnamespace = to_regnamespace($1) and x.indisvalid and c.relkind = 'r'
     and not exists (select from pg_constraint k where k.conindid = i.oid and k.contype in ('p', 'u', 'x'))
  union all
  select 'trigger', t.tgname::text, c.relname::text, pg_get_triggerdef(t.oid), t.tgenabled::text, 8
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
   where c.relnamespace = to_regnamespace($1) and not t.tgisinternal
   order by 6, 3, 2";

/// The rights that the console's role and the public have on tables and on columns.
const RIGHTS: &str = "
  select c.relname::text, '' on_column, a.privilege_type, a.grantee = 0
    from pg_class c cross join aclexplode(c.relacl) a
   where c.relnamespace = to_regnamespace($1) and c.relkind in ('r', 'p') and a.grantee in (0, $2::regrole::oid)
  union all
  select c.relname::text, t.attname::text, a.privilege_type, a.grantee = 0
    from pg_class c join pg_attribute t on t.attrelid = c.oid cross join aclexplode(t.attacl) a
   where c.relnamespace = to_regnamespace($1) and c.relkind in ('r', 'p') and not t.attisdropped
     and a.grantee in (0, $2::regrole::oid)";

#[derive(Clone, Debug, sqlx::FromRow)]
struct Object {
    kind: String,
    name: String,
    on_table: String,
    def: String,
    /// For which sessions a trigger fires: `A` for all, `O` not for one that replicates, `D` for none.
    fires: String,
}

/// A right: table, column or nothing, privilege, and whether everybody has it.
type Right = (String, String, String, bool);

/// What the migrations make, or what is there.
struct Kept {
    objects: Vec<Object>,
    rights: BTreeSet<Right>,
}

/// Makes the role that the console works as, lets this login take it, and lets it into the schema. Says what was missing. This
/// comes before the migrations: a restored database knows of the one that did so, and the later ones give rights to the role.
pub(in crate::store) async fn role(connection: &mut PgConnection) -> anyhow::Result<Vec<String>> {
    let mut repaired = Vec::new();
    let there: Option<(i32,)> = sqlx::query_as("select 1 from pg_roles where rolname = $1")
        .bind(APP_ROLE)
        .fetch_optional(&mut *connection)
        .await?;
    if there.is_none() {
        // Another database of the cluster may be prepared at this moment.
        let make = "do $$ begin create role ingam_app nologin; exception when duplicate_object or unique_violation then null; end $$";
        sqlx::raw_sql(make).execute(&mut *connection).await.context(
            "the role ingam_app is missing and cannot be made; the role that migrates may create roles, or an administrator \
             runs: create role ingam_app nologin; grant ingam_app to the role that migrates",
        )?;
        repaired.push(format!("the role {APP_ROLE} was missing"));
    }
    let (version,): (i32,) =
        sqlx::query_as("select current_setting('server_version_num')::int").fetch_one(&mut *connection).await?;
    // From 16 on a person may be a member of a role and not be allowed to take it, as one who has made it.
    let asked = if version >= 160_000 { "set" } else { "member" };
    let (may_take,): (bool,) = sqlx::query_as("select pg_has_role(current_user, $1, $2)")
        .bind(APP_ROLE)
        .bind(asked)
        .fetch_one(&mut *connection)
        .await?;
    if !may_take {
        sqlx::raw_sql("do $$ begin execute format('grant ingam_app to %I', current_user); end $$")
            .execute(&mut *connection)
            .await
            .context("this login may not take the role ingam_app; an administrator grants it")?;
        repaired.push(format!("this login could not take the role {APP_ROLE}"));
    }
    let (may_enter,): (bool,) = sqlx::query_as(
        "select exists (select from pg_namespace n cross join aclexplode(n.nspacl) a
                         where n.nspname = 'public' and a.privilege_type = 'USAGE' and a.grantee = $1::regrole::oid)",
    )
    .bind(APP_ROLE)
    .fetch_one(&mut *connection)
    .await?;
    if !may_enter {
        sqlx::raw_sql("grant usage on schema public to ingam_app").execute(&mut *connection).await?;
        repaired.push(format!("{APP_ROLE} had no right to use the schema"));
    }
    Ok(repaired)
}

/// Makes everything else again that differs from what the migrations make, all or none, and says what. The rights of the console's
/// role and of the public become exactly those of the migrations: one more would let it rewrite the log.
pub(in crate::store) async fn everything(connection: &mut PgConnection) -> anyhow::Result<Vec<String>> {
    let wanted = as_built(connection).await.context("the schema cannot be compared with the migrations")?;
    let mut tx = begin(connection).await?;
    let there = kept(&mut tx, "public").await?;
    let mut repaired = repair_objects(&mut tx, &wanted.objects, &there.objects).await?;
    repaired.extend(repair_rights(&mut tx, &wanted.rights, &there.rights).await?);
    tx.commit().await?;
    Ok(repaired)
}

async fn begin(connection: &mut PgConnection) -> sqlx::Result<sqlx::Transaction<'_, sqlx::Postgres>> {
    let mut tx = connection.begin().await?;
    sqlx::raw_sql(LOCK).execute(&mut *tx).await?;
    // A console that serves goes on if a lock that is needed here cannot be had.
    sqlx::raw_sql("set local lock_timeout = '30s'").execute(&mut *tx).await?;
    Ok(tx)
}

/// Runs the migrations into a schema of their own and looks what they make.
async fn as_built(connection: &mut PgConnection) -> anyhow::Result<Kept> {
    let mut tx = begin(connection).await?;
    sqlx::raw_sql(AssertSqlSafe(format!("create schema {SCRATCH}; set local search_path = {SCRATCH}, public")))
        .execute(&mut *tx)
        .await?;
    for migration in POSTGRES.iter() {
        sqlx::raw_sql(migration.sql.clone()).execute(&mut *tx).await?;
    }
    let mut built = kept(&mut tx, SCRATCH).await?;
    tx.rollback().await?;
    for object in &mut built.objects {
        object.def = object.def.replace(&format!("{SCRATCH}."), "public.");
    }
    // The library's own table, which the console reads to learn which schema it has.
    built.rights.insert(("_sqlx_migrations".to_owned(), String::new(), "SELECT".to_owned(), false));
    Ok(built)
}

async fn kept(tx: &mut PgConnection, schema: &str) -> sqlx::Result<Kept> {
    // So that each name in a text comes with its schema.
    sqlx::raw_sql("set local search_path = pg_catalog").execute(&mut *tx).await?;
    let objects = sqlx::query_as(OBJECTS).bind(schema).fetch_all(&mut *tx).await?;
    Ok(Kept { objects, rights: rights(tx, schema).await? })
}

async fn rights(tx: &mut PgConnection, schema: &str) -> sqlx::Result<BTreeSet<Right>> {
    let rights: Vec<Right> = sqlx::query_as(RIGHTS).bind(schema).bind(APP_ROLE).fetch_all(&mut *tx).await?;
    Ok(rights.into_iter().collect())
}

async fn repair_objects(tx: &mut PgConnection, wanted: &[Object], there: &[Object]) -> anyhow::Result<Vec<String>> {
    let mut repaired = Vec::new();
    for object in wanted {
        let Object { kind, name, on_table, def, fires } = object;
        let same = |other: &&Object| (&other.kind, &other.name, &other.on_table) == (kind, name, on_table);
        let found = there.iter().find(same);
        let what =
            if on_table.is_empty() { format!("the {kind} {name}") } else { format!("the {kind} {name} on {on_table}") };
        let make = match kind.as_str() {
            "constraint" => format!("alter table public.\"{on_table}\" add constraint \"{name}\" {def}"),
            "trigger" => format!("{def}; {}", arm(object)),
            _ => def.clone(),
        };
        let (run, was) = match found {
            None => (make, "was missing"),
            Some(found) if matches!(kind.as_str(), "function" | "trigger") && found.def != *def => {
                let drop = if kind == "trigger" {
                    format!("drop trigger \"{name}\" on public.\"{on_table}\"; ")
                } else {
                    String::new()
                };
                (format!("{drop}{make}"), "was altered")
            }
            Some(found) if found.fires != *fires => (arm(object), "was not armed for every session"),
            Some(_) => continue,
        };
        execute(tx, run).await.with_context(|| format!("{what} {was} and cannot be made again"))?;
        repaired.push(format!("{what} {was}"));
    }
    Ok(repaired)
}

/// The statement after which a trigger fires for the sessions that the migrations say.
fn arm(trigger: &Object) -> String {
    let how = match trigger.fires.as_str() {
        "A" => "enable always",
        "R" => "enable replica",
        "D" => "disable",
        _ => "enable",
    };
    format!("alter table public.\"{}\" {how} trigger \"{}\"", trigger.on_table, trigger.name)
}

async fn repair_rights(
    tx: &mut PgConnection,
    wanted: &BTreeSet<Right>,
    there: &BTreeSet<Right>,
) -> anyhow::Result<Vec<String>> {
    let ours: BTreeSet<&String> = wanted.iter().map(|(table, ..)| table).collect();
    let mut repaired = Vec::new();
    for right in there.difference(wanted).filter(|(table, ..)| ours.contains(table)) {
        execute(tx, format!("revoke {}", words(right, "from"))).await?;
        let who = if right.3 { "everybody" } else { APP_ROLE };
        repaired.push(format!("{who} had the right to {} on {}, which is taken away", privilege(right), right.0));
    }
    let mut missing: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for right @ (table, ..) in wanted.difference(there) {
        missing.entry(table).or_default().push(privilege(right));
    }
    if !missing.is_empty() {
        let tables: Vec<String> =
            missing.iter().map(|(table, rights)| format!("{table} ({})", rights.join(", "))).collect();
        repaired.push(format!("{APP_ROLE} had not all its rights on {}", tables.join(", ")));
    }
    // Taking a right on a table away takes it from each column too, so what is missing is asked again.
    for right in wanted.difference(&rights(tx, "public").await?) {
        execute(tx, format!("grant {}", words(right, "to"))).await?;
    }
    Ok(repaired)
}

fn privilege((_, column, privilege, _): &Right) -> String {
    let privilege = privilege.to_lowercase();
    if column.is_empty() { privilege } else { format!("{privilege} of {column}") }
}

fn words((table, column, privilege, is_public): &Right, preposition: &str) -> String {
    let of = if column.is_empty() { String::new() } else { format!(" (\"{column}\")") };
    let who = if *is_public { "public" } else { APP_ROLE };
    format!("{privilege}{of} on public.\"{table}\" {preposition} {who}")
}

async fn execute(tx: &mut PgConnection, sql: String) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *tx).await.map(drop)
}
