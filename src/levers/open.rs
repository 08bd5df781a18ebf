//! Opening a kind of change before its time.

use super::{
    LEVER, LEVER_OVER,
    list::Levers,
    record::{Lever, find},
    target,
};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    id::LeverId,
    notify::again::MENDS,
    sql,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Opened, Opening, Panel, Unread, View},
        shell::{Shell, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// Opens a kind of change before its time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpenKind {
    pub lever: LeverId,
    /// What the row is about.
    pub kind: String,
}

impl Change for OpenKind {
    const KIND: &'static str = "levers.open";
    const ADMITS: Admits = Admits { host: true, ..Admits::sealed(MENDS) };
    type Output = ();

    fn target(&self) -> Target {
        target(&self.kind)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.validate(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let lever = self.validate(tx).await?;
        let (now, by) = (tx.now(), tx.by().to_owned());
        let opened = tx
            .query(sql!("update levers set opened_at = $2, opened_by = $3 where id = $1 and opened_at is null"))
            .bind(self.lever)
            .bind(now)
            .bind(by)
            .run()
            .await?;
        if opened == 0 {
            return Err(Fault::conflict(LEVER_OVER));
        }
        tx.note("closed_until_at", lever.until_at.to_string(), now.to_string());
        Ok(())
    }
}

impl OpenKind {
    /// The lever as it is, where it can be opened.
    async fn validate(&self, tx: &mut Tx<'_>) -> Result<Lever, Fault> {
        let now = tx.now();
        match find(tx, self.lever).await?.filter(|lever| lever.kind == self.kind) {
            Some(lever) if lever.is_closed(now) => Ok(lever),
            Some(_) => Err(Fault::conflict(LEVER_OVER)),
            None => Err(Fault::missing(LEVER)),
        }
    }
}

/// The form.
pub(crate) struct OpenPanel(pub(crate) Lever);

impl Panel for OpenPanel {
    type On = Levers;
    type Part = LeverId;
    type Asks = OpenKind;
    const NAME: &'static str = "open";
    const ROUTE: &'static str = "/levers/{id}/opening";
    const CLOSED: &'static str = "lever";

    async fn open(desk: &Desk, _: &Levers, id: &LeverId, opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let closed = |key| Ok(Opened::Closed(desk.words().get(key).to_owned()));
        match find(&mut desk.reader(), *id).await? {
            None => closed("refused-state.lever"),
            Some(lever) if opening.form().is_none() && !lever.is_closed(desk.now()) => {
                closed("refused-state.lever-over")
            }
            Some(lever) => Ok(Opened::Form(Self(lever))),
        }
    }

    async fn read(desk: &Desk, _: &Levers, id: &LeverId, _: &Form) -> Result<OpenKind, Unread> {
        let Lever { kind, .. } = find(&mut desk.reader(), *id).await?.ok_or(Unread::Gone)?;
        Ok(OpenKind { lever: *id, kind })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        OpenForm { shell, lever: &self.0, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "levers/open.html")]
struct OpenForm<'a> {
    shell: &'a Shell,
    lever: &'a Lever,
    seal: &'a SealForm,
}
