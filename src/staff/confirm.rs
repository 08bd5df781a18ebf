//! Going on with a session in another browser and on another network.

use super::{
    session,
    sign_in::{Browser, SIGN_IN_OVER},
    target,
};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    id::StaffId,
    web::session::id_of,
};
use serde::{Deserialize, Serialize};

/// The person gave a code where their session was opened in another browser and on another network, and goes on there: under
/// a new token, which ends every copy of the old one. See `web::binding`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConfirmSession {
    staff: StaffId,
    browser: Browser,
    #[serde(skip)]
    from: String,
    #[serde(skip)]
    to: String,
}

impl ConfirmSession {
    /// `from` is the key of the session, which `token` opens afterwards.
    pub fn new(staff: StaffId, from: String, token: &str, browser: Browser) -> Self {
        Self { staff, browser, from, to: id_of(token) }
    }
}

impl Change for ConfirmSession {
    const KIND: &'static str = "session.confirm";
    const ADMITS: Admits = Admits::own();
    type Output = ();

    fn target(&self) -> Target {
        target(self.staff)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        if session::rebind(tx, &self.from, &self.to, self.staff, &self.browser).await? {
            Ok(())
        } else {
            Err(Fault::conflict(SIGN_IN_OVER))
        }
    }
}
