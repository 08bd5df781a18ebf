//! The page of the ways over which the person who looks at it is reached.

use super::{
    PANELS,
    add::AddWay,
    prove::{ProvePanel, ProveWay},
    record::{self, Way},
    remove::{RemovePanel, RemoveWay},
};
use crate::{
    clock::Instant,
    gate::{Change, RefusalWord, Target, audit::Entry as Row},
    id::StaffId,
    notify::{
        health::{self, Health},
        way,
    },
    secret::SecretKey,
    sql,
    store::Reader,
    web::{
        Desk, PageError, PageResult,
        panel::{self, Panel as _, Part as _, Side, Subject},
        shell::{Section, Shell},
    },
};
use askama::Template;

/// `GET /account/ways`
pub(crate) async fn show(desk: Desk) -> PageResult {
    panel::show::<Ways>(&desk, ()).await
}

/// The ways of the person, and the channels in which they can have more.
pub(crate) struct Ways {
    pub(crate) rows: Vec<Way>,
    pub(crate) channels: Vec<Health>,
}

/// Whether a person has this address in a channel already.
pub(super) async fn has(
    reader: &Reader,
    key: &SecretKey,
    staff: StaffId,
    channel: &str,
    address: &str,
) -> sqlx::Result<bool> {
    let sealed: Vec<(Vec<u8>,)> = reader
        .query(sql!("select address from ways where staff = $1 and channel = $2 and removed_at is null"))
        .bind(staff)
        .bind(channel.to_owned())
        .all()
        .await?;
    Ok(sealed.iter().any(|(sealed,)| way::open(key, staff, sealed).as_deref() == Some(address)))
}

impl Subject for Ways {
    type Id = ();
    const SECTION: Section = Section::Oncall;
    const PAGE: &'static str = "/account/ways";
    const MISSING: Option<RefusalWord> = None;

    /// Each of its changes names the person; the list itself is none.
    fn target((): &()) -> Target {
        Target::new("staff", "")
    }

    async fn load(desk: &Desk, (): &()) -> Result<Option<Self>, PageError> {
        let mut channels = health::all(&mut desk.reader()).await?;
        channels.retain(Health::is_personal);
        let rows = record::of(&mut desk.reader(), desk.person().id).await?;
        Ok(Some(Self { rows, channels }))
    }

    fn path(&self) -> String {
        Self::PAGE.to_owned()
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        PANELS
    }

    fn is_subject_of((): &(), row: &Row) -> bool {
        [AddWay::KIND, ProveWay::KIND, RemoveWay::KIND].contains(&row.action.as_str())
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let page = WaysPage { shell, rows: self.rows, has_channels: !self.channels.is_empty(), side };
        desk.page(status, &page)
    }
}

#[derive(Debug, Template)]
#[template(path = "ways/list.html")]
pub(crate) struct WaysPage {
    pub(crate) shell: Shell,
    pub(crate) rows: Vec<Way>,
    /// Whether there is any channel in which people have ways.
    pub(crate) has_channels: bool,
    pub(crate) side: Side,
}

impl WaysPage {
    fn now(&self) -> Instant {
        self.shell.now
    }

    fn prove_panel(way: &Way) -> String {
        way.id.open_name(ProvePanel::NAME)
    }

    fn remove_panel(way: &Way) -> String {
        way.id.open_name(RemovePanel::NAME)
    }
}
