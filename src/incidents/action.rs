//! What is to be done so that it does not happen again: who does it, and until when.

use super::{
    INCIDENT_ACTION, INCIDENT_ACTION_DONE, INCIDENT_DUE, WORKS, at_field,
    record::{self, Action},
    show::IncidentView,
    target, text, timeline, worker_at,
};
use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Target, Tx},
    id::{ActionId, IncidentId, StaffId},
    sql,
    staff::colleague::Colleague,
    web::{
        Desk, PageError,
        form::Form,
        format,
        panel::{Button, Opened, Opening, Panel, RowPart, Unread, View},
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use askama::Template;
use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

/// How far ahead an action can be due.
const FARTHEST: TimeDelta = TimeDelta::days(731);
/// When the form says it is due, where nothing else is typed.
const USUAL: TimeDelta = TimeDelta::days(14);

/// Adds an action.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AddAction {
    pub incident: IncidentId,
    pub text: String,
    pub owner: StaffId,
    /// `2026-11-20`
    pub due: String,
}

impl Change for AddAction {
    const KIND: &'static str = "incidents.add-action";
    const ADMITS: Admits = Admits::sealed(WORKS);
    const CREATED_IDS: &'static [&'static str] = &["action_number"];
    type Output = ActionId;

    fn target(&self) -> Target {
        target(self.incident)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        text::short("text", &self.text)?;
        due(&self.due, tx.now())?;
        record::lock(tx, self.incident).await?;
        record::worker(tx, self.owner, "owner").await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<ActionId, Fault> {
        self.check(tx).await?;
        let owner = record::worker(tx, self.owner, "owner").await?;
        let (id,): (ActionId,) = tx
            .query(sql!(
                "insert into incident_actions (incident, text, owner, due) values ($1, $2, $3, $4) returning id"
            ))
            .bind(self.incident)
            .bind(self.text.as_str())
            .bind(self.owner)
            .bind(self.due.as_str())
            .one()
            .await?;
        let said = format!("{} · {} · {}", self.text, owner.name, self.due);
        timeline::append(tx, self.incident, "action-added", &said).await?;
        tx.note("action_number", None::<i64>, id);
        tx.note("action", None::<&str>, self.text.as_str());
        tx.note("action_owner", None::<&str>, owner.name);
        tx.note("action_due", None::<&str>, self.due.as_str());
        Ok(id)
    }
}

/// A day on which something can be due: none that is over in every zone, and none that is too far away.
fn due(typed: &str, now: Instant) -> Result<(), Fault> {
    let day = NaiveDate::parse_from_str(typed, "%Y-%m-%d").ok().filter(|_| typed.len() == "2026-11-20".len());
    let (first, last) = (now.minus(TimeDelta::days(1)).utc().date_naive(), now.plus(FARTHEST).utc().date_naive());
    let is_possible = day.is_some_and(|day| (first..=last).contains(&day));
    if is_possible { Ok(()) } else { Err(Fault::invalid("due", INCIDENT_DUE)) }
}

/// Says that an action is done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FinishAction {
    pub incident: IncidentId,
    pub action: ActionId,
}

impl Change for FinishAction {
    const KIND: &'static str = "incidents.finish-action";
    const ADMITS: Admits = Admits::sealed(WORKS);
    type Output = ();

    fn target(&self) -> Target {
        target(self.incident)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.unfinished(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let action = self.unfinished(tx).await?;
        let now = tx.now();
        tx.query(sql!("update incident_actions set done_at = $2 where id = $1 and done_at is null"))
            .bind(self.action)
            .bind(now)
            .run()
            .await?;
        timeline::append(tx, self.incident, "action-done", &action.text).await?;
        tx.note("action", None::<&str>, action.text);
        tx.note("action_done", false, true);
        Ok(())
    }
}

impl FinishAction {
    async fn unfinished(&self, tx: &mut Tx<'_>) -> Result<Action, Fault> {
        // The incident is locked, and its actions with it.
        record::lock(tx, self.incident).await?;
        let action = record::action(tx, self.action).await?.filter(|action| action.incident == self.incident);
        match action.ok_or_else(|| Fault::missing(INCIDENT_ACTION))? {
            action if action.done_at.is_none() => Ok(action),
            _ => Err(Fault::conflict(INCIDENT_ACTION_DONE)),
        }
    }
}

/// The form that adds one, as it was typed.
pub(crate) struct AddPanel {
    pub(crate) workers: Vec<Colleague>,
    pub(crate) text: String,
    pub(crate) owner: String,
    pub(crate) due: String,
}

impl Panel for AddPanel {
    type On = IncidentView;
    type Part = ();
    type Asks = AddAction;
    const NAME: &'static str = "action";
    const ROUTE: &'static str = "/incidents/{id}/actions";
    const FIELDS: &'static [&'static str] = &["text", "owner", "due"];
    const CLOSED: &'static str = "incident";

