//! How somebody comes to work here: an invitation, a link that works once, a password and an authenticator.

use super::{
    Roles, authenticator,
    authenticator::RecoveryCodes,
    link::{self, hash},
    normal_email, standing, target,
};
use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Target, Tx, is_printable},
    sql,
    store::Reader,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// Invites somebody. The link's token is shown once, to whoever invites; only its hash is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InviteStaff {
    pub email: String,
    pub name: String,
    pub roles: Roles,
    pub time_zone: String,
    /// Nothing where the invitation waited for somebody else: then a link is issued afterwards.
    #[serde(skip)]
    pub token: String,
}

/// A name as it stands on pages and in the log.
pub fn is_name(name: &str) -> bool {
    name.trim() == name && (1..=100).contains(&name.chars().count()) && name.chars().all(is_printable)
}

/// Somebody who is invited once more.
#[derive(sqlx::FromRow)]
struct Earlier {
    roles: String,
    active: bool,
    has_password: bool,
}

impl Change for InviteStaff {
    const KIND: &'static str = "staff.invite";
    const ADMITS: Admits = Admits::owners();
    const MAKES: &'static [&'static str] = &["staff"];
    /// The new person's id.
    type Output = i64;

    /// There is no id yet. What was given one is noted, so that the row leads to the person.
    fn target(&self) -> Target {
        Target::new("staff", &self.email)
    }

    /// Of somebody who is there already and never followed their link, the version; nothing is zero, so that who was invited
    /// meanwhile is not invited over.
    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        let there: Option<(i64,)> = tx
            .query(sql!(
                sqlite: "select version from staff where email = $1",
                postgres: "select version from staff where email = $1 for no key update",
            ))
            .bind(self.email.as_str())
            .optional()
            .await?;
        Ok(Some(there.map_or(0, |(version,)| version)))
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.judge(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<i64, Fault> {
        let earlier = self.judge(tx).await?;
        let now = tx.now();
        let roles = Roles::new(self.roles.iter()).to_string();
        // Somebody who never followed their first link is invited again.
        let (id,): (i64,) = tx
            .query(sql!(
                "insert into staff (email, name, roles, time_zone, created_at) values ($1, $2, $3, $4, $5)
                 on conflict (email) do update set name = excluded.name, roles = excluded.roles, version = staff.version + 1
                 where staff.password_hash is null and staff.active
                 returning id"
            ))
            .bind(self.email.as_str())
            .bind(self.name.as_str())
            .bind(roles.as_str())
            .bind(self.time_zone.as_str())
            .bind(now)
            .optional()
            .await?
            .ok_or_else(|| Fault::invalid("email", "staff-exists"))?;
        if !self.token.is_empty() {
            link::issue(tx, id, &self.token).await?;
        }
        tx.note("staff", None::<i64>, id);
        tx.note("roles", earlier.map(|earlier| earlier.roles), roles.as_str());
        tx.emit("staff.invited", serde_json::json!({ "staff": id, "roles": roles }));
        Ok(id)
    }
}

impl InviteStaff {
    async fn judge(&self, tx: &mut Tx<'_>) -> Result<Option<Earlier>, Fault> {
        if normal_email(&self.email).as_ref() != Some(&self.email) {
            return Err(Fault::invalid("email", "staff-email"));
        }
        if !is_name(&self.name) {
            return Err(Fault::invalid("name", "staff-name"));
        }
        if self.roles.is_empty() {
            return Err(Fault::invalid("roles", "staff-no-role"));
        }
        if self.time_zone.parse::<Tz>().is_err() {
            return Err(Fault::invalid("time_zone", "not-a-choice"));
        }
        let there: Option<Earlier> = tx
            .query(sql!("select roles, active, password_hash is not null as has_password from staff where email = $1"))
            .bind(self.email.as_str())
            .optional()
            .await?;
        match there {
            Some(Earlier { active: false, .. }) => Err(Fault::invalid("email", "staff-left")),
            Some(Earlier { has_password: true, .. }) => Err(Fault::invalid("email", "staff-exists")),
            there => Ok(there),
        }
    }
}

/// An invitation that still works.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Invitation {
    pub staff_id: i64,
    pub name: String,
    pub email: String,
    pub expires_at: Instant,
}

/// The invitation that a link's token opens, if it still does.
pub async fn find(reader: &Reader, token: &str, now: Instant) -> sqlx::Result<Option<Invitation>> {
    reader
        .query(sql!(
            "select i.staff_id, s.name, s.email, i.expires_at
               from invitations i join staff s on s.id = i.staff_id
              where i.hash = $1 and i.expires_at > $2 and s.active"
        ))
        .bind(hash(token))
        .bind(now)
        .optional()
        .await
}

/// What names the occasion for which an authenticator's secret is offered.
pub fn occasion(token: &str) -> String {
    format!("invitation/{}", hex::encode(hash(token)))
}

/// The invited person sets password and authenticator. What they set travels in fields that are never stored as they are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AcceptInvitation {
    pub staff: i64,
    #[serde(skip)]
    pub token: String,
    #[serde(skip)]
    pub password_hash: String,
    /// The authenticator's secret, encrypted, and the step of the code that proved it.
    #[serde(skip)]
    pub secret: Vec<u8>,
    #[serde(skip)]
    pub step: i64,
    #[serde(skip)]
    pub recovery_codes: RecoveryCodes,
}

impl Change for AcceptInvitation {
    const KIND: &'static str = "staff.accept";
    const ADMITS: Admits = Admits { host: true, ..Admits::visitor() };
    type Output = ();

    fn target(&self) -> Target {
        target(self.staff)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let now = tx.now();
        // Whoever is being disabled, or given another link, is so before this or after it.
        if !standing::lock(tx, self.staff).await?.active {
            return Err(Fault::missing("invitation-over"));
        }
        let used = tx
            .query(sql!("delete from invitations where hash = $1 and staff_id = $2 and expires_at > $3"))
            .bind(hash(&self.token))
            .bind(self.staff)
            .bind(now)
            .run()
            .await?;
        if used == 0 {
            return Err(Fault::missing("invitation-over"));
        }
        tx.query(sql!("update staff set password_hash = $2, password_at = $3, version = version + 1 where id = $1"))
            .bind(self.staff)
            .bind(self.password_hash.as_str())
            .bind(now)
            .run()
            .await?;
        authenticator::replace(tx, self.staff, &self.secret, self.step).await?;
        self.recovery_codes.store(tx, self.staff).await?;
        tx.query(sql!("delete from sessions where staff_id = $1")).bind(self.staff).run().await?;
        tx.note("password_at", None::<i64>, now.to_string());
        tx.note("authenticator_at", None::<i64>, now.to_string());
        Ok(())
    }
}
