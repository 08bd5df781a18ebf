//! The self-check at start: does the engine itself still keep the audit log append-only?

use super::{Engine, Reader, Sql, migration};
use crate::{gate::audit::tree::Frontier, sql};

/// One thing that must hold, and whether it does.
#[derive(Clone, Debug)]
pub struct Safeguard {
    pub name: &'static str,
    /// What is wrong and what to do about it, where it does not hold.
    pub holds: Result<(), String>,
}

/// Checks every safeguard. An error means that they could not be checked.
pub async fn safeguards(reader: &Reader, engine: Engine) -> anyhow::Result<Vec<Safeguard>> {
    let mut found = match engine {
        Engine::Sqlite => vec![sqlite_triggers(reader).await?],
        Engine::Postgres => vec![postgres_triggers(reader).await?, postgres_rights(reader).await?],
    };
    found.push(head(reader).await?);
    Ok(found)
}

pub(super) const SQLITE_TRIGGERS: Sql = Sql {
    sqlite: "select name, sql from sqlite_master where type = 'trigger'
              and tbl_name in ('audit', 'audit_head', 'access_records', 'point_entries') order by name",
    postgres: "select 1 where false",
};

/// Compares the triggers with those that the migrations make: one that was dropped or weakened is seen either way.
async fn sqlite_triggers(reader: &Reader) -> anyhow::Result<Safeguard> {
    let there: Vec<(String, String)> = reader.query(SQLITE_TRIGGERS).all().await?;
    let wanted = migration::sqlite_triggers_as_built().await?;
    let odd = wanted
        .iter()
        .find(|trigger| !there.contains(trigger))
        .or_else(|| there.iter().find(|trigger| !wanted.contains(trigger)));
    Ok(Safeguard {
        name: "append-only triggers",
        holds: odd.map_or(Ok(()), |(name, _)| Err(format!("the trigger {name} is missing or was altered"))),
    })
}

/// Triggers that must be there and fire even for a session that says it is a replica.
const POSTGRES_TRIGGERS: [&str; 9] = [
    "access_records_no_rewriting",
    "access_records_no_truncate",
    "audit_head_next",
    "audit_head_no_truncate",
    "audit_next",
    "audit_no_rewriting",
    "audit_no_truncate",
    "point_entries_no_rewriting",
    "point_entries_no_truncate",
];

async fn postgres_triggers(reader: &Reader) -> anyhow::Result<Safeguard> {
    let always: Vec<(String,)> = reader
        .query(sql!(
            sqlite: "select name from sqlite_master where false",
            postgres: "select tgname::text from pg_trigger where tgenabled = 'A' and not tgisinternal order by 1",
        ))
        .all()
        .await?;
    let missing = POSTGRES_TRIGGERS.iter().find(|name| !always.iter().any(|(there,)| there == *name));
    Ok(Safeguard {
        name: "append-only triggers",
        holds: missing.map_or(Ok(()), |name| Err(format!("the trigger {name} is missing or not ENABLE ALWAYS"))),
    })
}

async fn postgres_rights(reader: &Reader) -> anyhow::Result<Safeguard> {
    let (may_rewrite,): (bool,) = reader
        .query(sql!(
            sqlite: "select false",
            postgres: "select (select rolsuper from pg_roles where rolname = current_user)
                           or pg_has_role(current_user, (select relowner from pg_class where oid = 'audit'::regclass), 'usage')
                           or has_table_privilege('audit', 'update') or has_table_privilege('audit', 'delete')
                           or has_table_privilege('audit', 'truncate') or has_table_privilege('audit', 'trigger')
                           or has_table_privilege('audit_head', 'delete') or has_table_privilege('audit_head', 'truncate')
                           or has_table_privilege('access_records', 'update') or has_table_privilege('access_records', 'delete')",
        ))
        .one()
        .await?;
    Ok(Safeguard {
        name: "database role may only append",
        holds: if may_rewrite {
            Err("the role the console works as could change the audit log; it must be ingam_app with the rights of the migrations".to_owned())
        } else {
            Ok(())
        },
    })
}

/// The stored root must be the root of the stored frontier, and the newest row the one before the head.
async fn head(reader: &Reader) -> anyhow::Result<Safeguard> {
    let (size, frontier, root, rows): (i64, Vec<u8>, Vec<u8>, i64) = reader
        .query(sql!(
            "select h.size, h.frontier, h.root, coalesce((select max(seq) + 1 from audit), 0) from audit_head h where h.id = 1"
        ))
        .one()
        .await?;
    let fits =
        Frontier::read(size, &frontier).is_some_and(|frontier| frontier.root().as_slice() == root) && rows == size;
    Ok(Safeguard {
        name: "audit log head",
        holds: if fits {
            Ok(())
        } else {
            Err("the head of the audit log does not fit its rows; run `ingam audit verify`".to_owned())
        },
    })
}

/// Whether whoever logged in could take other rights than the console's role has: worth a warning, not a refusal.
pub async fn login_is_powerful(reader: &Reader, engine: Engine) -> anyhow::Result<bool> {
    if engine == Engine::Sqlite {
        return Ok(false);
    }
    let (powerful,): (bool,) = reader
        .query(sql!(
            sqlite: "select false",
            postgres: "select (select rolsuper from pg_roles where rolname = session_user)
                           or pg_has_role(session_user, (select relowner from pg_class where oid = 'audit'::regclass), 'usage')",
        ))
        .one()
        .await?;
    Ok(powerful)
}
