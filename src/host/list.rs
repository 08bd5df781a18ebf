//! The page on which an owner confirms having seen what commands on the host changed.

use super::{confirm::ConfirmPanel, target, unseen};
use crate::{
    audit::{self, pages::Row},
    gate::{RefusalWord, Target},
    id::Seq,
    web::{
        Desk, PageError, PageResult,
        panel::{self, Side, Subject},
        shell::{Section, Shell},
    },
};
use askama::Template;
use serde_json::Value;

/// What is read and confirmed at once.
const PAGE: i64 = 50;

/// `GET /host-changes`
pub(crate) async fn list(desk: Desk) -> PageResult {
    panel::show::<HostChanges>(&desk, ()).await
}

/// Changes from the host that no owner has confirmed yet, the oldest first.
pub(crate) struct HostChanges {
    pub(crate) rows: Vec<HostChange>,
    /// Up to where owners have confirmed already.
    pub(crate) seen_through: i64,
    /// The number of those that come after these; counted up to a page.
    pub(crate) more: bool,
}

/// One of them, and who ran the command.
pub(crate) struct HostChange {
    pub(crate) row: Row,
    /// The user that the process ran as: `root (0)`.
    pub(crate) user: String,
    /// The number of the user who signed in on the host.
    pub(crate) login: String,
    /// The user that sudo names.
    pub(crate) sudo: String,
}

impl HostChanges {
    /// The last row that is shown.
    pub(super) fn through(&self) -> Option<Seq> {
        self.rows.last().map(|change| change.row.seq)
    }
}

impl Subject for HostChanges {
    type Id = ();
    const SECTION: Section = Section::Home;
    const PAGE: &'static str = "/host-changes";
    const MISSING: Option<RefusalWord> = None;

    fn target((): &()) -> Target {
        target()
    }

    async fn load(desk: &Desk, (): &()) -> Result<Option<Self>, PageError> {
        let seen_through = unseen::seen_through(desk.reader()).await?;
        let mut rows = unseen::oldest(desk.reader(), seen_through, PAGE + 1).await?;
        let more = rows.len() > usize::try_from(PAGE).unwrap_or_default();
        rows.truncate(usize::try_from(PAGE).unwrap_or_default());
        let text = |after: &Value, field: &str| after.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let rows = rows
            .iter()
            .map(|entry| HostChange {
                row: audit::row(entry),
                user: match (text(&entry.after, "host_user"), text(&entry.after, "host_uid")) {
                    (name, uid) if name.is_empty() || uid.is_empty() => name + &uid,
                    (name, uid) => format!("{name} ({uid})"),
                },
                login: text(&entry.after, "host_login_uid"),
                sudo: text(&entry.after, "host_sudo_user"),
            })
            .collect();
        Ok(Some(Self { rows, seen_through, more }))
    }

    fn path(&self) -> String {
        Self::PAGE.to_owned()
    }

    /// Up to where it is confirmed: another owner may confirm meanwhile.
    fn version(&self) -> Option<i64> {
        Some(self.seen_through)
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        PANELS
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        desk.page(status, &ListPage { shell, changes: self, side })
    }
}

const PANELS: &[panel::Entry<HostChanges>] = &[panel::Entry::of::<ConfirmPanel>()];

#[derive(Template)]
#[template(path = "host/list.html")]
pub(crate) struct ListPage {
    pub(crate) shell: Shell,
    pub(crate) changes: HostChanges,
    pub(crate) side: Side,
}
