//! A cluster: where it is, and the login it is used with.

use std::fmt;

/// Where a cluster is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Cluster {
    /// `kafka-1.example.com:9093`
    pub brokers: Vec<String>,
    pub is_encrypted: bool,
    /// The file with the certificates that are trusted in place of the public ones.
    pub authorities: Option<String>,
    pub login: Option<Login>,
}

/// The login it is used with.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Login {
    pub name: String,
    pub password: String,
    pub mechanism: Mechanism,
}

/// How the password is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism {
    Plain,
    ScramSha256,
    ScramSha512,
}

impl Mechanism {
    /// As in `mechanism =`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "plain" => Ok(Self::Plain),
            "scram-sha-256" => Ok(Self::ScramSha256),
            "scram-sha-512" => Ok(Self::ScramSha512),
            _ => Err("mechanism must be \"scram-sha-512\", \"scram-sha-256\" or \"plain\"".to_owned()),
        }
    }
}

impl Cluster {
    /// The first broker without its port, for people.
    pub(crate) fn host(&self) -> &str {
        let first = self.brokers.first().map_or("", String::as_str);
        host_of(first)
    }

    /// Whether every broker is on this machine.
    pub(crate) fn is_here(&self) -> bool {
        self.brokers.iter().all(|broker| crate::outgoing::is_loopback(host_of(broker)))
    }
}

fn host_of(broker: &str) -> &str {
    broker.rsplit_once(':').map_or(broker, |(host, _)| host)
}

/// The login is secret.
impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cluster({})", self.brokers.join(", "))
    }
}
