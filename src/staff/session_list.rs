//! The sessions of a person, as pages list them and addresses name them.

use crate::{
    clock::Instant,
    id::StaffId,
    sql,
    web::{
        Desk, PageError, format,
        panel::{Part, Query, Segment},
        shell::Frame,
    },
};

/// A signed-in browser of a person.
#[derive(Clone, Debug)]
pub(crate) struct SessionRow {
    /// The handle of the session, as in `/account/sessions/{id}/revocation`; not its key.
    pub(crate) id: String,
    /// Whether it is the one this page is looked at with.
    pub(crate) here: bool,
    pub(crate) started: Instant,
    pub(crate) seen: Instant,
    pub(crate) ip: String,
    /// As the browser sent it.
    pub(crate) user_agent: Option<String>,
}

impl SessionRow {
    /// "Chrome, Windows"
    pub(crate) fn browser(&self, frame: &Frame) -> String {
        self.user_agent
            .as_deref()
            .and_then(format::browser)
            .unwrap_or_else(|| frame.t("account.unknown-browser").to_owned())
    }
}

#[derive(sqlx::FromRow)]
struct Session {
    id: String,
    created_at: Instant,
    seen_at: Instant,
    ip: String,
    user_agent: String,
}

/// A person's sessions that still work, the newest first.
pub(super) async fn sessions(desk: &Desk, staff: StaffId) -> Result<Vec<SessionRow>, PageError> {
    let (now, limits) = (desk.now(), desk.console().limits);
    let rows: Vec<Session> = desk
        .reader()
        .query(sql!(
            "select id, created_at, seen_at, ip, user_agent from sessions
              where staff_id = $1 and stage = 'signed' and created_at > $2 and seen_at > $3 order by created_at desc limit 100"
        ))
        .bind(staff)
        .bind(now.minus(limits.absolute))
        .bind(now.minus(limits.idle))
        .all()
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| SessionRow {
            here: row.id == desk.person().session,
            id: handle(&row.id).to_owned(),
            started: row.created_at,
            seen: row.seen_at,
            ip: row.ip,
            user_agent: Some(row.user_agent).filter(|agent| !agent.is_empty()),
        })
        .collect())
}

/// The beginning of a session's key: enough to name the session, too little to use it.
fn handle(id: &str) -> &str {
    id.get(..HANDLE).unwrap_or_default()
}

/// The number of digits of a handle.
const HANDLE: usize = 16;

/// A session in an address: the first 16 digits of its key.
pub(crate) struct SessionHandle(pub(crate) String);

impl SessionHandle {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_handle = text.len() == HANDLE && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_handle.then(|| Self(text.to_owned()))
    }
}

impl Segment for SessionHandle {
    const COUNT: usize = 1;

    fn read(segment: Option<&str>) -> Option<Self> {
        Self::parse(segment?)
    }
}

impl Part for SessionHandle {
    fn query(&self, name: &'static str) -> String {
        format!("panel={name}&session={}", self.0)
    }

    /// `?panel=session&session=9f1c2e7ab04d5583`. Other text names no session, which the panel says.
    fn asked(name: &'static str, query: &Query) -> Option<Self> {
        (query.get("panel") == name).then(|| Self(query.get("session").to_owned()))
    }

    fn segment(&self) -> String {
        self.0.clone()
    }
}
