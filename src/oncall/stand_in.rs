//! Overrides: another person is on duty for a time, at once or later, and its end.

use super::{
    OVERRIDE_ALREADY, OVERRIDE_GONE, OVERRIDE_LONG, OVERRIDE_TIMES, ROTA_MEMBER, SHIFT_GONE, SHIFT_SAME,
    duty::Shift,
    people,
    record::{self, Loaded, OverrideRow},
    target,
};
use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Target, Tx},
    id::{OverrideId, RotaId, StaffId},
    notify::again::MENDS,
    sql,
};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// Longer than that is another plan.
const LONGEST: TimeDelta = TimeDelta::days(92);
/// How far ahead it may begin.
const FARTHEST: TimeDelta = TimeDelta::days(366);
/// How far ahead shifts can be swapped.
pub(super) const SWAPS: TimeDelta = TimeDelta::days(92);

/// Puts a person on duty for a time in place of those whose turn it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OverrideRota {
    pub rota: String,
    pub staff: StaffId,
    /// In UTC; none where it begins with the change.
    pub from: Option<String>,
    pub until: String,
}

impl Change for OverrideRota {
    const KIND: &'static str = "rotas.override";
    const ADMITS: Admits = Admits::sealed(MENDS);
    type Output = ();

    fn target(&self) -> Target {
        target(&self.rota)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.validate(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (loaded, from, until) = self.validate(tx).await?;
        insert(tx, loaded.rota.id, self.staff, from, until).await?;
        record::mark(tx, loaded.rota.id).await?;
        tx.note("staff", None::<i64>, self.staff);
        tx.note("from_at", None::<&str>, from.to_string());
        tx.note("until_at", None::<&str>, until.to_string());
        Ok(())
    }
}

impl OverrideRota {
    async fn validate(&self, tx: &mut Tx<'_>) -> Result<(Loaded, Instant, Instant), Fault> {
        let now = tx.now();
        let loaded = record::lock_used(tx, &self.rota).await?;
        let read = |text: &str, field| Instant::parse(text).map_err(|_| Fault::invalid(field, OVERRIDE_TIMES));
        let from = self.from.as_deref().map(|from| read(from, "from")).transpose()?.map_or(now, |from| from.max(now));
        let until = read(&self.until, "until")?;
        check_times(from, until, now)?;
        check_able(tx, self.staff).await?;
        if loaded.duty.shifts(from, until).iter().all(|shift| shift.staff == Some(self.staff)) {
            return Err(Fault::conflict(OVERRIDE_ALREADY));
        }
        Ok((loaded, from, until))
    }
}

/// Whether a person can be on duty in between. `from` is not before `now`.
pub(super) fn check_times(from: Instant, until: Instant, now: Instant) -> Result<(), Fault> {
    if until <= from {
        return Err(Fault::invalid("until", OVERRIDE_TIMES));
    }
    if until.since(from) > LONGEST {
        return Err(Fault::invalid("until", OVERRIDE_LONG));
    }
    if from.since(now) > FARTHEST { Err(Fault::invalid("from", OVERRIDE_LONG)) } else { Ok(()) }
}

/// Swaps two shifts: each person has that of the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SwapShifts {
    pub rota: String,
    /// When the one begins, in UTC.
    pub one: String,
    pub other: String,
}

impl Change for SwapShifts {
    const KIND: &'static str = "rotas.swap";
    const ADMITS: Admits = Admits::sealed(MENDS);
    type Output = ();

    fn target(&self) -> Target {
        target(&self.rota)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.validate(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (loaded, pair) = self.validate(tx).await?;
        for (shift, staff) in pair {
            insert(tx, loaded.rota.id, staff, shift.from, shift.until).await?;
        }
        record::mark(tx, loaded.rota.id).await?;
        for ((shift, staff), field) in pair.into_iter().zip(["first_shift", "second_shift"]) {
            let words = |staff: StaffId| format!("{staff} {}..{}", shift.from, shift.until);
            tx.note(field, shift.staff.map(words), words(staff));
        }
        Ok(())
    }
}

impl SwapShifts {
    /// The two shifts, each with who is to have it.
    async fn validate(&self, tx: &mut Tx<'_>) -> Result<(Loaded, [(Shift, StaffId); 2]), Fault> {
        let now = tx.now();
        let loaded = record::lock_used(tx, &self.rota).await?;
        let shifts = loaded.duty.shifts(now, now.plus(SWAPS));
        let find = |text: &str, field| {
            let at = Instant::parse(text).ok();
            // The one under way began before.
            let found = shifts.iter().skip(1).find(|shift| Some(shift.from) == at);
            let found = found.and_then(|shift| Some((*shift, shift.staff?)));
            found.ok_or_else(|| Fault::invalid(field, SHIFT_GONE))
        };
        let (one, mine) = find(&self.one, "one")?;
        let (other, theirs) = find(&self.other, "other")?;
        if mine == theirs {
            return Err(Fault::invalid("other", SHIFT_SAME));
        }
        check_able(tx, mine).await?;
        check_able(tx, theirs).await?;
        Ok((loaded, [(one, theirs), (other, mine)]))
    }
}

/// Removes an override. What was while it held stays: one that has begun ends now.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RemoveOverride {
    pub rota: String,
    pub id: OverrideId,
}

impl Change for RemoveOverride {
    const KIND: &'static str = "rotas.remove-override";
    const ADMITS: Admits = Admits::sealed(MENDS);
    type Output = ();

    fn target(&self) -> Target {
        target(&self.rota)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.validate(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let row = self.validate(tx).await?;
        let (now, by) = (tx.now(), tx.by().to_owned());
        if row.from_at < now {
            tx.query(sql!("update rota_overrides set until_at = $2 where id = $1"))
                .bind(row.id)
                .bind(now)
                .run()
                .await?;
            tx.note("until_at", row.until_at.to_string(), now.to_string());
        } else {
            tx.query(sql!("update rota_overrides set removed_at = $2, removed_by = $3 where id = $1"))
                .bind(row.id)
                .bind(now)
                .bind(by)
                .run()
                .await?;
            tx.note("from_at", row.from_at.to_string(), None::<&str>);
            tx.note("until_at", row.until_at.to_string(), None::<&str>);
        }
        tx.note("staff", row.staff, None::<i64>);
        record::mark(tx, row.rota).await?;
        Ok(())
    }
}

impl RemoveOverride {
    async fn validate(&self, tx: &mut Tx<'_>) -> Result<OverrideRow, Fault> {
        let loaded = record::lock_used(tx, &self.rota).await?;
        let found = loaded.overrides.into_iter().find(|row| row.id == self.id);
        found.ok_or_else(|| Fault::conflict(OVERRIDE_GONE))
    }
}

async fn check_able(tx: &mut Tx<'_>, staff: StaffId) -> Result<(), Fault> {
    let is_able = people::able(tx).await?.iter().any(|person| person.id == staff);
    if is_able { Ok(()) } else { Err(Fault::invalid("staff", ROTA_MEMBER)) }
}

async fn insert(tx: &mut Tx<'_>, rota: RotaId, staff: StaffId, from: Instant, until: Instant) -> Result<(), Fault> {
    let (now, by, reason) = (tx.now(), tx.by().to_owned(), tx.reason().to_owned());
    tx.query(sql!(
        "insert into rota_overrides (rota, from_at, until_at, staff, made_at, staff_name, reason)
         values ($1, $2, $3, $4, $5, $6, $7)"
    ))
    .bind(rota)
    .bind(from)
    .bind(until)
    .bind(staff)
    .bind(now)
    .bind(by)
    .bind(reason)
    .run()
    .await?;
    Ok(())
}
