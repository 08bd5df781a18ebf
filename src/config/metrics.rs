//! Where metrics can be read.

use super::{Check, LISTEN as PAGES, Settings, from_str};
use crate::metrics::{Access, Token};
use std::net::SocketAddr;

pub(super) const LISTEN: &str = "INGAM_METRICS_LISTEN";
pub(super) const TOKEN: &str = "INGAM_METRICS_TOKEN";

impl Settings {
    pub(super) fn metrics(&self, pages: SocketAddr) -> Result<Access, String> {
        let listen = self.or(LISTEN, None, |text| {
            let listen: SocketAddr = from_str(text)?;
            if listen.port() != 0 && listen.port() == pages.port() && overlaps(listen, pages) {
                return Err(format!(
                    "{listen} is where people's pages are ({PAGES}); take another port, or set {TOKEN} and read /metrics there"
                ));
            }
            Ok(Some(listen))
        })?;
        Ok(Access { listen, token: self.or(TOKEN, None, |text| Token::parse(text).map(Some))? })
    }
}

/// Whether two listeners of one port would meet.
fn overlaps(one: SocketAddr, other: SocketAddr) -> bool {
    one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified()
}

impl Access {
    /// The line of `ingam check`.
    pub(crate) fn check(&self) -> Check {
        let with = if self.token.is_some() { "with the token" } else { "without a token" };
        let verdict = match self.listen {
            None if self.token.is_some() => "/metrics, with the token".to_owned(),
            None => format!("not served: set {TOKEN} or {LISTEN}"),
            Some(listen) if !listen.ip().is_loopback() && self.token.is_none() => format!(
                "warning: on {listen} without a token, to all that reach it; set {TOKEN} too, or listen where only Prometheus comes"
            ),
            Some(listen) => format!("on {listen}, {with}"),
        };
        Check { name: "metrics", verdict: Ok(verdict) }
    }
}
