//! Topics that the console reads: reports of batches that run elsewhere.
//!
//! Where a partition is, is a row ([`place`]) that moves in the transaction of what the record did ([`take`]), so a process that dies
//! anywhere takes each record once. Two processes share the partitions by a lease on that row. What cannot be taken is set aside
//! ([`reject`]) and shown with how far each partition is ([`list`]); one that does not move is an alert. Where a place is not there any
//! more, a person on the host sets another one ([`set_place`]).

pub(crate) mod list;
pub(crate) mod place;
pub(crate) mod reject;
pub(crate) mod set_place;
pub(crate) mod take;

use crate::kafka::{Cluster, Topic};
use std::sync::Arc;

/// `[[consume]]`: a topic whose records are reports.
#[derive(Clone, Debug)]
pub(crate) struct Consumed {
    pub cluster: Arc<Cluster>,
    pub topic: Topic,
    /// The jobs that may be reported there: who can write to the topic can report them, so each is named.
    pub jobs: Vec<String>,
}

/// All topics that are read.
#[derive(Clone, Debug, Default)]
pub struct Consumers(Arc<Vec<Consumed>>);

impl Consumers {
    pub(crate) fn new(topics: Vec<Consumed>) -> Self {
        Self(Arc::new(topics))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Consumed> {
        self.0.iter()
    }
}
