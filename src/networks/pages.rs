//! The page of the networks.

use super::{
    open::Network,
    rules::{LONGEST_NOTE, Question},
};
use crate::{
    allowlist::net,
    audit::pages::Changed,
    clock::Instant,
    digits,
    web::{
        format,
        shell::{
            Frame, Shell,
            seal::{Seal, Sealed},
        },
    },
};
use askama::Template;
use chrono::TimeDelta;
use ipnet::IpNet;
use std::net::IpAddr;

/// `GET /networks`
#[derive(Debug, Template)]
#[template(path = "networks/list.html")]
pub struct ListPage {
    pub shell: Shell,
    /// Where the reader is.
    pub address: Option<IpAddr>,
    pub rows: Vec<Network>,
    /// Those of the environment.
    pub fixed: Vec<IpNet>,
    pub panel: Option<Panel>,
}

/// What stands beside the list.
#[derive(Clone, Debug)]
pub enum Panel {
    /// `POST /networks` and `POST /networks/{id}`
    Edit(Box<EditPanel>),
    /// `POST /networks/{id}/removal`
    Remove(RemovePanel),
    /// What was asked for cannot be done now, as the sentence under this key says.
    Closed { panel: String, why: &'static str },
    /// A change was made, or waits for somebody's approval.
    Done(Done),
}

/// Adding a network, or changing one.
#[derive(Clone, Debug, Default)]
pub struct EditPanel {
    pub seal: Seal,
    /// The row that is changed; none where one is added.
    pub id: Option<i64>,
    /// As typed.
    pub net: String,
    pub note: String,
    pub expires_at: String,
    pub reason: String,
    pub asked: Option<Asked>,
}

/// What somebody has to say yes to.
#[derive(Clone, Debug)]
pub struct Asked {
    pub net: IpNet,
    pub question: Question,
    pub is_confirmed: bool,
}

#[derive(Clone, Debug)]
pub struct RemovePanel {
    pub seal: Seal,
    pub row: Network,
    pub reason: String,
}

#[derive(Clone, Debug)]
pub struct Done {
    pub sealed: Sealed,
    pub action: String,
    pub changed: Vec<Changed>,
}

impl EditPanel {
    pub fn name(&self) -> String {
        self.id.map_or_else(|| "add".to_owned(), |id| format!("change-{id}"))
    }

    pub fn action(&self) -> String {
        self.id.map_or_else(|| "/networks".to_owned(), |id| format!("/networks/{id}"))
    }

    pub fn longest_note(&self) -> usize {
        LONGEST_NOTE
    }
}

impl Asked {
    pub fn say(&self, frame: &Frame) -> String {
        let overlaps: Vec<String> = self.question.overlaps.iter().map(ToString::to_string).collect();
        let (net, n, others) = (self.net, how_many(self.net), overlaps.join(", "));
        match (self.question.is_wide, overlaps.is_empty()) {
            (true, true) => frame.with("networks.ask-wide", &[("net", &net), ("n", &n)]),
            (true, false) => frame.with("networks.ask-wide-overlap", &[("net", &net), ("n", &n), ("others", &others)]),
            _ => frame.with("networks.ask-overlap", &[("net", &net), ("others", &others)]),
        }
    }
}

impl RemovePanel {
    pub fn action(&self) -> String {
        format!("/networks/{}/removal", self.row.id)
    }
}

impl ListPage {
    pub fn is_open(&self, panel: impl AsRef<str>) -> bool {
        let panel = panel.as_ref();
        match &self.panel {
            Some(Panel::Edit(edit)) => edit.name() == panel,
            Some(Panel::Remove(remove)) => format!("remove-{}", remove.row.id) == panel,
            Some(Panel::Closed { panel: open, .. }) => open == panel,
            Some(Panel::Done(_)) | None => false,
        }
    }

    /// The key of what the form does.
    pub fn edit_title(&self, panel: &EditPanel) -> &'static str {
        if panel.id.is_some() { "networks.change-title" } else { "networks.add" }
    }

    pub fn edit_button(&self, panel: &EditPanel) -> &'static str {
        if panel.id.is_some() { "networks.change-go" } else { "networks.add-go" }
    }

    pub fn closed_title(&self, panel: &str) -> &'static str {
        if panel.starts_with("remove") { "networks.no-removal" } else { "networks.no-change" }
    }

    pub fn change_panel(&self, row: &Network) -> String {
        format!("change-{}", row.id)
    }

    pub fn remove_panel(&self, row: &Network) -> String {
        format!("remove-{}", row.id)
    }

    pub fn is_over(&self, row: &Network) -> bool {
        row.is_over(self.shell.now)
    }

    pub fn is_here(&self, net: &IpNet) -> bool {
        self.address.is_some_and(|ip| net.contains(&ip.to_canonical()))
    }

    pub fn addresses(&self, net: &IpNet) -> String {
        match net::host_bits(*net) {
            0 => self.shell.t("networks.one-address").to_owned(),
            _ => self.shell.with("networks.addresses", &[("n", &how_many(*net))]),
        }
    }

    /// How long a network stays open: "6 days left", "3 h 20 min left".
    pub fn left(&self, at: &Instant) -> String {
        let left = at.since(self.shell.now);
        if left >= TimeDelta::days(1) {
            return self.shell.count("networks.days-left", &left.num_days());
        }
        self.shell.with("networks.left", &[("span", &format::span(left.num_seconds(), self.shell.words))])
    }
}

/// `16,777,216`, or `2^96` where nobody could read the figure.
pub(super) fn how_many(net: IpNet) -> String {
    match net::host_bits(net) {
        bits @ 0..=32 => digits::group(1_i64 << bits),
        bits => format!("2^{bits}"),
    }
}
