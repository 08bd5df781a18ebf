use super::{
    Catalog, LookLimits, Noted, Reason, Role, Roles,
    daily::Totals,
    ledger::{Event, Ledger},
    policy::Policies,
    word::Topic,
};
use crate::{
    allowlist::Allowlist,
    clock::Instant,
    id::{RequestId, StaffId},
    sql,
    store::{Conn, Queries, Query, Sql},
};
use serde_json::Value;
use sqlx::{Postgres, Sqlite, Transaction};
use std::{borrow::Cow, net::IpAddr};

/// A write transaction. Only the gate begins and commits one, so holding a `&mut Tx` is proof that the change in hand was
/// admitted.
///
/// A change uses the one it is lent:
///
/// ```
/// # use ingam::{gate::{Gate, Tx}, store::Store};
/// async fn note(tx: &mut Tx<'_>) {
///     tx.note("points", 4500, 5500);
/// }
/// ```
///
/// No other code makes one, neither from its parts nor through the pool that may write, which only the gate can open:
///
/// ```compile_fail,E0451
/// # use ingam::{gate::{Gate, Tx}, store::Store};
/// async fn forge(tx: Tx<'_>, now: ingam::clock::Instant) -> Tx<'_> {
///     Tx { now, ..tx }
/// }
/// ```
/// ```compile_fail,E0624
/// # use ingam::{gate::{Gate, Tx}, store::Store};
/// async fn open(store: Store) {
///     let writing = store.writing();
/// }
/// ```
/// ```compile_fail,E0616
/// # use ingam::{gate::{Gate, Tx}, store::Store};
/// async fn begin(gate: Gate, now: ingam::clock::Instant) {
///     let tx = gate.writer.begin(now).await;
/// }
/// ```
///
/// ```compile_fail,E0603
/// use ingam::gate::writer::Writer;
/// ```
///
/// No other code ends one, so what a change did commits or fails together with its audit row:
///
/// ```compile_fail,E0624
/// # use ingam::{gate::{Gate, Tx}, store::Store};
/// async fn commit(tx: Tx<'static>) {
///     tx.commit().await.unwrap();
/// }
/// ```
/// ```compile_fail,E0624
/// # use ingam::{gate::{Gate, Tx}, store::Store};
/// async fn rollback(tx: Tx<'static>) {
///     tx.rollback().await.unwrap();
/// }
/// ```
pub struct Tx<'c> {
    inner: Inner<'c>,
    now: Instant,
    pub(super) who: Identity,
    pub(super) ledger: Ledger,
    pub(super) setup: Setup,
    /// What the person who makes the change has altered alone today, once it was read.
    pub(super) today: Option<(StaffId, Totals)>,
}

/// What a gate was set up with.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub(super) catalog: Catalog,
    /// The networks that the environment of this process opens.
    pub(super) networks: Allowlist,
    pub(super) policies: Policies,
    /// Whether no person may hold roles that check each other.
    pub(super) separates_duties: bool,
    pub(super) looks: LookLimits,
    /// What the database would hold of the keys of this process.
    pub(super) keys: Vec<String>,
}

pub(super) enum Inner<'c> {
    Sqlite(Transaction<'c, Sqlite>),
    Postgres(Transaction<'c, Postgres>),
}

/// The person, or the part of the system, that a change is made as.
#[derive(Clone, Debug, Default)]
pub(super) struct Identity {
    pub(super) name: String,
    /// The account, where it is a member of staff.
    pub(super) staff: Option<StaffId>,
    pub(super) ip: Option<IpAddr>,
    /// The roles as they are now; none for the system and the command line.
    pub(super) roles: Option<Roles>,
    pub(super) reason: Reason,
    /// Names the request of a browser, or the piece of background work, that the change belongs to.
    pub(super) request_id: String,
    /// The address of the approver, where the change is made for the person who requested it.
    pub(super) decided_from: Option<IpAddr>,
}

/// A mark in a transaction to go back to.
#[derive(Clone, Copy)]
pub(super) enum Savepoint {
    /// After the code was spent, before the first change.
    All,
    /// Before the first change: the same mark, since nothing was written in between.
    First,
    /// Before each further change.
    Next,
}

impl Queries for Tx<'_> {
    fn query(&mut self, sql: Sql) -> Query<'_> {
        Tx::query(self, sql)
    }
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").field("change_id", &self.ledger.change_id).finish_non_exhaustive()
    }
}

impl<'c> Tx<'c> {
    pub(super) fn new(inner: Inner<'c>, now: Instant, setup: Setup) -> Self {
        Self { inner, now, who: Identity::default(), ledger: Ledger::default(), setup, today: None }
    }
}

