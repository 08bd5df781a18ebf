//! Signing somebody else out.

use super::{
    account_page::HANDLE,
    show::{self, Asked},
    standing, target,
};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    sql,
    web::{Answer, Desk, problem_page::Problem, shell::field::FieldErrors},
};
use actix_web::web;
use serde::{Deserialize, Serialize};

/// Ends one of somebody's sessions, named by the first 16 digits of its key, or all of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EndStaffSessions {
    pub staff: i64,
    /// Nothing: all of them.
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
        standing::lock_version(tx, self.staff).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        standing::not_oneself(tx, self.staff)?;
        let (there,): (i64,) = tx
            .query(sql!(
                "select count(*) from sessions
                  where staff_id = $1 and (cast($2 as text) is null or substr(id, 1, 16) = $2)"
            ))
            .bind(self.staff)
            .bind(self.session.as_deref())
            .one()
            .await?;
        if there == 0 { Err(Fault::conflict("session-over")) } else { Ok(()) }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<i64, Fault> {
        standing::not_oneself(tx, self.staff)?;
        standing::lock_version(tx, self.staff).await?;
        let ended = match &self.session {
            None => standing::end_sessions(tx, self.staff).await?,
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
            return Err(Fault::conflict("session-over"));
        }
        standing::bump(tx, self.staff).await?;
        tx.note("sessions_ended", None::<i64>, ended);
        tx.emit("staff.sessions-ended", serde_json::json!({ "staff": self.staff, "ended": ended }));
        Ok(ended)
    }
}

/// `POST /staff/{id}/sessions/revocation`
pub async fn end_all(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let staff = path.into_inner();
    let form = desk.form(&body, &show::SEAL).await?;
    let change = EndStaffSessions { staff, session: None };
    show::submit(&desk, staff, Asked::Sessions, &form, FieldErrors::new(), change).await
}

/// `POST /staff/{id}/sessions/{handle}/revocation`
pub async fn end_one(desk: Desk, path: web::Path<(i64, String)>, body: web::Bytes) -> Answer {
    let (staff, handle) = path.into_inner();
    let form = desk.form(&body, &show::SEAL).await?;
    if handle.len() != HANDLE || !handle.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Problem::NotFound.into());
    }
    let change = EndStaffSessions { staff, session: Some(handle.clone()) };
    show::submit(&desk, staff, Asked::Session(handle), &form, FieldErrors::new(), change).await
}
