//! Appending to the audit log. Reading it is a slice like any other: `crate::audit`.

pub mod entry;

pub use entry::{Entry, MAX_BODY, ip_key};

use super::{
    Actor, Reason, Refusal, Roles, Target, Tx, Who,
    lead::TOLERATED,
    mention,
    noted::{Fields, Noted},
};
use crate::{clock::Instant, entry_columns, id::Seq, merkle, sql, store::Queries};
use serde_json::{Map, Value};

/// The first row of the log at a time or after it. The log's time never runs backwards.
pub(crate) async fn first_since(db: &mut impl Queries, at: Instant) -> sqlx::Result<Option<Seq>> {
    let first: Option<(Seq,)> =
        db.query(sql!("select seq from audit where at >= $1 order by at, seq limit 1")).bind(at).optional().await?;
    Ok(first.map(|(seq,)| seq))
}

/// How a row of the log ends.
pub(super) struct Ending {
    pub outcome: &'static str,
    /// The word of the refusal and its values; empty for none.
    pub refusal: String,
}

impl Ending {
    pub(super) fn of(outcome: &'static str, refusal: Option<&Refusal>) -> Self {
        Self { outcome, refusal: refusal.map(Refusal::word).unwrap_or_default() }
    }
}

/// The content of one row.
pub(super) struct Line<'a> {
    pub actor: &'a Actor,
    /// The roles as read in this transaction, where they were read.
    pub roles: Option<&'a Roles>,
    pub action: &'a str,
    pub target: Target,
    pub reason: &'a Reason,
    pub ending: Ending,
}

/// A row that was appended.
#[derive(Clone, Copy)]
pub(super) struct Appended {
    pub seq: Seq,
    /// Its time, which is later than that of the transaction where the log was ahead of the clock.
    pub at: Instant,
}

/// Appends one row and moves the head of the tree. Called last in a transaction: its lock on the head holds up every
/// other change until this one has committed.
pub(super) async fn append(tx: &mut Tx<'_>, line: Line<'_>) -> Result<Appended, sqlx::Error> {
    let Head { size, frontier, last } = head(tx).await?;
    // Clocks of two processes differ a little and a clock may be set back; the log's time never runs backwards.
    let at = last.map_or(tx.now(), |last| last.max(tx.now()));
    let mut frontier = merkle::Frontier::read(size, &frontier)
        .ok_or_else(|| sqlx::Error::Protocol("the audit log's frontier does not fit its size".to_owned()))?;

    let seq = Seq::new(size);
    let entry = entry(tx, &line, seq, at);
    let body = entry.body();
    if body.len() > MAX_BODY {
        return Err(sqlx::Error::Protocol(format!("the audit row would have {} bytes", body.len())));
    }
    let leaf = merkle::leaf(&body);
    frontier.push(leaf);
    insert(tx, &entry, &body, &leaf).await?;
    // Of what was refused no incident tells.
    if matches!(line.ending.outcome, "applied" | "requested") {
        mention::keep(tx, seq, line.reason.as_str()).await?;
    }
    tx.query(sql!("update audit_head set size = $1, frontier = $2, root = $3 where id = 1"))
        .bind(size + 1)
        .bind(frontier.bytes())
        .bind(frontier.root().to_vec())
        .run()
        .await?;
    Ok(Appended { seq, at })
}

#[derive(sqlx::FromRow)]
struct Head {
    size: i64,
    frontier: Vec<u8>,
    /// The time of the newest row.
    last: Option<Instant>,
}

/// Locks the head of the tree and reads it. SQLite, which has one writer, says the time of the newest row along with it. On PostgreSQL
/// a statement that has waited for the lock still sees the rows of the time before, so that time is asked for afterwards.
async fn head(tx: &mut Tx<'_>) -> sqlx::Result<Head> {
    let mut head: Head = tx
        .query(sql!(
            sqlite: "select h.size, h.frontier, (select a.at from audit a where a.seq = h.size - 1) as last from audit_head h where h.id = 1",
            postgres: "select size, frontier, cast(null as timestamptz) as last from audit_head where id = 1 for update",
        ))
        .one()
        .await?;
    if tx.is_postgres() {
        let last: Option<(Instant,)> =
            tx.query(sql!("select at from audit where seq = $1")).bind(head.size - 1).optional().await?;
        head.last = last.map(|(last,)| last);
    }
    Ok(head)
}

