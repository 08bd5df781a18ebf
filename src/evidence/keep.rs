//! Checkpoints and refusals of the signer in the database: copies for the pages. The evidence lies elsewhere: altering a copy alters none of it.

use super::{
    rows::place,
    sign::{Refused, sign},
    signing::Signing,
    state::State,
};
use crate::{
    clock::{Clock, Instant},
    gate::{Gate, Housekeeping, Tx},
    id::CheckpointId,
    sql,
    store::{Queries, Reader},
    tlog::{Fault, checkpoint::Checkpoint, note::Note},
};

/// A signer that refuses reads all rows after the last checkpoint each time, so it tries again in every sixth turn: once a minute.
const REFUSED_TURNS: u32 = 6;

/// A checkpoint that was signed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Kept {
    pub id: CheckpointId,
    pub origin: String,
    /// The number of rows that it holds.
    pub size: i64,
    pub root: Vec<u8>,
    /// As it is published.
    pub note: String,
    pub signed_at: Instant,
}

impl Kept {
    /// What it says, of which nothing is verified yet.
    pub(crate) fn read(&self) -> Result<(Note, Checkpoint), Fault> {
        let note = Note::read(self.note.as_bytes())?;
        let checkpoint = Checkpoint::read(note.text())?;
        Ok((note, checkpoint))
    }
}

macro_rules! kept_columns {
    () => {
        "c.id, c.origin, c.size, c.root, c.note, c.signed_at"
    };
}

/// Those that were signed before the one with this id, the newest first.
pub(crate) async fn newest(db: &mut impl Queries, before: CheckpointId, limit: i64) -> sqlx::Result<Vec<Kept>> {
    db.query(sql!("select ", kept_columns!(), " from checkpoints c where c.id < $1 order by c.id desc limit $2"))
        .bind(before)
        .bind(limit)
        .all()
        .await
}

/// The one that was signed last.
pub(crate) async fn last(db: &mut impl Queries) -> sqlx::Result<Option<Kept>> {
    Ok(newest(db, CheckpointId::MAX, 1).await?.pop())
}

pub(crate) async fn find(db: &mut impl Queries, id: CheckpointId) -> sqlx::Result<Option<Kept>> {
    db.query(sql!("select ", kept_columns!(), " from checkpoints c where c.id = $1")).bind(id).optional().await
}

/// The newest one of this many rows.
pub(crate) async fn of_size(db: &mut impl Queries, size: i64) -> sqlx::Result<Option<Kept>> {
    db.query(sql!("select ", kept_columns!(), " from checkpoints c where c.size = $1 order by c.id desc limit 1"))
        .bind(size)
        .optional()
        .await
}

/// The newest one that holds the first `rows` rows.
pub(crate) async fn covering(db: &mut impl Queries, rows: i64) -> sqlx::Result<Option<Kept>> {
    db.query(sql!("select ", kept_columns!(), " from checkpoints c where c.size >= $1 order by c.id desc limit 1"))
        .bind(rows)
        .optional()
        .await
}

/// The note of a checkpoint with the signatures of witnesses that have come.
pub(crate) async fn cosigned(db: &mut impl Queries, kept: &Kept) -> sqlx::Result<String> {
    let lines: Vec<(String,)> = db
        .query(sql!("select line from cosignatures where checkpoint_id = $1 order by witness"))
        .bind(kept.id)
        .all()
        .await?;
    Ok(lines.into_iter().fold(kept.note.clone(), |note, (line,)| format!("{note}{line}\n")))
}

/// Why the signer refuses, and since when it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub text: String,
    pub since: Instant,
}

pub(crate) async fn finding(db: &mut impl Queries) -> sqlx::Result<Option<Finding>> {
    let (fault, since): (Option<String>, Option<Instant>) =
        db.query(sql!("select fault, since from signing where id = 1")).one().await?;
    Ok(fault.zip(since).map(|(text, since)| Finding { text, since }))
}

