//! Whether the console opens to an address: by the environment of this process, or by the list in the database.

use super::{Gate, Tx};
use crate::{
    allowlist::{Allowlist, net},
    clock::Instant,
    id::NetworkId,
    sql,
    store::Queries,
};
use ipnet::IpNet;
use std::net::IpAddr;

impl Gate {
    /// The networks that the environment of this process opens.
    pub fn networks(&self) -> &Allowlist {
        &self.setup.networks
    }

    /// Whether the console opens to `ip` now. The database is not asked where the environment opens to it, so a failing
    /// database does not shut those people out.
    pub(crate) async fn opens_to(&self, queries: &mut impl Queries, ip: IpAddr) -> sqlx::Result<bool> {
        Ok(self.setup.networks.allows(ip) || !holding(queries, ip, self.clock.now()).await?.is_empty())
    }
}

/// Whether the console opens to `ip` in the transaction of a change. It locks the row that lets the change in: a removal of
/// that row waits until the change is done, or the change finds the row gone.
pub(super) async fn admits(tx: &mut Tx<'_>, environment: &Allowlist, ip: IpAddr) -> sqlx::Result<bool> {
    if environment.allows(ip) {
        return Ok(true);
    }
    let now = tx.now();
    for (id, text) in holding(tx, ip, now).await? {
        let held: Option<(NetworkId,)> = tx
            .query(sql!(
                sqlite: "select id from networks where id = $1 and net = $2 and (expires_at is null or expires_at > $3)",
                postgres: "select id from networks where id = $1 and net = $2 and (expires_at is null or expires_at > $3) for share",
            ))
            .bind(id)
            .bind(text)
            .bind(now)
            .optional()
            .await?;
        if held.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The rows in effect that hold `ip`.
async fn holding(queries: &mut impl Queries, ip: IpAddr, now: Instant) -> sqlx::Result<Vec<(NetworkId, String)>> {
    let ip = ip.to_canonical();
    let mut rows = texts_in_effect(queries, now).await?;
    rows.retain(|(_, text)| net::parse(text).is_ok_and(|net| net.contains(&ip)));
    Ok(rows)
}

/// The networks of the list that are in effect.
pub(crate) async fn networks_in_effect(
    queries: &mut impl Queries,
    now: Instant,
) -> sqlx::Result<Vec<(NetworkId, IpNet)>> {
    let rows = texts_in_effect(queries, now).await?;
    Ok(rows.into_iter().filter_map(|(id, text)| Some((id, net::parse(&text).ok()?))).collect())
}

async fn texts_in_effect(queries: &mut impl Queries, now: Instant) -> sqlx::Result<Vec<(NetworkId, String)>> {
    queries
        .query(sql!("select id, net from networks where expires_at is null or expires_at > $1"))
        .bind(now)
        .all()
        .await
}
