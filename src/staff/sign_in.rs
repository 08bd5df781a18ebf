//! Signing in: first the password, then a code. Both are changes, so both are in the log, and so is every failure.

use super::{session, target, throttle};
use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Refusal, Target, Tx},
    id::StaffId,
    sql,
    web::session::id_of,
};
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The recovery code is wrong or used.
    RECOVERY_CODE_WRONG = "recovery-code-wrong";
    /// The password was given too long ago, or the sign-in has ended.
    pub(super) SIGN_IN_OVER = "sign-in-over";
    /// The address or the password is wrong.
    SIGN_IN_WRONG = "sign-in-wrong";
}

crate::gate::topics! {
    /// A person used a recovery code.
    STAFF_RECOVERY_CODE_USED = "staff.recovery-code-used";
}

/// Where a session comes from, as shown to its owner.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Browser {
    pub ip: String,
    pub user_agent: String,
}

/// A person gave an e-mail address and a password. The result of checking them is in fields that are never stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EnterPassword {
    /// The account, if there is one.
    staff: Option<StaffId>,
    browser: Browser,
    #[serde(skip)]
    keys: throttle::Keys,
    /// The hash that the password was right for; checked again here, since checking takes a while.
    #[serde(skip)]
    right_for: Option<String>,
    /// The new session's row key.
    #[serde(skip)]
    session: String,
}

impl EnterPassword {
    pub fn new(
        staff: Option<StaffId>,
        right_for: Option<String>,
        keys: throttle::Keys,
        token: &str,
        browser: Browser,
    ) -> Self {
        Self { staff, browser, keys, right_for, session: id_of(token) }
    }
}

impl Change for EnterPassword {
    const KIND: &'static str = "session.password";
    const ADMITS: Admits = Admits::public();
    type Output = ();

    fn target(&self) -> Target {
        self.staff.map_or_else(|| Target::new("staff", ""), target)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        throttle::check(tx, &self.keys).await
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (Some(staff), Some(right_for)) = (self.staff, &self.right_for) else {
            return Err(Fault::invalid("password", SIGN_IN_WRONG));
        };
        let still: Option<(StaffId,)> = tx
            .query(sql!("select id from staff where id = $1 and active and password_hash = $2"))
            .bind(staff)
            .bind(right_for.as_str())
            .optional()
            .await?;
        if still.is_none() {
            return Err(Fault::invalid("password", SIGN_IN_WRONG));
        }
        throttle::clear(tx, &self.keys).await?;
        session::begin(tx, &self.session, staff, "password", &self.browser).await
    }

    async fn count_refusal(&self, tx: &mut Tx<'_>, refusal: &Refusal) -> Result<(), Fault> {
        throttle::count_refusal(tx, &self.keys, refusal).await
    }
}

/// A person whose password was right gave the code of their authenticator, which the gate has checked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignIn {
    staff: StaffId,
    browser: Browser,
    #[serde(skip)]
    from: String,
    #[serde(skip)]
    to: String,
}

impl SignIn {
    /// `from` is the key of the session that the password made, which ends here: a new token for a new standing.
    pub fn new(staff: StaffId, from: String, token: &str, browser: Browser) -> Self {
        Self { staff, browser, from, to: id_of(token) }
    }

    async fn renew(&self, tx: &mut Tx<'_>, stage: &str) -> Result<(), Fault> {
        if !session::end(tx, &self.from).await? {
            return Err(Fault::conflict(SIGN_IN_OVER));
        }
        session::begin(tx, &self.to, self.staff, stage, &self.browser).await
    }
}

impl Change for SignIn {
    const KIND: &'static str = "session.start";
    const ADMITS: Admits = Admits::password_only(true);
    type Output = ();

    fn target(&self) -> Target {
        target(self.staff)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.renew(tx, "signed").await
    }
}

/// A person whose password was right gave one of their ten recovery codes, because the authenticator is out of reach. The
/// session that begins is good for replacing it, and for nothing else.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignInWithRecoveryCode {
    sign_in: SignIn,
    #[serde(skip)]
    hash: Vec<u8>,
    #[serde(skip)]
    keys: throttle::Keys,
}

impl SignInWithRecoveryCode {
    pub fn new(sign_in: SignIn, hash: [u8; 32], keys: throttle::Keys) -> Self {
        Self { sign_in, hash: hash.to_vec(), keys }
    }
}

impl Change for SignInWithRecoveryCode {
    const KIND: &'static str = "session.start-with-recovery-code";
    const ADMITS: Admits = Admits::password_only(false);
    type Output = ();

    fn target(&self) -> Target {
        self.sign_in.target()
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        throttle::check(tx, &self.keys).await
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let now: Instant = tx.now();
        let used = tx
            .query(sql!("update recovery_codes set used_at = $3 where hash = $1 and staff_id = $2 and used_at is null"))
            .bind(self.hash.as_slice())
            .bind(self.sign_in.staff)
            .bind(now)
            .run()
            .await?;
        if used == 0 {
            return Err(Fault::invalid("code", RECOVERY_CODE_WRONG));
        }
        let (left,): (i64,) = tx
            .query(sql!("select count(*) from recovery_codes where staff_id = $1 and used_at is null"))
            .bind(self.sign_in.staff)
            .one()
            .await?;
        tx.note("recovery_codes", left + 1, left);
        tx.emit(STAFF_RECOVERY_CODE_USED, serde_json::json!({ "staff": self.sign_in.staff, "left": left }));
        self.sign_in.renew(tx, "recovery").await
    }

    async fn count_refusal(&self, tx: &mut Tx<'_>, refusal: &Refusal) -> Result<(), Fault> {
        throttle::count_refusal(tx, &self.keys, refusal).await
    }
}

/// Signing out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignOut {
    pub staff: StaffId,
    #[serde(skip)]
    pub session: String,
}

impl Change for SignOut {
    const KIND: &'static str = "session.end";
    const ADMITS: Admits = Admits::session();
    type Output = ();

    fn target(&self) -> Target {
        target(self.staff)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        session::end(tx, &self.session).await.map(drop)
    }
}
