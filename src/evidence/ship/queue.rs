//! The queue of each target: what is put into it, claimed, and noted.

use super::{Parcel, Placed, Unplaced};
use crate::{
    clock::Instant,
    evidence::rows::place,
    gate::{Housekeeping, Tx},
    secret, sql,
};
use chrono::TimeDelta;

/// Checkpoints that are put into the queue at once.
const AT_ONCE: i64 = 500;
/// How long an attempt may take before another process makes one.
const LEASE: TimeDelta = TimeDelta::minutes(5);

/// Puts the checkpoints of the present log into the queue of a target that are not in it yet.
#[derive(Clone, Debug)]
pub(crate) struct Enqueue {
    pub target: String,
    pub within: TimeDelta,
}

impl Housekeeping for Enqueue {
    const NAME: &'static str = "shipments.enqueue";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        tx.query(sql!(
            "insert into shipments (checkpoint_id, target, state, created_at, late_at, next_at)
             select c.id, $1, 'waiting', $2, $3, $2 from checkpoints c
              where c.origin = (select n.origin from checkpoints n order by n.id desc limit 1)
                and not exists (select 1 from shipments s where s.target = $1 and s.checkpoint_id = c.id)
              order by c.id limit $4
             on conflict do nothing"
        ))
        .bind(self.target.as_str())
        .bind(now)
        .bind(now.plus(self.within))
        .bind(AT_ONCE)
        .run()
        .await
        .map(drop)
    }
}

/// One that this process ships now.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Claimed {
    pub id: i64,
    pub size: i64,
    pub note: String,
    pub created_at: Instant,
    /// With this one.
    pub attempts: i64,
}

/// Takes the newest one that is due, and counts the attempt.
#[derive(Clone, Debug)]
pub(crate) struct ClaimShipment {
    pub target: String,
}

impl Housekeeping for ClaimShipment {
    const NAME: &'static str = "shipments.claim";
    type Output = Option<Claimed>;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<Option<Claimed>> {
        let now = tx.now();
        let claimed: Option<Claimed> = tx
            .query(sql!(
                sqlite: "select s.id, c.size, c.note, s.created_at, s.attempts + 1 as attempts
                           from shipments s cross join checkpoints c on c.id = s.checkpoint_id
                          where s.target = $1 and s.next_at <= $2 and coalesce(s.claimed_until, $2) <= $2
                          order by s.checkpoint_id desc limit 1",
                postgres: "select s.id, c.size, c.note, s.created_at, s.attempts + 1 as attempts
                             from shipments s join checkpoints c on c.id = s.checkpoint_id
                            where s.target = $1 and s.next_at <= $2 and coalesce(s.claimed_until, $2) <= $2
                            order by s.checkpoint_id desc limit 1
                              for update of s skip locked",
            ))
            .bind(self.target.as_str())
            .bind(now)
            .optional()
            .await?;
        if let Some(claimed) = &claimed {
            tx.query(sql!("update shipments set attempts = $2, tried_at = $3, claimed_until = $4 where id = $1"))
                .bind(claimed.id)
                .bind(claimed.attempts)
                .bind(now)
                .bind(now.plus(LEASE))
                .run()
                .await?;
        }
        Ok(claimed)
    }
}

/// How an attempt ended.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    There { object: String, bytes: i64, sha256: [u8; 32], placed: Placed },
    Not { state: &'static str, error: String, wait: TimeDelta },
}

impl Outcome {
    pub(super) fn of(parcel: &Parcel, placed: Result<Placed, Unplaced>, attempts: i64) -> Self {
        match placed {
            Ok(placed) => Self::There {
                object: parcel.name.clone(),
                bytes: place(parcel.bytes.len() as u64),
                sha256: secret::sha256(&parcel.bytes),
                placed,
            },
            Err(Unplaced::Failed(error)) => Self::Not { state: "waiting", error, wait: wait(attempts) },
            Err(Unplaced::Refused(error)) => Self::Not { state: "refused", error, wait: TimeDelta::minutes(15) },
        }
    }
}

/// 30 seconds, 1, 5, 15 minutes, then half an hour.
fn wait(attempts: i64) -> TimeDelta {
    match attempts {
        ..=1 => TimeDelta::seconds(30),
        2 => TimeDelta::minutes(1),
        3 => TimeDelta::minutes(5),
        4 => TimeDelta::minutes(15),
        _ => TimeDelta::minutes(30),
    }
}

/// Keeps how an attempt ended.
#[derive(Clone, Debug)]
pub(crate) struct KeepShipment {
    pub id: i64,
    pub outcome: Outcome,
}

impl Housekeeping for KeepShipment {
    const NAME: &'static str = "shipments.keep";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        match &self.outcome {
            Outcome::There { object, bytes, sha256, placed } => {
                tx.query(sql!(
                    "update shipments set state = $2, object = $3, bytes = $4, sha256 = $5, version_id = $6, retain_until = $7,
                            next_at = null, claimed_until = null, error = null
                      where id = $1 and next_at is not null"
                ))
                .bind(self.id)
                .bind(if placed.locked_until.is_some() { "locked" } else { "shipped" })
                .bind(object.as_str())
                .bind(*bytes)
                .bind(sha256.to_vec())
                .bind(placed.version_id.as_deref())
                .bind(placed.locked_until)
                .run()
                .await
            }
            Outcome::Not { state, error, wait } => {
                tx.query(sql!(
                    "update shipments set state = $2, error = $3, next_at = $4, claimed_until = null
                      where id = $1 and next_at is not null"
                ))
                    .bind(self.id)
                    .bind(*state)
                    .bind(error.as_str())
                    .bind(now.plus(*wait))
                    .run()
                    .await
            }
        }
        .map(drop)
    }
}

/// Lets what waits for a target be tried at once.
#[derive(Clone, Debug)]
pub(crate) struct Hasten {
    pub target: String,
}

impl Housekeeping for Hasten {
    const NAME: &'static str = "shipments.hasten";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        tx.query(sql!("update shipments set next_at = $2 where target = $1 and next_at > $2"))
            .bind(self.target.as_str())
            .bind(now)
            .run()
            .await
            .map(drop)
    }
}

/// Forgets what waits for targets that are not configured any more. What is there stays known.
#[derive(Clone, Debug)]
pub(crate) struct DeclareTargets {
    pub targets: Vec<String>,
}

impl Housekeeping for DeclareTargets {
    const NAME: &'static str = "shipments.declare";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let waiting: Vec<(String,)> =
            tx.query(sql!("select distinct target from shipments where next_at is not null")).all().await?;
        for (target,) in waiting.into_iter().filter(|(target,)| !self.targets.contains(target)) {
            tx.query(sql!("delete from shipments where target = $1 and next_at is not null"))
                .bind(target)
                .run()
                .await?;
        }
        Ok(())
    }
}
