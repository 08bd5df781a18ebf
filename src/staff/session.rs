//! The rows of sessions: the changes that sign people in and out make and remove them. See [`crate::web::session`].

use super::sign_in::Browser;
use crate::{
    clock::Instant,
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
        // The row of the session is held against it.
        tx.note("session", None::<&str>, handle(id));
    }
    Ok(())
}

/// Gives a session another key and binds it to another browser, and says whether it was there. It lasts no longer than before.
pub(super) async fn rebind(
    tx: &mut Tx<'_>,
    from: &str,
    to: &str,
    staff: StaffId,
    browser: &Browser,
) -> Result<bool, Fault> {
    let now = tx.now();
    let began: Option<(Instant,)> = tx
        .query(sql!(
            "update sessions set id = $2, seen_at = $4, ip = $5, user_agent = $6
              where id = $1 and staff_id = $3 and stage = 'signed' returning created_at"
        ))
        .bind(from)
        .bind(to)
        .bind(staff)
        .bind(now)
        .bind(browser.ip.as_str())
        .bind(browser.user_agent.as_str())
        .optional()
        .await?;
    let Some((began,)) = began else { return Ok(false) };
    tx.note("session", handle(from), handle(to));
    tx.note("session_began_at", None::<&str>, began.to_string());
    Ok(true)
}

/// The beginning of a key: enough to tell sessions apart, too little to look one up by.
fn handle(id: &str) -> &str {
    id.get(..16).unwrap_or_default()
}

/// Ends one session, and says whether it was there.
pub(super) async fn end(tx: &mut Tx<'_>, id: &str) -> Result<bool, Fault> {
    Ok(tx.query(sql!("delete from sessions where id = $1")).bind(id).run().await? == 1)
}

/// Ends all sessions of a person but one, and says how many.
pub(super) async fn end_others(tx: &mut Tx<'_>, staff: StaffId, but: &str) -> Result<u64, Fault> {
    Ok(tx.query(sql!("delete from sessions where staff_id = $1 and id <> $2")).bind(staff).bind(but).run().await?)
}
