//! Gaps: times in which no person who can act is on duty. One that is there now is an alert.

use super::{
    duty::Shift,
    record::{self, Loaded, Member},
};
use crate::{
    alerts::{condition::Condition, kind::AlertKind},
    clock::Instant,
    id::StaffId,
    notify::Facts,
    store::Reader,
    ways,
};
use chrono::TimeDelta;
use std::collections::HashMap;

/// The rotas in use in which no person who can act is on duty now, as what is wrong.
pub(crate) async fn conditions(mut reader: &Reader, rotas: &[Loaded], now: Instant) -> sqlx::Result<Vec<Condition>> {
    if rotas.is_empty() {
        return Ok(Vec::new());
    }
    let people = record::members(&mut reader).await?;
    let gaps = rotas.iter().filter(|loaded| !is_covered(loaded.duty.at(now), &people));
    Ok(gaps.map(|loaded| condition(loaded, now)).collect())
}

fn is_covered(staff: Option<StaffId>, people: &HashMap<StaffId, Member>) -> bool {
    staff.and_then(|staff| people.get(&staff)).is_some_and(|member| member.active)
}

fn condition(loaded: &Loaded, now: Instant) -> Condition {
    let kind = AlertKind::DutyGap;
    Condition {
        kind,
        subject: loaded.rota.name.clone(),
        title: loaded.rota.title.clone(),
        severity: kind.severity(),
        // With each turn that no person takes it is news.
        newest_at: loaded.duty.begun(now).unwrap_or(loaded.rota.changed_at),
        n: 1,
        reference: None,
        facts: Facts::default(),
    }
}

/// What is wrong with who is on duty in the time ahead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// Whether any rota is in use.
    pub is_any: bool,
    /// Each gap: the title of the rota, and from when until when.
    pub gaps: Vec<(String, Instant, Instant)>,
    /// The names of people who have a turn and no proven way to be reached.
    pub unreachable: Vec<String>,
}

/// The faults from now on for a time.
pub(crate) async fn faults(mut reader: &Reader, now: Instant, ahead: TimeDelta) -> sqlx::Result<Faults> {
    let rotas = record::all(&mut reader, now).await?;
    let people = record::members(&mut reader).await?;
    let mut faults = Faults { is_any: !rotas.is_empty(), ..Faults::default() };
    let mut on_duty: Vec<StaffId> = Vec::new();
    for loaded in &rotas {
        let shifts = loaded.duty.shifts(now, now.plus(ahead));
        on_duty.extend(shifts.iter().filter(|shift| is_covered(shift.staff, &people)).filter_map(|shift| shift.staff));
        let gaps = shifts.iter().filter(|shift| !is_covered(shift.staff, &people));
        faults.gaps.extend(joined(gaps).into_iter().map(|(from, until)| (loaded.rota.title.clone(), from, until)));
    }
    on_duty.sort_unstable();
    on_duty.dedup();
    let without = ways::without(&mut reader, &on_duty).await?;
    faults.unreachable =
        without.iter().filter_map(|staff| people.get(staff)).map(|member| member.name.clone()).collect();
    faults.unreachable.sort_unstable();
    Ok(faults)
}

/// Shifts that follow each other as one time.
fn joined<'s>(shifts: impl Iterator<Item = &'s Shift>) -> Vec<(Instant, Instant)> {
    let mut times: Vec<(Instant, Instant)> = Vec::new();
    for shift in shifts {
        match times.last_mut() {
            Some((_, until)) if *until == shift.from => *until = shift.until,
            _ => times.push((shift.from, shift.until)),
        }
    }
    times
}
