//! Who leads: taken with one tap at night, so it costs no code. With it, the first response has begun.

use super::{
    INCIDENT_LEADS, INCIDENT_STEP, INCIDENTS_ADVANCED, WORKS, record, show::IncidentView, step::Step, target, timeline,
    worker_at,
};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    id::{IncidentId, StaffId},
    sql,
    staff::colleague::Colleague,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        shell::{Shell, field::FieldErrors, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// Names the person who leads. The first one makes the incident pass to its first response.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LeadIncident {
    pub incident: IncidentId,
    pub lead: StaffId,
}

impl Change for LeadIncident {
    const KIND: &'static str = "incidents.lead";
    const ADMITS: Admits = Admits::noted(WORKS);
    type Output = ();

    fn target(&self) -> Target {
        target(self.incident)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        record::version(tx, self.incident).await
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let incident = record::lock(tx, self.incident).await?;
        if !incident.is_open() {
            return Err(Fault::conflict(INCIDENT_STEP));
        }
        if incident.lead == Some(self.lead) {
            return Err(Fault::conflict(INCIDENT_LEADS));
        }
        record::worker(tx, self.lead, "lead").await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.check(tx).await?;
        let incident = record::lock(tx, self.incident).await?;
        let person = record::worker(tx, self.lead, "lead").await?;
        let begins = incident.step == Step::Detected;
        let step = if begins { Step::Responding } else { incident.step };
        tx.query(sql!("update incidents set lead = $2, step = $3, changed = changed + 1 where id = $1"))
            .bind(self.incident)
            .bind(self.lead)
            .bind(step.as_str())
            .run()
            .await?;
        timeline::append(tx, self.incident, if begins { "responding" } else { "lead" }, &person.name).await?;
        tx.note("incident_lead", incident.lead_name, person.name);
        if begins {
            tx.note("incident_step", incident.step.as_str(), step.as_str());
            tx.emit(INCIDENTS_ADVANCED, serde_json::json!({ "incident": self.incident, "step": step.as_str() }));
        }
        Ok(())
    }
}

/// The form.
pub(crate) struct LeadPanel {
    pub(crate) workers: Vec<Colleague>,
    /// As it was chosen.
    pub(crate) lead: String,
}

impl Panel for LeadPanel {
    type On = IncidentView;
    type Part = ();
    type Asks = LeadIncident;
    const NAME: &'static str = "lead";
    const ROUTE: &'static str = "/incidents/{id}/lead";
    const FIELDS: &'static [&'static str] = &["lead"];
    const KIND: &'static str = "";
    const CLOSED: &'static str = "incident";

    fn is_default(desk: &Desk, on: &IncidentView) -> bool {
        Self::may(desk, on) && on.incident.step == Step::Detected
    }

    fn button(desk: &Desk, on: &IncidentView) -> Option<Button> {
        let key = if on.incident.lead.is_some() { "incident.lead-other" } else { "incident.lead-take" };
        let button = || Button { name: Self::NAME, icon: "eye", label: desk.words().get(key).to_owned() };
        on.incident.is_open().then(button)
    }

    async fn open(desk: &Desk, on: &IncidentView, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        if opening.form().is_none() && !on.incident.is_open() {
            return Ok(Opened::Closed(desk.words().get("refused-state.incident-step").to_owned()));
        }
        let me = desk.person().id.to_string();
        let workers = record::workers(&mut desk.reader()).await?;
        Ok(Opened::Form(Self { workers, lead: opening.typed("lead", &me) }))
    }

    async fn read(desk: &Desk, on: &IncidentView, (): &(), form: &Form) -> Result<LeadIncident, Unread> {
        let mut errors = FieldErrors::new();
        match worker_at(desk, form.trimmed("lead"), "lead", &mut errors).await? {
            Some(worker) => Ok(LeadIncident { incident: on.incident.id, lead: worker.id }),
            None => Err(errors.into()),
        }
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        LeadForm { shell, panel: self, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "incidents/lead.html")]
struct LeadForm<'a> {
    shell: &'a Shell,
    panel: &'a LeadPanel,
    seal: &'a SealForm,
}
