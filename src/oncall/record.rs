//! Rotas as they are stored.

use super::{
    ROTA, ROTA_RETIRED,
    duty::{Duty, Override, Plan},
    turn::{Turns, Unit},
};
use crate::{
    clock::Instant,
    gate::{Fault, Tx},
    id::{OverrideId, PlanId, RotaId, StaffId},
    sql,
    store::Queries,
};
use chrono::{NaiveDate, NaiveTime};
use std::collections::HashMap;

/// How a time of the day is written.
pub(super) const CLOCK: &str = "%H:%M";

const LONGEST_NAME: usize = 40;
/// What follows `/oncall/` in the addresses of calendars.
const RESERVED: &str = "calendars";

/// A rota.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Rota {
    pub id: RotaId,
    /// As addresses and the configuration call it.
    pub name: String,
    pub title: String,
    pub retired_at: Option<Instant>,
    pub changed: i64,
    pub changed_at: Instant,
    /// Up to which change of duty its people were told that it comes, and that it is there.
    pub announced_at: Instant,
    pub told_at: Instant,
}

macro_rules! rota_columns {
    () => {
        "r.id, r.name, r.title, r.retired_at, r.changed, r.changed_at, r.announced_at, r.told_at"
    };
}

#[derive(sqlx::FromRow)]
struct PlanRow {
    id: PlanId,
    rota: RotaId,
    from_at: Instant,
    zone: String,
    handover: String,
    #[sqlx(try_from = "String")]
    unit: Unit,
    every: i64,
    starts_on: String,
    members: String,
}

macro_rules! plan_columns {
    () => {
        "p.id, p.rota, p.from_at, p.zone, p.handover, p.unit, p.every, p.starts_on, p.members"
    };
}

impl PlanRow {
    /// The plan; nothing where it was written by hand and makes no sense.
    fn read(self) -> Option<(RotaId, Plan)> {
        let turns = Turns {
            zone: self.zone.parse().ok()?,
            handover: NaiveTime::parse_from_str(&self.handover, CLOCK).ok()?,
            every: self.every,
            unit: self.unit,
            starts_on: self.starts_on.parse::<NaiveDate>().ok()?,
            members: read_members(&self.members),
        };
        Some((self.rota, Plan { id: self.id, from: self.from_at, turns }))
    }
}

fn read_members(text: &str) -> Vec<StaffId> {
    text.split(' ').filter_map(|id| id.parse().ok()).collect()
}

/// Members as they are stored.
pub(super) fn written_members(members: &[StaffId]) -> String {
    members.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// An override as pages show it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct OverrideRow {
    pub id: OverrideId,
    pub rota: RotaId,
    pub from_at: Instant,
    pub until_at: Instant,
    pub staff: StaffId,
    pub staff_name: String,
    pub reason: String,
}

impl OverrideRow {
    fn entry(&self) -> Override {
        Override { id: self.id, from: self.from_at, until: self.until_at, staff: self.staff }
    }
}

/// A person as far as rotas need to know them.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Member {
    pub id: StaffId,
    pub name: String,
    pub active: bool,
}

/// A rota with its plans and those of its overrides that end after a time.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    pub rota: Rota,
    pub duty: Duty,
    pub overrides: Vec<OverrideRow>,
}

/// The rotas that are in use, in the order in which they were made, with the overrides that end after `since`.
pub(crate) async fn all(db: &mut impl Queries, since: Instant) -> sqlx::Result<Vec<Loaded>> {
    let rotas: Vec<Rota> = db
        .query(sql!("select ", rota_columns!(), " from rotas r where r.retired_at is null order by r.id"))
        .all()
        .await?;
    load(db, rotas, since).await
}

/// Whether a rota can be called that: addresses and the configuration name it.
pub(super) fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=LONGEST_NAME).contains(&name.len())
        && name.chars().all(is_plain)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && name != RESERVED
}

/// The rota of this name that is in use, or was.
pub(crate) async fn by_name(db: &mut impl Queries, name: &str, since: Instant) -> sqlx::Result<Option<Loaded>> {
    // What no rota can be called is not asked for: PostgreSQL's text refuses NUL.
    if !is_name(name) {
        return Ok(None);
    }
    let found: Option<Rota> = db
        .query(sql!("select ", rota_columns!(), " from rotas r where r.name = $1"))
        .bind(name.to_owned())
        .optional()
        .await?;
    let loaded = load(db, found.into_iter().collect(), since).await?;
    Ok(loaded.into_iter().next())
}

