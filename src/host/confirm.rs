//! Confirming that an owner has seen what commands on the host changed.

use super::{list::HostChanges, target};
use crate::{
    gate::{Admits, Change, Fault, Role, Target, Tx},
    id::Seq,
    sql,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Opened, Opening, Panel, Unread, View},
        shell::{Shell, field::FieldErrors, field::wrong, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The changes from the host have been confirmed already.
    HOST_CONFIRMED = "host-confirmed";
    /// There is no such change from the host.
    HOST_NO_SUCH_CHANGE = "host-no-such-change";
}

/// Confirms all changes from the host up to a row of the log, and none that came after it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConfirmHostChanges {
    pub through: Seq,
}

impl Change for ConfirmHostChanges {
    const KIND: &'static str = "host.confirm";
    const ADMITS: Admits = Admits::sealed(&[Role::Owner]);
    /// Having seen something is not for another person to approve.
    const MAY_WAIT: bool = false;
    type Output = ();

    fn target(&self) -> Target {
        target()
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        lock(tx).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        if lock(tx).await? >= self.through.get() {
            return Err(Fault::conflict(HOST_CONFIRMED));
        }
        let row: Option<(Seq,)> = tx
            .query(sql!("select seq from audit where seq = $1 and actor = 'console' and outcome = 'applied'"))
            .bind(self.through)
            .optional()
            .await?;
        row.map(drop).ok_or_else(|| Fault::conflict(HOST_NO_SUCH_CHANGE))
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let seen = lock(tx).await?;
        tx.query(sql!("update host_review set seen_through = $1 where id = 1")).bind(self.through).run().await?;
        tx.note("seen_through", seen, self.through);
        Ok(())
    }
}

/// Locks the one row there is, and returns up to where it is confirmed.
async fn lock(tx: &mut Tx<'_>) -> Result<i64, Fault> {
    let (seen,): (i64,) = tx
        .query(sql!(
            sqlite: "select seen_through from host_review where id = 1",
            postgres: "select seen_through from host_review where id = 1 for update",
        ))
        .one()
        .await?;
    Ok(seen)
}

/// The form. It carries the last row that the owner was shown.
pub(crate) struct ConfirmPanel {
    pub(crate) through: Seq,
}

impl Panel for ConfirmPanel {
    type On = HostChanges;
    type Part = ();
    type Asks = ConfirmHostChanges;
    const NAME: &'static str = "confirm";
    const ROUTE: &'static str = "/host-changes/confirmation";
    const FIELDS: &'static [&'static str] = &["through"];

    fn is_default(_: &Desk, on: &HostChanges) -> bool {
        on.through().is_some()
    }

    async fn open(desk: &Desk, on: &HostChanges, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        // What was typed is what was seen: a form that comes back does not confirm what came meanwhile.
        let typed = opening.form().filter(|_| !opening.is_stale()).and_then(|form| form.get("through").parse().ok());
        match typed.or_else(|| on.through()) {
            Some(through) => Ok(Opened::Form(Self { through })),
            None => Ok(Opened::Closed(desk.words().get("host.nothing").to_owned())),
        }
    }

    async fn read(_: &Desk, _: &HostChanges, (): &(), form: &Form) -> Result<ConfirmHostChanges, Unread> {
        match form.get("through").parse() {
            Ok(through) => Ok(ConfirmHostChanges { through }),
            Err(_) => Err(FieldErrors::one("through", wrong::not_a_choice()).into()),
        }
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        ConfirmForm { shell, through: self.through, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "host/confirm.html")]
struct ConfirmForm<'a> {
    shell: &'a Shell,
    through: Seq,
    seal: &'a SealForm,
}
