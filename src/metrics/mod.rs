//! What Prometheus and such read at `/metrics`, in the text format and in OpenMetrics. [docs/metrics.md](../../../docs/metrics.md) lists
//! every name.
//!
//! Three sources: requests, which each process counts for itself ([`Traffic`]); the database, asked at most once in five seconds
//! for all who ask ([`figures`]); and `/proc`. Where the database does not answer, its figures are left out, since a zero
//! would say that all is well.

mod exposition;
mod families;
mod figures;
mod log;
pub(crate) mod page;
mod process;
mod skipped;

pub use crate::web::bearer::Token;

use crate::{
    clock::Clock,
    gate::Gate,
    profile::Profile,
    store::{Engine, Reader},
    web::{session::Limits, traffic::Traffic},
};
use exposition::{Exposition, Form};
use figures::Cached;
use std::{net::SocketAddr, sync::Arc};

/// Where metrics can be read, and what has to be shown for it.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// A listener that serves them and nothing else.
    pub listen: Option<SocketAddr>,
    /// Who shows it reads them where people's pages are, too. With it, the listener above asks for it as well.
    pub token: Option<Token>,
}

impl Access {
    pub fn is_open(&self) -> bool {
        self.listen.is_some() || self.token.is_some()
    }
}

/// What is measured, and who may read it.
#[derive(Debug)]
pub struct Metrics {
    token: Option<Token>,
    traffic: Arc<Traffic>,
    figures: Cached,
    reader: Reader,
    gate: Gate,
    profile: Profile,
    engine: Engine,
}

/// What metrics are made of.
pub(crate) struct Sources {
    pub(crate) token: Option<Token>,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) reader: Reader,
    pub(crate) gate: Gate,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    pub(crate) profile: Profile,
    pub(crate) engine: Engine,
}

impl Metrics {
    pub(crate) fn new(sources: Sources) -> Self {
        let Sources { token, traffic, reader, gate, clock, limits, profile, engine } = sources;
        let figures = Cached::new(reader.clone(), clock, limits);
        Self { token, traffic, figures, reader, gate, profile, engine }
    }

    /// Everything there is now, in this form.
    async fn write(&self, form: Form) -> Result<String, std::fmt::Error> {
        let figures = self.figures.figures().await;
        form.write(Exposition {
            traffic: Arc::clone(&self.traffic),
            kinds: self.gate.catalog().kinds,
            now: self.gate.clock().now(),
            pools: [("reader", self.reader.pool()), ("writer", self.gate.pool())],
            profile: self.profile,
            engine: self.engine,
            figures,
        })
    }
}
