//! Saying that one looks at an alert: one tap at night, with a reason and without a code.

use super::{
    ALERT, ALERT_ACKNOWLEDGED, ALERT_RESOLVED,
    judge::{Happened, append},
    record::{self, Alert},
    show::AlertView,
    target,
    telling::tell,
};
use crate::{
    gate::{Admits, Change, Fault, Role, Target, Tx},
    id::AlertId,
    notify::What,
    sql,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        shell::{Shell, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// All but those who only read.
pub(crate) const LOOKS_AFTER: &[Role] = &[Role::Oncall, Role::Operator, Role::Approver, Role::Owner];

/// Says that the person looks at it. It alters no business data, so it costs no code.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AcknowledgeAlert {
    pub alert: AlertId,
}

impl Change for AcknowledgeAlert {
    const KIND: &'static str = "alerts.acknowledge";
    const ADMITS: Admits = Admits::noted(LOOKS_AFTER);
    type Output = ();

    fn target(&self) -> Target {
        target(self.alert)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let alert = lock(tx, self.alert).await?;
        match (alert.is_open(), alert.acknowledged_at) {
            (false, _) => Err(Fault::conflict(ALERT_RESOLVED)),
            (true, Some(_)) => Err(Fault::conflict(ALERT_ACKNOWLEDGED)),
            (true, None) => Ok(()),
        }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (now, by, reason) = (tx.now(), tx.by().to_owned(), tx.reason().to_owned());
        let staff = tx.staff();
        tx.query(sql!(
            "update alerts set acknowledged_at = $2, acknowledged_by = $3, changed = changed + 1 where id = $1"
        ))
        .bind(self.alert)
        .bind(now)
        .bind(staff)
        .run()
        .await?;
        let happened = Happened {
            what: What::Acknowledged.as_str(),
            staff_name: Some(&by),
            reason: Some(&reason),
            ..Happened::default()
        };
        let event = append(tx, self.alert, happened).await?;
        tell(tx, self.alert, event, What::Acknowledged, Some(&by), &[]).await?;
        let alert = lock(tx, self.alert).await?;
        tx.note("alert_kind", None::<&str>, alert.kind.as_str());
        tx.note("acknowledged", false, true);
        Ok(())
    }
}

async fn lock(tx: &mut Tx<'_>, id: AlertId) -> Result<Alert, Fault> {
    record::lock(tx, id).await?.ok_or_else(|| Fault::missing(ALERT))
}

/// The form.
pub(crate) struct AcknowledgePanel;

impl Panel for AcknowledgePanel {
    type On = AlertView;
    type Part = ();
    type Asks = AcknowledgeAlert;
    const NAME: &'static str = "acknowledge";
    const ROUTE: &'static str = "/alerts/{id}/acknowledgement";
    /// No rule holds it up: it has no code.
    const KIND: &'static str = "";

    fn is_default(desk: &Desk, on: &AlertView) -> bool {
        Self::may(desk, on) && on.alert.is_open() && on.alert.acknowledged_at.is_none()
    }

    fn button(desk: &Desk, on: &AlertView) -> Option<Button> {
        let is_wanted = on.alert.is_open() && on.alert.acknowledged_at.is_none();
        let label = || desk.words().get("acknowledge.title").to_owned();
        is_wanted.then(|| Button { name: Self::NAME, icon: "eye", label: label() })
    }

    async fn open(desk: &Desk, on: &AlertView, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let closed = |key: &str| Ok(Opened::Closed(desk.words().get(key).to_owned()));
        match (on.alert.is_open(), on.alert.acknowledged_at) {
            _ if opening.form().is_some() => Ok(Opened::Form(Self)),
            (false, _) => closed("refused-state.alert-resolved"),
            (true, Some(_)) => closed("refused-state.alert-acknowledged"),
            (true, None) => Ok(Opened::Form(Self)),
        }
    }

    async fn read(_: &Desk, on: &AlertView, (): &(), _: &Form) -> Result<AcknowledgeAlert, Unread> {
        Ok(AcknowledgeAlert { alert: on.alert.id })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        AcknowledgeForm { shell, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "alerts/acknowledge.html")]
struct AcknowledgeForm<'a> {
    shell: &'a Shell,
    seal: &'a SealForm,
}
