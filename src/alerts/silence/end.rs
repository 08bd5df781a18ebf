//! Ending a silence early.

use super::{
    SILENCE, SILENCE_OVER,
    list::{Silences, find},
    record::{self, Scope, Silence},
    target,
};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    id::SilenceId,
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

/// Ends a silence before its time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EndSilence {
    pub silence: SilenceId,
    /// What the row is about.
    pub scope: Scope,
    pub name: String,
}

impl Change for EndSilence {
    const KIND: &'static str = "silences.end";
    const ADMITS: Admits = Admits::sealed(MENDS);
    type Output = ();

    fn target(&self) -> Target {
        target(self.scope, &self.name)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.validate(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let silence = self.validate(tx).await?;
        let (now, by) = (tx.now(), tx.by().to_owned());
        tx.query(sql!("update silences set ended_at = $2, ended_by = $3 where id = $1"))
            .bind(self.silence)
            .bind(now)
            .bind(by)
            .run()
            .await?;
        tx.note("silent_until_at", silence.until_at.to_string(), now.to_string());
        Ok(())
    }
}

impl EndSilence {
    /// The silence as it is, where it can be ended.
    async fn validate(&self, tx: &mut Tx<'_>) -> Result<Silence, Fault> {
        let now = tx.now();
        let unsettled = record::lock(tx).await?;
        let is_this =
            |silence: &Silence| silence.id == self.silence && silence.scope == self.scope && silence.name == self.name;
        if let Some(silence) = unsettled.into_iter().find(|silence| is_this(silence) && silence.is_active(now)) {
            return Ok(silence);
        }
        let was_there = find(tx, self.silence).await?.is_some_and(|silence| is_this(&silence));
        Err(if was_there { Fault::conflict(SILENCE_OVER) } else { Fault::missing(SILENCE) })
    }
}

/// The form.
pub(crate) struct EndPanel(pub(crate) Silence);

impl Panel for EndPanel {
    type On = Silences;
    type Part = SilenceId;
    type Asks = EndSilence;
    const NAME: &'static str = "end";
    const ROUTE: &'static str = "/silences/{id}/end";

    async fn open(desk: &Desk, _: &Silences, id: &SilenceId, opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let closed = |key| Ok(Opened::Closed(desk.words().get(key).to_owned()));
        match find(&mut desk.reader(), *id).await? {
            None => closed("refused-state.silence"),
            Some(silence) if opening.form().is_none() && !silence.is_active(desk.now()) => {
                closed("refused-state.silence-over")
            }
            Some(silence) => Ok(Opened::Form(Self(silence))),
        }
    }

    async fn read(desk: &Desk, _: &Silences, id: &SilenceId, _: &Form) -> Result<EndSilence, Unread> {
        let Silence { scope, name, .. } = find(&mut desk.reader(), *id).await?.ok_or(Unread::Gone)?;
        Ok(EndSilence { silence: *id, scope, name })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        EndForm { shell, silence: &self.0, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "alerts/silence_end.html")]
struct EndForm<'a> {
    shell: &'a Shell,
    silence: &'a Silence,
    seal: &'a SealForm,
}
