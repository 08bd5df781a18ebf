use super::{Noted, Reason, Role, Roles, behalf::Enacted, policy::Policies};
use crate::{
    allowlist::Allowlist,
    clock::Instant,
    sql,
    store::{Conn, Queries, Query, Sql},
};
use serde_json::Value;
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};
use std::{borrow::Cow, collections::BTreeMap, net::IpAddr};

/// A write transaction. Only the gate opens and commits one, so holding a `&mut Tx` is proof that the change in hand
/// was admitted.
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
/// Nobody makes one, neither from its parts nor through the pool that may write:
///
/// ```compile_fail,E0451
/// # use ingam::{gate::{Gate, Tx}, store::Store};
/// async fn forge(tx: Tx<'_>, now: ingam::clock::Instant) -> Tx<'_> {
///     Tx { now, ..tx }
/// }
/// ```
/// ```compile_fail,E0616
/// # use ingam::{gate::{Gate, Tx}, store::Store};
/// async fn begin(store: Store, now: ingam::clock::Instant) {
///     let tx = store.writer.begin(now).await;
/// }
/// ```
/// ```compile_fail,E0616
/// # use ingam::{gate::{Gate, Tx}, store::Store};
/// async fn begin(gate: Gate, now: ingam::clock::Instant) {
///     let tx = gate.writer.begin(now).await;
/// }
/// ```
///
/// Nobody ends one early, so what a change did stands or falls with its audit row:
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
    pub(super) change_id: String,
    pub(super) by: String,
    /// Why, as they say, and which request of a browser or a job it belongs to.
    pub(super) reason: Reason,
    pub(super) request_id: String,
    /// Who that is, where it is a member of staff, and from which address.
    pub(super) staff: Option<i64>,
    pub(super) ip: Option<IpAddr>,
    /// From where it is decided, where somebody else asked for it.
    pub(super) decided_from: Option<IpAddr>,
    /// The networks that the environment of this process opens.
    pub(super) allowed: Allowlist,
    /// The roles of whoever makes the change, as they are now; none for the system and the command line.
    pub(super) roles: Option<Roles>,
    pub(super) before: BTreeMap<Cow<'static, str>, Noted>,
    pub(super) after: BTreeMap<Cow<'static, str>, Noted>,
    pub(super) events: Vec<Event>,
    /// The request that this belongs to, and what the log is to flag.
    pub(super) approval: Option<i64>,
    pub(super) flags: &'static str,
    /// Changes made within this one for others who asked for them, each with a row of its own.
    pub(super) enacted: Vec<Enacted>,
    pub(super) policies: Policies,
}

