//! The key that signs the log.

use super::{Check, Settings, within};
use crate::evidence::{
    ship::{Shipping, bucket::signature::Credentials, target::Target},
    signing::Signing,
    timestamp::{Authority, Roots, Stamping},
    witness::{Witness, Witnesses},
};
use chrono::TimeDelta;
use std::{fs, path::Path, sync::Arc};

pub(super) const KEY: &str = "INGAM_AUDIT_KEY_FILE";
pub(super) const STATE: &str = "INGAM_AUDIT_STATE_FILE";
pub(super) const WITNESSES: &str = "INGAM_AUDIT_WITNESSES";
pub(super) const TIMESTAMPS: &str = "INGAM_AUDIT_TIMESTAMPS";
pub(super) const CERTIFICATES: &str = "INGAM_AUDIT_TIMESTAMP_CERTIFICATES";
pub(super) const TIMESTAMP_MINUTES: &str = "INGAM_AUDIT_TIMESTAMP_MINUTES";
pub(super) const SHIP: &str = "INGAM_AUDIT_SHIP";
pub(super) const ACCESS: &str = "INGAM_AUDIT_SHIP_ACCESS_KEY";
pub(super) const SECRET: &str = "INGAM_AUDIT_SHIP_SECRET_KEY";
pub(super) const SHIP_WITHIN: &str = "INGAM_AUDIT_SHIP_WITHIN_HOURS";

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

    /// No target where none is named.
    pub(crate) fn shipping(&self) -> Result<Shipping, String> {
        let targets = self.get(SHIP).unwrap_or_default().split_whitespace().map(|text| self.ship_target(text));
        let targets = targets.collect::<Result<Vec<_>, _>>().map_err(|why| format!("{SHIP}: {why}"))?;
        for (at, target) in targets.iter().enumerate() {
            if targets.iter().take(at).any(|other| other.name() == target.name()) {
                return Err(format!("{SHIP}: {} is named twice", target.name()));
            }
        }
        let usual = Shipping::default();
        let within = self.or(SHIP_WITHIN, usual.within, |text| within(text, 1, 720).map(TimeDelta::hours))?;
        Ok(Shipping { targets, within, ..usual })
    }

    /// None where none is named.
    pub(super) fn witnesses(&self) -> Result<Witnesses, String> {
        let words: Vec<&str> = self.get(WITNESSES).unwrap_or_default().split_whitespace().collect();
        let (pairs, []) = words.as_chunks::<2>() else {
            return Err(format!("{WITNESSES}: after the address of each witness comes its public key"));
        };
        let mut all: Vec<Witness> = Vec::new();
        for [url, key] in pairs {
            let witness = Witness::parse(url, key).map_err(|why| format!("{WITNESSES}: {why}"))?;
            if all.iter().any(|other| other.name() == witness.name()) {
                return Err(format!("{WITNESSES}: {} is named twice", witness.name()));
            }
            all.push(witness);
        }
        Ok(Witnesses { all, ..Witnesses::default() })
    }

    /// None where none is named.
    pub(super) fn stamping(&self) -> Result<Stamping, String> {
        let usual = Stamping::default();
        let every = self.or(TIMESTAMP_MINUTES, usual.every, |text| within(text, 1, 10_080).map(TimeDelta::minutes))?;
        let authority = match (self.get(TIMESTAMPS), self.get(CERTIFICATES)) {
            (None, None) => None,
            (Some(url), Some(file)) => {
                let pem = fs::read(file).map_err(|error| format!("{CERTIFICATES}: {file}: {error}"))?;
                let roots = Roots::read(&pem).map_err(|why| format!("{CERTIFICATES}: {file}: {why}"))?;
                Some(Arc::new(Authority::new(url, roots).map_err(|why| format!("{TIMESTAMPS}: {why}"))?))
            }
            (Some(_), None) => {
                return Err(format!("{TIMESTAMPS} is set: name the certificates of its authority in {CERTIFICATES}"));
            }
            (None, Some(_)) => return Err(format!("{CERTIFICATES} is set, and {TIMESTAMPS} is not")),
        };
        Ok(Stamping { authority, every, ..usual })
    }

    /// A target as it is written, also one that an argument names.
    pub(crate) fn ship_target(&self, text: &str) -> Result<Target, String> {
        let credentials = match self.get(ACCESS).zip(self.get(SECRET)) {
            Some((access, secret)) => Some(Credentials::new(access, secret)?),
            None => None,
        };
        Target::parse(text, credentials.as_ref())
    }
}

impl Shipping {
    /// The line of `ingam check`. Whether a target can be reached says `ingam audit ship --check`.
    pub(crate) fn check(&self) -> Check {
        let names: Vec<String> = self.targets.iter().map(Target::name).collect();
        let verdict = match names.as_slice() {
            [] => format!("not shipped: name a directory on another machine or a bucket in {SHIP}"),
            _ => format!("to {}; late after {} hours", names.join(", "), self.within.num_hours()),
        };
        Check { name: "shipping of checkpoints", verdict: Ok(verdict) }
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

impl Witnesses {
    /// The line of `ingam check`.
    pub(crate) fn check(&self) -> Check {
        let names: Vec<&str> = self.all.iter().map(Witness::name).collect();
        let verdict = if names.is_empty() { format!("none: name some in {WITNESSES}") } else { names.join(", ") };
        Check { name: "witnesses of the log", verdict: Ok(verdict) }
    }
}

impl Stamping {
    /// The line of `ingam check`.
    pub(crate) fn check(&self) -> Check {
        let verdict = match &self.authority {
            None => format!("none: name an authority in {TIMESTAMPS}"),
            Some(authority) => format!("by {}, every {} minutes", authority.name(), self.every.num_minutes()),
        };
        Check { name: "time stamps of the log", verdict: Ok(verdict) }
    }
}
