//! What may be on the list. The same rules hold for every actor that changes it; the page asks them too, to say
//! beforehand what will be said afterwards.

use super::open::Network;
use crate::{
    allowlist::{
        Allowlist,
        net::{self, Unfit},
    },
    clock::Instant,
    gate::{Fault, Tx},
    id::NetworkId,
    text,
};
use chrono::TimeDelta;
use ipnet::IpNet;
use std::net::IpAddr;

crate::gate::refusal_words! {
    /// The expiry is no time ahead, or too far ahead.
    pub(crate) NETWORK_EXPIRY = "network-expiry";
    /// The text is an address inside a network and no network.
    pub(crate) NETWORK_HOST_BITS = "network-host-bits";
    /// The text is no network.
    pub(crate) NETWORK_JUNK = "network-junk";
    /// The network is on the list already.
    NETWORK_KNOWN = "network-known";
    /// The network overlaps another one, and the form does not confirm it.
    NETWORK_OVERLAPS = "network-overlaps";
    /// The network is wider than the console opens.
    pub(crate) NETWORK_TOO_WIDE = "network-too-wide";
    /// The network is wide, and the form does not confirm it.
    NETWORK_WIDE = "network-wide";
    /// The network is wide and overlaps another one, and the form does not confirm it.
    NETWORK_WIDE_OVERLAPS = "network-wide-overlaps";
    /// The note on a network is too long.
    pub(crate) NOTE_LONG = "note-long";
    /// The note on a network holds characters that cannot be printed.
    pub(crate) NOTE_UNPRINTABLE = "note-unprintable";
}

pub(crate) const LONGEST_NOTE: usize = 200;
/// Needs in two years are unknown; what is to stay has no end.
pub(crate) const LONGEST: TimeDelta = TimeDelta::days(366);

/// What is to be asked before a network is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub is_wide: bool,
    /// The other entries that open a part of it, or all of it.
    pub overlaps: Vec<IpNet>,
}

/// Whether opening `net` beside what is open needs a second confirmation.
pub(crate) fn question(net: IpNet, open: &[IpNet]) -> Option<Question> {
    let overlaps: Vec<IpNet> =
        open.iter().copied().filter(|other| *other != net && net::overlap(net, *other)).collect();
    let is_wide = net::is_wide(net);
    (is_wide || !overlaps.is_empty()).then_some(Question { is_wide, overlaps })
}

/// What is open beside the row with this id: the environment's and the list's.
pub(crate) fn open_beside(
    environment: &Allowlist,
    rows: &[Network],
    but: Option<NetworkId>,
    now: Instant,
) -> Vec<IpNet> {
    let rows = rows.iter().filter(|row| Some(row.id) != but && !row.is_over(now)).map(|row| row.net);
    environment.iter().copied().chain(rows).collect()
}

/// Refuses a network that is there already, and one that needs a second confirmation and has none. The command
/// line has thought: it is how one gets back in.
pub(crate) fn check_net(
    tx: &Tx<'_>,
    rows: &[Network],
    but: Option<NetworkId>,
    net: IpNet,
    is_confirmed: bool,
) -> Result<(), Fault> {
    net::fitting(net).map_err(unfit).and_then(|fit| if fit == net { Ok(()) } else { Err(meant(fit)) })?;
    let known = || Err(Fault::invalid("net", NETWORK_KNOWN).with("net", net));
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
        Unfit::TooWide => Fault::invalid("net", NETWORK_TOO_WIDE),
        Unfit::NotANetwork => Fault::invalid("net", NETWORK_JUNK),
    }
}

fn meant(net: IpNet) -> Fault {
    Fault::invalid("net", NETWORK_HOST_BITS).with("meant", net)
}

fn asked(net: IpNet, question: &Question) -> Fault {
    let word = match (question.is_wide, question.overlaps.is_empty()) {
        (true, true) => NETWORK_WIDE,
        (true, false) => NETWORK_WIDE_OVERLAPS,
        _ => NETWORK_OVERLAPS,
    };
    let overlaps: Vec<String> = question.overlaps.iter().map(ToString::to_string).collect();
    Fault::invalid("wide_confirmed", word).with("net", net).with("others", overlaps.join(","))
}

pub(crate) fn check_note(note: &str) -> Result<(), Fault> {
    match note.chars().count() {
        0..=LONGEST_NOTE if text::is_line(note) => Ok(()),
        0..=LONGEST_NOTE => Err(Fault::invalid("note", NOTE_UNPRINTABLE)),
        _ => Err(Fault::invalid("note", NOTE_LONG)),
    }
}

/// Reads when a network is to be closed again.
pub(crate) fn read_expiry(text: Option<&str>, now: Instant) -> Result<Option<Instant>, Fault> {
    let wrong = || Fault::invalid("expires_at", NETWORK_EXPIRY);
    let Some(text) = text else { return Ok(None) };
    let at = Instant::parse(text).map_err(|_| wrong())?;
    if at > now && at.since(now) <= LONGEST { Ok(Some(at)) } else { Err(wrong()) }
}

/// Until when the console opens to `ip`, if it does: to the end of time where something without an end holds it.
pub(crate) fn open_until<'r>(
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

