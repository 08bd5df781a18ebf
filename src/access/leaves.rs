//! Records that are sealed, in the order of their leaves: for files of them. A record whose time was over has no bytes any more.

use super::list::AccessQuery;
use crate::{
    clock::Instant,
    id::CustomerId,
    sql,
    store::{Query, Reader, Sql},
};
use std::ops::Range;

/// The columns of records that fit a query; `$more` joins what else is read.
macro_rules! leaves {
    ($columns:literal, $more:literal, $end:literal) => {
        sql!(concat!(
            "select ",
            $columns,
            " from access_leaves l cross join access_records r ",
            $more,
            " where r.id = l.record_id and l.n >= $1 and l.n < $2 and l.body is not null
                and (cast($3 as bigint) is null or r.staff_id = $3)
                and (cast($4 as text) is null or r.task = $4)
                and (cast($5 as text) is null or (r.ip_key >= $5 and r.ip_key <= $6))
                and r.at >= $7 and r.at < $8
                and (cast($9 as bigint) is null
                     or exists (select 1 from access_subjects c where c.customer = $9 and c.record_id = r.id)) ",
            $end
        ))
    };
}

/// The leaves that can be in a file of the records of some days: all that are sealed below `end`, and a few of other days where leaves
/// are not in the order of time.
pub(crate) async fn bounds(reader: &Reader, query: &AccessQuery, end: i64) -> sqlx::Result<Range<i64>> {
    let (purged, size): (i64, i64) =
        reader.query(sql!("select purged, size from access_head where id = 1")).one().await?;
    let (first, end) = (purged, end.min(size));
    if query.from.is_none() && query.to.is_none() {
        return Ok(first..end.max(first));
    }
    let (low, high): (Option<i64>, Option<i64>) = reader
        .query(sql!(
            "select min(l.n), max(l.n) + 1 from access_records r cross join access_leaves l
              where l.record_id = r.id and r.at >= $1 and r.at < $2"
        ))
        .bind(query.from.unwrap_or_else(Instant::earliest))
        .bind(query.to.unwrap_or_else(Instant::latest))
        .one()
        .await?;
    let (first, end) = (first.max(low.unwrap_or(end)), end.min(high.unwrap_or_default()));
    Ok(first..end.max(first))
}

/// How many records of a range fit.
pub(crate) async fn count(reader: &Reader, query: &AccessQuery, leaves: Range<i64>) -> sqlx::Result<i64> {
    let (n,): (i64,) = bound(reader, leaves!("count(*)", "", ""), query, leaves).one().await?;
    Ok(n)
}

/// The customers whom the records of a range that fit name, each once.
pub(crate) async fn customers(
    reader: &Reader,
    query: &AccessQuery,
    leaves: Range<i64>,
) -> sqlx::Result<Vec<(CustomerId,)>> {
    let statement = leaves!("distinct s.customer", "join access_subjects s on s.record_id = r.id", "");
    bound(reader, statement, query, leaves).all().await
}

/// The first leaves of a range that fit, at most `limit`: their numbers, and the bytes that are hashed.
pub(crate) async fn bodies(
    reader: &Reader,
    query: &AccessQuery,
    leaves: Range<i64>,
    limit: i64,
) -> sqlx::Result<Vec<(i64, Vec<u8>)>> {
    bound(reader, leaves!("l.n, l.body", "", "order by l.n limit $10"), query, leaves).bind(limit).all().await
}

/// The bytes of all of them as lines, each with its newline.
pub(crate) async fn length(reader: &Reader, query: &AccessQuery, leaves: Range<i64>) -> sqlx::Result<u64> {
    let statement = leaves!("cast(coalesce(sum(cast(length(l.body) as bigint) + 1), 0) as bigint)", "", "");
    let (bytes,): (i64,) = bound(reader, statement, query, leaves).one().await?;
    Ok(bytes.unsigned_abs())
}

fn bound<'c>(reader: &'c Reader, statement: Sql, query: &AccessQuery, leaves: Range<i64>) -> Query<'c> {
    let (low, high) = query.address.clone().map_or((None, None), |(low, high)| (Some(low), Some(high)));
    reader
        .query(statement)
        .bind(leaves.start)
        .bind(leaves.end)
        .bind(query.staff)
        .bind(query.task.as_deref())
        .bind(low)
        .bind(high)
        .bind(query.from.unwrap_or_else(Instant::earliest))
        .bind(query.to.unwrap_or_else(Instant::latest))
        .bind(query.subject)
}
