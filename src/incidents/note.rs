//! A note in the timeline of an incident: it alters no business data and has to be quick, so it costs no code. Its text is its reason too.

use super::{WORKS, record::lock, show::IncidentView, target, timeline};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    id::IncidentId,
    web::{
        Desk, PageError, PageResult,
        form::Form,
        panel::{Made, Opened, Opening, Panel, Place, Subject as _, Unread, View},
        shell::{Shell, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// Adds a note. It depends on nothing that was seen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NoteIncident {
    pub incident: IncidentId,
}

impl Change for NoteIncident {
    const KIND: &'static str = "incidents.note";
    const ADMITS: Admits = Admits::noted(WORKS);
    type Output = ();

    fn target(&self) -> Target {
        target(self.incident)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        lock(tx, self.incident).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let text = tx.reason().to_owned();
        timeline::append(tx, self.incident, "note", &text).await?;
        Ok(())
    }
}

/// The box for a note, always on the page.
pub(crate) struct NotePanel;

impl Panel for NotePanel {
    type On = IncidentView;
    type Part = ();
    type Asks = NoteIncident;
    const NAME: &'static str = "note";
    const ROUTE: &'static str = "/incidents/{id}/notes";
    const KIND: &'static str = "";
    const PLACE: Place = Place::Within;

    fn version(_: &IncidentView, (): &()) -> Option<i64> {
        None
    }

    async fn open(_: &Desk, _: &IncidentView, (): &(), _: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(Opened::Form(Self))
    }

    async fn read(_: &Desk, on: &IncidentView, (): &(), _: &Form) -> Result<NoteIncident, Unread> {
        Ok(NoteIncident { incident: on.incident.id })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        NoteForm { shell, seal }.render()
    }

    async fn answer(desk: &Desk, on: &IncidentView, _: Made<NoteIncident>) -> PageResult {
        Ok(desk.see_other(&format!("{}#timeline", on.path())))
    }
}

#[derive(Template)]
#[template(path = "incidents/note.html")]
struct NoteForm<'a> {
    shell: &'a Shell,
    seal: &'a SealForm,
}