impl Tx<'_> {
    pub fn query(&mut self, sql: Sql) -> Query<'_> {
        match &mut self.inner {
            Inner::Sqlite(tx) => Conn::Sqlite(tx),
            Inner::Postgres(tx) => Conn::Postgres(tx),
        }
        .query(sql)
    }

    /// The one instant at which everything in this transaction happens.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Whether this process has the key of which the database would hold `key_check`.
    pub(super) fn is_own_key(&self, key_check: &str) -> bool {
        self.setup.keys.iter().any(|own| own == key_check)
    }

    /// Names this change in rows of its own, so that the log can be held against them.
    pub fn change_id(&self) -> &str {
        &self.ledger.change_id
    }

    /// The name of the person who makes the change, for rows that show it.
    pub fn by(&self) -> &str {
        &self.who.name
    }

    /// The reason given for the change, for rows that show it.
    pub fn reason(&self) -> &str {
        self.who.reason.as_str()
    }

    /// Names the request of a browser, or the piece of background work, that this belongs to.
    pub fn request_id(&self) -> &str {
        &self.who.request_id
    }

    /// The member of staff who makes the change; none where it is the system or the command line.
    pub fn staff(&self) -> Option<StaffId> {
        self.who.staff
    }

    /// Whether no person may hold roles that check each other.
    pub fn separates_duties(&self) -> bool {
        self.setup.separates_duties
    }

    /// The address that the change is requested from; none where it is the system or the command line.
    pub fn ip(&self) -> Option<IpAddr> {
        self.who.ip
    }

    /// Every address that the people behind the change use: that of the requester, and that of the person who decides now.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let requested = self.who.staff.and(self.who.ip);
        requested.into_iter().chain(self.who.decided_from)
    }

    /// The networks that the environment of this process opens, independent of the list in the database.
    pub fn allowed(&self) -> &Allowlist {
        &self.setup.networks
    }

    /// All changes there are.
    pub fn catalog(&self) -> Catalog {
        self.setup.catalog
    }

    /// Whether the person who makes the change has one of these roles now. The system and the command line need none.
    pub fn is_for(&self, roles: &[Role]) -> bool {
        self.who.roles.as_ref().is_none_or(|held| held.any_of(roles))
    }

    /// Notes that the change altered `field` of the target; of a part of it, `payment.12`.
    pub fn note(&mut self, field: impl Into<Cow<'static, str>>, before: impl Into<Noted>, after: impl Into<Noted>) {
        let field = field.into();
        self.ledger.before.insert(field.clone(), before.into());
        self.ledger.after.insert(field, after.into());
    }

    /// Emits an event, which is delivered if and only if the change commits.
    pub fn emit(&mut self, topic: Topic, body: Value) {
        self.ledger.events.push(Event { topic, body });
    }

    /// Records that the change belongs to a request.
    pub fn belongs_to(&mut self, request: RequestId) {
        self.ledger.approval = Some(request);
    }

    pub(super) fn is_postgres(&self) -> bool {
        matches!(self.inner, Inner::Postgres(_))
    }

    /// Sets `lock_timeout` to one second on PostgreSQL: the person has waited already.
    pub(super) async fn limit_lock_wait(&mut self) -> sqlx::Result<()> {
        self.query(sql!(sqlite: "select 1", postgres: "select set_config('lock_timeout', '1s', true)"))
            .run()
            .await
            .map(drop)
    }

    pub(super) async fn savepoint(&mut self, at: Savepoint) -> sqlx::Result<()> {
        let statement = match at {
            Savepoint::All => sql!("savepoint change"),
            Savepoint::First => return Ok(()),
            Savepoint::Next => sql!("savepoint one"),
        };
        self.query(statement).run().await.map(drop)
    }

    /// Undoes what was written since `at`, and what was emitted. What one change noted is kept, because it is what the change
    /// would have altered; going back to [`Savepoint::All`] forgets that too.
    pub(super) async fn rollback_to(&mut self, at: Savepoint) -> sqlx::Result<()> {
        let statement = match at {
            Savepoint::All => {
                self.ledger.clear();
                sql!("rollback to savepoint change")
            }
            Savepoint::First => {
                self.ledger.events.clear();
                sql!("rollback to savepoint change")
            }
            Savepoint::Next => {
                self.ledger.events.clear();
                sql!("rollback to savepoint one")
            }
        };
        self.query(statement).run().await.map(drop)
    }

    pub(super) async fn commit(self) -> sqlx::Result<()> {
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await,
            Inner::Postgres(tx) => tx.commit().await,
        }
    }

    pub(super) async fn rollback(self) -> sqlx::Result<()> {
        match self.inner {
            Inner::Sqlite(tx) => tx.rollback().await,
            Inner::Postgres(tx) => tx.rollback().await,
        }
    }
}
