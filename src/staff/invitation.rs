//! Set-up links, and what the invited person does with one: setting a password and an authenticator.

use super::{account_state, authenticator, authenticator::RecoveryCodes, target};
use crate::{
    allowlist::within,
    clock::Instant,
    gate::{Admits, Change, Fault, Target, Tx},
    id::StaffId,
    secret::{self, fingerprint},
    sql,
    store::Reader,
};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The set-up link was used, replaced, or has expired.
    INVITATION_OVER = "invitation-over";
    /// The link was opened outside the networks that its person is limited to.
    INVITATION_ELSEWHERE = "invitation-elsewhere";
}

/// How long a set-up link works.
pub(crate) const LINK_LASTS: TimeDelta = TimeDelta::hours(24);

/// Makes a link work, and every earlier one of this person stop. Only the hash of its token is kept.
pub(super) async fn issue(tx: &mut Tx<'_>, staff: StaffId, token: &str) -> Result<(), Fault> {
    let expires = tx.now().plus(LINK_LASTS);
    let before: Option<(Instant,)> = tx
        .query(sql!("select expires_at from invitations where staff_id = $1 order by expires_at desc limit 1"))
        .bind(staff)
        .optional()
        .await?;
    tx.query(sql!("delete from invitations where staff_id = $1")).bind(staff).run().await?;
    tx.query(sql!("insert into invitations (hash, staff_id, expires_at) values ($1, $2, $3)"))
        .bind(hash(token))
        .bind(staff)
        .bind(expires)
        .run()
        .await?;
    tx.note("link_expires_at", before.map(|(at,)| at.to_string()), expires.to_string());
    tx.note("link_sha256", None::<&str>, fingerprint(&hash(token)));
    Ok(())
}

fn hash(token: &str) -> Vec<u8> {
    secret::sha256(token.as_bytes()).to_vec()
}

/// An invitation that still works.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Invitation {
    pub staff_id: StaffId,
    pub name: String,
    pub email: String,
    pub expires_at: Instant,
    /// From where alone this person may come: networks with a space between them; none is no limit.
    pub networks: String,
}

/// The invitation that a link's token opens, if it still does.
pub(crate) async fn find(reader: &Reader, token: &str, now: Instant) -> sqlx::Result<Option<Invitation>> {
    reader
        .query(sql!(
            "select i.staff_id, s.name, s.email, i.expires_at, s.networks
               from invitations i join staff s on s.id = i.staff_id
              where i.hash = $1 and i.expires_at > $2 and s.active"
        ))
        .bind(hash(token))
        .bind(now)
        .optional()
        .await
}

/// What names the occasion for which an authenticator's secret is offered.
pub(crate) fn occasion(token: &str) -> String {
    format!("invitation/{}", hex::encode(hash(token)))
}

/// The invited person sets password and authenticator. What they set travels in fields that are never stored as they are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AcceptInvitation {
    pub staff: StaffId,
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
    const ADMITS: Admits = Admits { host: true, ..Admits::public() };
    type Output = ();

    fn target(&self) -> Target {
        target(self.staff)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let limit: Option<(String,)> =
            tx.query(sql!("select networks from staff where id = $1")).bind(self.staff).optional().await?;
        // The command line has no address; it is on the host.
        let is_elsewhere = limit.is_some_and(|(networks,)| !within(&networks, tx.ip())) && tx.ip().is_some();
        if is_elsewhere { Err(Fault::forbidden(INVITATION_ELSEWHERE)) } else { Ok(()) }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let now = tx.now();
        // The lock keeps an account from being disabled, or given another link, in the middle of this.
        if !account_state::lock(tx, self.staff).await?.active {
            return Err(Fault::missing(INVITATION_OVER));
        }
        let used = tx
            .query(sql!("delete from invitations where hash = $1 and staff_id = $2 and expires_at > $3"))
            .bind(hash(&self.token))
            .bind(self.staff)
            .bind(now)
            .run()
            .await?;
        if used == 0 {
            return Err(Fault::missing(INVITATION_OVER));
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
        tx.note("password_sha256", None::<&str>, fingerprint(self.password_hash.as_bytes()));
        tx.note("authenticator_at", None::<i64>, now.to_string());
        Ok(())
    }
}
