//! In place of the client where the program was built without it. No channel of the kind is taken then, so none of this is called.

use super::{Cluster, Failure, Fetched, Outgoing, Topic};
use std::{sync::Arc, time::Duration};

/// Whether the program has a client.
pub(crate) const IS_BUILT_IN: bool = false;

/// A client that can do nothing.
#[derive(Debug)]
pub(crate) struct Client;

impl Client {
    pub(crate) fn new(_: Arc<Cluster>) -> Self {
        Self
    }

    pub(crate) async fn publish(&self, _: &Topic, records: &[Outgoing]) -> Vec<Result<(), Failure>> {
        records.iter().map(|_| Err(missing())).collect()
    }

    pub(crate) async fn partitions(&self, _: &Topic) -> Result<Vec<i32>, Failure> {
        Err(missing())
    }

    pub(crate) async fn bounds(&self, _: &Topic, _: i32) -> Result<(i64, i64), Failure> {
        Err(missing())
    }

    pub(crate) async fn fetch(&self, _: &Topic, _: i32, _: Option<i64>, _: Duration) -> Result<Fetched, Failure> {
        Err(missing())
    }

    pub(crate) async fn close(&self) {}
}

fn missing() -> Failure {
    Failure::misconfigured("this program was built without Kafka")
}
