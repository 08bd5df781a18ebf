//! Which refusals get a row of their own in the log, and which are counted: enough rows to see who tries what, too few to
//! fill the disk or to keep the log busy.
//!
//! A person, or a network without a session, gets [`ROWS`] rows a minute. What is refused beyond that still gets a row the
//! first time that its kind is refused in this minute; the rest is counted by kind, and each count becomes one row when the
//! minute is over. After a minute with a count, a party gets only the first rows of each kind until it has been quiet for a
//! minute. So no refusal is lost, unless the process is killed: then the counts of the last minute are.

use super::{Actor, Origin, Refusal, Target, Who, ledger::Ledger};
use crate::{allowlist::network_of, clock::Instant, id::StaffId};
use chrono::TimeDelta;
use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Rows of one party in a minute, of any kinds.
const ROWS: u32 = 60;
/// Rows in a minute of all networks together.
const ROWS_OF_STRANGERS: u32 = 600;
/// Kinds in a minute that are told apart for one party, and for all networks together.
const KINDS: usize = 60;
const KINDS_OF_STRANGERS: usize = 300;
const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// The refusals of this process that have no row yet.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    parties: HashMap<Party, Minute>,
    strangers: Option<Strangers>,
    /// Counts of minutes that are over.
    due: Vec<Due>,
}

/// Who is counted as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Party {
    Person(StaffId),
    /// An address, or an IPv6 /64: a customer of a provider has that many addresses to choose from.
    Network(Option<IpAddr>),
    /// Networks beyond those that are told apart.
    Elsewhere,
}

/// What one party did in the minute from `began` on.
#[derive(Debug)]
struct Minute {
    began: Instant,
    rows: u32,
    /// Rows that it gets in this minute: none where something was counted in the minute before.
    allowed: u32,
    kinds: HashMap<Kind, Option<Count>>,
}

#[derive(Debug)]
struct Strangers {
    began: Instant,
    rows: u32,
}

/// What is counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Kind {
    action: &'static str,
    target: Target,
    /// The refusal's word without its values.
    word: String,
}

/// How often something was refused, and the first actor it was refused to.
#[derive(Clone, Debug)]
struct Count {
    actor: Actor,
    times: i64,
    first: Instant,
    last: Instant,
}

/// A count that is to become a row.
#[derive(Clone, Debug)]
pub(super) struct Due {
    /// The id of the row's change, the same however often the row is tried: a connection may end after a commit and before
    /// its answer.
    pub(super) change_id: String,
    pub(super) actor: Actor,
    pub(super) action: &'static str,
    pub(super) target: Target,
    pub(super) word: String,
    pub(super) times: i64,
    pub(super) first: Instant,
    pub(super) last: Instant,
}

impl Tally {
    /// Whether this refusal gets a row of its own now. Where it does not, it has to be [counted](Self::count).
    pub(super) fn gets_row(
        &self,
        actor: &Actor,
        action: &'static str,
        target: &Target,
        refusal: &Refusal,
        now: Instant,
    ) -> bool {
        let Some(party) = Party::of(actor) else { return true };
        let mut counts = self.counts();
        counts.roll(party, now);
        if !party.is_person() && counts.strangers(now).rows >= ROWS_OF_STRANGERS {
            return false;
        }
        let has_room = counts.has_room(party);
        let minute = counts.minute(party, now);
        let is_within = minute.rows < minute.allowed;
        let gets_row = is_within || (has_room && minute.begin(Kind::of(action, target, refusal)));
        if gets_row {
            minute.rows = minute.rows.saturating_add(1);
            if !party.is_person() {
                counts.strangers(now).rows += 1;
            }
        }
        gets_row
    }

    /// Counts a refusal that got no row.
    pub(super) fn count(&self, actor: &Actor, action: &'static str, target: &Target, refusal: &Refusal, now: Instant) {
        let Some(party) = Party::of(actor) else { return };
        let mut counts = self.counts();
        counts.roll(party, now);
        let kind = Kind::of(action, target, refusal);
        let is_known = counts.parties.get(&party).is_some_and(|minute| minute.kinds.contains_key(&kind));
        let (party, kind, actor) = match (party, is_known || counts.has_room(party)) {
            (_, true) => (party, kind, actor.clone()),
            (Party::Person(_), false) => (party, kind.without_id(), actor.clone()),
            (_, false) => (Party::Elsewhere, kind.without_id(), anybody()),
        };
        counts.roll(party, now);
        let count = counts.minute(party, now).kinds.entry(kind).or_default();
        let count = count.get_or_insert(Count { actor, times: 0, first: now, last: now });
        count.times = count.times.saturating_add(1);
        count.last = now;
    }

