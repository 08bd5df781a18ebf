//! Brakes on looking: how often a person has looked at customers in this hour and on this day, and how often they may.
//!
//! Every look is counted in the transaction of its access record, in one row for the hour and one for the day, whose locks
//! make the counts exact however many looks come at once. Beyond the first limit a person goes on with a reason and a code,
//! beyond the second not before the hour or the day is over.

mod kind;
mod limits;
mod window;

pub use kind::{LookKind, Span};
pub use limits::{Limit, Limits, LookLimits};
pub use window::Window;

use super::{
    Actor, Fault, Meaning, Reason, Refusal, Rejection, Roles, Target, Topic, Tx, Who,
    audit::{self, Ending, Line},
    outbox,
};
use crate::{clock::Instant, id::StaffId, sql, store::Queries};
use serde_json::json;

crate::gate::refusal_words! {
    /// The person has looked at more customers than go without a reason and a code.
    LOOKED_MUCH = "looked-much";
    /// The person has looked at as many customers as one person may.
    LOOKED_TOO_MUCH = "looked-too-much";
    /// The person is below the limit and can look at customers.
    LOOKS_GO_ON = "looks-go-on";
}

crate::gate::topics! {
    /// A person looked at more customers in an hour or on a day than go without a reason and a code.
    ACCESS_FIRST_LIMIT = "access.first-limit";
    /// A person looked at as many customers in an hour or on a day as one person may, and is refused more.
    ACCESS_SECOND_LIMIT = "access.second-limit";
}

/// What the log calls a look that was refused.
pub(crate) const LOOK: &str = "access.look";

/// Whether what was asked for may be shown.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub enum Looked {
    /// It has its access record.
    Recorded,
    /// It is not to be shown, and there is no record of it.
    Braked(Braked),
}

/// Which limit a person is at.
#[derive(Clone, Copy, Debug)]
pub struct Braked {
    pub kind: LookKind,
    pub span: Span,
    /// Whether a reason and a code do not help.
    pub is_final: bool,
    /// The end of the hour or of the day.
    pub until: Instant,
    /// Whether this look has its row in the log already: the first one at each limit has.
    pub is_recorded: bool,
}

impl Braked {
    pub(crate) fn refusal(&self) -> Refusal {
        Refusal::Rejected(Rejection {
            word: if self.is_final { LOOKED_TOO_MUCH } else { LOOKED_MUCH },
            field: None,
            meaning: Meaning::Throttled,
            values: vec![("looks", self.kind.to_string()), ("span", self.span.as_str().to_owned())],
        })
    }

    const fn level(&self) -> i64 {
        if self.is_final { 2 } else { 1 }
    }

    const fn topic(&self) -> Topic {
        if self.is_final { ACCESS_SECOND_LIMIT } else { ACCESS_FIRST_LIMIT }
    }
}

/// The person as the target of what is about their looks.
pub(crate) fn target(staff: StaffId) -> Target {
    Target::new("staff", staff)
}

/// How often a person has looked in one hour or on one day.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub window: Window,
    pub limit: Limit,
    pub seen: i64,
    /// Whether the person went on beyond the first limit.
    pub is_lifted: bool,
}

impl Seen {
    pub fn is_at_second(&self) -> bool {
        self.seen >= self.limit.second
    }

    /// Whether a reason and a code are due.
    pub fn is_at_first(&self) -> bool {
        self.seen >= self.limit.first && !self.is_lifted && !self.is_at_second()
    }
}

/// Counts the look that an access record of this task is about to show, or says which limit forbids it.
pub(super) async fn count(tx: &mut Tx<'_>, actor: &Actor, task: &str) -> sqlx::Result<Option<Braked>> {
    let (Some(kind), Who::Staff { id, roles, .. }) = (LookKind::of(task), &actor.who) else { return Ok(None) };
    let (now, zone) = (tx.now(), tx.setup.policies.zone);
    let (hour, day) = (Window::hour(now), Window::day(now, zone));
    let limits = tx.setup.looks.of(roles, kind);
    // Both rows are locked until the end of the transaction, the day's first.
    let counted: Vec<(String,)> = tx
        .query(sql!(
            "insert into looks (staff_id, kind, span, starts_at, seen, first_at, last_at)
             values ($1, $2, 'day', $3, 1, $5, $5), ($1, $2, 'hour', $4, 1, $5, $5)
             on conflict (staff_id, kind, span, starts_at) do update
                set seen = looks.seen + 1,
                    first_at = case when looks.first_at > excluded.first_at then excluded.first_at else looks.first_at end,
                    last_at = case when looks.last_at < excluded.last_at then excluded.last_at else looks.last_at end
              where (looks.span = 'day' and looks.seen < $7 and (looks.seen < $6 or looks.lifted_by is not null))
                 or (looks.span = 'hour' and looks.seen < $9 and (looks.seen < $8 or looks.lifted_by is not null))
             returning span"
        ))
        .bind(*id)
        .bind(kind.as_str())
        .bind(day.starts)
        .bind(hour.starts)
        .bind(now)
        .bind(limits.day.first)
        .bind(limits.day.second)
        .bind(limits.hour.first)
        .bind(limits.hour.second)
        .all()
        .await?;
    if counted.len() == 2 {
        return Ok(None);
    }
    for (span,) in counted {
        tx.query(sql!(
            "update looks set seen = seen - 1 where staff_id = $1 and kind = $2 and span = $3 and starts_at in ($4, $5)"
        ))
        .bind(*id)
        .bind(kind.as_str())
        .bind(span)
        .bind(day.starts)
        .bind(hour.starts)
        .run()
        .await?;
    }
    let seen = seen(tx, *id, roles, kind, now).await?;
    let Some(braked) = braked(kind, &seen) else {
        return Err(sqlx::Error::Protocol("a look was refused below its limit".to_owned()));
    };
    Ok(Some(tell(tx, actor, *id, braked).await?))
}

