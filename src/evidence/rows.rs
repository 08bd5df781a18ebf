//! The tree of the rows, recomputed from their bytes.

use crate::{
    merkle::{self, Frontier},
    sql,
    store::Reader,
};
use memchr::memchr_iter;
use std::ops::Range;

/// Rows that are read at once: at most 32 MiB.
const AT_ONCE: u64 = 500;

/// Why a tree cannot be computed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("row {0} is missing")]
    Missing(i64),
    #[error("the bytes of the rows from {0} on are not one line each")]
    Lines(i64),
    #[error("the log cannot be read: {0}")]
    Store(#[from] sqlx::Error),
}

/// Adds the rows that follow a tree, up to `size`.
pub(super) async fn extend(reader: &Reader, frontier: &mut Frontier, size: u64) -> Result<(), Unfit> {
    while frontier.size() < size {
        let end = size.min(frontier.size().saturating_add(AT_ONCE));
        for body in bodies(reader, frontier.size()..end).await?.iter() {
            frontier.push(merkle::leaf(body));
        }
    }
    Ok(())
}

/// The bytes of some rows, one after the other. None of them has a newline: they are JSON without white space.
#[derive(Debug)]
pub(crate) struct Bodies {
    lines: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
}

impl Bodies {
    /// Lines that the database joined with newlines. `None` where they are not `count` lines.
    pub(crate) fn split(lines: Vec<u8>, count: usize) -> Option<Self> {
        let ends = if count == 0 { Vec::new() } else { memchr_iter(b'\n', &lines).chain([lines.len()]).collect() };
        (ends.len() == count).then_some(Self { lines, ends })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut begin = 0;
        self.ends.iter().map(move |end| {
            let body = self.lines.get(begin..*end).unwrap_or_default();
            begin = end + 1;
            body
        })
    }
}

/// The bytes of all rows of a range. The database joins them: a value for each row would take several times as long.
pub(crate) async fn bodies(reader: &Reader, rows: Range<u64>) -> Result<Bodies, Unfit> {
    let (start, end) = (place(rows.start), place(rows.end));
    let (found, lines): (i64, Option<Vec<u8>>) = reader
        .query(sql!(
            sqlite: "select count(*), cast(group_concat(cast(body as text), char(10) order by seq) as blob) from audit where seq >= $1 and seq < $2",
            postgres: "select count(*), string_agg(body, '\\x0a'::bytea order by seq) from audit where seq >= $1 and seq < $2",
        ))
        .bind(start)
        .bind(end)
        .one()
        .await?;
    if found != end - start {
        return Err(Unfit::Missing(first_missing(reader, start, end).await?));
    }
    let count = usize::try_from(found).unwrap_or_default();
    Bodies::split(lines.unwrap_or_default(), count).ok_or(Unfit::Lines(start))
}

async fn first_missing(reader: &Reader, start: i64, end: i64) -> sqlx::Result<i64> {
    let there: Vec<(i64,)> = reader
        .query(sql!("select seq from audit where seq >= $1 and seq < $2 order by seq"))
        .bind(start)
        .bind(end)
        .all()
        .await?;
    let gap = (start..end).zip(&there).find(|(wanted, (seq,))| wanted != seq);
    Ok(gap.map_or(start + i64::try_from(there.len()).unwrap_or_default(), |(wanted, _)| wanted))
}

/// A number of rows, or the place of one, as the database has it.
pub(super) fn place(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
