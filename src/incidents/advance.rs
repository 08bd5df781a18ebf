//! Passing to the next step: the cause is known, it is right again, nothing is left to do here.

use super::{
    INCIDENTS_ADVANCED, WORKS, at_field,
    record::{self, Incident},
    show::IncidentView,
    step::{Known, Passed, Passing, Step},
    target, text, timeline,
};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    id::IncidentId,
    sql,
    store::Queries,
    web::{
        Desk, PageError,
        form::Form,
        local_time,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        shell::{Shell, field::FieldErrors, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// Makes an incident pass to its next step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AdvanceIncident {
    pub incident: IncidentId,
    pub passing: Passing,
}

impl Change for AdvanceIncident {
    const KIND: &'static str = "incidents.advance";
    const ADMITS: Admits = Admits::sealed(WORKS);
    type Output = ();

    fn target(&self) -> Target {
        target(self.incident)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        record::version(tx, self.incident).await
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.passed(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (incident, passed) = self.passed(tx).await?;
        let to = self.passing.to();
        let Passed { cause, remedy, recovered_at, closed_at, no_actions } = &passed;
        tx.query(sql!(
            "update incidents set step = $2, cause = $3, remedy = $4, recovered_at = $5, closed_at = $6, no_actions = $7,
                    changed = changed + 1
              where id = $1"
        ))
        .bind(self.incident)
        .bind(to.as_str())
        .bind(cause.clone().or(incident.cause.clone()))
        .bind(remedy.clone().or(incident.remedy.clone()))
        .bind(recovered_at.or(incident.recovered_at))
        .bind(*closed_at)
        .bind(no_actions.clone())
        .run()
        .await?;
        let said = cause.as_ref().or(remedy.as_ref()).or(no_actions.as_ref());
        let said = said.map_or_else(|| tx.reason().to_owned(), Clone::clone);
        timeline::append(tx, self.incident, to.as_str(), &said).await?;
        tx.note("incident_step", incident.step.as_str(), to.as_str());
        for (field, before, after) in
            [("incident_cause", incident.cause, cause), ("incident_remedy", incident.remedy, remedy)]
        {
            if let Some(after) = after {
                tx.note(field, before, after.as_str());
            }
        }
        if let Some(at) = recovered_at {
            tx.note("recovered_at", incident.recovered_at.map(|at| at.to_string()), at.to_string());
        }
        if let Some(why) = no_actions {
            tx.note("no_actions", None::<&str>, why.as_str());
        }
        tx.emit(INCIDENTS_ADVANCED, serde_json::json!({ "incident": self.incident, "step": to.as_str() }));
        Ok(())
    }
}

impl AdvanceIncident {
    async fn passed(&self, tx: &mut Tx<'_>) -> Result<(Incident, Passed), Fault> {
        let incident = record::lock(tx, self.incident).await?;
        let known = known(tx, &incident).await?;
        let passed = self.passing.pass(&Known { now: tx.now(), ..known })?;
        Ok((incident, passed))
    }
}

/// What passing depends on, at the time at which the incident was opened.
async fn known(db: &mut impl Queries, incident: &Incident) -> sqlx::Result<Known> {
    let actions: Option<(i64,)> = db
        .query(sql!("select id from incident_actions where incident = $1 limit 1"))
        .bind(incident.id)
        .optional()
        .await?;
    Ok(Known {
        step: incident.step,
        opened_at: incident.opened_at,
        now: incident.opened_at,
        has_postmortem: record::postmortem(db, incident.id).await?.is_some(),
        has_actions: actions.is_some(),
    })
}

/// The form, as it was typed. Which fields it has depends on the step.
pub(crate) struct AdvancePanel {
    pub(crate) step: Step,
    pub(crate) cause: String,
    pub(crate) remedy: String,
    /// In the zone of the person.
    pub(crate) recovered_at: String,
    pub(crate) no_actions: String,
    pub(crate) has_actions: bool,
}

/// Why no person can pass to the next step with any input.
fn closed(on: &IncidentView) -> Option<&'static str> {
    match on.incident.step {
        Step::Detected => Some("incident.lead-first"),
        Step::Closed => Some("refused-state.incident-step"),
        Step::Recovered if on.postmortem.is_none() => Some("refused-state.incident-postmortem"),
        _ => None,
    }
}

impl Panel for AdvancePanel {
    type On = IncidentView;
    type Part = ();
    type Asks = AdvanceIncident;
    const NAME: &'static str = "advance";
    const ROUTE: &'static str = "/incidents/{id}/step";
    const FIELDS: &'static [&'static str] = &["to", "cause", "remedy", "recovered_at", "no_actions"];
    const CLOSED: &'static str = "incident";

    fn button(desk: &Desk, on: &IncidentView) -> Option<Button> {
        let next = on.incident.step.next().filter(|next| *next > Step::Responding)?;
        let label = desk.words().name("incident-pass", next.as_str()).to_owned();
        Some(Button { name: Self::NAME, icon: "right", label })
    }

    async fn obstacle(desk: &Desk, on: &IncidentView) -> Result<Option<String>, PageError> {
        Ok(closed(on).map(|key| desk.words().get(key).to_owned()))
    }

    async fn open(desk: &Desk, on: &IncidentView, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        if let Some(key) = closed(on) {
            return Ok(Opened::Closed(desk.words().get(key).to_owned()));
        }
        // A form that comes back after another person passed the step shows the next one.
        Ok(Opened::Form(Self {
            step: on.incident.step,
            cause: opening.typed("cause", on.incident.cause.as_deref().unwrap_or_default()),
            remedy: opening.typed("remedy", on.incident.remedy.as_deref().unwrap_or_default()),
            recovered_at: opening.typed("recovered_at", &local_time::typed(desk.now(), desk.zone())),
            no_actions: opening.typed("no_actions", ""),
            has_actions: !on.actions.is_empty(),
        }))
    }

    async fn read(desk: &Desk, on: &IncidentView, (): &(), form: &Form) -> Result<AdvanceIncident, Unread> {
        let typed = |field: &str| text::typed(form.get(field));
        let passing = match Step::parse(form.get("to")) {
            Some(Step::Recovered) => {
                let at = local_time::read(form.trimmed("recovered_at"), desk.zone());
                Passing::Recovered {
                    remedy: typed("remedy"),
                    recovered_at: at.map(|at| at.to_string()).unwrap_or_default(),
                }
            }
            Some(Step::Closed) => {
                Passing::Closed { no_actions: Some(typed("no_actions")).filter(|why| !why.is_empty()) }
            }
            // A form without a step comes from no page; what is missing is said at its first field.
            _ => Passing::Identified { cause: typed("cause") },
        };
        // Fields are read against the step that the form is for: that it is passed already is the gate's to say.
        let known = Known {
            step: previous(passing.to()),
            opened_at: on.incident.opened_at,
            now: desk.now(),
            has_postmortem: true,
            has_actions: !on.actions.is_empty(),
        };
        let mut errors = FieldErrors::new();
        match at_field(passing.pass(&known), &mut errors) {
            Some(_) => Ok(AdvanceIncident { incident: on.incident.id, passing }),
            None => Err(errors.into()),
        }
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        AdvanceForm { shell, panel: self, seal }.render()
    }
}

/// The step before one.
fn previous(step: Step) -> Step {
    Step::ALL.into_iter().find(|before| before.next() == Some(step)).unwrap_or(Step::Detected)
}

#[derive(Template)]
#[template(path = "incidents/advance.html")]
struct AdvanceForm<'a> {
    shell: &'a Shell,
    panel: &'a AdvancePanel,
    seal: &'a SealForm,
}

impl AdvanceForm<'_> {
    /// The step that is passed to.
    fn to(&self) -> &'static str {
        self.panel.step.next().unwrap_or(Step::Closed).as_str()
    }
}