fn entry(tx: &mut Tx<'_>, line: &Line<'_>, seq: Seq, at: Instant) -> Entry {
    let (staff_email, known) = match &line.actor.who {
        Who::Staff { email, roles, .. } => (email.clone(), roles.to_string()),
        _ => (String::new(), String::new()),
    };
    let after = match &line.actor.who {
        Who::Console { user, .. } => {
            let by = user.fields().map(|(name, value)| (name.into(), Noted::Text(value)));
            noted(&tx.ledger.after.clone().into_iter().chain(by).collect())
        }
        _ => noted(&tx.ledger.after),
    };
    // Where the log is ahead by more than clocks differ, the row also says what the clock said.
    let after = match after {
        Value::Object(mut fields) if at.since(tx.now()) > TOLERATED => {
            fields.insert("clock_at".to_owned(), tx.now().to_string().into());
            Value::Object(fields)
        }
        after => after,
    };
    let origin = &line.actor.origin;
    let (ip, peer) = origin.addresses();
    Entry {
        seq,
        at,
        change_id: tx.ledger.change_id.clone(),
        actor: line.actor.who.kind().to_owned(),
        staff_id: line.actor.staff_id(),
        staff_name: line.actor.who.name(),
        staff_email,
        roles: line.roles.map_or(known, ToString::to_string),
        action: line.action.to_owned(),
        target_kind: line.target.kind.to_owned(),
        target_id: line.target.id.clone(),
        before: noted(&tx.ledger.before),
        after,
        reason: line.reason.as_str().to_owned(),
        ip,
        peer,
        user_agent: origin.user_agent.clone(),
        session: origin.session_prefix().to_owned(),
        request_id: origin.request_id.clone(),
        approval_id: tx.ledger.approval,
        reversal_of: tx.ledger.reverses,
        outcome: line.ending.outcome.to_owned(),
        refusal: line.ending.refusal.clone(),
        flags: tx.ledger.flags.to_owned(),
    }
}

pub(super) fn noted(fields: &Fields) -> Value {
    Value::Object(
        fields.iter().map(|(name, value)| (name.clone().into_owned(), value.to_json())).collect::<Map<_, _>>(),
    )
}

async fn insert(tx: &mut Tx<'_>, entry: &Entry, body: &[u8], leaf: &merkle::Hash) -> sqlx::Result<()> {
    tx.query(sql!(
        "insert into audit (", entry_columns!(), ", ip_key, body, leaf)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
                 $25, $26, $27)"
    ))
    .bind(entry.seq)
    .bind(entry.at)
    .bind(entry.change_id.as_str())
    .bind(entry.actor.as_str())
    .bind(entry.staff_id)
    .bind(entry.staff_name.as_str())
    .bind(entry.staff_email.as_str())
    .bind(entry.roles.as_str())
    .bind(entry.action.as_str())
    .bind(entry.target_kind.as_str())
    .bind(entry.target_id.as_str())
    .bind(sqlx::types::Json(&entry.before))
    .bind(sqlx::types::Json(&entry.after))
    .bind(entry.reason.as_str())
    .bind(entry.ip.as_str())
    .bind(entry.peer.as_str())
    .bind(entry.user_agent.as_str())
    .bind(entry.session.as_str())
    .bind(entry.request_id.as_str())
    .bind(entry.approval_id)
    .bind(entry.reversal_of)
    .bind(entry.outcome.as_str())
    .bind(entry.refusal.as_str())
    .bind(entry.flags.as_str())
    .bind(ip_key(&entry.ip))
    .bind(body)
    .bind(leaf.to_vec())
    .run()
    .await
    .map(drop)
}
