//! What a page asks about the session it was made in: whether it is still there, and how long it lasts.
//!
//! A browser keeps pages that were left, and shows them again with all that is on them. So a page carries two names, of its
//! session and of its person, and its script (`static/session.js`) compares them with what is answered here.

use super::{Console, Desk, Guest, PageResult, session::Visitor};
use crate::{gate::TouchSession, secret::sha256};
use actix_web::{HttpResponse, web};
use chrono::TimeDelta;
use serde::Serialize;

/// How long before its end a person is warned; of short sessions a third of the time.
const WARNING: TimeDelta = TimeDelta::minutes(2);

/// A session as a page knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PageSession {
    /// A name of the session, from which nothing follows; empty where no person is signed in.
    pub of: String,
    /// A name of its person.
    pub by: String,
    /// Seconds until it ends if nothing is done.
    pub idle: i64,
    /// Seconds until it ends in any case.
    pub ends: i64,
    /// Seconds before the end at which to warn.
    pub warn: i64,
}

impl PageSession {
    pub(super) fn of(console: &Console, visitor: &Visitor) -> Self {
        let now = console.clock.now().unix();
        let left = |from: i64, limit: TimeDelta| (from + limit.num_seconds() - now).max(0);
        Self {
            of: name("session", &visitor.session),
            by: name("person", &visitor.id.to_string()),
            idle: left(visitor.seen, console.limits.idle),
            ends: left(visitor.created, console.limits.absolute),
            warn: WARNING.num_seconds().min(console.limits.idle.num_seconds() / 3),
        }
    }
}

/// The same under every key: a page that is open while the key is rotated stays. The key of a session is random, and whose it is says the
/// token of each form.
fn name(of: &str, id: &str) -> String {
    let mut name = hex::encode(sha256(format!("ingam/page/{of}/{id}").as_bytes()));
    name.truncate(16);
    name
}

/// `GET /session`: of the session that asks. It keeps no session alive.
pub(crate) async fn state(guest: Guest) -> PageResult {
    let visitor = guest.visitor().filter(Visitor::is_signed);
    let session = visitor.map(|visitor| PageSession::of(guest.console(), &visitor)).unwrap_or_default();
    Ok(HttpResponse::Ok().json(session))
}

/// `POST /session`: a person who was warned stays.
pub(crate) async fn stay(desk: Desk, body: web::Bytes) -> PageResult {
    desk.form(&body, &[]).await?;
    let visitor = desk.person();
    desk.run_housekeeping(&TouchSession { id: visitor.session.clone() }).await?;
    let visitor = Visitor { seen: desk.now().unix(), ..visitor.clone() };
    Ok(HttpResponse::Ok().json(PageSession::of(desk.console(), &visitor)))
}