/// Keeps a checkpoint; what the signer had found is over.
#[derive(Clone, Debug)]
pub(crate) struct KeepCheckpoint {
    origin: String,
    size: i64,
    root: Vec<u8>,
    note: String,
}

impl KeepCheckpoint {
    pub(crate) fn of(state: &State) -> Self {
        Self {
            origin: state.checkpoint.origin().to_owned(),
            size: place(state.checkpoint.size()),
            root: state.checkpoint.root().to_vec(),
            note: state.note.to_string(),
        }
    }
}

impl Housekeeping for KeepCheckpoint {
    const NAME: &'static str = "checkpoints.keep";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        tx.query(sql!(
            "insert into checkpoints (origin, size, root, note, signed_at) values ($1, $2, $3, $4, $5) on conflict do nothing"
        ))
        .bind(self.origin.as_str())
        .bind(self.size)
        .bind(self.root.clone())
        .bind(self.note.as_str())
        .bind(now)
        .run()
        .await?;
        tx.query(sql!("update signing set fault = null, since = null where id = 1 and fault is not null"))
            .run()
            .await?;
        Ok(())
    }
}

/// Keeps what the signer found; nothing where it signs again, or is no more.
#[derive(Clone, Debug)]
pub(crate) struct KeepFinding {
    pub text: Option<String>,
}

impl Housekeeping for KeepFinding {
    const NAME: &'static str = "checkpoints.refuse";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let since = self.text.is_some().then(|| tx.now());
        tx.query(sql!("update signing set fault = $1, since = $2 where id = 1"))
            .bind(self.text.as_deref())
            .bind(since)
            .run()
            .await
            .map(drop)
    }
}

/// Signs, and keeps what was signed.
pub(crate) async fn sign_and_keep(reader: &Reader, gate: &Gate, signing: &Signing) -> Result<State, Refused> {
    let state = sign(reader, signing).await?;
    gate.run_housekeeping(&KeepCheckpoint::of(&state)).await?;
    Ok(state)
}

/// Signs if it is time to: in turn 0, after an hour in which the log has grown, after a thousand rows, and where a bundle waits for a
/// checkpoint that holds its rows; while it refuses, in every sixth turn. Returns why the log is not signed, unless that is known.
pub(crate) async fn sign_if_due(
    reader: &Reader,
    gate: &Gate,
    clock: &Clock,
    signing: &Signing,
    turn: u32,
) -> sqlx::Result<Option<Refused>> {
    let known = finding(&mut &*reader).await?;
    let is_due = match known {
        Some(_) => turn.is_multiple_of(REFUSED_TURNS),
        None => turn == 0 || is_due(reader, clock, signing).await?,
    };
    if !is_due {
        return Ok(None);
    }
    match sign_and_keep(reader, gate, signing).await {
        Ok(_) | Err(Refused::Busy) => Ok(None),
        Err(Refused::Store(error)) => Err(error),
        Err(refused) => Ok(Some(refused).filter(|refused| known.is_none_or(|known| known.text != refused.to_string()))),
    }
}

async fn is_due(reader: &Reader, clock: &Clock, signing: &Signing) -> sqlx::Result<bool> {
    let found: (i64, Option<i64>, Option<Instant>, bool) = reader
        .query(sql!(
            "select h.size, c.size, c.signed_at, exists (select 1 from exports e where e.format = 'bundle' and e.holds = 'log'
                       and e.end_seq > c.size and e.state = 'ready' and e.expires_at > $2) from audit_head h
               left join checkpoints c on c.origin = $1 and c.size = (select max(n.size) from checkpoints n where n.origin = $1)
              where h.id = 1"
        ))
        .bind(signing.origin())
        .bind(clock.now())
        .one()
        .await?;
    let (size, Some(signed), Some(at), is_awaited) = found else { return Ok(true) };
    let has_grown = size > signed;
    let is_time = is_awaited || size - signed >= signing.rows || clock.now().since(at) >= signing.every;
    Ok(size < signed || (has_grown && is_time))
}
