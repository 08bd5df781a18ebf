//! The rows of the log: bytes → leaves → root, and columns against bytes.
//!
//! The database hands some hundred rows over as two values, because a value for each column of each row takes several times as long:
//! their bytes, joined, and for each row a line of JSON with its columns. Where one of them does not fit or cannot be read, these rows
//! are read again column by column, which names the row and says what is wrong with it.

use super::{Unfit, pause};
use crate::{
    clock::Instant,
    entry_columns,
    evidence::rows::Bodies,
    gate::audit::{Entry, ip_key},
    id::{RequestId, Seq, StaffId},
    merkle::{self, Frontier, Hash},
    sql,
    store::{Reader, Sql},
};
use serde::Deserialize;
use std::ops::Range;

/// Rows that are read at once: their bytes and columns take 32 MiB at most.
const AT_ONCE: i64 = 256;

/// What is verified of each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// Its bytes and its leaf.
    Leaves,
    /// Its columns too.
    Columns,
}

/// The tree of the leaves of the first rows, which is that of each checkpoint of its size.
pub(super) async fn walk(reader: &Reader, size: i64, depth: Depth) -> Result<Frontier, Unfit> {
    let (mut frontier, mut next) = (Frontier::default(), 0);
    fits_checkpoint(&frontier, &checkpoints(reader, -1, 0).await?)?;
    while next < size {
        let end = size.min(next + AT_ONCE);
        let signed = checkpoints(reader, next, end).await?;
        let leaves = match joined(reader, next..end, depth).await {
            Some(leaves) => leaves,
            None => one_by_one(reader, next..end).await?,
        };
        for leaf in leaves {
            frontier.push(leaf);
            next += 1;
            fits_checkpoint(&frontier, &signed)?;
        }
        pause::between_slices().await;
    }
    Ok(frontier)
}

/// Whether the line of a row fits its place, its bytes and their leaf; `None` where it cannot be read.
type Fits = fn(&str, Seq, &[u8], &Hash) -> Option<bool>;

/// The leaves of rows that fit; `None` where one may not.
async fn joined(reader: &Reader, rows: Range<i64>, depth: Depth) -> Option<Vec<Hash>> {
    let (statement, fits): (Sql, Fits) = match depth {
        Depth::Leaves => (leaves(), leaf_fits),
        Depth::Columns => (columns(), columns_fit),
    };
    let query = reader.query(statement).bind(rows.start).bind(rows.end);
    let (count, bodies, lines): (i64, Vec<u8>, String) = query.one().await.ok()?;
    if count != rows.end - rows.start {
        return None;
    }
    let bodies = Bodies::split(bodies, usize::try_from(count).ok()?)?;
    let leaves: Vec<Hash> = bodies.iter().map(merkle::leaf).collect();
    let mut lines = lines.split('\n');
    for ((place, body), leaf) in rows.zip(bodies.iter()).zip(&leaves) {
        if !fits(lines.next()?, Seq::new(place), body, leaf)? {
            return None;
        }
    }
    Some(leaves)
}

/// How many rows there are, their bytes, and for each a line with its leaf.
fn leaves() -> Sql {
    sql!(
        sqlite: "select count(*), cast(group_concat(cast(body as text), char(10) order by seq) as blob), group_concat(hex(leaf), char(10) order by seq)
               from audit where seq >= $1 and seq < $2",
        postgres: "select count(*), string_agg(body, '\\x0a'::bytea order by seq), string_agg(encode(leaf, 'hex'), chr(10) order by seq)
                 from audit where seq >= $1 and seq < $2",
    )
}

/// The same with a line of JSON that has all columns. Columns of JSON are texts in it: an engine may take more for JSON than this program
/// does.
fn columns() -> Sql {
    sql!(
        sqlite: "select count(*), cast(group_concat(cast(body as text), char(10) order by seq) as blob), group_concat(json_array(seq, at, change_id,
                        actor, staff_id, staff_name, staff_email, roles, action, target_kind, target_id, before, after, reason, ip, peer, user_agent,
                        session, request_id, approval_id, reversal_of, outcome, refusal, flags, ip_key, hex(leaf)), char(10) order by seq)
               from audit where seq >= $1 and seq < $2",
        postgres: "select count(*), string_agg(body, '\\x0a'::bytea order by seq), string_agg(json_build_array(seq,
                        to_char(at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), change_id, actor, staff_id, staff_name, staff_email,
                        roles, action, target_kind, target_id, before::text, after::text, reason, ip, peer, user_agent, session, request_id,
                        approval_id, reversal_of, outcome, refusal, flags, ip_key, encode(leaf, 'hex'))::text, chr(10) order by seq)
                 from audit where seq >= $1 and seq < $2",
    )
}

fn leaf_fits(line: &str, _: Seq, _: &[u8], leaf: &Hash) -> Option<bool> {
    Some(hex::decode(line).ok()?.as_slice() == leaf)
}

fn columns_fit(line: &str, place: Seq, body: &[u8], leaf: &Hash) -> Option<bool> {
    let columns: Columns = serde_json::from_str(line).ok()?;
    let (entry, ip_key, stored) = columns.read()?;
    Some(stored.as_slice() == leaf && wrong(&entry, &ip_key, body, place).is_none())
}

