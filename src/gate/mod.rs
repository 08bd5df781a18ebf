//! The one door: a row of business data changes only through [`Gate::submit`].
//!
//! Three fences keep it so. Types: [`Tx`], the only value that can run a write, has no public constructor. The engine:
//! handlers hold a [`Reader`], through which the database itself refuses to write. Lint:
//! `clippy.toml` disallows sqlx's own ways in elsewhere.
//!
//! The gate opens the pool that may write and hands it to no other module. It knows no slice: a change brings its own SQL and
//! says what is particular about it in the constants of [`Change`]; the gate checks the person, the network, the code and the
//! reason, and appends the audit row.

pub mod access;
mod actor;
mod admit;
mod ahead;
mod amount;
pub mod audit;
mod behalf;
mod change;
pub mod code;
pub(crate) mod daily;
pub(crate) mod day;
mod dyn_change;
mod evaluation;
mod foresee;
pub(crate) mod former;
mod hold;
mod housekeeping;
pub(crate) mod key_check;
pub(crate) mod lead;
mod ledger;
pub(crate) mod lever;
pub(crate) mod looks;
pub(crate) mod mention;
mod networks;
mod noted;
mod outbox;
mod policy;
mod refusal;
mod refused;
pub(crate) mod reversal;
mod seal;
mod sign_in;
mod span;
mod submit;
mod tally;
mod tx;
mod word;
mod writer;

pub use actor::{Actor, HostUser, Origin, Role, Roles, SYSTEM, Who};
pub(crate) use ahead::Ahead;
pub use amount::Amount;
pub(crate) use behalf::{APPROVAL_NETWORK, APPROVAL_REQUESTER, APPROVAL_STALE};
pub use behalf::{Rehearsed, Requester};
pub use change::{Admits, By, Change, Fault, Kind, Meaning, Rejection, Target};
pub use dyn_change::{Catalog, DynChange, Reversals};
pub(crate) use evaluation::CHANGES_HIGH_VALUE;
pub use evaluation::is_same_mailbox;
pub use foresee::Foreseen;
pub use former::Kept;
pub use hold::Held;
pub use housekeeping::{EndSession, Housekeeping, RecordAccess, TouchSession};
pub(crate) use housekeeping::{housekeeping, list, while_claimed};
pub use key_check::{KeepKeyCheck, KeyFits, WrongKey, key_fits};
pub use lead::Judging;
pub use ledger::Event;
pub use looks::{Braked, Limit, Limits, LookKind, LookLimits, Looked, Seen, Span, Window};
pub(crate) use networks::networks_in_effect;
pub use noted::Noted;
pub use outbox::OutboxEvent;
pub use policy::{Need, Notice, Policies, Policy, When, covers};
pub(crate) use refusal::NOT_A_CHOICE;
pub use refusal::{CodeRefusal, Refusal};
pub use seal::{Outcome, Reason, ReasonError, Seal, Sealed};
pub(crate) use sign_in::can_sign_in;
pub use tx::Tx;
pub use word::{Declared, REFUSAL_WORDS, RefusalWord, TOPICS, Topic};
pub(crate) use word::{declare, refusal_words, topics};

use crate::zone::Zone;
use crate::{
    allowlist::Allowlist,
    clock::Clock,
    id::StaffId,
    secret::SecretKey,
    store::{PoolState, Reader, Store},
};
use std::sync::Arc;
use tally::Tally;
use tx::Setup;
use writer::Writer;

/// The door for changes. Cheap to clone; all clones share one pool.
#[derive(Clone, Debug)]
pub struct Gate {
    writer: Writer,
    clock: Clock,
    key: SecretKey,
    setup: Setup,
    tally: Arc<Tally>,
}

impl Gate {
    /// Opens the pool that may write, behind a gate with the default rules: an approval is needed only where people act on
    /// their own account or the target asks for it.
    ///
    /// # Errors
    ///
    /// The database cannot be opened for writing, or `key` is not its key ([`WrongKey`]).
    pub async fn open(
        store: &Store,
        catalog: Catalog,
        clock: Clock,
        key: SecretKey,
        networks: Allowlist,
    ) -> anyhow::Result<Self> {
        let gate = Self::open_with_any_key(store, catalog, clock, key, networks).await?;
        match gate.check_key(&store.reader).await {
            Ok(()) => Ok(gate),
            Err(error) => {
                gate.close().await;
                Err(error)
            }
        }
    }

    /// The same without looking at the key: for replacing one that was lost.
    pub(crate) async fn open_with_any_key(
        store: &Store,
        catalog: Catalog,
        clock: Clock,
        key: SecretKey,
        networks: Allowlist,
    ) -> anyhow::Result<Self> {
        let policies = Policies::built_in(catalog.kinds, Zone::seoul());
        let keys = key.each().map(|key| key_check::value(&key)).collect();
        let setup = Setup { catalog, networks, policies, separates_duties: false, looks: LookLimits::default(), keys };
        Ok(Self { writer: Writer::open(store).await?, clock, key, setup, tally: Arc::default() })
    }

    /// Keeps a copy of the database's main file alone from passing for the database; to be called all the time. Does nothing on
    /// PostgreSQL.
    pub(crate) async fn mark_file(&self) -> sqlx::Result<()> {
        self.writer.mark_file().await
    }

    /// Tries a write that leaves nothing behind.
    ///
    /// # Errors
    ///
    /// The database cannot be written, does not answer, or is busy with another write: [`crate::store::takes_no_writes`] tells the
    /// first from the others.
    pub(crate) async fn try_write(&self) -> sqlx::Result<()> {
        self.writer.try_write(self.clock.now(), &self.setup).await
    }

    /// How much of the pool that may write is in use.
    pub(crate) fn pool(&self) -> PoolState {
        self.writer.pool()
    }

    /// Closes the pool that may write, for this gate and all its clones.
    pub async fn close(&self) {
        self.writer.close().await;
    }

    /// The same gate under these rules.
    #[must_use]
    pub fn with_policies(mut self, policies: Policies) -> Self {
        self.setup.policies = policies;
        self
    }

    /// The same gate, which gives no person roles that check each other where `separates` says so.
    #[must_use]
    pub fn with_separate_duties(mut self, separates: bool) -> Self {
        self.setup.separates_duties = separates;
        self
    }

    /// The same gate with these limits on looking at customers.
    #[must_use]
    pub fn with_look_limits(mut self, limits: LookLimits) -> Self {
        self.setup.looks = limits;
        self
    }

    /// How often a person with these roles has looked at customers in this hour and on this day.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub(crate) async fn seen(
        &self,
        reader: &Reader,
        staff: StaffId,
        roles: &Roles,
        kind: LookKind,
    ) -> sqlx::Result<Vec<Seen>> {
        let now = self.clock.now();
        let windows = [looks::Window::hour(now), looks::Window::day(now, self.setup.policies.zone)];
        looks::read(&mut &*reader, staff, kind, self.setup.looks.of(roles, kind), windows).await
    }

    /// The clock that changes are timed by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The key that second factors are stored under.
    pub fn key(&self) -> &SecretKey {
        &self.key
    }

    /// Which changes need a second person.
    pub fn policies(&self) -> &Policies {
        &self.setup.policies
    }

    /// All changes there are.
    pub fn catalog(&self) -> Catalog {
        self.setup.catalog
    }
}
