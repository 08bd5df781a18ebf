//! Reading the audit log: browsing it, and verifying all of it.

pub mod background;
pub(crate) mod checkpoints;
pub(crate) mod filter;
pub(crate) mod find;
pub(crate) mod hold_time;
pub(crate) mod list;
mod names;
pub(crate) mod pages;
pub(crate) mod receipt;
pub mod safeguard;
pub(crate) mod show;
pub(crate) mod tiles;
pub mod verify;

use crate::{
    gate::{Role, SYSTEM, audit::Entry},
    id::{RequestId, Seq, StaffId},
    sql,
    store::Reader,
    web::Desk,
};
use pages::{Changed, RequestNow, Row};

/// A row of the log as lists show it.
pub fn row(entry: &Entry) -> Row {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Row {
        seq: entry.seq,
        at: entry.at,
        staff: entry.staff_name.clone(),
        is_by_system: entry.actor == SYSTEM,
        action: entry.action.clone(),
        target: target_of(entry),
        name: None,
        outcome: entry.outcome.clone(),
        // The word names the refusal; what follows it are the values of its message.
        refusal: entry.refusal.split(' ').next().and_then(some),
        ip: some(&entry.ip),
        reason: entry.reason.clone(),
        changed: Changed::between(&entry.before, &entry.after),
        request: None,
        may_take_back: false,
    }
}

/// What a row is about. What it created had no number when it was asked for, and is called by the one that it got.
fn target_of(entry: &Entry) -> String {
    let Entry { target_kind: kind, target_id: id, after, .. } = entry;
    let created = after.get(format!("{kind}_number")).and_then(|number| number.as_str()).filter(|_| id == "new");
    format!("{kind}/{}", created.unwrap_or(id))
}

/// Rows of the log as lists show them, each with what its target is called, and how far the request is that it made or owes.
pub(crate) async fn rows(desk: &Desk, entries: &[Entry]) -> sqlx::Result<Vec<Row>> {
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        let is_asked = entry.outcome == "requested" || entry.flags.split(' ').any(|flag| flag == "urgent");
        let request = match entry.approval_id.filter(|_| is_asked) {
            Some(id) => request_now(desk, id).await?,
            None => None,
        };
        let may_take_back = entry.outcome == "applied"
            && entry.reversal_of.is_none()
            && desk.catalog().may_reverse(&entry.action, &desk.person().roles);
        rows.push(Row { request, may_take_back, ..row(entry) });
    }
    let names = names::names(desk.reader(), rows.iter().map(|row| row.target.as_str())).await?;
    for row in &mut rows {
        row.name = names.get(&row.target).cloned();
    }
    Ok(rows)
}

/// Who sees what everybody asked for; the others see their own, and what they may decide.
pub(crate) const SEES_ALL_REQUESTS: &[Role] = &[Role::Auditor, Role::Approver, Role::Owner];

async fn request_now(desk: &Desk, id: RequestId) -> sqlx::Result<Option<RequestNow>> {
    let found: Option<(String, bool, StaffId, String)> = desk
        .reader()
        .query(sql!("select state, is_overdue, staff_id, role from approval_requests where id = $1"))
        .bind(id)
        .optional()
        .await?;
    let person = desk.person();
    Ok(found.map(|(state, is_overdue, staff, role)| RequestNow {
        id,
        state: if state == "owed" && is_overdue { "overdue".to_owned() } else { state },
        may_open: staff == person.id
            || person.roles.any_of(SEES_ALL_REQUESTS)
            || role.parse().is_ok_and(|role: Role| person.roles.any_of(&[role])),
    }))
}

/// A row of the log that belongs to a request.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct RequestRow {
    pub(crate) seq: Seq,
    pub(crate) action: String,
    pub(crate) outcome: String,
}

/// The rows in which a request was made and decided, and the one of its change, the first one first.
pub(crate) async fn request_rows(reader: &Reader, id: RequestId) -> sqlx::Result<Vec<RequestRow>> {
    reader
        .query(sql!(
            "select a.seq, a.action, a.outcome from approval_requests r join audit a on a.change_id = r.change_id where r.id = $1
             union select seq, action, outcome from audit
              where target_kind = 'approval' and target_id = cast($1 as text) and outcome = 'applied'
             union select a.seq, a.action, a.outcome from approval_requests r
               join audit a on a.target_kind = r.target_kind and a.target_id = r.target_id
              where r.id = $1 and a.approval_id = r.id and a.outcome = 'applied'
              order by seq limit 20"
        ))
        .bind(id)
        .all()
        .await
}
