//! Who is on duty: a pure function of the plans and overrides of a rota.

use super::turn::Turns;
use crate::{
    clock::Instant,
    id::{OverrideId, PlanId, StaffId},
};
use std::collections::BTreeMap;

/// How members take turns from a moment on, until a newer plan begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub id: PlanId,
    pub from: Instant,
    pub turns: Turns,
}

/// Who is on duty instead for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Override {
    pub id: OverrideId,
    pub from: Instant,
    pub until: Instant,
    pub staff: StaffId,
}

/// The plans and overrides of a rota, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Duty {
    pub plans: Vec<Plan>,
    /// Without those that were removed.
    pub overrides: Vec<Override>,
}

/// A time during which one person is on duty, or no person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shift {
    pub from: Instant,
    pub until: Instant,
    /// No person: a gap.
    pub staff: Option<StaffId>,
    /// The override that put this person there.
    pub by: Option<OverrideId>,
}

impl Duty {
    /// Who is on duty at a moment; nothing before the first plan has begun, unless an override says who.
    pub(crate) fn at(&self, at: Instant) -> Option<StaffId> {
        let covers = |entry: &&Override| entry.from <= at && at < entry.until;
        // Of two that overlap the later one holds.
        let instead = self.overrides.iter().filter(covers).max_by_key(|entry| entry.id).map(|entry| entry.staff);
        instead.or_else(|| self.plan_at(at)?.turns.at(at).map(|turn| turn.staff))
    }

    /// Since when what holds at a moment holds: the exception, or the turn. Nothing where neither does.
    pub(crate) fn begun(&self, at: Instant) -> Option<Instant> {
        let covers = |entry: &&Override| entry.from <= at && at < entry.until;
        let instead = self.overrides.iter().filter(covers).max_by_key(|entry| entry.id).map(|entry| entry.from);
        instead.or_else(|| {
            let plan = self.plan_at(at)?;
            plan.turns.at(at).map(|turn| turn.from.max(plan.from))
        })
    }

    /// The newest of the plans that have begun.
    pub(crate) fn plan_at(&self, at: Instant) -> Option<&Plan> {
        self.plans.iter().filter(|plan| plan.from <= at).max_by_key(|plan| plan.id)
    }

    /// All shifts from one moment to another, in order and without holes. A turn that an override cuts is several shifts; the first and
    /// the last are cut off at these moments.
    pub(crate) fn shifts(&self, from: Instant, until: Instant) -> Vec<Shift> {
        let mut shifts: Vec<Shift> = Vec::new();
        let mut edges = self.edges(from, until).into_iter().peekable();
        let mut active: BTreeMap<OverrideId, StaffId> = BTreeMap::new();
        // What has begun before.
        for entry in self.overrides.iter().filter(|entry| entry.from <= from && entry.until > from) {
            active.insert(entry.id, entry.staff);
        }
        let mut turn = self.plan_at(from).and_then(|plan| plan.turns.at(from)).map(|turn| turn.staff);
        let mut at = from;
        let mut is_handover = true;
        while at < until {
            let instead = active.last_key_value().map(|(id, staff)| (*id, *staff));
            let (staff, by) = instead.map_or((turn, None), |(id, staff)| (Some(staff), Some(id)));
            let next = edges.peek().map_or(until, |(edge, _)| *edge);
            match shifts.last_mut() {
                // An override goes on over a handover, and a turn over the edge of an override that does not hold.
                Some(last) if last.staff == staff && last.by == by && (by.is_some() || !is_handover) => {
                    last.until = next;
                }
                _ => shifts.push(Shift { from: at, until: next, staff, by }),
            }
            is_handover = false;
            while let Some((_, edge)) = edges.next_if(|(edge, _)| *edge == next) {
                match edge {
                    Edge::Turn(staff) => (turn, is_handover) = (staff, true),
                    Edge::Begins(id, staff) => {
                        active.insert(id, staff);
                    }
                    Edge::Ends(id) => {
                        active.remove(&id);
                    }
                }
            }
            at = next;
        }
        shifts
    }

    /// The changes of duty from one moment to another: each the shift that ends and the one that begins, with another person on duty or with
    /// none.
    pub(crate) fn handovers(&self, from: Instant, until: Instant) -> impl Iterator<Item = (Shift, Shift)> {
        let shifts = self.shifts(from, until);
        handovers(&shifts).collect::<Vec<_>>().into_iter()
    }

    /// The moments between at which something begins or ends, in order.
    fn edges(&self, from: Instant, until: Instant) -> Vec<(Instant, Edge)> {
        let is_between = |at: &Instant| *at > from && *at < until;
        let mut edges: Vec<(Instant, Edge)> = Vec::new();
        for entry in &self.overrides {
            edges.extend(Some(entry.from).filter(is_between).map(|at| (at, Edge::Begins(entry.id, entry.staff))));
            edges.extend(Some(entry.until).filter(is_between).map(|at| (at, Edge::Ends(entry.id))));
        }
        let mut begins: Vec<Instant> = self.plans.iter().map(|plan| plan.from).filter(is_between).collect();
        begins.sort_unstable();
        begins.dedup();
        let mut at = from;
        for end in begins.into_iter().chain([until]) {
            let plan = self.plan_at(at);
            let turns = plan.into_iter().flat_map(|plan| plan.turns.following(at)).take_while(|turn| turn.from < end);
            edges.extend(turns.map(|turn| (turn.from, Edge::Turn(Some(turn.staff)))));
            if end < until {
                let begun = self.plan_at(end).and_then(|plan| plan.turns.at(end));
                edges.push((end, Edge::Turn(begun.map(|turn| turn.staff))));
            }
            at = end;
        }
        edges.sort_by_key(|(at, _)| *at);
        edges
    }
}

/// Those of shifts in order that follow another person, or none: each with the one before.
pub(crate) fn handovers(shifts: &[Shift]) -> impl Iterator<Item = (Shift, Shift)> {
    let pairs = shifts.iter().copied().zip(shifts.iter().copied().skip(1));
    pairs.filter(|(before, after)| before.staff != after.staff)
}

#[derive(Clone, Copy, Debug)]
enum Edge {
    /// Another turn, or a plan without members.
    Turn(Option<StaffId>),
    Begins(OverrideId, StaffId),
    Ends(OverrideId),
}

#[cfg(test)]
#[path = "duty/tests.rs"]
mod tests;