enum Inner<'c> {
    Sqlite(Transaction<'c, Sqlite>),
    Postgres(Transaction<'c, Postgres>),
}

/// Something to be told once the change has committed.
#[derive(Clone, Debug)]
pub struct Event {
    pub topic: &'static str,
    /// No personal data: customers are named by id.
    pub body: Value,
}

/// What a change leaves behind for its row, while others are made in the same transaction.
pub(super) struct Traces {
    change_id: String,
    before: BTreeMap<Cow<'static, str>, Noted>,
    after: BTreeMap<Cow<'static, str>, Noted>,
    events: Vec<Event>,
    approval: Option<i64>,
    flags: &'static str,
}

fn new_change_id() -> String {
    hex::encode(crate::secret::random::<16>())
}

impl Queries for Tx<'_> {
    fn query(&mut self, sql: Sql) -> Query<'_> {
        Tx::query(self, sql)
    }
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").field("change_id", &self.change_id).finish_non_exhaustive()
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

    /// Names this change in rows of its own, so that the log can be held against them.
    pub fn change_id(&self) -> &str {
        &self.change_id
    }

    /// The name of whoever makes the change, for rows that show it.
    pub fn by(&self) -> &str {
        &self.by
    }

    /// The reason that whoever makes the change gave, for rows that show it.
    pub fn reason(&self) -> &str {
        self.reason.as_str()
    }

    /// Names the request of a browser, or the piece of background work, that this belongs to.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The member of staff who makes the change; none where it is the system or the command line.
    pub fn staff(&self) -> Option<i64> {
        self.staff
    }

    /// The address that the change is asked for from; none where it is the system or the command line.
    pub fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    /// Every address that the people behind the change use: whoever asks for it, and whoever decides about it now.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let asked = self.staff.and(self.ip);
        asked.into_iter().chain(self.decided_from)
    }

    /// The networks that the environment of this process opens, whatever the list in the database says.
    pub fn allowed(&self) -> &Allowlist {
        &self.allowed
    }

    /// Whether whoever makes the change has one of these roles now. The system and the command line need none.
    pub fn is_for(&self, roles: &[Role]) -> bool {
        self.roles.as_ref().is_none_or(|held| held.any_of(roles))
    }

    /// Takes what the change in hand has left, so that the next one begins with nothing.
    pub(super) fn set_aside(&mut self) -> Traces {
        Traces {
            change_id: std::mem::replace(&mut self.change_id, new_change_id()),
            before: std::mem::take(&mut self.before),
            after: std::mem::take(&mut self.after),
            events: std::mem::take(&mut self.events),
            approval: self.approval.take(),
            flags: std::mem::take(&mut self.flags),
        }
    }

    /// Brings it back for the row of that change, and says what is to be told.
    pub(super) fn recall(&mut self, traces: Traces) -> Vec<Event> {
        (self.change_id, self.before, self.after) = (traces.change_id, traces.before, traces.after);
        (self.approval, self.flags) = (traces.approval, traces.flags);
        traces.events
    }

    /// Says that the change altered `field` of the target; of a part of it, `payment.12`.
    pub fn note(&mut self, field: impl Into<Cow<'static, str>>, before: impl Into<Noted>, after: impl Into<Noted>) {
        let field = field.into();
        self.before.insert(field.clone(), before.into());
        self.after.insert(field, after.into());
    }

    /// Asks for something to be told, if and only if the change commits.
    pub fn emit(&mut self, topic: &'static str, body: Value) {
        self.events.push(Event { topic, body });
    }

    /// Says that this belongs to a request.
    pub fn belongs_to(&mut self, request: i64) {
        self.approval = Some(request);
    }

    /// Waits for nobody longer than a second: whoever asked has waited already.
    pub(super) async fn hurry(&mut self) -> sqlx::Result<()> {
        self.query(sql!(sqlite: "select 1", postgres: "select set_config('lock_timeout', '1s', true)"))
            .run()
            .await
            .map(drop)
    }

    /// Marks where [`undo`](Self::undo) goes back to. What was noted and emitted since goes too.
    pub(super) async fn mark(&mut self) -> sqlx::Result<()> {
        self.query(sql!("savepoint change")).run().await.map(drop)
    }

    pub(super) async fn undo(&mut self) -> sqlx::Result<()> {
        self.before.clear();
        self.after.clear();
        self.events.clear();
        self.enacted.clear();
        (self.approval, self.flags) = (None, "");
        self.query(sql!("rollback to savepoint change")).run().await.map(drop)
    }

    /// Marks where one of several changes begins, for [`undo_one`](Self::undo_one).
    pub(super) async fn mark_one(&mut self) -> sqlx::Result<()> {
        self.query(sql!("savepoint one")).run().await.map(drop)
    }

    /// Undoes what one change wrote. What it noted stays: it is what the change would have altered.
    pub(super) async fn undo_one(&mut self) -> sqlx::Result<()> {
        self.events.clear();
        self.query(sql!("rollback to savepoint one")).run().await.map(drop)
    }

    /// Takes back what was noted of these fields.
    pub(super) fn forget(&mut self, fields: &[&str]) {
        for field in fields {
            self.before.remove(*field);
            self.after.remove(*field);
        }
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

/// The pool that may write. Only the gate can begin a transaction on it.
#[derive(Clone, Debug)]
pub(crate) struct Writer(Pool);

#[derive(Clone, Debug)]
enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Writer {
    pub(crate) fn sqlite(pool: SqlitePool) -> Self {
        Self(Pool::Sqlite(pool))
    }

    pub(crate) fn postgres(pool: PgPool) -> Self {
        Self(Pool::Postgres(pool))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that begins a transaction")]
    pub(super) async fn begin(&self, now: Instant) -> sqlx::Result<Tx<'static>> {
        let inner = match &self.0 {
            // The write lock is taken at once: two readers that both want to write later would deadlock.
            Pool::Sqlite(pool) => Inner::Sqlite(pool.begin_with("begin immediate").await?),
            Pool::Postgres(pool) => Inner::Postgres(pool.begin().await?),
        };
        Ok(Tx {
            inner,
            now,
            change_id: new_change_id(),
            by: String::new(),
            reason: Reason::none(),
            request_id: String::new(),
            staff: None,
            ip: None,
            decided_from: None,
            allowed: Allowlist::default(),
            roles: None,
            before: BTreeMap::new(),
            after: BTreeMap::new(),
            events: Vec::new(),
            approval: None,
            flags: "",
            enacted: Vec::new(),
            policies: Policies::default(),
        })
    }

    pub(crate) async fn close(&self) {
        match &self.0 {
            Pool::Sqlite(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}
