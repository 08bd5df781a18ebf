//! Noting something on an alert: what one sees or does, for those who look at it later. An alert that was acknowledged and left alone
//! comes back after an hour; a note says that it was not left alone.

use super::{
    ALERT, ALERT_RESOLVED,
    acknowledge::LOOKS_AFTER,
    call::{self, Called, What},
    record,
    show::AlertView,
    target,
};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    id::AlertId,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        shell::{Shell, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// Notes something on an alert; its text is its reason. It alters no business data, so it costs no code.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NoteAlert {
    pub alert: AlertId,
}

impl Change for NoteAlert {
    const KIND: &'static str = "alerts.note";
    const ADMITS: Admits = Admits::noted(LOOKS_AFTER);
    type Output = ();

    fn target(&self) -> Target {
        target(self.alert)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let alert = record::lock(tx, self.alert).await?.ok_or_else(|| Fault::missing(ALERT))?;
        if alert.is_open() { Ok(()) } else { Err(Fault::conflict(ALERT_RESOLVED)) }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.check(tx).await?;
        let (staff, by, text) = (tx.staff(), tx.by().to_owned(), tx.reason().to_owned());
        let noted = Called { staff, staff_name: Some(&by), detail: Some(&text), ..Called::of(What::Noted) };
        call::append(tx, self.alert, noted).await?;
        tx.note("noted", None::<bool>, true);
        Ok(())
    }
}

/// The form.
pub(crate) struct NotePanel;

impl Panel for NotePanel {
    type On = AlertView;
    type Part = ();
    type Asks = NoteAlert;
    const NAME: &'static str = "note";
    const ROUTE: &'static str = "/alerts/{id}/notes";
    /// No rule holds it up: it has no code.
    const KIND: &'static str = "";
    const CLOSED: &'static str = "note-alert";

    fn button(desk: &Desk, on: &AlertView) -> Option<Button> {
        let label = || desk.words().get("alert-note.title").to_owned();
        on.alert.is_open().then(|| Button { name: Self::NAME, icon: "plus", label: label() })
    }

    async fn open(desk: &Desk, on: &AlertView, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        if on.alert.is_open() || opening.form().is_some() {
            return Ok(Opened::Form(Self));
        }
        Ok(Opened::Closed(desk.words().get("refused-state.alert-resolved").to_owned()))
    }

    async fn read(_: &Desk, on: &AlertView, (): &(), _: &Form) -> Result<NoteAlert, Unread> {
        Ok(NoteAlert { alert: on.alert.id })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        NoteForm { shell, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "alerts/note.html")]
struct NoteForm<'a> {
    shell: &'a Shell,
    seal: &'a SealForm,
}