    fn button(desk: &Desk, _: &IncidentView) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "plus", label: desk.words().get("incident.add-action").to_owned() })
    }

    fn version(_: &IncidentView, (): &()) -> Option<i64> {
        None
    }

    async fn open(desk: &Desk, _: &IncidentView, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let usual = format::day(desk.now().plus(USUAL), desk.zone());
        let me = desk.person().id.to_string();
        Ok(Opened::Form(Self {
            workers: record::workers(&mut desk.reader()).await?,
            text: opening.typed("text", ""),
            owner: opening.typed("owner", &me),
            due: opening.typed("due", &usual),
        }))
    }

    async fn read(desk: &Desk, on: &IncidentView, (): &(), form: &Form) -> Result<AddAction, Unread> {
        let mut errors = FieldErrors::new();
        let said = at_field(text::short("text", &text::typed(form.get("text"))), &mut errors);
        let day = form.trimmed("due").to_owned();
        let today = format::day(desk.now(), desk.zone());
        let day = at_field(due(&day, desk.now()).map(|()| day), &mut errors).filter(|day| *day >= today);
        if day.is_none() {
            errors.add("due", wrong::refused(INCIDENT_DUE));
        }
        let owner = worker_at(desk, form.trimmed("owner"), "owner", &mut errors).await?;
        match (said, owner, day) {
            (Some(text), Some(owner), Some(due)) => {
                Ok(AddAction { incident: on.incident.id, text, owner: owner.id, due })
            }
            _ => Err(errors.into()),
        }
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        AddForm { shell, panel: self, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "incidents/action.html")]
struct AddForm<'a> {
    shell: &'a Shell,
    panel: &'a AddPanel,
    seal: &'a SealForm,
}

impl RowPart for ActionId {}

/// The form that says that one is done.
pub(crate) struct FinishPanel(pub(crate) Action);

impl Panel for FinishPanel {
    type On = IncidentView;
    type Part = ActionId;
    type Asks = FinishAction;
    const NAME: &'static str = "done";
    const ROUTE: &'static str = "/incidents/{id}/actions/{action}/end";
    const CLOSED: &'static str = "incident";

    fn version(_: &IncidentView, _: &ActionId) -> Option<i64> {
        None
    }

    async fn open(
        desk: &Desk,
        on: &IncidentView,
        part: &ActionId,
        opening: Opening<'_>,
    ) -> Result<Opened<Self>, PageError> {
        let closed = |key: &str| Ok(Opened::Closed(desk.words().get(key).to_owned()));
        match on.actions.iter().find(|action| action.id == *part) {
            None => closed("refused-state.incident-action"),
            Some(action) if action.done_at.is_some() && opening.form().is_none() => {
                closed("refused-state.incident-action-done")
            }
            Some(action) => Ok(Opened::Form(Self(action.clone()))),
        }
    }

    async fn read(_: &Desk, on: &IncidentView, part: &ActionId, _: &Form) -> Result<FinishAction, Unread> {
        if on.actions.iter().any(|action| action.id == *part) {
            Ok(FinishAction { incident: on.incident.id, action: *part })
        } else {
            Err(Unread::Gone)
        }
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        FinishForm { shell, todo: &self.0, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "incidents/done.html")]
struct FinishForm<'a> {
    shell: &'a Shell,
    todo: &'a Action,
    seal: &'a SealForm,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_is_over_or_far_away_or_none_is_refused() {
        let now = Instant::parse("2026-03-02T03:00:00.000000Z").unwrap();
        for day in ["2026-03-01", "2026-03-02", "2028-03-02"] {
            assert!(due(day, now).is_ok(), "{day}");
        }
        for day in ["", "2026-02-28", "2028-03-03", "2026-02-30", "2026-3-2", "tomorrow", "+026-03-05"] {
            assert!(due(day, now).is_err(), "{day}");
        }
    }
}
