//! Telling people that they are on duty: an hour before, and when it begins.

use super::{
    duty::{Duty, Shift},
    record::Loaded,
    show::href,
};
use crate::{
    clock::Instant,
    gate::{Gate, Housekeeping, Tx},
    id::{RotaId, StaffId},
    notify::{Facts, Message, Severity, What},
    sql,
    store::Sql,
    ways,
};
use chrono::TimeDelta;

/// What messages say: that it begins in an hour, that it has begun, and that no person comes next.
const SOON: &str = "oncall.soon";
const NOW: &str = "oncall.handover";
const NO_NEXT: &str = "oncall.no-next";

/// How long before.
const BEFORE: TimeDelta = TimeDelta::hours(1);
/// What is nearer than that to now is not over yet.
const MOMENT: TimeDelta = TimeDelta::microseconds(1);

/// How far back changes of duty are looked for that no process told.
pub(crate) const BACK: TimeDelta = TimeDelta::days(1);

/// Tells of the changes of duty that are due. Most of the time there is none, and no transaction begins.
pub(crate) async fn announce(rotas: &[Loaded], gate: &Gate, now: Instant) -> sqlx::Result<()> {
    let due: Vec<Announcement> = rotas.iter().flat_map(|loaded| due(loaded, now)).collect();
    if due.is_empty() {
        return Ok(());
    }
    gate.run_housekeeping(&AnnounceDuty { due }).await
}

/// A message about a change of duty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Announcement {
    rota: RotaId,
    name: String,
    title: String,
    kind: &'static str,
    /// The shift that begins.
    shift: Shift,
    to: StaffId,
}

/// What is to be told of a rota now: of several changes that no process told the last one.
fn due(loaded: &Loaded, now: Instant) -> Vec<Announcement> {
    let Loaded { rota, duty, .. } = loaded;
    let about = |kind, shift: Shift, to: Option<StaffId>| {
        to.map(|to| Announcement { rota: rota.id, name: rota.name.clone(), title: rota.title.clone(), kind, shift, to })
    };
    let begun = last_change(duty, rota.told_at, now.plus(MOMENT));
    let ahead = last_change(duty, rota.announced_at.max(now), now.plus(BEFORE).plus(MOMENT));
    let begun = begun.and_then(|(_, after)| about(NOW, after, after.staff));
    let ahead = ahead.and_then(|(before, after)| match after.staff {
        Some(staff) => about(SOON, after, Some(staff)),
        // The person who is on duty is the one who can see to it.
        None => about(NO_NEXT, after, before.staff),
    });
    begun.into_iter().chain(ahead).collect()
}

fn last_change(duty: &Duty, after: Instant, before: Instant) -> Option<(Shift, Shift)> {
    duty.handovers(after, before).last()
}

/// Writes messages about changes of duty down. How far it was told is a column, so of two processes one does it.
#[derive(Clone, Debug)]
pub(crate) struct AnnounceDuty {
    due: Vec<Announcement>,
}

impl Housekeeping for AnnounceDuty {
    const NAME: &'static str = "rotas.announce";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        for one in &self.due {
            if mark(tx, one).await? {
                ways::tell(tx, one.to, &message(one, now)).await?;
            }
        }
        Ok(())
    }
}

/// Notes that it is told; whether no process had told it before.
async fn mark(tx: &mut Tx<'_>, one: &Announcement) -> sqlx::Result<bool> {
    let statement: Sql = if one.kind == NOW {
        sql!("update rotas set told_at = $2 where id = $1 and told_at < $2")
    } else {
        sql!("update rotas set announced_at = $2 where id = $1 and announced_at < $2")
    };
    Ok(tx.query(statement).bind(one.rota).bind(one.shift.from).run().await? > 0)
}

fn message(one: &Announcement, now: Instant) -> Message {
    Message {
        what: What::Notice,
        kind: one.kind.to_owned(),
        severity: Severity::Warning,
        key: format!("ingam:duty:{}:{}:{}", one.name, one.kind, one.shift.from),
        title: one.title.clone(),
        since: now,
        at: now,
        n: 1,
        path: href(&one.name),
        facts: Facts { due: Some(one.shift.from), ..Facts::default() },
    }
}

#[cfg(test)]
#[path = "announce/tests.rs"]
mod tests;
