//! The second, closed door: background work that alters no business data and would drown the log.
//!
//! The list below is all there is. Nobody outside the gate can add to it, because [`Housekeeping`] needs the private
//! [`Listed`].

mod batches;
mod refunds;
mod reports;
mod search;

pub use batches::{ClaimRun, ClaimedRun, Normal, Skips, StartRun, Tick, TickJob};
pub use refunds::{ClaimRefunds, ClaimedRefund, PostponeRefund};
pub use reports::{AcceptRun, Missing, ReportRun, Reported, Stretch};
pub use search::{ReindexNames, Reindexed};

use super::{Actor, Tx, audit::ip_key, outbox::Delivery};
use crate::{clock::Instant, sql};
use chrono::TimeDelta;

/// Work that is written but not audited row by row.
///
/// Nobody adds to the list from outside:
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

mod private {
    pub trait Listed: Sync {}
}
use private::Listed;

macro_rules! housekeeping {
    ($($work:ident),* $(,)?) => {
        $(impl Listed for $work {})*
        /// The names of all housekeeping, for the printed matrix.
        pub const HOUSEKEEPING: &[&str] = &[$($work::NAME),*];
    };
}
housekeeping! {
    TouchSession, EndSession, RecordAccess, KeepSearch, ClaimDeliveries, MarkDelivered, ClaimRefunds, PostponeRefund,
    TickJob, ClaimRun, StartRun, ReportRun, AcceptRun, ReindexNames, ForgetExpired,
}

/// Somebody is still there: their session's idle time begins anew.
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

/// A session that cannot be used any more goes away.
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

/// Somebody is about to see personal data. Appended before it is shown.
#[derive(Clone, Debug)]
pub struct RecordAccess {
    pub actor: Actor,
    /// `users.search`, `users.view`, `users.contact` …
    pub task: &'static str,
    /// Whose data: `user/42`.
    pub subject: Option<String>,
    /// What else there is to say, without personal data: the kind of a search term, say.
    pub detail: Option<String>,
    pub reason: Option<String>,
}

impl Housekeeping for RecordAccess {
    const NAME: &'static str = "access.record";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        let ip = self.actor.origin.ip.map(|ip| ip.to_string()).unwrap_or_default();
        tx.query(sql!(
            "insert into access_records (at, staff_id, staff_name, ip, ip_key, task, subject, detail, reason, request_id)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ))
        .bind(now)
        .bind(self.actor.staff_id().unwrap_or_default())
        .bind(self.actor.who.name())
        .bind(ip.as_str())
        .bind(ip_key(&ip))
        .bind(self.task)
        .bind(self.subject.as_deref())
        .bind(self.detail.as_deref())
        .bind(self.reason.as_deref())
        .bind(self.actor.origin.request_id.as_str())
        .run()
        .await
        .map(drop)
    }
}

/// A search for a person: kept, so that its address holds no personal data, and recorded as an access.
#[derive(Clone, Debug)]
pub struct KeepSearch {
    pub id: String,
    pub staff: i64,
    pub term: String,
    pub status: Option<String>,
    pub access: RecordAccess,
}

impl Housekeeping for KeepSearch {
    const NAME: &'static str = "users.search";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        tx.query(sql!("insert into searches (id, staff_id, term, kind, status, at) values ($1, $2, $3, $4, $5, $6)"))
            .bind(self.id.as_str())
            .bind(self.staff)
            .bind(self.term.as_str())
            .bind(self.access.detail.as_deref().unwrap_or_default())
            .bind(self.status.as_deref())
            .bind(now)
            .run()
            .await?;
        self.access.run(tx).await
    }
}

/// Takes the next events that nobody else is delivering. Whoever dies over them loses the claim after a minute.
#[derive(Clone, Debug)]
pub struct ClaimDeliveries {
    pub limit: i64,
}

impl Housekeeping for ClaimDeliveries {
    const NAME: &'static str = "outbox.claim";
    type Output = Vec<Delivery>;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<Vec<Delivery>> {
        let now = tx.now();
        let mut claimed: Vec<Delivery> = tx
            .query(sql!(
                "update outbox set claimed_until = $2, attempts = attempts + 1
                  where id in (select id from outbox
                                where delivered_at is null and (claimed_until is null or claimed_until < $1)
                                order by id limit $3)
                    and delivered_at is null and (claimed_until is null or claimed_until < $1)
                 returning id, seq, topic, body, at, attempts"
            ))
            .bind(now)
            .bind(now.plus(TimeDelta::minutes(1)))
            .bind(self.limit)
            .all()
            .await?;
        claimed.sort_by_key(|delivery| delivery.id);
        Ok(claimed)
    }
}

#[derive(Clone, Debug)]
pub struct MarkDelivered {
    pub id: i64,
}

impl Housekeeping for MarkDelivered {
    const NAME: &'static str = "outbox.delivered";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        tx.query(sql!("update outbox set delivered_at = $2 where id = $1 and delivered_at is null"))
            .bind(self.id)
            .bind(now)
            .run()
            .await
            .map(drop)
    }
}

/// Removes what has run out: sessions, searches, form keys, invitations, delivered events.
#[derive(Clone, Debug)]
pub struct ForgetExpired {
    pub session_absolute: TimeDelta,
}

impl Housekeeping for ForgetExpired {
    const NAME: &'static str = "expired.forget";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        let older = |age: TimeDelta| -> Instant { now.minus(age) };
        tx.query(sql!("delete from sessions where created_at < $1")).bind(older(self.session_absolute)).run().await?;
        tx.query(sql!("delete from searches where at < $1")).bind(older(TimeDelta::days(1))).run().await?;
        tx.query(sql!("delete from idempotency where at < $1")).bind(older(TimeDelta::days(7))).run().await?;
        tx.query(sql!("delete from invitations where expires_at < $1")).bind(now).run().await?;
        tx.query(sql!("delete from throttles where updated_at < $1")).bind(older(TimeDelta::days(1))).run().await?;
        tx.query(sql!("delete from outbox where delivered_at < $1")).bind(older(TimeDelta::days(30))).run().await?;
        Ok(())
    }
}
