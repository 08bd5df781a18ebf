//! Calls to others: payment providers, services that run jobs, and the console itself from the wrapper of a batch.

use std::{io::ErrorKind, net::IpAddr};
use ureq::{config::ConfigBuilder, typestate::AgentScope};

/// Whether a host, as an address names it, is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The scheme of an address, its host without the port, and all that follows the scheme; nothing where it has no host.
pub(crate) fn scheme_and_host(url: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split('/').next().unwrap_or_default();
    let host =
        authority.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(authority, |(host, _)| host);
    (!host.is_empty()).then_some((scheme, host, rest))
}

/// What all calls have in common. Every answer is looked at, also one that says no; a caller that builds an agent from
/// this says how long it may wait.
pub(crate) fn agent() -> ConfigBuilder<AgentScope> {
    ureq::Agent::config_builder()
        .user_agent(concat!("ingam/", env!("CARGO_PKG_VERSION")))
        .http_status_as_error(false)
        // What was signed, or a token that is good, for one address is not sent to another.
        .max_redirects(0)
        // A proxy that some variable of the environment names would see what is sent.
        .proxy(None)
        // Calls are rare, and a connection that died while it was kept would make the next one unclear.
        .max_idle_connections(0)
}

/// What went wrong, in words that hold nothing of what was sent or received.
pub(crate) fn shortly(error: &ureq::Error) -> &'static str {
    match error {
        ureq::Error::Timeout(_) => "timed out",
        ureq::Error::HostNotFound => "the host was not found",
        ureq::Error::Io(error) => match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => "timed out",
            // So rustls hands on what it thinks of the other side.
            ErrorKind::InvalidData => "no secure connection",
            ErrorKind::ConnectionRefused => "the connection was refused",
            _ => "the connection failed",
        },
        ureq::Error::ConnectionFailed => "the connection failed",
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => "no secure connection",
        ureq::Error::BodyExceedsLimit(_) | ureq::Error::LargeResponseHeader(..) => "the answer is too large",
        _ => "no readable HTTP answer",
    }
}
