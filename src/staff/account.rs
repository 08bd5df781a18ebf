//! What a person does to their own account.

use super::{account_state, authenticator, authenticator::RecoveryCodes, session, target, throttle};
use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Refusal, Target, Tx},
    id::StaffId,
    secret::fingerprint,
    sql,
    staff::{SESSION_OVER, STAFF_CREDENTIAL_CHANGED},
};
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The code does not belong to the new authenticator.
    pub(super) NEW_CODE_WRONG = "new-code-wrong";
    /// The current password is wrong.
    PASSWORD_WRONG = "password-wrong";
}

/// A new password. Every other session ends with the old one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChangePassword {
    pub staff: StaffId,
    #[serde(skip)]
    pub session: String,
    #[serde(skip)]
    pub keys: throttle::Keys,
    /// The stored hash that the current password was right for; nothing where it was wrong.
    #[serde(skip)]
    pub right_for: Option<String>,
    /// A keyed hash of the new password, so that the same form with another one is seen to be another change.
    pub told_apart_by: String,
    #[serde(skip)]
    pub new_hash: String,
}

impl Change for ChangePassword {
    const KIND: &'static str = "account.password";
    const ADMITS: Admits = Admits::own();
    type Output = ();

    fn target(&self) -> Target {
        target(self.staff)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        throttle::check(tx, &self.keys).await?;
        match self.right_for {
            Some(_) => Ok(()),
            None => Err(Fault::invalid("current", PASSWORD_WRONG)),
        }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let now = tx.now();
        let before: Option<(Option<Instant>,)> =
            tx.query(sql!("select password_at from staff where id = $1")).bind(self.staff).optional().await?;
        let changed = tx
            .query(sql!(
                "update staff set password_hash = $3, password_at = $4, version = version + 1 where id = $1 and password_hash = $2"
            ))
            .bind(self.staff)
            .bind(self.right_for.as_deref())
            .bind(self.new_hash.as_str())
            .bind(now)
            .run()
            .await?;
        if changed == 0 {
            return Err(Fault::invalid("current", PASSWORD_WRONG));
        }
        throttle::clear(tx, &self.keys).await?;
        session::end_others(tx, self.staff, &self.session).await?;
        tx.note("password_at", before.and_then(|(at,)| at).map(|at| at.to_string()), now.to_string());
        tx.note("password_sha256", None::<&str>, fingerprint(self.new_hash.as_bytes()));
        tx.emit(STAFF_CREDENTIAL_CHANGED, serde_json::json!({ "staff": self.staff, "credential": "password" }));
        Ok(())
    }

    async fn count_refusal(&self, tx: &mut Tx<'_>, refusal: &Refusal) -> Result<(), Fault> {
        throttle::count_refusal(tx, &self.keys, refusal).await
    }
}

/// A new authenticator in place of the old one, whose code the gate has spent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReplaceAuthenticator {
    pub staff: StaffId,
    #[serde(skip)]
    pub session: String,
    /// The new secret, encrypted, and the step of the code that proved it, if one did.
    #[serde(skip)]
    pub secret: Vec<u8>,
    #[serde(skip)]
    pub step: Option<i64>,
}

impl Change for ReplaceAuthenticator {
    const KIND: &'static str = "account.authenticator";
    const ADMITS: Admits = Admits::own();
    type Output = ();

    fn target(&self) -> Target {
        target(self.staff)
    }

    async fn check(&self, _: &mut Tx<'_>) -> Result<(), Fault> {
        match self.step {
            Some(_) => Ok(()),
            None => Err(Fault::invalid("new_code", NEW_CODE_WRONG)),
        }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        authenticator::exchange(tx, self.staff, &self.secret, self.step.unwrap_or_default()).await?;
        session::end_others(tx, self.staff, &self.session).await?;
        Ok(())
    }
}

/// Ten new recovery codes; the old ones stop working.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RenewRecoveryCodes {
    pub staff: StaffId,
    #[serde(skip)]
    pub codes: RecoveryCodes,
}

impl Change for RenewRecoveryCodes {
    const KIND: &'static str = "account.recovery-codes";
    const ADMITS: Admits = Admits::own();
    type Output = ();

    fn target(&self) -> Target {
        target(self.staff)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (before,): (i64,) = tx
            .query(sql!("select count(*) from recovery_codes where staff_id = $1 and used_at is null"))
            .bind(self.staff)
            .one()
            .await?;
        self.codes.store(tx, self.staff).await?;
        account_state::bump(tx, self.staff).await?;
        tx.note("recovery_codes", before, 10_i64);
        tx.emit(STAFF_CREDENTIAL_CHANGED, serde_json::json!({ "staff": self.staff, "credential": "recovery-codes" }));
        Ok(())
    }
}

/// Ends one of one's own sessions, named by the first 16 digits of its key, or all but the one in use.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EndSessions {
    pub staff: StaffId,
    /// Nothing: all the others.
    pub session: Option<String>,
    #[serde(skip)]
    pub here: String,
}

impl Change for EndSessions {
    const KIND: &'static str = "account.end-sessions";
    const ADMITS: Admits = Admits::own();
    type Output = i64;

    fn target(&self) -> Target {
        target(self.staff)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<i64, Fault> {
        let ended = match &self.session {
            None => session::end_others(tx, self.staff, &self.here).await?,
            Some(handle) => {
                let ended = tx
                    .query(sql!("delete from sessions where staff_id = $1 and substr(id, 1, 16) = $2"))
                    .bind(self.staff)
                    .bind(handle.as_str())
                    .run()
                    .await?;
                if ended == 0 {
                    return Err(Fault::missing(SESSION_OVER));
                }
                tx.note("session", handle.as_str(), None::<i64>);
                ended
            }
        };
        let ended = i64::try_from(ended).unwrap_or(i64::MAX);
        tx.note("sessions_ended", None::<i64>, ended);
        Ok(ended)
    }
}

/// Language, time zone and theme.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetPreferences {
    pub staff: StaffId,
    pub lang: String,
    pub time_zone: String,
    pub theme: String,
}

impl Change for SetPreferences {
    const KIND: &'static str = "account.preferences";
    const ADMITS: Admits = Admits::own_without_code();
    type Output = ();

    fn target(&self) -> Target {
        target(self.staff)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (lang, zone, theme): (Option<String>, String, String) =
            tx.query(sql!("select lang, time_zone, theme from staff where id = $1")).bind(self.staff).one().await?;
        tx.query(sql!("update staff set lang = $2, time_zone = $3, theme = $4 where id = $1"))
            .bind(self.staff)
            .bind(self.lang.as_str())
            .bind(self.time_zone.as_str())
            .bind(self.theme.as_str())
            .run()
            .await?;
        for (field, before, after) in [
            ("lang", lang, &self.lang),
            ("time_zone", Some(zone), &self.time_zone),
            ("theme", Some(theme), &self.theme),
        ] {
            if before.as_ref() != Some(after) {
                tx.note(field, before, after.as_str());
            }
        }
        Ok(())
    }
}
