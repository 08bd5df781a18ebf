//! The second, closed door: background work that alters no business data and would drown the log.
//!
//! The trait is here, with the work that is the gate's own. Slices bring theirs; `changes.rs` lists all of it once with
//! `housekeeping!`, and a test in `tests/fences` holds every other file to not adding to the list.

use super::{
    Actor, Gate, Looked, Tx,
    access::{self, AccessRecord},
    audit::ip_key,
    looks,
};
use crate::{id::CustomerId, sql};
use std::time::Duration;
use tokio::time;

/// Work that is written but not audited row by row.
///
/// No other crate adds to the list:
///
/// ```compile_fail,E0277
/// # use ingam::gate::{Housekeeping, Tx};
/// struct Give;
/// impl Housekeeping for Give {
///     const NAME: &'static str = "points.give";
///     type Output = ();
///     async fn run(&self, _: &mut Tx<'_>) -> sqlx::Result<()> {
///         Ok(())
///     }
/// }
/// ```
pub trait Housekeeping: Listed {
    const NAME: &'static str;
    type Output: Send;

    fn run(&self, tx: &mut Tx<'_>) -> impl Future<Output = sqlx::Result<Self::Output>> + Send;
}

/// The list of all housekeeping. Only `housekeeping!` implements it, and only `changes.rs` uses that.
pub(crate) mod list {
    pub trait Listed: Sync {}
}
use list::Listed;

/// Lists all housekeeping there is: yields `HOUSEKEEPING`, the names for the printed matrix.
macro_rules! housekeeping {
    ($($work:ident),* $(,)?) => {
        $(impl $crate::gate::list::Listed for $work {})*

        /// The names of all housekeeping, for the printed matrix.
        pub const HOUSEKEEPING: &[&str] = &[$(<$work as $crate::gate::Housekeeping>::NAME),*];
    };
}
pub(crate) use housekeeping;

/// Does some work while a claim is renewed from time to time; `None` where the claim was lost before the work was done, which is dropped
/// then.
pub(crate) async fn while_claimed<T>(
    gate: &Gate,
    claim: &impl Housekeeping<Output = bool>,
    renew: Duration,
    work: impl Future<Output = T>,
) -> Option<T> {
    let lost = async {
        loop {
            time::sleep(renew).await;
            if !matches!(gate.run_housekeeping(claim).await, Ok(true)) {
                return;
            }
        }
    };
    tokio::select! {
        done = work => Some(done),
        () = lost => None,
    }
}

/// Restarts the idle time of a session that is in use.
#[derive(Clone, Debug)]
pub struct TouchSession {
    pub id: String,
}

impl Housekeeping for TouchSession {
    const NAME: &'static str = "session.touch";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        tx.query(sql!("update sessions set seen_at = $2 where id = $1 and seen_at < $2"))
            .bind(self.id.as_str())
            .bind(now)
            .run()
            .await
            .map(drop)
    }
}

/// Removes a session that cannot be used any more.
#[derive(Clone, Debug)]
pub struct EndSession {
    pub id: String,
}

impl Housekeeping for EndSession {
    const NAME: &'static str = "session.end";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        tx.query(sql!("delete from sessions where id = $1")).bind(self.id.as_str()).run().await.map(drop)
    }
}

/// Records that a person is about to see personal data, unless they have looked at too much. Appended before it is shown.
#[derive(Clone, Debug)]
pub struct RecordAccess {
    pub actor: Actor,
    /// `users.search`, `users.view`, `users.contact` …
    pub task: &'static str,
    /// What the page is about: `user/42`. A customer is among those whom the record names.
    pub subject: Option<String>,
    /// The customers who are about to be shown in a list.
    pub shown: Vec<CustomerId>,
    /// More detail without personal data, such as the kind of a search term.
    pub detail: Option<String>,
    pub reason: Option<String>,
}

impl Housekeeping for RecordAccess {
    const NAME: &'static str = "access.record";
    type Output = Looked;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<Looked> {
        if let Some(braked) = looks::count(tx, &self.actor, self.task).await? {
            return Ok(Looked::Braked(braked));
        }
        let now = tx.now();
        let ip = self.actor.origin.ip.map(|ip| ip.to_string()).unwrap_or_default();
        // All records of one transaction are of one lane, so that two transactions never wait for each other's.
        let lane = access::lane_of(tx.change_id());
        let (place, before): (i64, Vec<u8>) = tx
            .query(sql!(
                sqlite: "select size, hash from access_heads where lane = $1",
                postgres: "select size, hash from access_heads where lane = $1 for update",
            ))
            .bind(lane)
            .one()
            .await?;
        let customers = access::customers(&self.shown, self.subject.as_deref());
        let record = AccessRecord {
            lane,
            place,
            at: now,
            staff_id: self.actor.staff_id().unwrap_or_default(),
            staff_name: self.actor.who.name(),
            ip_key: ip_key(&ip),
            ip,
            task: self.task.to_owned(),
            subject: self.subject.clone(),
            detail: self.detail.clone(),
            reason: self.reason.clone(),
            request_id: self.actor.origin.request_id.clone(),
            shown: Some(i64::try_from(customers.len()).unwrap_or(i64::MAX)),
        };
        let hash = record.hash(&before, &customers).to_vec();
        access::insert(tx, record, &customers, &hash).await?;
        tx.query(sql!("update access_heads set size = $2, hash = $3 where lane = $1"))
            .bind(lane)
            .bind(place + 1)
            .bind(hash)
            .run()
            .await?;
        Ok(Looked::Recorded)
    }
}
