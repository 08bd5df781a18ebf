//! Deployments: what changed lately at the services whose alerts are here. A pipeline reports one to `POST /deployments/{token}`
//! ([`take`]), a person on the host records one as a sealed change ([`record_change`]). Beside them the page has what else the console
//! saw change: its own configuration ([`configuration`]) and the definitions of jobs.

pub(crate) mod configuration;
pub(crate) mod list;
pub(crate) mod record;
pub(crate) mod record_change;
pub(crate) mod report;
pub(crate) mod take;

use crate::{gate::Target, web::bearer::Token};
use std::sync::Arc;

crate::gate::refusal_words! {
    /// This deployment is recorded already.
    pub(crate) DEPLOYMENT_KNOWN = "deployment-known";
    /// A value is too long, in the future, or none.
    pub(crate) DEPLOYMENT_UNFIT = "deployment-unfit";
}

/// `[[deployment]]`: who may report deployments of a service.
#[derive(Clone, Debug)]
pub(crate) struct Deployer {
    pub service: String,
    pub token: Token,
}

/// All that are declared.
#[derive(Clone, Debug, Default)]
pub struct Deployers(Arc<Vec<Deployer>>);

impl Deployers {
    pub(crate) fn new(deployers: Vec<Deployer>) -> Self {
        Self(Arc::new(deployers))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Deployer> {
        self.0.iter()
    }
}

/// A deployment is named by its service: a row of the log is then read without looking anything up.
fn target(service: &str) -> Target {
    Target::new("deployment", service)
}
