//! Closing a suspicion: how it ended, and why.

use super::{
    LOOKS_INTO, OUTCOMES, SUSPICION, SUSPICION_CLOSED, SUSPICION_OWN, SUSPICIONS_CLOSED, show::SuspicionView, target,
};
use crate::{
    gate::{Admits, Change, Fault, NOT_A_CHOICE, Target, Tx},
    id::{StaffId, SuspicionId},
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

/// Closes a suspicion. The reason says what was found out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CloseSuspicion {
    pub suspicion: SuspicionId,
    /// One of [`OUTCOMES`].
    pub outcome: String,
}

#[derive(sqlx::FromRow)]
struct Now {
    staff_id: StaffId,
    other_id: Option<StaffId>,
    state: String,
}

impl Change for CloseSuspicion {
    const KIND: &'static str = "suspicions.close";
    const ADMITS: Admits = Admits::sealed(LOOKS_INTO);
    type Output = ();

    fn target(&self) -> Target {
        target(self.suspicion)
    }

    /// How much it counts: a person closes what they saw.
    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        let found: Option<(i64,)> = tx
            .query(sql!(
                sqlite: "select n from suspicions where id = $1",
                postgres: "select n from suspicions where id = $1 for update",
            ))
            .bind(self.suspicion)
            .optional()
            .await?;
        found.map(|(n,)| Some(n)).ok_or_else(|| Fault::missing(SUSPICION))
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        if !OUTCOMES.contains(&self.outcome.as_str()) {
            return Err(Fault::invalid("outcome", NOT_A_CHOICE));
        }
        let found: Option<Now> = tx
            .query(sql!("select staff_id, other_id, state from suspicions where id = $1"))
            .bind(self.suspicion)
            .optional()
            .await?;
        let Some(now) = found else { return Err(Fault::missing(SUSPICION)) };
        if now.state != "open" {
            return Err(Fault::conflict(SUSPICION_CLOSED));
        }
        match tx.staff() {
            Some(staff) if staff == now.staff_id || Some(staff) == now.other_id => Err(Fault::forbidden(SUSPICION_OWN)),
            _ => Ok(()),
        }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.check(tx).await?;
        let (now, change) = (tx.now(), tx.change_id().to_owned());
        let closed = tx
            .query(sql!(
                "update suspicions set state = 'closed', outcome = $2, closed_at = $3, closed_by = $4 where id = $1 and state = 'open'"
            ))
            .bind(self.suspicion)
            .bind(self.outcome.as_str())
            .bind(now)
            .bind(change)
            .run()
            .await?;
        if closed != 1 {
            return Err(Fault::conflict(SUSPICION_CLOSED));
        }
        let (rule, n): (String, i64) =
            tx.query(sql!("select rule, n from suspicions where id = $1")).bind(self.suspicion).one().await?;
        tx.note("suspicion_state", "open", "closed");
        tx.note("suspicion_outcome", None::<&str>, self.outcome.as_str());
        tx.note("suspicion_rule", None::<&str>, rule.as_str());
        tx.note("suspicion_n", None::<i64>, n);
        tx.emit(
            SUSPICIONS_CLOSED,
            serde_json::json!({ "suspicion": self.suspicion, "rule": rule, "outcome": self.outcome }),
        );
        Ok(())
    }
}

/// The form, as it was typed.
pub(crate) struct ClosePanel {
    pub(crate) outcome: String,
}

impl ClosePanel {
    fn is_outcome(&self, outcome: &str) -> bool {
        self.outcome == outcome
    }
}

impl Panel for ClosePanel {
    type On = SuspicionView;
    type Part = ();
    type Asks = CloseSuspicion;
    const NAME: &'static str = "close";
    const ROUTE: &'static str = "/audit/suspicions/{id}/end";
    const FIELDS: &'static [&'static str] = &["outcome"];
    const CLOSED: &'static str = "suspicion";

    fn button(desk: &Desk, on: &SuspicionView) -> Option<Button> {
        let button =
            || Button { name: Self::NAME, icon: "check", label: desk.words().get("suspicion.close").to_owned() };
        (on.suspicion.is_open() && !on.suspicion.is_about(desk.person().id)).then(button)
    }

    async fn open(desk: &Desk, on: &SuspicionView, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let why = match (on.suspicion.is_open(), on.suspicion.is_about(desk.person().id)) {
            (false, _) => Some("refused-state.suspicion-closed"),
            (true, true) => Some("refused-state.suspicion-own"),
            (true, false) => None,
        };
        if let Some(why) = why.filter(|_| opening.form().is_none()) {
            return Ok(Opened::Closed(desk.words().get(why).to_owned()));
        }
        Ok(Opened::Form(Self { outcome: opening.typed("outcome", "") }))
    }

    async fn read(_: &Desk, on: &SuspicionView, (): &(), form: &Form) -> Result<CloseSuspicion, Unread> {
        let outcome = form.trimmed("outcome");
        if !OUTCOMES.contains(&outcome) {
            let wrong = if outcome.is_empty() { wrong::required() } else { wrong::not_a_choice() };
            return Err(FieldErrors::one("outcome", wrong).into());
        }
        Ok(CloseSuspicion { suspicion: on.suspicion.id, outcome: outcome.to_owned() })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        CloseForm { shell, panel: self, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "detection/close.html")]
struct CloseForm<'a> {
    shell: &'a Shell,
    panel: &'a ClosePanel,
    seal: &'a SealForm,
}
