//! Replacing an authenticator that is lost, after signing in with a recovery code.

use super::{account::NEW_CODE_WRONG, account_state, authenticator, session, sign_in::Browser, target};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    id::StaffId,
    web::session::id_of,
};
use serde::{Deserialize, Serialize};

/// A new authenticator in place of the lost one. The person was let in by a recovery code, so no code of the old one is asked
/// for, and this is all they can do; afterwards they are signed in. Every other session ends: the lost phone may hold one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RecoverAuthenticator {
    staff: StaffId,
    browser: Browser,
    /// The new secret, encrypted, and the step of the code that proved it, if one did.
    #[serde(skip)]
    secret: Vec<u8>,
    #[serde(skip)]
    step: Option<i64>,
    #[serde(skip)]
    to: String,
}

impl RecoverAuthenticator {
    /// `token` is that of the session that begins.
    pub fn new(staff: StaffId, browser: Browser, secret: Vec<u8>, step: Option<i64>, token: &str) -> Self {
        Self { staff, browser, secret, step, to: id_of(token) }
    }
}

impl Change for RecoverAuthenticator {
    const KIND: &'static str = "account.recover-authenticator";
    const ADMITS: Admits = Admits::recovery_only();
    type Output = ();

    fn target(&self) -> Target {
        target(self.staff)
    }

    async fn check(&self, _: &mut Tx<'_>) -> Result<(), Fault> {
        match self.step {
            Some(_) => Ok(()),
            None => Err(Fault::invalid("code", NEW_CODE_WRONG)),
        }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        authenticator::exchange(tx, self.staff, &self.secret, self.step.unwrap_or_default()).await?;
        let ended = account_state::end_sessions(tx, self.staff).await?;
        session::begin(tx, &self.to, self.staff, "signed", &self.browser).await?;
        tx.note("sessions_ended", None::<i64>, ended);
        Ok(())
    }
}
