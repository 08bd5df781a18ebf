//! The list of networks.

use super::{
    PANELS,
    change::ChangePanel,
    open,
    open::Network,
    remove::{RemovePanel, shuts_out},
};
use crate::{
    allowlist::net,
    clock::Instant,
    digits::group,
    gate::{RefusalWord, Target, audit::Entry as Row},
    id::NetworkId,
    web::{
        Desk, PageError, PageResult, format,
        panel::{self, Panel as _, Part as _, RowPart, Side, Subject},
        shell::{Frame, Section, Shell},
    },
};
use askama::Template;
use chrono::TimeDelta;
use ipnet::IpNet;
use std::net::IpAddr;

/// `GET /networks`
pub(crate) async fn list(desk: Desk) -> PageResult {
    panel::show::<Networks>(&desk, ()).await
}

/// The networks that the console opens to.
pub(crate) struct Networks {
    /// The list that owners keep.
    pub(crate) rows: Vec<Network>,
    /// Those of the environment.
    pub(crate) fixed: Vec<IpNet>,
    /// Where the reader is.
    pub(crate) address: Option<IpAddr>,
}

impl Networks {
    pub(super) fn row(&self, id: NetworkId) -> Option<&Network> {
        self.rows.iter().find(|row| row.id == id)
    }
}

impl Subject for Networks {
    type Id = ();
    const SECTION: Section = Section::Networks;
    const PAGE: &'static str = "/networks";
    const MISSING: Option<RefusalWord> = None;

    /// The list has no name in the log: each change is about one network.
    fn target((): &()) -> Target {
        Target::new("network", "")
    }

    async fn load(desk: &Desk, (): &()) -> Result<Option<Self>, PageError> {
        Ok(Some(Self {
            rows: open::all(&mut desk.reader()).await?,
            fixed: desk.console().gate.networks().iter().copied().collect(),
            address: desk.visit().ip(),
        }))
    }

    fn path(&self) -> String {
        "/networks".to_owned()
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        PANELS
    }

    fn is_subject_of((): &(), row: &Row) -> bool {
        row.target_kind == "network"
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let keeps = self.rows.iter().filter(|row| shuts_out(desk, &self, row)).map(|row| row.id).collect();
        let Self { rows, fixed, address } = self;
        desk.page(status, &ListPage { shell, address, rows, keeps, fixed, side })
    }
}

impl RowPart for NetworkId {}

#[derive(Debug, Template)]
#[template(path = "networks/list.html")]
pub(crate) struct ListPage {
    pub(crate) shell: Shell,
    pub(crate) address: Option<IpAddr>,
    pub(crate) rows: Vec<Network>,
    /// Those that the reader cannot remove, because they use the console through them.
    pub(crate) keeps: Vec<NetworkId>,
    pub(crate) fixed: Vec<IpNet>,
    pub(crate) side: Side,
}

impl ListPage {
    fn change_panel(row: &Network) -> String {
        row.id.open_name(ChangePanel::NAME)
    }

    fn remove_panel(row: &Network) -> String {
        row.id.open_name(RemovePanel::NAME)
    }

    fn can_remove(&self, row: &Network) -> bool {
        !self.keeps.contains(&row.id)
    }

    fn is_over(&self, row: &Network) -> bool {
        row.is_over(self.shell.now)
    }

    fn is_here(&self, net: &IpNet) -> bool {
        self.address.is_some_and(|ip| net.contains(&ip.to_canonical()))
    }

    /// How long a network stays open: "6 days left", "3 h 20 min left".
    fn left(&self, at: &Instant) -> String {
        let left = at.since(self.shell.now);
        if left >= TimeDelta::days(1) {
            return self.shell.count("networks.days-left", &left.num_days());
        }
        self.shell.with("networks.left", &[("span", &format::span(left.num_seconds(), self.shell.words))])
    }
}

/// The number of addresses a network opens the console to, in words.
pub(crate) fn addresses(net: &IpNet, frame: &Frame) -> String {
    match net::host_bits(*net) {
        0 => frame.t("networks.one-address").to_owned(),
        _ => frame.with("networks.addresses", &[("n", &how_many(*net))]),
    }
}

/// `16,777,216`, or `2^96` where the figure is too long to read.
pub(super) fn how_many(net: IpNet) -> String {
    match net::host_bits(net) {
        bits @ 0..=32 => group(1_i64 << bits),
        bits => format!("2^{bits}"),
    }
}
