//! One customer: overview, point ledger, history, and the panel to change something.

use super::{
    find::{self, Found},
    pages::{Abilities, Contact, ContactPanel, Customer, LedgerEntry, Panel, PointPanel, ShowPage, StatusPanel},
    status::SetUserStatus,
};
use crate::{
    approvals::queue,
    audit, entry_columns,
    gate::{Change, RecordAccess, audit::Entry},
    orders,
    points::{adjust::AdjustPoints, ledger},
    sql,
    web::{
        Answer, Desk, Stop,
        desk::fresh_key,
        problem_page::Problem,
        shell::{
            Section,
            seal::{Seal as Shape, Sealed as Done},
            table::Pager,
        },
    },
};
use actix_web::web;
use serde::Deserialize;

const LEDGER_PAGE: usize = 20;
const HISTORY: i64 = 10;
const ORDERS: usize = 5;

/// What may stand in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    panel: String,
    /// The ledger entry that this page of the ledger comes after.
    ledger: Option<i64>,
    /// The audit row of a change just made.
    sealed: Option<i64>,
}

/// `GET /users/{id}`
pub async fn show(desk: Desk, path: web::Path<i64>, asked: web::Query<Asked>) -> Answer {
    let customer = customer(&desk, path.into_inner()).await?;
    let panel = match asked.sealed {
        Some(seq) => done(&desk, &customer, seq).await?,
        None => None,
    };
    let panel = panel.or_else(|| offered(&desk, &customer, &asked.panel));
    page(&desk, customer, panel, 200, None).await
}

/// The customer, or 404.
pub(crate) async fn customer(desk: &Desk, id: i64) -> Result<Found, Stop> {
    find::by_id(desk.reader(), id).await?.ok_or_else(|| Problem::NotFound.into())
}

fn abilities(desk: &Desk) -> Abilities {
    Abilities {
        adjust_points: desk.may("POST", "/users/{id}/point-adjustments"),
        change_status: desk.may("POST", "/users/{id}/status"),
        reveal_contact: desk.may("POST", "/users/{id}/contact"),
    }
}

/// The panel that was asked for, if this person may use it; by default the one used most.
fn offered(desk: &Desk, customer: &Found, panel: &str) -> Option<Panel> {
    let may = abilities(desk);
    let seal = |kind| Shape::fresh(kind, fresh_key(), customer.version);
    match panel {
        "status" if may.change_status => {
            Some(Panel::Status(StatusPanel { seal: seal(SetUserStatus::KIND), reason: String::new() }))
        }
        "contact" if may.reveal_contact => Some(Panel::Contact(ContactPanel::default())),
        _ if may.adjust_points => {
            Some(Panel::Points(PointPanel { seal: seal(AdjustPoints::KIND), ..PointPanel::default() }))
        }
        _ => None,
    }
}

/// What the person just changed here, read from the row that sealed it: nothing in the address is believed but its number.
async fn done(desk: &Desk, customer: &Found, seq: i64) -> Result<Option<Panel>, Stop> {
    let entry = audit::own(desk, &super::target(customer.id), seq).await?;
    let Some(entry) = entry else { return Ok(None) };
    let number = |value: &serde_json::Value| {
        value.get("points").and_then(|points| points.as_str()?.parse::<i64>().ok()).unwrap_or_default()
    };
    let (before, after) = (number(&entry.before), number(&entry.after));
    let suspended = entry.after.get("status").is_some_and(|status| status == "suspended");
    let sealed = Done { seq: entry.seq, at: entry.at, by: entry.staff_name, reason: entry.reason };
    Ok(match entry.action.as_str() {
        "points.adjust" => Some(Panel::PointsDone { sealed, before, after }),
        "users.status" => Some(Panel::StatusDone { sealed, suspended }),
        _ => None,
    })
}

/// The balance that a person saw who had this version before them: the one before the first change since.
pub(crate) async fn points_at(desk: &Desk, user: i64, seen: &str) -> Result<Option<i64>, Stop> {
    let Ok(seen) = seen.parse::<i64>() else { return Ok(None) };
    let customer = customer(desk, user).await?;
    let since = customer.version.saturating_sub(seen);
    if !(1..=50).contains(&since) {
        return Ok(None);
    }
    // A refund moves points too, and its row of the log is about an order.
    let changes: Vec<(Option<String>,)> = desk
        .reader()
        .query(sql!(
            "select before ->> 'points' from audit where seq in (
               select seq from (select seq from audit
                 where target_kind = 'user' and target_id = $1 and outcome = 'applied' and action in ('points.adjust', 'users.status')
                 order by seq desc limit $3) here
               union
               select a.seq from audit a join (
                 select distinct change_id from (select change_id from point_entries
                   where user_id = $2 and change_id is not null order by id desc limit $3) newest) moved on moved.change_id = a.change_id)
              order by seq desc limit $3"
        ))
        .bind(user.to_string())
        .bind(user)
        .bind(since)
        .all()
        .await?;
    let oldest = changes.into_iter().filter_map(|(points,)| points?.parse::<i64>().ok()).next_back();
    Ok(oldest.filter(|points| *points != customer.points))
}

/// The page of a customer. Looking is recorded before anything is shown.
pub(crate) async fn page(
    desk: &Desk,
    customer: Found,
    panel: Option<Panel>,
    status: u16,
    revealed: Option<Contact>,
) -> Answer {
    desk.keep(&RecordAccess {
        actor: desk.actor(),
        task: "view",
        subject: Some(super::target(customer.id).to_string()),
        detail: None,
        reason: None,
    })
    .await?;
    let query = web::Query::<Asked>::from_query(desk.visit().path.split_once('?').map_or("", |(_, query)| query));
    let after = query.ok().and_then(|asked| asked.ledger);
    let entries = ledger::page(desk.reader(), customer.id, after, LEDGER_PAGE).await?;
    let history: Vec<Entry> = desk
        .reader()
        .query(sql!(
            "select ",
            entry_columns!(),
            " from audit where target_kind = 'user' and target_id = $1 order by seq desc limit $2"
        ))
        .bind(customer.id.to_string())
        .bind(HISTORY)
        .all()
        .await?;
    let mut placed = orders::find::of_user(desk.reader(), customer.id).await?.rows;
    let has_more_orders = placed.len() > ORDERS;
    placed.truncate(ORDERS);
    let path = format!("/users/{}", customer.id);
    let page = ShowPage {
        shell: desk.shell(Some(Section::Users), None).await?,
        revealed,
        may: abilities(desk),
        ledger_pager: Pager {
            first: after.map(|_| format!("{path}#ledger")),
            previous: None,
            next: entries.next.map(|next| format!("{path}?ledger={next}#ledger")),
        },
        orders: placed.into_iter().map(orders::list::row).collect(),
        has_more_orders,
        ledger: entries.entries.into_iter().map(entry).collect(),
        waiting: queue::about(desk.reader(), "user", &customer.id.to_string()).await?,
        history: Some(history.iter().map(audit::row).collect()),
        panel,
        customer: Customer::masked(customer),
    };
    desk.page(status, &page)
}

fn entry(entry: ledger::Entry) -> LedgerEntry {
    LedgerEntry {
        at: entry.at,
        delta: entry.delta,
        balance: entry.balance,
        kind: entry.kind,
        memo: entry.memo.unwrap_or_default(),
        staff: entry.staff_name,
        seq: entry.seq,
    }
}