    /// Takes the counts of the minutes that are over, or with `all` those of the current ones too.
    pub(super) fn take(&self, now: Instant, all: bool) -> Vec<Due> {
        let mut counts = self.counts();
        let parties: Vec<Party> = counts.parties.keys().copied().collect();
        for party in parties {
            counts.roll(party, if all { Instant::latest() } else { now });
        }
        std::mem::take(&mut counts.due)
    }

    /// Gives back what could not be written.
    pub(super) fn give_back(&self, due: Vec<Due>) {
        self.counts().due.extend(due);
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// Ends the minute of a party if it is over. A clock that was set back ends it too.
    fn roll(&mut self, party: Party, now: Instant) {
        let Some(minute) = self.parties.get_mut(&party).filter(|minute| !is_current(minute.began, now)) else { return };
        let before = self.due.len();
        let counted = minute.kinds.drain().filter_map(|(kind, count)| Some((kind, count?)));
        self.due.extend(counted.map(|(kind, count)| kind.due(count)));
        if self.due.len() > before {
            *minute = Minute { began: now, rows: 0, allowed: 0, kinds: HashMap::new() };
        } else {
            self.parties.remove(&party);
        }
    }

    fn minute(&mut self, party: Party, now: Instant) -> &mut Minute {
        let fresh = || Minute { began: now, rows: 0, allowed: ROWS, kinds: HashMap::new() };
        self.parties.entry(party).or_insert_with(fresh)
    }

    fn strangers(&mut self, now: Instant) -> &mut Strangers {
        self.strangers = self.strangers.take().filter(|strangers| is_current(strangers.began, now));
        self.strangers.get_or_insert(Strangers { began: now, rows: 0 })
    }

    /// Whether one more kind of this party can be told apart.
    fn has_room(&self, party: Party) -> bool {
        let of = |minute: &Minute| minute.kinds.len();
        let strangers = self.parties.iter().filter(|(party, _)| !party.is_person()).map(|(_, minute)| of(minute));
        self.parties.get(&party).map_or(0, of) < KINDS
            && (party.is_person() || strangers.sum::<usize>() < KINDS_OF_STRANGERS)
    }
}

impl Minute {
    /// Remembers a kind that gets its row; false where it is remembered already.
    fn begin(&mut self, kind: Kind) -> bool {
        match self.kinds.entry(kind) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(None);
                true
            }
        }
    }
}

impl Party {
    /// The party that an actor belongs to. The system and the command line are never too many.
    fn of(actor: &Actor) -> Option<Self> {
        match actor.who {
            Who::Staff { id, .. } => Some(Self::Person(id)),
            Who::Visitor => Some(Self::Network(actor.origin.ip.or(actor.origin.peer).map(network_of))),
            Who::Console { .. } | Who::System => None,
        }
    }

    fn is_person(self) -> bool {
        matches!(self, Self::Person(_))
    }
}

impl Kind {
    fn of(action: &'static str, target: &Target, refusal: &Refusal) -> Self {
        let word = refusal.word();
        let word = word.split(' ').next().unwrap_or_default().to_owned();
        Self { action, target: target.clone(), word }
    }

    fn without_id(self) -> Self {
        Self { target: Target { id: String::new(), ..self.target }, ..self }
    }

    fn due(self, count: Count) -> Due {
        let Self { action, target, word } = self;
        let Count { actor, times, first, last } = count;
        Due { change_id: Ledger::default().change_id, actor, action, target, word, times, first, last }
    }
}

fn is_current(began: Instant, now: Instant) -> bool {
    (TimeDelta::zero()..MINUTE).contains(&now.since(began))
}

/// The actor of a row that counts what many networks did.
fn anybody() -> Actor {
    let origin = Origin { ip: None, peer: None, user_agent: String::new(), session: None, request_id: String::new() };
    Actor { who: Who::Visitor, origin }
}

#[cfg(test)]
mod tests;
