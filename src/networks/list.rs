//! The list of networks, and the forms beside it.

use super::{
    add::AddNetwork,
    change::ChangeNetwork,
    open::{self, Network},
    pages::{Done, EditPanel, ListPage, Panel, RemovePanel},
    remove::RemoveNetwork,
    rules,
};
use crate::{
    audit::{self, pages::Changed},
    clock::Instant,
    gate::Change as _,
    web::{
        Answer, Desk, Stop,
        desk::fresh_key,
        shell::{
            Section,
            seal::{Seal as Shape, Sealed},
        },
    },
};
use actix_web::web;
use chrono_tz::Tz;
use serde::Deserialize;

/// What may stand in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    panel: String,
    sealed: Option<i64>,
}

/// `GET /networks`
pub async fn list(desk: Desk, asked: web::Query<Asked>) -> Answer {
    let rows = read(&desk).await?;
    let done = match asked.sealed {
        Some(seq) => done(&desk, seq).await?,
        None => None,
    };
    let panel = done.or_else(|| offered(&desk, &rows, &asked.panel));
    page(&desk, rows, panel, 200).await
}

pub(super) async fn read(desk: &Desk) -> Result<Vec<Network>, Stop> {
    Ok(open::all(&mut desk.reader()).await?)
}

async fn done(desk: &Desk, seq: i64) -> Result<Option<Panel>, Stop> {
    let entry = audit::own_of(desk, "network", seq).await?;
    Ok(entry.map(|entry| {
        Panel::Done(Done {
            changed: Changed::between(&entry.before, &entry.after),
            sealed: Sealed { seq: entry.seq, at: entry.at, by: entry.staff_name, reason: entry.reason },
            action: entry.action,
        })
    }))
}

fn offered(desk: &Desk, rows: &[Network], name: &str) -> Option<Panel> {
    if name == "add" {
        return Some(Panel::Edit(Box::new(EditPanel {
            seal: Shape::fresh(AddNetwork::KIND, fresh_key(), 0),
            ..EditPanel::default()
        })));
    }
    let (what, id) = name.split_once('-')?;
    let id: i64 = id.parse().ok()?;
    let row = rows.iter().find(|row| row.id == id);
    match (what, row) {
        ("change" | "remove", None) => Some(gone(name)),
        ("change", Some(row)) => Some(Panel::Edit(Box::new(EditPanel {
            seal: Shape::fresh(ChangeNetwork::KIND, fresh_key(), row.version),
            id: Some(row.id),
            net: row.net.to_string(),
            note: row.note.clone(),
            expires_at: row.expires_at.map(|at| typed(at, desk.zone())).unwrap_or_default(),
            ..EditPanel::default()
        }))),
        ("remove", Some(row)) if shuts_out(desk, rows, row) => {
            Some(Panel::Closed { panel: name.to_owned(), why: "refused-state.network-yours" })
        }
        ("remove", Some(row)) => Some(Panel::Remove(RemovePanel {
            seal: Shape::fresh(RemoveNetwork::KIND, fresh_key(), row.version),
            row: row.clone(),
            reason: String::new(),
        })),
        _ => None,
    }
}

/// What stands there where somebody took the network off the list meanwhile.
pub(super) fn gone(name: &str) -> Panel {
    Panel::Closed { panel: name.to_owned(), why: "networks.gone" }
}

/// An instant as a browser's field for date and time has it.
pub(super) fn typed(at: Instant, zone: Tz) -> String {
    at.utc().with_timezone(&zone).format("%Y-%m-%dT%H:%M").to_string()
}

/// Whether the reader would not be let in any more without this row.
fn shuts_out(desk: &Desk, rows: &[Network], without: &Network) -> bool {
    let environment = desk.console().gate.networks();
    let others = rows.iter().filter(|row| row.id != without.id);
    desk.visit().ip().is_some_and(|ip| {
        rules::open_until(ip, environment, others, desk.now()) < rules::open_until(ip, environment, rows, desk.now())
    })
}

pub(super) async fn page(desk: &Desk, rows: Vec<Network>, panel: Option<Panel>, status: u16) -> Answer {
    let page = ListPage {
        shell: desk.shell(Some(Section::Networks), None).await?,
        address: desk.visit().ip(),
        rows,
        fixed: desk.console().gate.networks().iter().copied().collect(),
        panel,
    };
    desk.page(status, &page)
}
