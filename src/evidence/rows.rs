//! The tree of the rows, recomputed from their bytes.

use crate::{
    merkle::{self, Frontier},
    sql,
    store::Reader,
};

/// Rows that are read at once: at most 32 MiB.
const AT_ONCE: i64 = 500;

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
    let (mut next, size) = (place(frontier.size()), place(size));
    while next < size {
        let rows: Vec<(i64, Vec<u8>)> = reader
            .query(sql!("select seq, body from audit where seq >= $1 and seq < $2 order by seq"))
            .bind(next)
            .bind(size.min(next.saturating_add(AT_ONCE)))
            .all()
            .await?;
        if rows.is_empty() {
            return Err(Unfit::Missing(next));
        }
        for (seq, body) in rows {
            if seq != next {
                return Err(Unfit::Missing(next));
            }
            frontier.push(merkle::leaf(&body));
            next = next.saturating_add(1);
        }
    }
    Ok(())
}

fn place(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
