//! The list that owners keep, as it is now.

use crate::{allowlist::net, clock::Instant, gate::Tx, id::NetworkId, sql, store::Queries};
use ipnet::IpNet;

/// A network on the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    pub id: NetworkId,
    pub net: IpNet,
    pub note: String,
    pub expires_at: Option<Instant>,
    pub added_at: Instant,
    pub added_by: String,
    pub version: i64,
}

impl Network {
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: NetworkId,
    net: String,
    note: String,
    expires_at: Option<Instant>,
    added_at: Instant,
    added_by: String,
    version: i64,
}

/// Everything on the list, also what has expired. A row of the table that is no network opens nothing.
pub(crate) async fn all(queries: &mut impl Queries) -> sqlx::Result<Vec<Network>> {
    let rows: Vec<Row> = queries
        .query(sql!("select id, net, note, expires_at, added_at, added_by, version from networks order by id"))
        .all()
        .await?;
    let read = |row: Row| {
        Some(Network {
            id: row.id,
            net: net::parse(&row.net).ok()?,
            note: row.note,
            expires_at: row.expires_at,
            added_at: row.added_at,
            added_by: row.added_by,
            version: row.version,
        })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Everything on the list, which stays so until the change is done: two owners who each leave what the other removes would
/// otherwise leave nothing. Where both also come in by the row that one of them removes, PostgreSQL finds a deadlock after a
/// second and undoes one of them, which the gate tries again.
pub(super) async fn lock(tx: &mut Tx<'_>) -> sqlx::Result<Vec<Network>> {
    tx.query(sql!(sqlite: "select 1", postgres: "lock table networks in share row exclusive mode")).run().await?;
    all(tx).await
}
