//! Opening an incident, from an alert or by hand. It alters no business data and is done on a phone at night, so it costs no code.

use super::{
    INCIDENT_ALERT, INCIDENTS_OPENED, WORKS, at_field, list::Incidents, record, severity::Grade, target, text, timeline,
};
use crate::{
    alerts::record as alerts,
    gate::{Admits, Change, Fault, Target, Tx},
    id::{AlertId, IncidentId},
    notify::Severity,
    sql,
    web::{
        Desk, PageError, PageResult,
        form::Form,
        panel::{Button, Made, Opened, Opening, Panel, Query, Unread, View},
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// Opens an incident.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpenIncident {
    /// The alert that it is opened from.
    pub alert: Option<AlertId>,
    pub title: String,
    pub severity: Grade,
    /// What customers notice; may be empty.
    pub impact: String,
}

impl Change for OpenIncident {
    const KIND: &'static str = "incidents.open";
    const ADMITS: Admits = Admits::noted(WORKS);
    type Output = IncidentId;

    /// It has no number yet: what it was opened from, or that it is new.
    fn target(&self) -> Target {
        match self.alert {
            Some(alert) => crate::alerts::target(alert),
            None => Target::new("incident", "new"),
        }
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        text::title("title", &self.title)?;
        text::long_or_none("impact", &self.impact)?;
        let Some(alert) = self.alert else { return Ok(()) };
        alerts::lock(tx, alert).await?.ok_or_else(|| Fault::invalid("title", INCIDENT_ALERT))?;
        record::refuse_second(tx, alert).await
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<IncidentId, Fault> {
        self.check(tx).await?;
        let (now, by, staff) = (tx.now(), tx.by().to_owned(), tx.staff().unwrap_or_default());
        let (id,): (IncidentId,) = tx
            .query(sql!(
                "insert into incidents (title, severity, step, opened_at, opened_by, opened_name, alert, impact)
                 values ($1, $2, 'detected', $3, $4, $5, $6, $7) returning id"
            ))
            .bind(self.title.as_str())
            .bind(self.severity.as_str())
            .bind(now)
            .bind(staff)
            .bind(by)
            .bind(self.alert)
            .bind(self.impact.as_str())
            .one()
            .await?;
        let reason = tx.reason().to_owned();
        timeline::append(tx, id, "opened", &reason).await?;
        tx.note("incident_number", None::<i64>, id);
        tx.note("incident_title", None::<&str>, self.title.as_str());
        tx.note("incident_severity", None::<&str>, self.severity.as_str());
        tx.emit(
            INCIDENTS_OPENED,
            serde_json::json!({ "incident": id, "severity": self.severity, "alert": self.alert }),
        );
        Ok(id)
    }
}

/// The form, as it was typed.
pub(crate) struct OpenPanel {
    /// The number of the alert; empty where it is opened by hand.
    pub(crate) alert: String,
    pub(crate) title: String,
    pub(crate) severity: String,
    pub(crate) impact: String,
}

impl Panel for OpenPanel {
    type On = Incidents;
    type Part = ();
    type Asks = OpenIncident;
    const NAME: &'static str = "open";
    const ROUTE: &'static str = "/incidents";
    const FIELDS: &'static [&'static str] = &["alert", "title", "severity", "impact"];
    /// No rule holds it up: it has no code.
    const KIND: &'static str = "";
    const CLOSED: &'static str = "incident";

    fn button(desk: &Desk, _: &Incidents) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "plus", label: desk.words().get("incident.open").to_owned() })
    }

    async fn open(desk: &Desk, _: &Incidents, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let query = Query::of(desk);
        let alert = match query.number::<AlertId>("alert") {
            Some(id) => alerts::find(&mut desk.reader(), id).await?,
            None => None,
        };
        let (id, title, severity) = alert.map_or((String::new(), String::new(), ""), |alert| {
            let severity = if alert.severity == Severity::Critical { Grade::Sev2 } else { Grade::Sev3 };
            let kind = desk.words().name("alert-kind", alert.kind.as_str());
            (alert.id.to_string(), format!("{kind}: {}", alert.title), severity.as_str())
        });
        let title: String = title.chars().take(text::TITLE).collect();
        Ok(Opened::Form(Self {
            // What is no number is nothing that the page could show.
            alert: Some(opening.typed("alert", &id)).filter(|id| id.parse::<AlertId>().is_ok()).unwrap_or_default(),
            title: opening.typed("title", &title),
            severity: opening.typed("severity", severity),
            impact: opening.typed("impact", ""),
        }))
    }

    async fn read(_: &Desk, _: &Incidents, (): &(), form: &Form) -> Result<OpenIncident, Unread> {
        let mut errors = FieldErrors::new();
        let alert = match form.get("alert") {
            "" => None,
            typed => {
                let id = typed.parse().ok();
                if id.is_none() {
                    errors.add("title", wrong::refused(INCIDENT_ALERT));
                }
                id
            }
        };
        let severity = Grade::parse(form.trimmed("severity"));
        if severity.is_none() {
            errors.add("severity", wrong::not_a_choice());
        }
        let title = at_field(text::title("title", &text::typed(form.get("title"))), &mut errors);
        let impact = at_field(text::long_or_none("impact", &text::typed(form.get("impact"))), &mut errors);
        match (title, severity, impact) {
            (Some(title), Some(severity), Some(impact)) if errors.is_empty() => {
                Ok(OpenIncident { alert, title, severity, impact })
            }
            _ => Err(errors.into()),
        }
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        OpenForm { shell, panel: self, seal }.render()
    }

    async fn answer(desk: &Desk, _: &Incidents, made: Made<OpenIncident>) -> PageResult {
        match made.outputs.first() {
            Some(id) => Ok(desk.see_other(&format!("/incidents/{id}?sealed={}", made.seq))),
            None => Ok(desk.see_other("/incidents")),
        }
    }
}

#[derive(Template)]
#[template(path = "incidents/open.html")]
struct OpenForm<'a> {
    shell: &'a Shell,
    panel: &'a OpenPanel,
    seal: &'a SealForm,
}

/// What the row of the log of an opening names.
pub(super) fn number_in(after: &serde_json::Value) -> Option<IncidentId> {
    after.get("incident_number")?.as_str()?.parse().ok()
}

/// Whether the row of the log with these columns is about an incident.
pub(super) fn is_of(id: IncidentId, row: &crate::gate::audit::Entry) -> bool {
    let own = target(id);
    (row.target_kind.as_str(), row.target_id.as_str()) == (own.kind, own.id.as_str())
        || row.action == OpenIncident::KIND && number_in(&row.after) == Some(id)
}
