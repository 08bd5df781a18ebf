//! Making a rota, and giving it another plan.

use super::{
    ROTA_EMPTY, ROTA_MEMBER, ROTA_NAME, ROTA_PLAN, ROTA_TAKEN, ROTA_UNCHANGED,
    duty::Duty,
    people,
    record::{self, CLOCK, Loaded},
    target,
    turn::{Turns, Unit},
};
use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Target, Tx},
    id::{RotaId, StaffId},
    notify::again::MENDS,
    sql, text,
};
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use serde::{Deserialize, Serialize};

/// The longest title, in characters.
pub(super) const LONGEST_TITLE: usize = 60;
/// How far from today the first turn may be.
const FARTHEST: TimeDelta = TimeDelta::days(366);
/// As many members as the form has places for.
pub(super) const MEMBERS: usize = 12;
/// The longest turn is a year.
const MOST: i64 = 52;

/// Makes a rota, or gives one another plan, which holds from its first handover on or at once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DefineRota {
    /// As addresses and the configuration call it.
    pub name: String,
    pub title: String,
    /// In the IANA database.
    pub zone: String,
    /// On the clock of the zone: `09:00`.
    pub handover: String,
    pub every: i64,
    pub unit: Unit,
    /// The day of the first member's first turn.
    pub starts_on: String,
    /// In the order of their turns.
    pub members: Vec<StaffId>,
    pub is_new: bool,
}

impl Change for DefineRota {
    const KIND: &'static str = "rotas.define";
    const ADMITS: Admits = Admits::sealed(MENDS);
    type Output = ();

    fn target(&self) -> Target {
        target(&self.name)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        if self.is_new {
            return Ok(None);
        }
        record::lock(tx, &self.name).await.map(|found| Some(found.rota.changed))
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.validate(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (before, turns) = self.validate(tx).await?;
        let now = tx.now();
        let rota = match &before {
            Some(loaded) => loaded.rota.id,
            None => self.insert(tx).await?,
        };
        tx.query(sql!("update rotas set title = $2 where id = $1")).bind(rota).bind(self.title.as_str()).run().await?;
        tx.query(sql!(
            "insert into rota_plans (rota, from_at, zone, handover, unit, every, starts_on, members)
             values ($1, $2, $3, $4, $5, $6, $7, $8)"
        ))
        .bind(rota)
        .bind(turns.start().map_or(now, |start| start.max(now)))
        .bind(turns.zone.name())
        .bind(turns.handover.format(CLOCK).to_string())
        .bind(turns.unit.as_str())
        .bind(turns.every)
        .bind(turns.starts_on.to_string())
        .bind(record::written_members(&turns.members))
        .run()
        .await?;
        record::mark(tx, rota).await?;
        self.note(tx, before.as_ref(), &turns);
        Ok(())
    }
}

impl DefineRota {
    /// The turns that it names, as far as they are ones.
    pub(super) fn turns(&self, now: Instant) -> Result<Turns, Fault> {
        let wrong = |field| Fault::invalid(field, ROTA_PLAN);
        let zone = self.zone.parse().map_err(|_| wrong("zone"))?;
        let is_plain = self.handover.len() == "09:00".len();
        let handover = NaiveTime::parse_from_str(&self.handover, CLOCK).ok().filter(|_| is_plain);
        let starts_on: NaiveDate = self.starts_on.parse().map_err(|_| wrong("starts_on"))?;
        if !(1..=MOST).contains(&self.every) {
            return Err(wrong("every"));
        }
        if self.members.is_empty() || self.members.len() > MEMBERS {
            return Err(Fault::invalid("members", ROTA_EMPTY));
        }
        let handover = handover.ok_or_else(|| wrong("handover"))?;
        let (every, unit, members) = (self.every, self.unit, self.members.clone());
        let turns = Turns { zone, handover, every, unit, starts_on, members };
        let is_near = |start: &Instant| start.since(now).abs() <= FARTHEST;
        turns.start().filter(is_near).ok_or_else(|| wrong("starts_on"))?;
        Ok(turns)
    }

    async fn validate(&self, tx: &mut Tx<'_>) -> Result<(Option<Loaded>, Turns), Fault> {
        let now = tx.now();
        let title = text::visible(&self.title);
        if title == 0 || self.title.chars().count() > LONGEST_TITLE || !text::is_line(&self.title) {
            return Err(Fault::invalid("title", ROTA_NAME));
        }
        let turns = self.turns(now)?;
        let able = people::able(tx).await?;
        if !self.members.iter().all(|member| able.iter().any(|person| person.id == *member)) {
            return Err(Fault::invalid("members", ROTA_MEMBER));
        }
        if self.is_new {
            if !record::is_name(&self.name) {
                return Err(Fault::invalid("name", ROTA_NAME));
            }
            let is_taken = record::by_name(tx, &self.name, now).await?.is_some();
            return if is_taken { Err(Fault::invalid("name", ROTA_TAKEN)) } else { Ok((None, turns)) };
        }
        let before = record::lock_used(tx, &self.name).await?;
        if newest(&before.duty) == Some(&turns) && before.rota.title == self.title {
            return Err(Fault::conflict(ROTA_UNCHANGED));
        }
        Ok((Some(before), turns))
    }

    async fn insert(&self, tx: &mut Tx<'_>) -> Result<RotaId, Fault> {
        let now = tx.now();
        // The first person is told, also where the turn begins at once.
        let before = now.minus(TimeDelta::seconds(1));
        let inserted: Option<(RotaId,)> = tx
            .query(sql!(
                "insert into rotas (name, title, made_at, changed_at, announced_at, told_at) values ($1, $2, $3, $3, $4, $4)
                 on conflict (name) do nothing returning id"
            ))
            .bind(self.name.as_str())
            .bind(self.title.as_str())
            .bind(now)
            .bind(before)
            .optional()
            .await?;
        inserted.map(|(id,)| id).ok_or_else(|| Fault::invalid("name", ROTA_TAKEN))
    }

    fn note(&self, tx: &mut Tx<'_>, before: Option<&Loaded>, turns: &Turns) {
        let was = before.and_then(|loaded| newest(&loaded.duty));
        let title = before.map(|loaded| loaded.rota.title.clone());
        let mut note = |field: &'static str, before: Option<String>, after: String| {
            if before.as_deref() != Some(after.as_str()) {
                tx.note(field, before, after);
            }
        };
        note("title", title, self.title.clone());
        note("zone", was.map(|was| was.zone.to_string()), turns.zone.to_string());
        let clock = |turns: &Turns| turns.handover.format(CLOCK).to_string();
        note("handover", was.map(clock), clock(turns));
        let length = |turns: &Turns| format!("{} {}", turns.every, turns.unit.as_str());
        note("turn_length", was.map(length), length(turns));
        note("starts_on", was.map(|was| was.starts_on.to_string()), turns.starts_on.to_string());
        let members = |turns: &Turns| record::written_members(&turns.members);
        note("members", was.map(members), members(turns));
    }
}

/// The plan that was made last, also where it has not begun yet.
pub(super) fn newest(duty: &Duty) -> Option<&Turns> {
    duty.plans.iter().max_by_key(|plan| plan.id).map(|plan| &plan.turns)
}
