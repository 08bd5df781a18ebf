//! The self-check at start: whether the engine itself still keeps the audit log append-only.

use crate::{
    merkle::Frontier,
    sql,
    store::{self, Engine, Reader},
};

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

/// Compares the triggers with those that the migrations make: one that was dropped or weakened is seen either way.
async fn sqlite_triggers(reader: &Reader) -> anyhow::Result<Safeguard> {
    let there: Vec<(String, String)> = store::sqlite_triggers(reader).await?;
    let wanted = store::sqlite_triggers_as_built().await?;
    let odd = wanted
        .iter()
        .find(|trigger| !there.contains(trigger))
        .or_else(|| there.iter().find(|trigger| !wanted.contains(trigger)));
    Ok(Safeguard {
        name: "append-only triggers",
        holds: odd.map_or(Ok(()), |(name, _)| Err(format!("the trigger {name} is missing or was altered"))),
    })
}

/// Triggers that must be there and fire even for a session that says it is a replica: table, name, and what `pg_trigger`
/// calls its type (1 for each row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate).
const POSTGRES_TRIGGERS: [(&str, &str, i64); 42] = [
    ("access_records", "access_records_no_rewriting", 27),
    ("access_records", "access_records_no_truncate", 34),
    ("access_subjects", "access_subjects_no_rewriting", 27),
    ("access_subjects", "access_subjects_no_truncate", 34),
    ("access_leaves", "access_leaves_no_rewriting", 27),
    ("access_leaves", "access_leaves_no_truncate", 34),
    ("access_head", "access_head_next", 31),
    ("access_head", "access_head_no_truncate", 34),
    ("access_sealed", "access_sealed_next", 31),
    ("access_sealed", "access_sealed_no_truncate", 34),
    ("access_heads", "access_heads_next", 31),
    ("access_heads", "access_heads_no_truncate", 34),
    ("alert_events", "alert_events_no_rewriting", 27),
    ("alert_events", "alert_events_no_truncate", 34),
    ("approval_requests", "approval_requests_kept", 19),
    ("approval_votes", "approval_votes_no_rewriting", 27),
    ("approval_votes", "approval_votes_no_truncate", 34),
    ("audit", "audit_next", 7),
    ("audit", "audit_no_rewriting", 27),
    ("audit", "audit_no_truncate", 34),
    ("audit_head", "audit_head_next", 31),
    ("audit_head", "audit_head_no_truncate", 34),
    ("batch_events", "batch_events_no_rewriting", 27),
    ("batch_events", "batch_events_no_truncate", 34),
    ("batch_runs", "batch_runs_ended", 19),
    ("checkpoints", "checkpoints_no_rewriting", 27),
    ("checkpoints", "checkpoints_no_truncate", 34),
    ("escalation_events", "escalation_events_no_rewriting", 27),
    ("escalation_events", "escalation_events_no_truncate", 34),
    ("incident_events", "incident_events_no_rewriting", 27),
    ("incident_events", "incident_events_no_truncate", 34),
    ("order_events", "order_events_no_rewriting", 27),
    ("order_events", "order_events_no_truncate", 34),
    ("point_entries", "point_entries_no_rewriting", 27),
    ("point_entries", "point_entries_no_truncate", 34),
    ("postmortems", "postmortems_no_rewriting", 27),
    ("postmortems", "postmortems_no_truncate", 34),
    ("refund_payments", "refund_payments_settled", 19),
    ("reviews", "reviews_no_rewriting", 27),
    ("reviews", "reviews_no_truncate", 34),
    ("user_notes", "user_notes_no_rewriting", 27),
    ("user_notes", "user_notes_no_truncate", 34),
];

async fn postgres_triggers(reader: &Reader) -> anyhow::Result<Safeguard> {
    let always: Vec<(String, String, i64, String)> = reader
        .query(sql!(
            sqlite: "select name, name, 0, name from sqlite_master where false",
            postgres: "select c.relname::text, t.tgname::text, t.tgtype::bigint, p.prosrc
                         from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_proc p on p.oid = t.tgfoid
                        where t.tgenabled = 'A' and not t.tgisinternal and t.tgqual is null and t.tgattr::text = ''",
        ))
        .all()
        .await?;
    // A trigger whose function was replaced is there and does nothing, so the function must be one of the migrations'.
    let holds = |(table, name, kind): &(&str, &str, i64)| {
        always.iter().any(|(on, there, is, source)| {
            (on.as_str(), there.as_str(), is) == (*table, *name, kind) && store::is_postgres_source(source)
        })
    };
    let missing = POSTGRES_TRIGGERS.iter().find(|trigger| !holds(trigger));
    Ok(Safeguard {
        name: "append-only triggers",
        holds: missing.map_or(Ok(()), |(_, name, _)| {
            Err(format!("the trigger {name} is missing, was altered or is not ENABLE ALWAYS"))
        }),
    })
}

async fn postgres_rights(reader: &Reader) -> anyhow::Result<Safeguard> {
    let (may_rewrite,): (bool,) = reader
        .query(sql!(
            sqlite: "select false",
            // A right on one column of a table is no right on the table, so updating is asked of any column. Access records whose time is
            // over may go, and the bytes of their leaves: which those are, the triggers know.
            postgres: "select (select rolsuper from pg_roles where rolname = current_user)
                           or pg_has_role(current_user, (select relowner from pg_class where oid = 'audit'::regclass), 'usage')
                           or exists (select 1 from unnest(array['audit', 'access_records', 'access_subjects', 'checkpoints', 'point_entries', 'order_events', 'batch_events', 'alert_events', 'escalation_events', 'incident_events', 'postmortems', 'approval_votes', 'user_notes', 'reviews']) kept (name)
                                       where has_any_column_privilege(kept.name, 'update'))
                           or exists (select 1 from unnest(array['n', 'record_id', 'leaf']) kept (name)
                                       where has_column_privilege('access_leaves', kept.name, 'update'))
                           or exists (select 1 from unnest(array['access_records', 'access_subjects']) kept (name)
                                       where has_table_privilege(kept.name, 'truncate, trigger'))
                           or exists (select 1 from unnest(array['audit', 'audit_head', 'access_heads', 'access_leaves', 'access_head', 'access_sealed', 'checkpoints', 'point_entries', 'order_events', 'batch_events', 'alert_events', 'escalation_events', 'incident_events', 'postmortems', 'approval_requests', 'approval_votes', 'user_notes', 'reviews']) kept (name)
                                       where has_table_privilege(kept.name, 'delete, truncate, trigger'))",
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

/// Whether the login itself has more rights than the console's role: worth a warning, not a refusal.
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
