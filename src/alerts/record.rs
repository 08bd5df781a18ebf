//! Alerts as they are stored.

use super::kind::AlertKind;
use crate::{
    clock::Instant,
    gate::Tx,
    id::{AlertId, StaffId},
    notify::{Facts, Severity},
    sql,
    store::Queries,
    web::shell::Tone,
};

/// Something that is or was wrong.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Alert {
    pub id: AlertId,
    #[sqlx(try_from = "String")]
    pub kind: AlertKind,
    pub subject: String,
    pub title: String,
    #[sqlx(try_from = "String")]
    pub severity: Severity,
    pub opened_at: Instant,
    pub newest_at: Instant,
    pub n: i64,
    pub reference: Option<String>,
    pub facts: String,
    pub told_n: i64,
    pub told_at: Instant,
    pub acknowledged_at: Option<Instant>,
    pub acknowledged_by: Option<StaffId>,
    pub cleared_at: Option<Instant>,
    pub resolved_at: Option<Instant>,
    pub changed: i64,
}

macro_rules! alert_columns {
    () => {
        "id, kind, subject, title, severity, opened_at, newest_at, n, reference, facts, told_n, told_at, acknowledged_at, \
         acknowledged_by, cleared_at, resolved_at, changed"
    };
}
pub(crate) use alert_columns;

impl Alert {
    pub(crate) fn is_open(&self) -> bool {
        self.resolved_at.is_none()
    }

    pub(crate) fn job(&self) -> Option<&str> {
        self.kind.job(&self.subject)
    }

    pub(crate) fn facts(&self) -> Facts {
        serde_json::from_str(&self.facts).unwrap_or_default()
    }

    pub(crate) fn href(&self) -> String {
        format!("/alerts/{}", self.id)
    }

    /// The key under `alert-state.`
    pub(crate) fn state(&self) -> &'static str {
        match (self.resolved_at, self.cleared_at, self.acknowledged_at) {
            (Some(_), ..) => "resolved",
            (None, Some(_), _) => "cleared",
            (None, None, Some(_)) => "acknowledged",
            (None, None, None) => "open",
        }
    }

    pub(crate) fn tone(&self) -> Tone {
        match (self.state(), self.severity) {
            ("resolved" | "cleared", _) => Tone::Ok,
            ("acknowledged", _) => Tone::Info,
            (_, Severity::Critical) => Tone::Bad,
            (_, Severity::Warning) => Tone::Warn,
        }
    }

    pub(crate) fn icon(&self) -> &'static str {
        match self.state() {
            "resolved" | "cleared" => "check",
            "acknowledged" => "eye",
            _ => "alert",
        }
    }
}

pub(crate) async fn find(db: &mut impl Queries, id: AlertId) -> sqlx::Result<Option<Alert>> {
    db.query(sql!("select ", alert_columns!(), " from alerts where id = $1")).bind(id).optional().await
}

/// An alert that stays as it is until the transaction is done.
pub(crate) async fn lock(tx: &mut Tx<'_>, id: AlertId) -> sqlx::Result<Option<Alert>> {
    tx.query(sql!(
        sqlite: "select id from alerts where id = $1",
        postgres: "select id from alerts where id = $1 for update",
    ))
    .bind(id)
    .optional::<(AlertId,)>()
    .await?;
    find(tx, id).await
}

/// Those that are not over, the oldest first.
pub(crate) async fn open(db: &mut impl Queries) -> sqlx::Result<Vec<Alert>> {
    db.query(sql!("select ", alert_columns!(), " from alerts where resolved_at is null order by id")).all().await
}

/// Something that happened to an alert.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct AlertEvent {
    pub at: Instant,
    pub what: String,
    pub n: Option<i64>,
    pub reference: Option<String>,
    pub staff_name: Option<String>,
    pub reason: Option<String>,
}

pub(crate) async fn events(db: &mut impl Queries, id: AlertId) -> sqlx::Result<Vec<AlertEvent>> {
    db.query(sql!(
        "select at, what, n, reference, staff_name, reason from alert_events where alert = $1 order by id limit 500"
    ))
    .bind(id)
    .all()
    .await
}
