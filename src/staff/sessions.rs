//! Ending the sessions of another person: one, or all.

use super::{
    account_state,
    people::Member,
    session_list::{SessionHandle, SessionRow},
    target,
};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    id::StaffId,
    sql,
    staff::SESSION_OVER,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Opened, Opening, Panel, Unread, View},
        shell::{Shell, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

crate::gate::topics! {
    /// The sessions of an account were ended.
    STAFF_SESSIONS_ENDED = "staff.sessions-ended";
}

/// Ends one of a person's sessions, named by the first 16 digits of its key, or all of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EndStaffSessions {
    pub staff: StaffId,
    /// `None` for all of them.
    pub session: Option<String>,
}

impl Change for EndStaffSessions {
    const KIND: &'static str = "staff.end-sessions";
    const ADMITS: Admits = Admits::owners();
    // A session that has to be ended has to be ended now.
    const MAY_WAIT: bool = false;
    type Output = i64;

    fn target(&self) -> Target {
        target(self.staff)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        account_state::lock_version(tx, self.staff).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        account_state::not_oneself(tx, self.staff)?;
        let (there,): (i64,) = tx
            .query(sql!(
                "select count(*) from sessions
                  where staff_id = $1 and (cast($2 as text) is null or substr(id, 1, 16) = $2)"
            ))
            .bind(self.staff)
            .bind(self.session.as_deref())
            .one()
            .await?;
        if there == 0 { Err(Fault::conflict(SESSION_OVER)) } else { Ok(()) }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<i64, Fault> {
        account_state::not_oneself(tx, self.staff)?;
        account_state::lock_version(tx, self.staff).await?;
        let ended = match &self.session {
            None => account_state::end_sessions(tx, self.staff).await?,
            Some(handle) => {
                tx.note("session", handle.as_str(), None::<i64>);
                let ended = tx
                    .query(sql!("delete from sessions where staff_id = $1 and substr(id, 1, 16) = $2"))
                    .bind(self.staff)
                    .bind(handle.as_str())
                    .run()
                    .await?;
                i64::try_from(ended).unwrap_or(i64::MAX)
            }
        };
        if ended == 0 {
            return Err(Fault::conflict(SESSION_OVER));
        }
        account_state::bump(tx, self.staff).await?;
        tx.note("sessions_ended", None::<i64>, ended);
        tx.emit(STAFF_SESSIONS_ENDED, serde_json::json!({ "staff": self.staff, "ended": ended }));
        Ok(ended)
    }
}

/// The form that ends all sessions.
pub(crate) struct EndAllPanel;

impl Panel for EndAllPanel {
    type On = Member;
    type Part = ();
    type Asks = EndStaffSessions;
    const NAME: &'static str = "sessions";
    const ROUTE: &'static str = "/staff/{id}/sessions/revocation";

    async fn open(desk: &Desk, on: &Member, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        if opening.form().is_none() && on.sessions.is_empty() {
            return Ok(Opened::Closed(desk.words().get(OVER).to_owned()));
        }
        Ok(Opened::Form(Self))
    }

    async fn read(_: &Desk, on: &Member, (): &(), _: &Form) -> Result<EndStaffSessions, Unread> {
        Ok(EndStaffSessions { staff: on.person.id, session: None })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        EndAllForm { shell, seal }.render()
    }
}

const OVER: &str = "refused-state.session-over";

#[derive(Template)]
#[template(path = "staff/end_all.html")]
struct EndAllForm<'a> {
    shell: &'a Shell,
    seal: &'a SealForm,
}

/// The form that ends one session.
pub(crate) struct EndOnePanel;

impl Panel for EndOnePanel {
    type On = Member;
    type Part = SessionHandle;
    type Asks = EndStaffSessions;
    const NAME: &'static str = "session";
    const ROUTE: &'static str = "/staff/{id}/sessions/{handle}/revocation";

    async fn open(
        desk: &Desk,
        on: &Member,
        handle: &SessionHandle,
        opening: Opening<'_>,
    ) -> Result<Opened<Self>, PageError> {
        if opening.form().is_none() && on.session(handle).is_none() {
            return Ok(Opened::Closed(desk.words().get(OVER).to_owned()));
        }
        Ok(Opened::Form(Self))
    }

    async fn read(_: &Desk, on: &Member, handle: &SessionHandle, _: &Form) -> Result<EndStaffSessions, Unread> {
        Ok(EndStaffSessions { staff: on.person.id, session: Some(handle.0.clone()) })
    }

    fn render(&self, View { shell, on, part, seal }: View<'_, Self>) -> askama::Result<String> {
        EndOneForm { shell, session: on.session(part), seal }.render()
    }
}

#[derive(Template)]
#[template(path = "staff/end_one.html")]
struct EndOneForm<'a> {
    shell: &'a Shell,
    /// `None` where it ended while the form was open.
    session: Option<&'a SessionRow>,
    seal: &'a SealForm,
}
