//! Ending an alert of another system that does not tell of it any more.

use super::record;
use crate::{
    alerts::{
        ALERT, ALERT_RESOLVED, RECEIVED_HEARD,
        kind::AlertKind,
        record::{self as alerts, Alert},
        show::AlertView,
        target,
    },
    gate::{Admits, Change, Fault, Target, Tx},
    id::AlertId,
    notify::again::MENDS,
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

/// Says that an alert of another system is over, of which nothing is heard any more: the person has looked there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EndReceived {
    pub alert: AlertId,
}

impl Change for EndReceived {
    const KIND: &'static str = "alerts.end-received";
    const ADMITS: Admits = Admits::sealed(MENDS);
    type Output = ();

    fn target(&self) -> Target {
        target(self.alert)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.validate(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let alert = self.validate(tx).await?;
        let (now, by) = (tx.now(), tx.by().to_owned());
        tx.query(sql!(
            "update received_alerts set resolved_at = $2, ended_by = $3 where subject = $1 and resolved_at is null"
        ))
        .bind(alert.subject)
        .bind(now)
        .bind(by)
        .run()
        .await?;
        tx.note("alert_kind", None::<&str>, alert.kind.as_str());
        Ok(())
    }
}

impl EndReceived {
    async fn validate(&self, tx: &mut Tx<'_>) -> Result<Alert, Fault> {
        let now = tx.now();
        let alert = alerts::lock(tx, self.alert).await?.filter(|alert| alert.kind == AlertKind::Received);
        let alert = alert.ok_or_else(|| Fault::missing(ALERT))?;
        let received = record::find(tx, &alert.subject).await?;
        match received {
            Some(received) if alert.is_open() && received.is_stale(now) => Ok(alert),
            Some(_) if alert.is_open() => Err(Fault::conflict(RECEIVED_HEARD)),
            _ => Err(Fault::conflict(ALERT_RESOLVED)),
        }
    }
}

/// The form.
pub(crate) struct EndReceivedPanel;

impl Panel for EndReceivedPanel {
    type On = AlertView;
    type Part = ();
    type Asks = EndReceived;
    const NAME: &'static str = "end";
    const ROUTE: &'static str = "/alerts/{id}/end";
    const CLOSED: &'static str = "end-received";

    fn button(desk: &Desk, on: &AlertView) -> Option<Button> {
        let label = || desk.words().get("end-received.title").to_owned();
        is_stale(desk, on).then(|| Button { name: Self::NAME, icon: "check", label: label() })
    }

    async fn open(desk: &Desk, on: &AlertView, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        if opening.form().is_some() || is_stale(desk, on) {
            return Ok(Opened::Form(Self));
        }
        let why = if on.alert.is_open() { "refused-state.received-heard" } else { "refused-state.alert-resolved" };
        Ok(Opened::Closed(desk.words().get(why).to_owned()))
    }

    async fn read(_: &Desk, on: &AlertView, (): &(), _: &Form) -> Result<EndReceived, Unread> {
        Ok(EndReceived { alert: on.alert.id })
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        EndReceivedForm { shell, alert: &on.alert, seal }.render()
    }
}

fn is_stale(desk: &Desk, on: &AlertView) -> bool {
    on.alert.is_open() && on.received.as_ref().is_some_and(|received| received.is_stale(desk.now()))
}

#[derive(Template)]
#[template(path = "alerts/end_received.html")]
struct EndReceivedForm<'a> {
    shell: &'a Shell,
    alert: &'a Alert,
    seal: &'a SealForm,
}