async fn load(db: &mut impl Queries, rotas: Vec<Rota>, since: Instant) -> sqlx::Result<Vec<Loaded>> {
    if rotas.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<PlanRow> = db
        .query(sql!(
            "select ",
            plan_columns!(),
            " from rotas r join rota_plans p on p.rota = r.id order by p.rota, p.id"
        ))
        .all()
        .await?;
    let mut plans: HashMap<RotaId, Vec<Plan>> = HashMap::new();
    for (rota, plan) in rows.into_iter().filter_map(PlanRow::read) {
        plans.entry(rota).or_default().push(plan);
    }
    let rows: Vec<OverrideRow> = db
        .query(sql!(
            "select o.id, o.rota, o.from_at, o.until_at, o.staff, o.staff_name, o.reason
               from rotas r join rota_overrides o on o.rota = r.id
              where o.removed_at is null and o.until_at > $1 order by o.rota, o.from_at, o.id"
        ))
        .bind(since)
        .all()
        .await?;
    let mut overrides: HashMap<RotaId, Vec<OverrideRow>> = HashMap::new();
    for row in rows {
        overrides.entry(row.rota).or_default().push(row);
    }
    let loaded = rotas.into_iter().map(|rota| {
        let overrides = overrides.remove(&rota.id).unwrap_or_default();
        let entries = overrides.iter().map(OverrideRow::entry).collect();
        let duty = Duty { plans: plans.remove(&rota.id).unwrap_or_default(), overrides: entries };
        Loaded { rota, duty, overrides }
    });
    Ok(loaded.collect())
}

/// Who is on duty in the rota of this name: an active person. Nothing where no such rota is in use, and in a gap.
pub(crate) async fn on_duty(db: &mut impl Queries, name: &str, at: Instant) -> sqlx::Result<Option<Member>> {
    let loaded = by_name(db, name, at).await?.filter(|loaded| loaded.rota.retired_at.is_none());
    match loaded.and_then(|loaded| loaded.duty.at(at)) {
        Some(staff) => Ok(member(db, staff).await?.filter(|member| member.active)),
        None => Ok(None),
    }
}

pub(super) async fn member(db: &mut impl Queries, staff: StaffId) -> sqlx::Result<Option<Member>> {
    db.query(sql!("select id, name, active from staff where id = $1")).bind(staff).optional().await
}

/// All people by their ids: also those who have left had shifts.
pub(crate) async fn members(db: &mut impl Queries) -> sqlx::Result<HashMap<StaffId, Member>> {
    let members: Vec<Member> = db.query(sql!("select id, name, active from staff")).all().await?;
    Ok(members.into_iter().map(|member| (member.id, member)).collect())
}

/// The rota of this name, which stays as it is until the change is done.
pub(super) async fn lock(tx: &mut Tx<'_>, name: &str) -> Result<Loaded, Fault> {
    if !is_name(name) {
        return Err(Fault::missing(ROTA));
    }
    let now = tx.now();
    tx.query(sql!(
        sqlite: "select id from rotas where name = $1",
        postgres: "select id from rotas where name = $1 for update",
    ))
    .bind(name.to_owned())
    .optional::<(RotaId,)>()
    .await?;
    by_name(tx, name, now).await?.ok_or_else(|| Fault::missing(ROTA))
}

/// The same of one that is in use.
pub(super) async fn lock_used(tx: &mut Tx<'_>, name: &str) -> Result<Loaded, Fault> {
    let loaded = lock(tx, name).await?;
    if loaded.rota.retired_at.is_some() { Err(Fault::conflict(ROTA_RETIRED)) } else { Ok(loaded) }
}

/// Counts a change of a rota.
pub(super) async fn mark(tx: &mut Tx<'_>, rota: RotaId) -> sqlx::Result<()> {
    let now = tx.now();
    tx.query(sql!("update rotas set changed = changed + 1, changed_at = $2 where id = $1"))
        .bind(rota)
        .bind(now)
        .run()
        .await
        .map(drop)
}