/// A row as a line of [`columns`] has it.
#[derive(Deserialize)]
struct Columns {
    seq: Seq,
    at: Instant,
    change_id: String,
    actor: String,
    staff_id: Option<StaffId>,
    staff_name: String,
    staff_email: String,
    roles: String,
    action: String,
    target_kind: String,
    target_id: String,
    before: String,
    after: String,
    reason: String,
    ip: String,
    peer: String,
    user_agent: String,
    session: String,
    request_id: String,
    approval_id: Option<RequestId>,
    reversal_of: Option<Seq>,
    outcome: String,
    refusal: String,
    flags: String,
    ip_key: String,
    leaf: String,
}

impl Columns {
    /// With the address key and the leaf.
    fn read(self) -> Option<(Entry, String, Vec<u8>)> {
        let entry = Entry {
            seq: self.seq,
            at: self.at,
            change_id: self.change_id,
            actor: self.actor,
            staff_id: self.staff_id,
            staff_name: self.staff_name,
            staff_email: self.staff_email,
            roles: self.roles,
            action: self.action,
            target_kind: self.target_kind,
            target_id: self.target_id,
            before: serde_json::from_str(&self.before).ok()?,
            after: serde_json::from_str(&self.after).ok()?,
            reason: self.reason,
            ip: self.ip,
            peer: self.peer,
            user_agent: self.user_agent,
            session: self.session,
            request_id: self.request_id,
            approval_id: self.approval_id,
            reversal_of: self.reversal_of,
            outcome: self.outcome,
            refusal: self.refusal,
            flags: self.flags,
        };
        Some((entry, self.ip_key, hex::decode(self.leaf).ok()?))
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    entry: Entry,
    ip_key: String,
    body: Vec<u8>,
    leaf: Vec<u8>,
}

/// The leaves of rows that are read column by column, or which of them does not fit.
async fn one_by_one(reader: &Reader, rows: Range<i64>) -> Result<Vec<Hash>, Unfit> {
    let found = match slice(reader, rows.clone()).await {
        Err(error @ (sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_))) => {
            return Err(first_unreadable(reader, rows, error).await);
        }
        found => found?,
    };
    let mut leaves = Vec::new();
    let mut found = found.into_iter();
    for place in rows.clone().map(Seq::new) {
        let unfit = |what| Err(Unfit::Row { seq: place, what });
        let Some(row) = found.next() else {
            let what = if is_any_after(reader, place).await? {
                MISSING
            } else {
                "is missing: the tail of the log was deleted"
            };
            return unfit(what);
        };
        if row.entry.seq != place {
            return unfit(MISSING);
        }
        let leaf = merkle::leaf(&row.body);
        if leaf.as_slice() != row.leaf {
            return unfit("its bytes do not give its leaf: the bytes or the leaf were altered");
        }
        if let Some(what) = wrong(&row.entry, &row.ip_key, &row.body, place) {
            return unfit(what);
        }
        leaves.push(leaf);
    }
    Ok(leaves)
}

const MISSING: &str = "is missing";

async fn slice(reader: &Reader, rows: Range<i64>) -> sqlx::Result<Vec<Row>> {
    reader
        .query(sql!(
            "select ",
            entry_columns!(),
            ", ip_key, body, leaf from audit where seq >= $1 and seq < $2 order by seq"
        ))
        .bind(rows.start)
        .bind(rows.end)
        .all()
        .await
}

/// Which of these rows holds something that cannot even be read.
async fn first_unreadable(reader: &Reader, rows: Range<i64>, error: sqlx::Error) -> Unfit {
    for seq in rows {
        if slice(reader, seq..seq + 1).await.is_err() {
            return Unfit::Row { seq: Seq::new(seq), what: "a column cannot be read: it was altered" };
        }
    }
    error.into()
}

async fn is_any_after(reader: &Reader, place: Seq) -> sqlx::Result<bool> {
    let (last,): (Option<Seq>,) = reader.query(sql!("select max(seq) from audit")).one().await?;
    Ok(last.is_some_and(|last| last > place))
}

/// What is wrong with a row beside its place and its leaf.
fn wrong(entry: &Entry, key: &str, body: &[u8], place: Seq) -> Option<&'static str> {
    // Writing the columns out again and comparing bytes is cheaper than reading the bytes, and as strict.
    if entry.seq != place || entry.body() != body {
        return Some("its columns do not give its bytes: a column was altered, or the row was moved");
    }
    if entry.reversal_of.is_some_and(|of| of >= place) {
        return Some("names a row that it takes back, which is not before it");
    }
    (ip_key(&entry.ip) != key).then_some("its address does not give its address key")
}

/// The sizes and roots of the checkpoints of more than `after` rows and up to `to`.
async fn checkpoints(reader: &Reader, after: i64, to: i64) -> sqlx::Result<Vec<(i64, Vec<u8>)>> {
    reader
        .query(sql!("select size, root from checkpoints where size > $1 and size <= $2"))
        .bind(after)
        .bind(to)
        .all()
        .await
}

/// The tree so far against the checkpoints of its size.
fn fits_checkpoint(frontier: &Frontier, signed: &[(i64, Vec<u8>)]) -> Result<(), Unfit> {
    let size = i64::try_from(frontier.size()).unwrap_or(i64::MAX);
    let mut roots = signed.iter().filter(|(of, _)| *of == size).map(|(_, root)| root);
    if roots.any(|root| frontier.root().as_slice() != root) { Err(Unfit::Checkpoint(size)) } else { Ok(()) }
}
