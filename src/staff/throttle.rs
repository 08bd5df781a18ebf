//! Slowing down password guessing: per account and per address, which for IPv6 is the /64 that one sender has.
//!
//! A password never locks for good, or anybody could lock anybody out; one waits longer and longer, at most a quarter of
//! an hour. The e-mail is in the key only as a keyed hash, since people type passwords into the wrong field.

use crate::{
    allowlist::network_of,
    clock::Instant,
    gate::{Fault, Meaning, Refusal, Tx, code::wait_after},
    secret::{Purpose, SecretKey},
    sql,
    store::Reader,
};
use chrono::TimeDelta;
use std::net::IpAddr;

crate::gate::refusal_words! {
    /// There were too many wrong passwords from this address or for this account.
    SIGN_IN_THROTTLED = "sign-in-throttled";
}

/// Wrong passwords in a row for one account, and from one address, before one has to wait.
const ACCOUNT_FROM: i64 = 5;
const ADDRESS_FROM: i64 = 20;

type Forgets = fn(i64, TimeDelta) -> i64;

/// An account's failures are forgotten an hour after the last.
fn all_after_an_hour(failures: i64, since: TimeDelta) -> i64 {
    if since >= TimeDelta::hours(1) { 0 } else { failures }
}

/// An address may be a whole office, in which a person mistypes every few minutes: it forgets one failure a minute.
fn one_a_minute(failures: i64, since: TimeDelta) -> i64 {
    failures.saturating_sub(since.num_minutes()).max(0)
}

#[derive(sqlx::FromRow)]
struct Throttle {
    failures: i64,
    waits_until: Option<Instant>,
    updated_at: Instant,
}

/// The two things that are slowed down.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    account: String,
    address: String,
}

impl Keys {
    pub fn new(key: &SecretKey, email: &str, ip: Option<IpAddr>) -> Self {
        let hash = key.mac(Purpose::Lookup, format!("throttle/{email}").as_bytes());
        Self {
            account: format!("account/{}", hex::encode(hash.get(..16).unwrap_or_default())),
            address: format!("address/{}", ip.map(|ip| network_of(ip).to_string()).unwrap_or_default()),
        }
    }
}

/// Until when this account or address has to wait; nothing where it need not.
pub(crate) async fn waits_until(reader: &Reader, keys: &Keys, now: Instant) -> sqlx::Result<Option<Instant>> {
    let (until,): (Option<Instant>,) = reader
        .query(sql!("select max(waits_until) from throttles where key in ($1, $2) and waits_until > $3"))
        .bind(keys.account.as_str())
        .bind(keys.address.as_str())
        .bind(now)
        .one()
        .await?;
    Ok(until)
}

/// The same inside the transaction of the sign-in, where no other guess can come in between: both rows are made and
/// locked first.
async fn lock(tx: &mut Tx<'_>, keys: &Keys) -> Result<Option<Instant>, Fault> {
    let now = tx.now();
    let mut until = None;
    for (key, forgets) in [(&keys.account, all_after_an_hour as Forgets), (&keys.address, one_a_minute)] {
        let row: Throttle = tx
            .query(sql!(
                "insert into throttles (key, failures, updated_at) values ($1, 0, $2)
                 on conflict (key) do update set key = excluded.key
                 returning failures, waits_until, updated_at"
            ))
            .bind(key.as_str())
            .bind(now)
            .one()
            .await?;
        let left = forgets(row.failures, now.since(row.updated_at));
        if left != row.failures {
            tx.query(sql!("update throttles set failures = $2, updated_at = $3 where key = $1"))
                .bind(key.as_str())
                .bind(left)
                .bind(now)
                .run()
                .await?;
        }
        until = until.max(row.waits_until.filter(|waits| *waits > now));
    }
    Ok(until)
}

/// Refuses a sign-in that has to wait.
pub(super) async fn check(tx: &mut Tx<'_>, keys: &Keys) -> Result<(), Fault> {
    match lock(tx, keys).await? {
        Some(until) => Err(Fault::throttled(SIGN_IN_THROTTLED).with("until", until)),
        None => Ok(()),
    }
}

/// Counts a refusal, if it was for a wrong guess.
pub(super) async fn count_refusal(tx: &mut Tx<'_>, keys: &Keys, refusal: &Refusal) -> Result<(), Fault> {
    if refusal.means(Meaning::Invalid) { count(tx, keys).await } else { Ok(()) }
}

async fn count(tx: &mut Tx<'_>, keys: &Keys) -> Result<(), Fault> {
    let now = tx.now();
    for (key, from) in [(&keys.account, ACCOUNT_FROM), (&keys.address, ADDRESS_FROM)] {
        let (failures,): (i64,) = tx
            .query(sql!(
                "insert into throttles (key, failures, updated_at) values ($1, 1, $2)
                 on conflict (key) do update set failures = throttles.failures + 1, updated_at = $2
                 returning failures"
            ))
            .bind(key.as_str())
            .bind(now)
            .one()
            .await?;
        tx.query(sql!("update throttles set waits_until = $2 where key = $1"))
            .bind(key.as_str())
            .bind(wait_after(failures, from).map(|wait| now.plus(wait)))
            .run()
            .await?;
    }
    Ok(())
}

/// A right password clears its account. The address keeps its count: one own account must not pay for guessing others.
pub(super) async fn clear(tx: &mut Tx<'_>, keys: &Keys) -> Result<(), Fault> {
    tx.query(sql!("delete from throttles where key = $1")).bind(keys.account.as_str()).run().await?;
    Ok(())
}