/// The limit that ends later where there are two, and the one that nothing helps against before the others.
fn braked(kind: LookKind, seen: &[Seen]) -> Option<Braked> {
    let at = |is_at: fn(&Seen) -> bool, is_final| {
        let Window { span, ends, .. } = last_at(seen, is_at)?.window;
        Some(Braked { kind, span, is_final, until: ends, is_recorded: false })
    };
    at(Seen::is_at_second, true).or_else(|| at(Seen::is_at_first, false))
}

/// The hour or the day that is at a limit; where both are, the one that ends later.
pub(crate) fn last_at(seen: &[Seen], is_at: fn(&Seen) -> bool) -> Option<&Seen> {
    seen.iter().filter(|seen| is_at(seen)).max_by_key(|seen| seen.window.ends)
}

/// Emits the event and appends the row of the first refusal at a limit in this hour or on this day.
async fn tell(tx: &mut Tx<'_>, actor: &Actor, staff: StaffId, braked: Braked) -> sqlx::Result<Braked> {
    let starts = Window::of(braked.span, tx.now(), tx.setup.policies.zone).starts;
    let fresh = tx
        .query(sql!(
            "update looks set told = $5
              where staff_id = $1 and kind = $2 and span = $3 and starts_at = $4 and told < $5"
        ))
        .bind(staff)
        .bind(braked.kind.as_str())
        .bind(braked.span.as_str())
        .bind(starts)
        .bind(braked.level())
        .run()
        .await?;
    if fresh == 0 {
        return Ok(braked);
    }
    let refusal = braked.refusal();
    let ending = Ending::of("refused", Some(&refusal));
    let line = Line { actor, roles: None, action: LOOK, target: target(staff), reason: &Reason::none(), ending };
    let seq = audit::append(tx, line).await?.seq;
    tx.emit(braked.topic(), json!({ "staff": staff, "looks": braked.kind.as_str(), "span": braked.span.as_str() }));
    let events = std::mem::take(&mut tx.ledger.events);
    outbox::write(tx, seq, &events).await?;
    Ok(Braked { is_recorded: true, ..braked })
}

#[derive(sqlx::FromRow)]
struct Row {
    span: String,
    starts_at: Instant,
    seen: i64,
    is_lifted: bool,
}

/// How often a person has looked in this hour and on this day.
async fn seen(tx: &mut Tx<'_>, staff: StaffId, roles: &Roles, kind: LookKind, now: Instant) -> sqlx::Result<Vec<Seen>> {
    let (limits, zone) = (tx.setup.looks.of(roles, kind), tx.setup.policies.zone);
    read(tx, staff, kind, limits, [Window::hour(now), Window::day(now, zone)]).await
}

/// The same for a page, where the gate knows the limits.
pub(super) async fn read(
    queries: &mut impl Queries,
    staff: StaffId,
    kind: LookKind,
    limits: Limits,
    windows: [Window; 2],
) -> sqlx::Result<Vec<Seen>> {
    let [hour, day] = windows;
    let rows: Vec<Row> = queries
        .query(sql!(
            "select span, starts_at, seen, lifted_by is not null as is_lifted from looks
              where staff_id = $1 and kind = $2 and starts_at in ($3, $4)"
        ))
        .bind(staff)
        .bind(kind.as_str())
        .bind(hour.starts)
        .bind(day.starts)
        .all()
        .await?;
    let seen = |window: Window| {
        let row = rows.iter().find(|row| row.span == window.span.as_str() && row.starts_at == window.starts);
        Seen {
            window,
            limit: limits.over(window.span),
            seen: row.map_or(0, |row| row.seen),
            is_lifted: row.is_some_and(|row| row.is_lifted),
        }
    };
    Ok(windows.map(seen).into())
}

impl Tx<'_> {
    /// The hour and the day for which the person of this change is at the first limit on looking.
    ///
    /// # Errors
    ///
    /// A conflict `looks-go-on` where they are at none.
    pub(crate) async fn looks_at_first_limit(&mut self, kind: LookKind) -> Result<Vec<Seen>, Fault> {
        let (staff, roles) = (self.who.staff.unwrap_or_default(), self.who.roles.clone().unwrap_or_default());
        let now = self.now();
        let mut seen = seen(self, staff, &roles, kind, now).await?;
        seen.retain(Seen::is_at_first);
        if seen.is_empty() { Err(Fault::conflict(LOOKS_GO_ON)) } else { Ok(seen) }
    }

    /// Lifts the first limit until the end of the hour or of the day, in the name of this change. Returns how often the
    /// person has looked by now.
    pub(crate) async fn lift_first_limit(&mut self, kind: LookKind, span: Span) -> Result<i64, Fault> {
        let (staff, change) = (self.who.staff.unwrap_or_default(), self.change_id().to_owned());
        let window = Window::of(span, self.now(), self.setup.policies.zone);
        let lifted: Option<(i64,)> = self
            .query(sql!(
                "update looks set lifted_by = $5
                  where staff_id = $1 and kind = $2 and span = $3 and starts_at = $4 and lifted_by is null
                 returning seen"
            ))
            .bind(staff)
            .bind(kind.as_str())
            .bind(span.as_str())
            .bind(window.starts)
            .bind(change)
            .optional()
            .await?;
        lifted.map(|(seen,)| seen).ok_or_else(|| Fault::conflict(LOOKS_GO_ON))
    }
}
