//! Ways to be reached as they are stored, and telling people over them.

use super::TRIES;
use crate::{
    clock::Instant,
    gate::Tx,
    id::{DeliveryId, StaffId, WayId},
    notify::{
        Message,
        deliver::{self, About, Recipient},
        way,
    },
    sql,
    store::Queries,
    web::shell::Tone,
};
use std::collections::HashSet;

/// A way to be reached, without its address.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Way {
    pub id: WayId,
    pub channel: String,
    pub hint: String,
    pub made_at: Instant,
    pub code_until: Instant,
    pub tries: i64,
    pub proven_at: Option<Instant>,
    pub failed_at: Option<Instant>,
    pub error: Option<String>,
}

macro_rules! way_columns {
    () => {
        "id, channel, hint, made_at, code_until, tries, proven_at, failed_at, error"
    };
}

impl Way {
    /// Whether its code can be given.
    pub(crate) fn waits(&self, now: Instant) -> bool {
        self.proven_at.is_none() && self.failed_at.is_none() && self.code_until > now && self.tries < TRIES
    }

    /// The key under `way-state.`
    pub(crate) fn state(&self, now: Instant) -> &'static str {
        match (self.failed_at, self.proven_at) {
            (Some(_), _) => "failed",
            (None, Some(_)) => "proven",
            (None, None) if self.waits(now) => "waiting",
            (None, None) => "over",
        }
    }

    pub(crate) fn tone(&self, now: Instant) -> Tone {
        match self.state(now) {
            "failed" => Tone::Bad,
            "proven" => Tone::Ok,
            "waiting" => Tone::Info,
            _ => Tone::Warn,
        }
    }

    pub(crate) fn icon(&self, now: Instant) -> &'static str {
        match self.state(now) {
            "failed" => "x",
            "proven" => "check",
            "waiting" => "wait",
            _ => "clock",
        }
    }
}

/// All ways of a person, the oldest first.
pub(crate) async fn of(db: &mut impl Queries, staff: StaffId) -> sqlx::Result<Vec<Way>> {
    db.query(sql!("select ", way_columns!(), " from ways where staff = $1 and removed_at is null order by id"))
        .bind(staff)
        .all()
        .await
}

/// One of them, which stays as it is until the transaction is done.
pub(super) async fn lock(tx: &mut Tx<'_>, staff: StaffId, id: WayId) -> sqlx::Result<Option<Way>> {
    tx.query(sql!(
        sqlite: "select id from ways where id = $1",
        postgres: "select id from ways where id = $1 for update",
    ))
    .bind(id)
    .optional::<(WayId,)>()
    .await?;
    Ok(of(tx, staff).await?.into_iter().find(|way| way.id == id))
}

/// Those over which an active person is told.
macro_rules! counts {
    () => {
        " from ways w join staff s on s.id = w.staff join channels c on c.name = w.channel
           where w.removed_at is null and w.failed_at is null and w.proven_at is not null and s.active
             and c.is_declared and c.addresses is not null"
    };
}

/// Where an active person is told: their proven ways, in the order in which they were added.
pub(crate) async fn proven(db: &mut impl Queries, staff: StaffId) -> sqlx::Result<Vec<Recipient>> {
    let ways: Vec<(WayId, String)> = db
        .query(sql!("select w.id, w.channel", counts!(), " and w.staff = $1 order by w.id"))
        .bind(staff)
        .all()
        .await?;
    Ok(ways.into_iter().map(|(id, channel)| way::recipient(channel, id)).collect())
}

/// Those of these people who have no proven way, so that no message reaches them.
pub(crate) async fn without(db: &mut impl Queries, staff: &[StaffId]) -> sqlx::Result<Vec<StaffId>> {
    let reached: Vec<(StaffId,)> = db.query(sql!("select distinct w.staff", counts!())).all().await?;
    let reached: HashSet<StaffId> = reached.into_iter().map(|(staff,)| staff).collect();
    Ok(staff.iter().copied().filter(|staff| !reached.contains(staff)).collect())
}

/// Tells a person something over each of their proven ways; says which messages there are, none where the person cannot be reached. The
/// caller sees to it that it is told once.
pub(crate) async fn tell(tx: &mut Tx<'_>, staff: StaffId, message: &Message) -> sqlx::Result<Vec<DeliveryId>> {
    let mut told = Vec::new();
    for to in proven(tx, staff).await? {
        told.extend(deliver::enqueue(tx, &to, About::Channel, message).await?);
    }
    Ok(told)
}
