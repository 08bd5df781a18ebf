//! Going back: an incident that was thought to be over is not. It is an entry in the timeline, as every step is.

use super::{INCIDENT_OPEN, INCIDENTS_ADVANCED, WORKS, record, show::IncidentView, step::Step, target, timeline};
use crate::{
    alerts::record as alerts,
    gate::{Admits, Change, Fault, Target, Tx},
    id::IncidentId,
    sql,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        shell::{Shell, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// Takes an incident that was over back to the first response.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReopenIncident {
    pub incident: IncidentId,
}

impl Change for ReopenIncident {
    const KIND: &'static str = "incidents.reopen";
    const ADMITS: Admits = Admits::sealed(WORKS);
    type Output = ();

    fn target(&self) -> Target {
        target(self.incident)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        record::version(tx, self.incident).await
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let incident = record::lock(tx, self.incident).await?;
        if incident.step < Step::Recovered {
            return Err(Fault::conflict(INCIDENT_OPEN));
        }
        match incident.alert.filter(|_| incident.step == Step::Closed) {
            // Another one may have been opened from its alert since.
            Some(alert) => {
                // So that no other one is opened from it meanwhile.
                alerts::lock(tx, alert).await?;
                record::refuse_second(tx, alert).await
            }
            None => Ok(()),
        }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.check(tx).await?;
        let incident = record::lock(tx, self.incident).await?;
        let reason = tx.reason().to_owned();
        tx.query(sql!(
            "update incidents set step = 'responding', recovered_at = null, closed_at = null, no_actions = null, collects = true,
                    changed = changed + 1
              where id = $1"
        ))
        .bind(self.incident)
        .run()
        .await?;
        timeline::append(tx, self.incident, "reopened", &reason).await?;
        tx.note("incident_step", incident.step.as_str(), Step::Responding.as_str());
        tx.note("recovered_at", incident.recovered_at.map(|at| at.to_string()), None::<&str>);
        tx.emit(
            INCIDENTS_ADVANCED,
            serde_json::json!({ "incident": self.incident, "step": Step::Responding.as_str() }),
        );
        Ok(())
    }
}

/// The form.
pub(crate) struct ReopenPanel;

impl Panel for ReopenPanel {
    type On = IncidentView;
    type Part = ();
    type Asks = ReopenIncident;
    const NAME: &'static str = "reopen";
    const ROUTE: &'static str = "/incidents/{id}/reopening";
    const CLOSED: &'static str = "incident";

    fn button(desk: &Desk, on: &IncidentView) -> Option<Button> {
        let button =
            || Button { name: Self::NAME, icon: "undo", label: desk.words().get("incident.reopen").to_owned() };
        (on.incident.step >= Step::Recovered).then(button)
    }

    async fn open(desk: &Desk, on: &IncidentView, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        if opening.form().is_none() && on.incident.step < Step::Recovered {
            return Ok(Opened::Closed(desk.words().get("refused-state.incident-open").to_owned()));
        }
        Ok(Opened::Form(Self))
    }

    async fn read(_: &Desk, on: &IncidentView, (): &(), _: &Form) -> Result<ReopenIncident, Unread> {
        Ok(ReopenIncident { incident: on.incident.id })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        ReopenForm { shell, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "incidents/reopen.html")]
struct ReopenForm<'a> {
    shell: &'a Shell,
    seal: &'a SealForm,
}
