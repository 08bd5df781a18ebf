//! Sessions: actix-session's middleware over our own table.
//!
//! A session's row is made by the change that signs a person in and removed by the change that signs them out, in the
//! gate like everything else. The store that actix-session asks therefore only reads, and hands out the token of a row
//! that is already there. An update cannot bring a session back that was ended meanwhile, because nothing here inserts.

use crate::{
    clock::{Clock, Instant},
    gate::{EndSession, Gate, Roles},
    id::StaffId,
    secret, sql,
    store::Reader,
};
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time::Duration;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The key in actix-session's state under which a change's new token travels to [`SessionStore::save`].
pub const ISSUED: &str = "issued";
/// Under which a loaded session's visitor travels to the request.
pub const VISITOR: &str = "visitor";
/// Under which it travels that sessions cannot be read at all.
pub const UNREADABLE: &str = "unreadable";

/// How long a person may take between password and code.
const BETWEEN_PASSWORD_AND_CODE: TimeDelta = TimeDelta::minutes(5);
/// How long a person may take between a recovery code and the new authenticator; using the session does not prolong it.
pub(crate) const RECOVERY_LASTS: TimeDelta = TimeDelta::minutes(15);

/// What a session is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// The password was right; giving a code is all that is left to do.
    Password,
    /// A recovery code was given in place of the authenticator; replacing that is all that is left to do.
    Recovery,
    /// Password and code were given.
    Signed,
    /// The same, but the request comes from another browser and another network than the last code: giving one is all that is
    /// left to do. In the table such a session is a signed one.
    Moved,
    /// The same after a recovery code. No code of a lost authenticator can be asked for, so it is good for nothing there.
    Over,
}

impl Stage {
    /// As in the table. What is not known is good for the least.
    fn parse(text: &str) -> Self {
        match text {
            "signed" => Self::Signed,
            "recovery" => Self::Recovery,
            _ => Self::Password,
        }
    }
}

/// A person with a session, as read with one statement at the beginning of a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Visitor {
    /// The hash of the token: the row's key.
    pub session: String,
    pub stage: Stage,
    /// Seconds since 1970.
    pub created: i64,
    pub seen: i64,
    pub id: StaffId,
    pub name: String,
    pub email: String,
    pub roles: Roles,
    pub lang: Option<String>,
    pub time_zone: String,
    pub theme: String,
    /// From where alone this person may come: networks with a space between them; none is no limit.
    pub networks: String,
    /// The address and the user agent that the last code of this session came from.
    pub ip: String,
    pub user_agent: String,
}

impl Visitor {
    /// Whether the code was given too, not only the password.
    pub fn is_signed(&self) -> bool {
        self.stage == Stage::Signed
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    stage: String,
    created_at: Instant,
    seen_at: Instant,
    id: StaffId,
    name: String,
    email: String,
    roles: String,
    lang: Option<String>,
    time_zone: String,
    theme: String,
    networks: String,
    ip: String,
    user_agent: String,
}

/// How long a session may be idle, and how long it lasts at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub idle: TimeDelta,
    pub absolute: TimeDelta,
}

/// What actix-session asks.
#[derive(Clone, Debug)]
pub struct Sessions {
    pub reader: Reader,
    pub gate: Gate,
    pub clock: Clock,
    pub limits: Limits,
}

/// How a token is stored. A copy of the table is a copy of no session.
pub fn id_of(token: &str) -> String {
    hex::encode(secret::sha256(token.as_bytes()))
}

impl Sessions {
    async fn find(&self, id: &str) -> sqlx::Result<Option<Visitor>> {
        let now = self.clock.now();
        let row: Option<Row> = self
            .reader
            .query(sql!(
                "select e.stage, e.created_at, e.seen_at, s.id, s.name, s.email, s.roles, s.lang, s.time_zone, s.theme, s.networks,
                        e.ip, e.user_agent
                   from sessions e join staff s on s.id = e.staff_id
                  where e.id = $1 and s.active and e.created_at > $2 and e.seen_at > $3
                    and (e.stage = 'signed' or (e.stage = 'recovery' and e.created_at > $5) or e.created_at > $4)"
            ))
            .bind(id)
            .bind(now.minus(self.limits.absolute))
            .bind(now.minus(self.limits.idle))
            .bind(now.minus(BETWEEN_PASSWORD_AND_CODE))
            .bind(now.minus(RECOVERY_LASTS))
            .optional()
            .await?;
        Ok(row.map(|row| Visitor {
            session: id.to_owned(),
            stage: Stage::parse(&row.stage),
            created: row.created_at.unix(),
            seen: row.seen_at.unix(),
            id: row.id,
            name: row.name,
            email: row.email,
            roles: Roles::parse(&row.roles),
            lang: row.lang,
            time_zone: row.time_zone,
            theme: row.theme,
            networks: row.networks,
            ip: row.ip,
            user_agent: row.user_agent,
        }))
    }
}

impl SessionStore for Sessions {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        match self.find(&id_of(key.as_ref())).await {
            Ok(None) => Ok(None),
            Ok(Some(visitor)) => serde_json::to_string(&visitor)
                .map(|json| Some(HashMap::from([(VISITOR.to_owned(), json)])))
                .map_err(|error| LoadError::Deserialization(error.into())),
            Err(error) => {
                // An error here would be answered by actix-session with a bare 500; the request's own middleware says
                // 503 on a page of the console.
                tracing::error!(%error, "sessions cannot be read");
                Ok(Some(HashMap::from([(UNREADABLE.to_owned(), "true".to_owned())])))
            }
        }
    }

    async fn save(&self, state: HashMap<String, String>, _: &Duration) -> Result<SessionKey, SaveError> {
        let none = || SaveError::Other(anyhow::anyhow!("a session is made by signing in and by nothing else"));
        let token: String = state.get(ISSUED).and_then(|json| serde_json::from_str(json).ok()).ok_or_else(none)?;
        token.try_into().map_err(|_| none())
    }

    async fn update(&self, _: SessionKey, _: HashMap<String, String>, _: &Duration) -> Result<SessionKey, UpdateError> {
        Err(UpdateError::Other(anyhow::anyhow!("a session's state does not change after signing in")))
    }

    async fn update_ttl(&self, _: &SessionKey, _: &Duration) -> Result<(), anyhow::Error> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        // Signing out has removed the row already, and signing in again leaves one that runs out in minutes: no reason to
        // answer a change that was made with an error.
        if let Err(error) = self.gate.run_housekeeping(&EndSession { id: id_of(key.as_ref()) }).await {
            tracing::warn!(%error, "a session that is over could not be removed");
        }
        Ok(())
    }
}
