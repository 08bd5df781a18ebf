//! How many connections are open at once: bounded for one address and in all, so that one that opens them without end leaves
//! room for the others, and the process keeps files for its database.

use crate::allowlist::network_of;
use actix_web::{dev::Extensions, rt::net::TcpStream};
use ipnet::IpNet;
use socket2::SockRef;
use std::{
    any::Any,
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What is kept of the files that a process may have open: for the database, logs and the processes of jobs.
const FILES_OF_ITS_OWN: usize = 256;
/// The last places in all are for addresses that have fewer connections than [`FEW`], such as the one that asks `/healthz`.
const RESERVE: usize = 32;
const FEW: usize = 2;
/// How long a client may take nothing of an answer (`TCP_USER_TIMEOUT`, tcp(7)).
const UNREAD: Duration = Duration::from_secs(30);

/// The number of connections at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub all: usize,
    /// For one IPv4 address or IPv6 /64. A trusted proxy is bounded only by `all`.
    pub each: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { all: 4_096, each: 1_024 }
    }
}

impl Bounds {
    /// The same within the number of files that the process may have open.
    #[must_use]
    pub(crate) fn within(self, files: usize) -> Self {
        let all = self.all.min(files.saturating_sub(FILES_OF_ITS_OWN).max(files / 2)).max(1);
        Self { all, each: self.each.min(all / 2).max(1) }
    }
}

/// Counts the connections that are open.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    bounds: Bounds,
    trusted_proxies: Vec<IpNet>,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    each: HashMap<IpAddr, usize>,
}

/// One open connection; it is counted until this is dropped with it.
#[derive(Debug)]
struct Place {
    network: IpAddr,
    open: Arc<Mutex<Open>>,
}

impl Connections {
    pub(crate) fn new(bounds: Bounds, trusted_proxies: Vec<IpNet>) -> Self {
        Self { bounds, trusted_proxies, open: Arc::default() }
    }

    /// Called for each new connection, before anything is read from it. What is over the bounds is told so and closed.
    pub(crate) fn begin(&self, connection: &dyn Any, data: &mut Extensions) {
        let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
        let socket = SockRef::from(stream);
        let place = stream.peer_addr().ok().and_then(|peer| self.take(peer.ip()));
        if let Some(place) = place {
            data.insert(place);
            if let Err(error) = socket.set_tcp_user_timeout(Some(UNREAD)) {
                tracing::debug!(%error, "a connection has no time limit for what its client does not read");
            }
            return;
        }
        tracing::warn!("a connection was closed: too many are open");
        // It is new, so its buffer has room; a client that is gone already needs no answer.
        socket.send(BUSY).ok();
        socket.shutdown(std::net::Shutdown::Both).ok();
    }

    fn take(&self, ip: IpAddr) -> Option<Place> {
        let network = network_of(ip);
        let is_proxy = self.trusted_proxies.iter().any(|net| net.contains(&ip.to_canonical()));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.each.get(&network).copied().unwrap_or_default();
        let left = self.bounds.all.saturating_sub(open.all);
        if left == 0
            || (!is_proxy && own >= self.bounds.each)
            || (left <= RESERVE.min(self.bounds.all / 4) && own >= FEW)
        {
            return None;
        }
        open.all += 1;
        *open.each.entry(network).or_default() += 1;
        Some(Place { network, open: Arc::clone(&self.open) })
    }
}

const BUSY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        if let Some(own) = open.each.get_mut(&self.network) {
            *own -= 1;
            if *own == 0 {
                open.each.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_has_its_bound_and_leaves_room_for_others() {
        let connections = Connections::new(Bounds { all: 100, each: 40 }, vec!["10.0.0.2/32".parse().unwrap()]);
        let take = |address: &str| connections.take(ip(address));
        let mut held: Vec<_> = (0..40).map_while(|_| take("192.0.2.1")).collect();
        assert_eq!((held.len(), take("192.0.2.1").is_none()), (40, true));
        held.extend((0..40).map_while(|_| take("10.0.0.2")));
        // The last quarter is for those with few.
        assert!(take("10.0.0.2").is_none() && take("192.0.2.1").is_none());
        held.extend(take("127.0.0.1"));
        held.extend(take("127.0.0.1"));
        assert_eq!((held.len(), take("127.0.0.1").is_none()), (77, true));
        held.clear();
        assert_eq!(connections.open.lock().unwrap().each.len(), 0);
        assert!(take("192.0.2.1").is_some());
    }

    #[test]
    fn the_addresses_of_one_ipv6_network_count_together() {
        let connections = Connections::new(Bounds { all: 100, each: 3 }, Vec::new());
        let held: Vec<_> = (1..10).map_while(|n| connections.take(ip(&format!("2001:db8::{n}")))).collect();
        assert_eq!(held.len(), 3);
        assert!(connections.take(ip("2001:db8:0:1::1")).is_some());
    }

    #[test]
    fn the_bounds_fit_into_the_files_that_may_be_open() {
        let usual = Bounds::default();
        assert_eq!(usual.within(65_536), usual);
        assert_eq!(usual.within(1_024), Bounds { all: 768, each: 384 });
        assert_eq!(usual.within(100), Bounds { all: 50, each: 25 });
    }
}
