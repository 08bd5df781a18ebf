//! How somebody comes to work here: an invitation, a link that works once, a password and an authenticator.

use super::{Roles, authenticator, authenticator::RecoveryCodes, target};
use crate::{
    clock::Instant,
    gate::{Admits, By, Change, Fault, Role, Target, Tx},
    secret, sql,
    store::Reader,
};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// How long a set-up link works.
pub const LASTS: TimeDelta = TimeDelta::hours(24);

/// Invites somebody. The link's token is shown once, to whoever invites; only its hash is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InviteStaff {
    pub email: String,
    pub name: String,
    pub roles: Roles,
    pub time_zone: String,
    #[serde(skip)]
    pub token: String,
}

impl Change for InviteStaff {
    const KIND: &'static str = "staff.invite";
    const ADMITS: Admits = Admits { by: By::Roles(&[Role::Owner]), code: true, host: true };
    /// The new person's id.
    type Output = i64;

    fn target(&self) -> Target {
        Target::new("staff", &self.email)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let there: Option<(i64,)> = tx
            .query(sql!("select id from staff where email = $1 and password_hash is not null"))
            .bind(self.email.as_str())
            .optional()
            .await?;
        match there {
            Some(_) => Err(Fault::invalid("email", "staff-exists")),
            None => Ok(()),
        }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<i64, Fault> {
        let now = tx.now();
        // Somebody who never followed their first link is invited again.
        let (id,): (i64,) = tx
            .query(sql!(
                "insert into staff (email, name, roles, time_zone, created_at) values ($1, $2, $3, $4, $5)
                 on conflict (email) do update set name = excluded.name, roles = excluded.roles, version = staff.version + 1
                 where staff.password_hash is null
                 returning id"
            ))
            .bind(self.email.as_str())
            .bind(self.name.as_str())
            .bind(self.roles.to_string())
            .bind(self.time_zone.as_str())
            .bind(now)
            .optional()
            .await?
            .ok_or_else(|| Fault::invalid("email", "staff-exists"))?;
        issue(tx, id, &self.token).await?;
        tx.note("staff", None::<i64>, id);
        tx.note("roles", None::<i64>, self.roles.to_string());
        tx.emit("staff.invited", serde_json::json!({ "staff": id, "roles": self.roles.to_string() }));
        Ok(id)
    }
}

/// Makes a link work, and every earlier one of this person stop.
async fn issue(tx: &mut Tx<'_>, staff: i64, token: &str) -> Result<(), Fault> {
    let expires = tx.now().plus(LASTS);
    tx.query(sql!("delete from invitations where staff_id = $1")).bind(staff).run().await?;
    tx.query(sql!("insert into invitations (hash, staff_id, expires_at) values ($1, $2, $3)"))
        .bind(hash(token))
        .bind(staff)
        .bind(expires)
        .run()
        .await?;
    Ok(())
}

/// Takes a person's authenticator and recovery codes away and gives them a new set-up link: for a phone that is lost, or
/// after ten wrong codes. Password and second factor are set anew with it, and every session ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResetSecondFactor {
    pub staff: i64,
    #[serde(skip)]
    pub token: String,
}

impl Change for ResetSecondFactor {
    const KIND: &'static str = "staff.reset-second-factor";
    const ADMITS: Admits = Admits::host_only();
    type Output = ();

    fn target(&self) -> Target {
        target(self.staff)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let before: Option<(Instant,)> = tx
            .query(sql!("select enrolled_at from authenticators where staff_id = $1"))
            .bind(self.staff)
            .optional()
            .await?;
        for statement in [
            sql!("delete from authenticators where staff_id = $1"),
            sql!("delete from recovery_codes where staff_id = $1"),
            sql!("delete from sessions where staff_id = $1"),
        ] {
            tx.query(statement).bind(self.staff).run().await?;
        }
        issue(tx, self.staff, &self.token).await?;
        tx.note("authenticator_at", before.map(|(at,)| at.to_string()), None::<i64>);
        tx.emit(
            "staff.credential-changed",
            serde_json::json!({ "staff": self.staff, "credential": "second-factor-reset" }),
        );
        Ok(())
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

fn hash(token: &str) -> Vec<u8> {
    secret::sha256(token.as_bytes()).to_vec()
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