/// Whether with `after` in place of `before` a person behind the change is shut out, or shut out earlier: the one who
/// asks for it, and the one who approves it. The command line is on the host and cannot be.
pub(crate) fn shuts_out(tx: &Tx<'_>, before: &[Network], after: &[Network]) -> bool {
    let until = |ip, rows: &[Network]| open_until(ip, tx.allowed(), rows, tx.now());
    tx.addresses().any(|ip| until(ip, after) < until(ip, before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(hours: i64) -> Instant {
        Instant::from_unix(1_800_000_000).unwrap().plus(TimeDelta::hours(hours))
    }

    fn network(id: usize, net: &str, hours: Option<i64>) -> Network {
        Network {
            id: NetworkId::new(i64::try_from(id).unwrap()),
            net: net.parse().unwrap(),
            note: String::new(),
            expires_at: hours.map(at),
            added_at: at(0),
            added_by: String::new(),
            version: 1,
        }
    }

    fn nets(texts: &[&str]) -> Vec<IpNet> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn one_is_asked_about_what_is_wide_and_about_what_is_open_in_part() {
        let open = nets(&["10.20.0.0/16", "2001:db8::/32", "192.0.2.7/32"]);
        let asked = |net: &str| question(net.parse().unwrap(), &open);
        let overlaps = |is_wide, others: &[&str]| Some(Question { is_wide, overlaps: nets(others) });
        assert_eq!(asked("172.16.0.0/16"), None);
        assert_eq!(asked("172.16.0.0/15"), overlaps(true, &[]));
        assert_eq!(asked("10.20.4.0/24"), overlaps(false, &["10.20.0.0/16"]));
        assert_eq!(asked("10.0.0.0/8"), overlaps(true, &["10.20.0.0/16"]));
        assert_eq!(asked("2001:db8:1::/48"), overlaps(false, &["2001:db8::/32"]));
        assert_eq!(asked("192.0.2.0/24"), overlaps(false, &["192.0.2.7/32"]));
        // The same one is not asked about but refused.
        assert_eq!(asked("10.20.0.0/16"), None);
    }

    #[test]
    fn an_end_lies_ahead_and_not_farther_than_a_year() {
        let read = |hours| read_expiry(Some(&at(hours).to_string()), at(0)).is_ok();
        assert!(!read(-1) && !read(0) && read(1) && read(366 * 24) && !read(366 * 24 + 1));
        assert!(read_expiry(Some("2026-11-20"), at(0)).is_err() && matches!(read_expiry(None, at(0)), Ok(None)));
    }

    #[test]
    fn what_the_environment_opens_stays_open() {
        let environment = Allowlist::parse("10.0.0.0/8").unwrap();
        let until = |ip: &str, rows: &[Network]| open_until(ip.parse().unwrap(), &environment, rows, at(0));
        assert_eq!(until("::ffff:10.1.2.3", &[]), Some(Instant::latest()));
        assert_eq!(until("11.1.2.3", &[]), None);
        let rows = [
            network(1, "11.0.0.0/8", Some(5)),
            network(2, "11.1.0.0/16", Some(9)),
            network(3, "11.1.2.3/32", Some(-1)),
        ];
        assert_eq!(until("11.1.2.3", &rows), Some(at(9)));
        assert_eq!(until("11.2.2.3", &rows), Some(at(5)));
        assert_eq!(until("12.0.0.1", &rows), None);
    }

    /// Networks that hold 11.1.2.3, and some that do not.
    const NETS: [&str; 6] = ["11.1.2.3/32", "11.1.2.2/31", "11.1.0.0/16", "11.0.0.0/8", "11.1.2.4/32", "2001:db8::/32"];

    proptest! {
        /// What is not refused never closes the console earlier than it would have been, at no hour from now on.
        #[test]
        fn no_sequence_of_steps_that_are_let_through_shuts_anybody_out(
            first in 0..6_usize,
            steps in prop::collection::vec((0..3_usize, 0..6_usize, prop::option::of(1..100_i64), 0..6_usize, 0..4_i64), 1..40),
        ) {
            let (ip, environment) = ("11.1.2.3".parse::<IpAddr>().unwrap(), Allowlist::default());
            let is_open = |rows: &[Network], hour| {
                rows.iter().any(|row| row.net.contains(&ip) && row.expires_at.is_none_or(|end| end > at(hour)))
            };
            let mut rows = vec![network(0, NETS[first], None)];
            let mut now = 0;
            for (n, (kind, net, hours, pick, pass)) in steps.into_iter().enumerate() {
                let mut after = rows.clone();
                let new = network(n + 1, NETS[net], hours.map(|hours| now + hours));
                let pick = pick % after.len().max(1);
                match kind {
                    0 => after.push(new),
                    1 if pick < after.len() => after[pick] = new,
                    _ if pick < after.len() => drop(after.remove(pick)),
                    _ => {}
                }
                let until = |rows: &[Network]| open_until(ip, &environment, rows, at(now));
                if until(&after) >= until(&rows) {
                    for hour in now..now + 120 {
                        prop_assert!(is_open(&after, hour) || !is_open(&rows, hour), "{rows:?} to {after:?}, {hour}");
                    }
                    rows = after;
                }
                now += pass;
            }
        }
    }
}
