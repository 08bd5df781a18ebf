//! The key that signs the log.

use super::{Check, Settings};
use crate::evidence::signing::Signing;
use std::path::Path;

pub(super) const KEY: &str = "INGAM_AUDIT_KEY_FILE";
pub(super) const STATE: &str = "INGAM_AUDIT_STATE_FILE";

impl Settings {
    /// Nothing where no key is named.
    pub(super) fn signing(&self) -> Result<Option<Signing>, String> {
        let state = self.get(STATE).map(Path::new);
        match self.get(KEY) {
            Some(key) => Signing::read(Path::new(key), state).map(Some).map_err(|why| format!("{KEY}: {why}")),
            None if state.is_some() => Err(format!("{STATE} is set, and {KEY} is not")),
            None => Ok(None),
        }
    }
}

impl Signing {
    /// The line of `ingam check`.
    pub(crate) fn check(signing: Option<&Self>) -> Check {
        let verdict = match signing {
            None => format!("not signed: make a key with `ingam audit keygen`, and set {KEY}"),
            Some(signing) => signing.check_state(),
        };
        Check { name: "signing of the log", verdict: Ok(verdict) }
    }

    /// The console serves without its state, and says loudly that the log is not signed.
    fn check_state(&self) -> String {
        match self.last() {
            Ok(state) => format!("by {}, the last time at {} rows", self.origin(), state.checkpoint.size()),
            Err(why) => format!("warning: {why}"),
        }
    }
}
