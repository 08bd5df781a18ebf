//! Kafka: a cluster, the names that an environment may use on it, and a client with a small face.
//!
//! No consumer group is joined: which record comes next is a row of the console's own database, written in the transaction of what the
//! record did. So there is no name of a group that a second console could share by mistake.

#[cfg(feature = "kafka")]
mod client;
#[cfg(not(feature = "kafka"))]
#[path = "without.rs"]
mod client;
mod cluster;
mod topic;

pub(crate) use client::{Client, IS_BUILT_IN};
pub(crate) use cluster::{Cluster, Login, Mechanism};
pub(crate) use topic::Topic;

/// A record to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    /// Records with one key are in one partition, and stay in order.
    pub key: String,
    /// By which readers know one that comes twice.
    pub id: String,
    pub value: String,
}

/// The name of the header that bears [`Outgoing::id`].
#[cfg(feature = "kafka")]
const ID: &str = "ingam-id";

/// A record as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Incoming {
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
}

/// What reading a partition gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fetched {
    pub records: Vec<Incoming>,
    /// Where reading began.
    pub from: i64,
    /// From where it is read next: also behind what is no record, such as the marks of transactions.
    pub next: i64,
    /// Behind the last record, where that is known.
    pub end: Option<i64>,
}

/// Why something could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub kind: FailureKind,
    /// What happened, without what was sent.
    pub why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "kafka"), expect(dead_code, reason = "without a client nothing else happens"))]
pub(crate) enum FailureKind {
    /// The cluster does not answer, or not now.
    Later,
    /// The topic is not there, or the login may not use it: a person can mend that.
    Misconfigured,
    /// This record will not be taken, ever.
    Refused,
    /// The place to read from is not in the partition: its first record has this offset.
    Gone { first: i64, end: i64 },
}

impl Failure {
    #[cfg(feature = "kafka")]
    fn later(why: impl Into<String>) -> Self {
        Self { kind: FailureKind::Later, why: why.into() }
    }

    fn misconfigured(why: impl Into<String>) -> Self {
        Self { kind: FailureKind::Misconfigured, why: why.into() }
    }
}
