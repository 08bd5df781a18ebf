//! What may stand on the list. The same rules for whoever changes it; the page asks them too, to say beforehand what will
//! be said afterwards.

use super::{
    Allowlist,
    net::{self, Unfit},
    open::Network,
};
use crate::{
    clock::Instant,
    gate::{Fault, Tx, is_printable},
};
use chrono::TimeDelta;
use ipnet::IpNet;
use std::net::IpAddr;

pub const LONGEST_NOTE: usize = 200;
/// Nobody knows what somebody will need in two years; what is to stay has no end.
pub const LONGEST: TimeDelta = TimeDelta::days(366);

/// What is to be asked before a network is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub is_wide: bool,
    /// What else opens a part of it, or all of it.
    pub overlaps: Vec<IpNet>,
}

/// Whether somebody should think twice about opening `net` beside what is open.
pub fn question(net: IpNet, open: &[IpNet]) -> Option<Question> {
    let overlaps: Vec<IpNet> =
        open.iter().copied().filter(|other| *other != net && net::overlap(net, *other)).collect();
    let is_wide = net::is_wide(net);
    (is_wide || !overlaps.is_empty()).then_some(Question { is_wide, overlaps })
}

/// What is open beside the row with this id: the environment's and the list's.
pub fn open_beside(environment: &Allowlist, rows: &[Network], but: Option<i64>, now: Instant) -> Vec<IpNet> {
    let rows = rows.iter().filter(|row| Some(row.id) != but && !row.is_over(now)).map(|row| row.net);
    environment.iter().copied().chain(rows).collect()
}

/// Refuses a network that is there already, and one that nobody has thought about twice who should have. The command
/// line has thought: it is how one gets back in.
pub fn check_net(tx: &Tx<'_>, rows: &[Network], but: Option<i64>, net: IpNet, is_confirmed: bool) -> Result<(), Fault> {
    net::fitting(net).map_err(unfit).and_then(|fit| if fit == net { Ok(()) } else { Err(meant(fit)) })?;
    let known = || Err(Fault::invalid("net", "network-known").with("net", net));
    if rows.iter().any(|row| Some(row.id) != but && row.net == net) {
        return known();
    }
    if tx.staff().is_none() {
        return Ok(());
    }
    if tx.allowed().iter().any(|fixed| *fixed == net) {
        return known();
    }
    match question(net, &open_beside(tx.allowed(), rows, but, tx.now())) {
        Some(question) if !is_confirmed => Err(asked(net, &question)),
        _ => Ok(()),
    }
}

fn unfit(unfit: Unfit) -> Fault {
    match unfit {
        Unfit::HostBits { meant: fit } => meant(fit),
        Unfit::TooWide => Fault::invalid("net", "network-too-wide"),
        Unfit::NotANetwork => Fault::invalid("net", "network-junk"),
    }
}

fn meant(net: IpNet) -> Fault {
    Fault::invalid("net", "network-host-bits").with("meant", net)
}

fn asked(net: IpNet, question: &Question) -> Fault {
    let word = match (question.is_wide, question.overlaps.is_empty()) {
        (true, true) => "network-wide",
        (true, false) => "network-wide-overlaps",
        _ => "network-overlaps",
    };
    let overlaps: Vec<String> = question.overlaps.iter().map(ToString::to_string).collect();
    Fault::invalid("wide_confirmed", word).with("net", net).with("others", overlaps.join(","))
}

pub fn check_note(note: &str) -> Result<(), Fault> {
    match note.chars().count() {
        0..=LONGEST_NOTE if note.chars().all(is_printable) => Ok(()),
        0..=LONGEST_NOTE => Err(Fault::invalid("note", "note-unprintable")),
        _ => Err(Fault::invalid("note", "note-long")),
    }
}

/// Reads when a network is to be closed again.
pub fn read_expiry(text: Option<&str>, now: Instant) -> Result<Option<Instant>, Fault> {
    let wrong = || Fault::invalid("expires_at", "network-expiry");
    let Some(text) = text else { return Ok(None) };
    let at = Instant::parse(text).map_err(|_| wrong())?;
    if at > now && at.since(now) <= LONGEST { Ok(Some(at)) } else { Err(wrong()) }
}

/// Until when the console opens to `ip`, if it does: to the end of time where something without an end holds it.
pub fn open_until<'r>(
    ip: IpAddr,
    environment: &Allowlist,
    rows: impl IntoIterator<Item = &'r Network>,
    now: Instant,
) -> Option<Instant> {
    if environment.allows(ip) {
        return Some(Instant::latest());
    }
    let ip = ip.to_canonical();
    let holding = rows.into_iter().filter(|row| !row.is_over(now) && row.net.contains(&ip));
    holding.map(|row| row.expires_at.unwrap_or_else(Instant::latest)).max()
}

/// Whether with `after` in place of `before` the person who makes the change is shut out, or shut out earlier. The command
/// line is on the host and cannot be.
pub fn shuts_out(tx: &Tx<'_>, before: &[Network], after: &[Network]) -> bool {
    let until = |ip, rows: &[Network]| open_until(ip, tx.allowed(), rows, tx.now());
    tx.staff().and(tx.ip()).is_some_and(|ip| until(ip, after) < until(ip, before))
}
