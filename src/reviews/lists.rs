//! What a report lists one by one: files that were taken, contacts that were seen, changes for others, and who may do what.

use super::{
    integrity::Rows,
    lines::{Behalf, Dormant, Field, Reveal, Right, Taken, Whole},
    people::names,
    report::LISTED,
};
use crate::{
    clock::Instant,
    gate::Change as _,
    id::{RequestId, StaffId},
    sql,
    staff::{
        invite::InviteStaff, link::IssueSetupLink, reset::ResetSecondFactor, restrict::RestrictStaff,
        roles::SetStaffRoles, status::SetStaffStatus,
    },
    store::Queries,
};
use chrono::TimeDelta;
use serde_json::Value;
use std::collections::HashMap;

/// The changes to what a person may do.
const RIGHTS: [&str; 6] = [
    InviteStaff::KIND,
    SetStaffRoles::KIND,
    SetStaffStatus::KIND,
    RestrictStaff::KIND,
    ResetSecondFactor::KIND,
    IssueSetupLink::KIND,
];

/// What these note that says what a person may do.
const FIELDS: [&str; 3] = ["roles", "active", "networks"];

/// An account is dormant that was not used for longer than this.
const DORMANT: TimeDelta = TimeDelta::days(90);

/// One more than are listed.
fn limit() -> i64 {
    i64::try_from(LISTED).unwrap_or(i64::MAX).saturating_add(1)
}

#[derive(sqlx::FromRow)]
struct TakenRow {
    id: i64,
    at: Instant,
    staff_name: String,
    format: String,
    purpose: String,
    filter: String,
    row_count: i64,
    person_count: i64,
    bytes: Option<i64>,
    sha256: Option<String>,
    seq: i64,
    reason: String,
}

/// The files of the log that were asked for.
pub(super) async fn taken(db: &mut impl Queries, from: Instant, to: Instant) -> sqlx::Result<Vec<Taken>> {
    let rows: Vec<TakenRow> = db
        .query(sql!(
            "select e.id, e.at, a.staff_name, case when e.holds = 'log' then e.format else e.holds || '-' || e.format end as format, e.purpose, e.filter, e.row_count, e.person_count, e.bytes, e.sha256, a.seq, a.reason
               from exports e join audit a on a.change_id = e.change_id
              where e.at >= $1 and e.at < $2 order by e.at, e.id limit $3"
        ))
        .bind(from)
        .bind(to)
        .bind(limit())
        .all()
        .await?;
    let line = |row: TakenRow| Taken {
        at: row.at,
        by: row.staff_name,
        bytes: row.bytes.map(Whole),
        customers: Whole(row.person_count),
        filter: row.filter,
        format: row.format,
        id: Whole(row.id),
        purpose: row.purpose,
        reason: row.reason,
        row: Whole(row.seq),
        rows: Whole(row.row_count),
        sha256: row.sha256,
    };
    Ok(rows.into_iter().map(line).collect())
}

#[derive(sqlx::FromRow)]
struct RevealRow {
    at: Instant,
    staff_id: StaffId,
    staff_name: String,
    subject: Option<String>,
    reason: Option<String>,
    ip: String,
}

/// The contacts that were seen in full.
pub(super) async fn reveals(db: &mut impl Queries, from: Instant, to: Instant) -> sqlx::Result<Vec<Reveal>> {
    let rows: Vec<RevealRow> = db
        .query(sql!(
            "select at, staff_id, staff_name, subject, reason, ip from access_records
              where at >= $1 and at < $2 and task = 'reveal' order by at, id limit $3"
        ))
        .bind(from)
        .bind(to)
        .bind(limit())
        .all()
        .await?;
    let line = |row: RevealRow| Reveal {
        at: row.at,
        by: row.staff_name,
        customer: row.subject.unwrap_or_default(),
        ip: row.ip,
        reason: row.reason.unwrap_or_default(),
        staff: Whole(row.staff_id.get()),
    };
    Ok(rows.into_iter().map(line).collect())
}

#[derive(sqlx::FromRow)]
struct BehalfRow {
    seq: i64,
    at: Instant,
    staff_name: String,
    action: String,
    target_kind: String,
    target_id: String,
    approval_id: RequestId,
}

/// The changes that were made for the person who asked when another one had approved them.
pub(super) async fn behalf(
    db: &mut impl Queries,
    rows: &Rows,
    approvers: &HashMap<RequestId, String>,
) -> sqlx::Result<Vec<Behalf>> {
    let found: Vec<BehalfRow> = db
        .query(sql!(
            "select seq, at, staff_name, action, target_kind, target_id, approval_id from audit
              where seq >= $1 and seq < $2 and approval_id is not null and outcome = 'applied' and action not like 'approvals.%'
              order by seq limit $3"
        ))
        .bind(rows.first)
        .bind(rows.end)
        .bind(limit())
        .all()
        .await?;
    let line = |row: BehalfRow| Behalf {
        approver: approvers.get(&row.approval_id).cloned().unwrap_or_default(),
        action: row.action,
        at: row.at,
        by: row.staff_name,
        row: Whole(row.seq),
        target: format!("{}/{}", row.target_kind, row.target_id),
    };
    Ok(found.into_iter().map(line).collect())
}

