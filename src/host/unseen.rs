//! The changes that commands on the host made and that no owner has confirmed yet: rows of the log.

use crate::{audit, audit::pages::Row, entry_columns, gate::audit::Entry, id::Seq, sql, store::Reader};

/// Up to which row owners have confirmed; -1 at the beginning.
pub(crate) async fn seen_through(reader: &Reader) -> sqlx::Result<i64> {
    let (seen,): (i64,) = reader.query(sql!("select seen_through from host_review where id = 1")).one().await?;
    Ok(seen)
}

/// The number of them, counted up to `most`.
pub(crate) async fn count(reader: &Reader, most: i64) -> sqlx::Result<i64> {
    let (n,): (i64,) = reader
        .query(sql!(
            "select count(*) from (select 1 as one from audit
              where actor = 'console' and outcome = 'applied' and seq > (select seen_through from host_review where id = 1)
              order by seq limit $1) unseen"
        ))
        .bind(most)
        .one()
        .await?;
    Ok(n)
}

/// The newest of them, newest first.
pub(crate) async fn newest(reader: &Reader, limit: i64) -> sqlx::Result<Vec<Row>> {
    let rows: Vec<Entry> = reader
        .query(sql!(
            "select ",
            entry_columns!(),
            " from audit
              where actor = 'console' and outcome = 'applied' and seq > (select seen_through from host_review where id = 1)
              order by seq desc limit $1"
        ))
        .bind(limit)
        .all()
        .await?;
    Ok(rows.iter().map(audit::row).collect())
}

/// The oldest of them after row `seen`, oldest first: what is confirmed first.
pub(super) async fn oldest(reader: &Reader, seen: i64, limit: i64) -> sqlx::Result<Vec<Entry>> {
    reader
        .query(sql!(
            "select ",
            entry_columns!(),
            " from audit where actor = 'console' and outcome = 'applied' and seq > $1 order by seq limit $2"
        ))
        .bind(Seq::new(seen))
        .bind(limit)
        .all()
        .await
}
