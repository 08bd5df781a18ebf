//! Recording a deployment on the host, where no pipeline reports.

use super::{
    DEPLOYMENT_KNOWN, DEPLOYMENT_UNFIT,
    record::{Source, keep},
    report::Report,
    target,
};
use crate::gate::{Admits, Change, Fault, Target, Tx};
use serde::{Deserialize, Serialize};

/// Records a deployment in the name of the host.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RecordDeployment {
    #[serde(flatten)]
    pub report: Report,
}

impl Change for RecordDeployment {
    const KIND: &'static str = "deployments.record";
    const ADMITS: Admits = Admits::host_only();
    type Output = ();

    fn target(&self) -> Target {
        target(&self.report.service)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let checked = self.report.clone().checked(tx.now());
        checked.map(drop).map_err(|_| Fault::conflict(DEPLOYMENT_UNFIT))
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.check(tx).await?;
        if !keep(tx, &self.report, Source::Host).await? {
            return Err(Fault::conflict(DEPLOYMENT_KNOWN));
        }
        tx.note("service", None::<&str>, self.report.service.as_str());
        tx.note("version", None::<&str>, self.report.version.as_str());
        let now = tx.now().to_string();
        tx.note("deployed_at", None::<&str>, if self.report.at.is_empty() { now } else { self.report.at.clone() });
        Ok(())
    }
}
