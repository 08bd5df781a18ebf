//! The tree of the rows, recomputed from their bytes.

use crate::{
    merkle::{self, Frontier},
    sql,
    store::Reader,
};
use std::ops::Range;

/// Rows that are read at once: at most 32 MiB.
const AT_ONCE: u64 = 500;

/// Why a tree cannot be computed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("row {0} is missing")]
    Missing(i64),
    #[error("the log cannot be read: {0}")]
    Store(#[from] sqlx::Error),
}

/// Adds the rows that follow a tree, up to `size`.
pub(super) async fn extend(reader: &Reader, frontier: &mut Frontier, size: u64) -> Result<(), Unfit> {
    while frontier.size() < size {
        let end = size.min(frontier.size().saturating_add(AT_ONCE));
        for body in bodies(reader, frontier.size()..end).await? {
            frontier.push(merkle::leaf(&body));
        }
    }
    Ok(())
}

/// The bytes of all rows of a range.
pub(crate) async fn bodies(reader: &Reader, rows: Range<u64>) -> Result<Vec<Vec<u8>>, Unfit> {
    let found: Vec<(i64, Vec<u8>)> = reader
        .query(sql!("select seq, body from audit where seq >= $1 and seq < $2 order by seq"))
        .bind(place(rows.start))
        .bind(place(rows.end))
        .all()
        .await?;
    let mut found = found.into_iter();
    let next = |n| {
        let row = found.next().filter(|(seq, _)| *seq == place(n));
        row.map(|(_, body)| body).ok_or(Unfit::Missing(place(n)))
    };
    rows.map(next).collect()
}

/// A number of rows, or the place of one, as the database has it.
pub(super) fn place(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
