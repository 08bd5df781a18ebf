//! The rows of sessions: the changes that sign people in and out make and remove them. See [`crate::web::session`].

use super::sign_in::Browser;
use crate::{
    gate::{Fault, Tx},
    id::StaffId,
    sql,
};

/// Makes a session's row; only the steps of signing in do.
pub(super) async fn begin(
    tx: &mut Tx<'_>,
    id: &str,
    staff: StaffId,
    stage: &str,
    browser: &Browser,
) -> Result<(), Fault> {
    let now = tx.now();
    tx.query(sql!(
        "insert into sessions (id, staff_id, stage, created_at, seen_at, ip, user_agent) values ($1, $2, $3, $4, $4, $5, $6)"
    ))
    .bind(id)
    .bind(staff)
    .bind(stage)
    .bind(now)
    .bind(browser.ip.as_str())
    .bind(browser.user_agent.as_str())
    .run()
    .await?;
    if stage != "password" {
        // The beginning of the key, as everywhere: the row of the session is held against it.
        tx.note("session", None::<&str>, id.get(..16).unwrap_or_default());
    }
    Ok(())
}

/// Ends one session, and says whether it was there.
pub(super) async fn end(tx: &mut Tx<'_>, id: &str) -> Result<bool, Fault> {
    Ok(tx.query(sql!("delete from sessions where id = $1")).bind(id).run().await? == 1)
}

/// Ends all sessions of a person but one, and says how many.
pub(super) async fn end_others(tx: &mut Tx<'_>, staff: StaffId, but: &str) -> Result<u64, Fault> {
    Ok(tx.query(sql!("delete from sessions where staff_id = $1 and id <> $2")).bind(staff).bind(but).run().await?)
}
