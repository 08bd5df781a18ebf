//! What an incident is called, how bad it is, and what customers notice.

use super::{INCIDENT_SAME, WORKS, at_field, record, severity::Grade, show::IncidentView, target, text, timeline};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    id::IncidentId,
    sql,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// Alters what is said of an incident.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EditIncident {
    pub incident: IncidentId,
    pub title: String,
    pub severity: Grade,
    pub impact: String,
}

impl Change for EditIncident {
    const KIND: &'static str = "incidents.edit";
    const ADMITS: Admits = Admits::sealed(WORKS);
    type Output = ();

    fn target(&self) -> Target {
        target(self.incident)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        record::version(tx, self.incident).await
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        text::title("title", &self.title)?;
        text::long_or_none("impact", &self.impact)?;
        let incident = record::lock(tx, self.incident).await?;
        let now = (&incident.title, incident.severity, &incident.impact);
        if now == (&self.title, self.severity, &self.impact) {
            return Err(Fault::invalid("title", INCIDENT_SAME));
        }
        Ok(())
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.check(tx).await?;
        let incident = record::lock(tx, self.incident).await?;
        tx.query(sql!(
            "update incidents set title = $2, severity = $3, impact = $4, changed = changed + 1 where id = $1"
        ))
        .bind(self.incident)
        .bind(self.title.as_str())
        .bind(self.severity.as_str())
        .bind(self.impact.as_str())
        .run()
        .await?;
        let mut said = Vec::new();
        if incident.title != self.title {
            tx.note("incident_title", incident.title, self.title.as_str());
            said.push(self.title.clone());
        }
        if incident.severity != self.severity {
            tx.note("incident_severity", incident.severity.as_str(), self.severity.as_str());
            said.push(self.severity.as_str().to_uppercase());
        }
        if incident.impact != self.impact {
            tx.note("incident_impact", incident.impact, self.impact.as_str());
            said.push(self.impact.clone());
        }
        timeline::append(tx, self.incident, "edited", &said.join(" · ")).await?;
        Ok(())
    }
}

/// The form, as it was typed.
pub(crate) struct EditPanel {
    pub(crate) title: String,
    pub(crate) severity: String,
    pub(crate) impact: String,
}

impl Panel for EditPanel {
    type On = IncidentView;
    type Part = ();
    type Asks = EditIncident;
    const NAME: &'static str = "edit";
    const ROUTE: &'static str = "/incidents/{id}/description";
    const FIELDS: &'static [&'static str] = &["title", "severity", "impact"];
    const CLOSED: &'static str = "incident";

    fn button(desk: &Desk, _: &IncidentView) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "info", label: desk.words().get("incident.edit").to_owned() })
    }

    async fn open(_: &Desk, on: &IncidentView, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(Opened::Form(Self {
            title: opening.typed("title", &on.incident.title),
            severity: opening.typed("severity", on.incident.severity.as_str()),
            impact: opening.typed("impact", &on.incident.impact),
        }))
    }

    async fn read(_: &Desk, on: &IncidentView, (): &(), form: &Form) -> Result<EditIncident, Unread> {
        let mut errors = FieldErrors::new();
        let severity = Grade::parse(form.trimmed("severity"));
        if severity.is_none() {
            errors.add("severity", wrong::not_a_choice());
        }
        let title = at_field(text::title("title", &text::typed(form.get("title"))), &mut errors);
        let impact = at_field(text::long_or_none("impact", &text::typed(form.get("impact"))), &mut errors);
        match (title, severity, impact) {
            (Some(title), Some(severity), Some(impact)) => {
                Ok(EditIncident { incident: on.incident.id, title, severity, impact })
            }
            _ => Err(errors.into()),
        }
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        EditForm { shell, panel: self, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "incidents/edit.html")]
struct EditForm<'a> {
    shell: &'a Shell,
    panel: &'a EditPanel,
    seal: &'a SealForm,
}