/// Those who approved each request that rows of the period were made by, in the order of their names.
pub(super) async fn approvers(db: &mut impl Queries, rows: &Rows) -> sqlx::Result<HashMap<RequestId, String>> {
    let votes: Vec<(RequestId, String)> = db
        .query(sql!(
            "select v.request_id, v.staff_name from approval_votes v
              where v.verdict = 'approved'
                and v.request_id in (select a.approval_id from audit a
                                      where a.seq >= $1 and a.seq < $2 and a.approval_id is not null and a.outcome = 'applied')
              order by v.request_id, v.staff_name, v.staff_id"
        ))
        .bind(rows.first)
        .bind(rows.end)
        .all()
        .await?;
    let mut approvers: HashMap<RequestId, String> = HashMap::new();
    for (request, name) in votes {
        let names = approvers.entry(request).or_default();
        if !names.is_empty() {
            names.push_str(", ");
        }
        names.push_str(&name);
    }
    Ok(approvers)
}

#[derive(sqlx::FromRow)]
struct RightRow {
    seq: i64,
    at: Instant,
    staff_name: String,
    actor: String,
    action: String,
    target_id: String,
    before: sqlx::types::Json<Value>,
    after: sqlx::types::Json<Value>,
    reason: String,
    approval_id: Option<RequestId>,
}

/// Grants, changes and withdrawals of what a person may do.
pub(super) async fn rights(
    db: &mut impl Queries,
    rows: &Rows,
    approvers: &HashMap<RequestId, String>,
) -> sqlx::Result<Vec<Right>> {
    let accounts = names(db).await?;
    let [invited, roles, status, networks, reset, link] = RIGHTS;
    let found: Vec<RightRow> = db
        .query(sql!(
            "select seq, at, staff_name, actor, action, target_id, before, after, reason, approval_id from audit
              where action in ($1, $2, $3, $4, $5, $6) and seq >= $7 and seq < $8 and outcome = 'applied' order by seq limit $9"
        ))
        .bind(invited)
        .bind(roles)
        .bind(status)
        .bind(networks)
        .bind(reset)
        .bind(link)
        .bind(rows.first)
        .bind(rows.end)
        .bind(limit())
        .all()
        .await?;
    let right = |row: RightRow| {
        let known = row.target_id.parse().ok().and_then(|id: StaffId| accounts.get(&id));
        Right {
            approver: row.approval_id.and_then(|request| approvers.get(&request).cloned()),
            at: row.at,
            // On the host there is no account.
            by: if row.staff_name.is_empty() { row.actor } else { row.staff_name },
            fields: fields(&row.before.0, &row.after.0),
            reason: row.reason,
            row: Whole(row.seq),
            whom: known.map_or(row.target_id, |(_, account)| account.clone()),
            action: row.action,
        }
    };
    Ok(found.into_iter().map(right).collect())
}

/// What was altered of what a person may do, from what to what.
fn fields(before: &Value, after: &Value) -> Vec<Field> {
    let said = |value: &Value, name: &str| match value.get(name) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
    };
    let field = |name: &str| Field { after: said(after, name), before: said(before, name), name: name.to_owned() };
    FIELDS.map(field).into_iter().filter(|field| field.after.is_some() || field.before.is_some()).collect()
}

#[derive(sqlx::FromRow)]
struct Account {
    id: StaffId,
    name: String,
    email: String,
    roles: String,
    created_at: Instant,
    last: Option<Instant>,
}

/// The accounts that can sign in, and that no person used for long before the end of the period.
pub(super) async fn dormant(db: &mut impl Queries, to: Instant, rows: &Rows) -> sqlx::Result<Vec<Dormant>> {
    let since = to.minus(DORMANT);
    let accounts: Vec<Account> = db
        .query(sql!(
            "select s.id, s.name, s.email, s.roles, s.created_at,
                    (select a.at from audit a where a.staff_id = s.id and a.seq < $1 and a.actor = 'staff' order by a.seq desc limit 1) as last
               from staff s where s.active and s.created_at < $2 order by s.id"
        ))
        .bind(rows.end)
        .bind(since)
        .all()
        .await?;
    let is_dormant = |account: &Account| account.last.is_none_or(|at| at < since);
    let line = |account: Account| Dormant {
        account: account.email,
        created: account.created_at,
        id: Whole(account.id.get()),
        last: account.last,
        name: account.name,
        roles: account.roles,
    };
    Ok(accounts.into_iter().filter(is_dormant).map(line).collect())
}
