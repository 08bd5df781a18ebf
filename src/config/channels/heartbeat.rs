//! `[[heartbeat]]`: where signs of life go.

use super::{
    keys::{Keys, check_name, is_used},
    receiver::address,
};
use crate::{notify::Heartbeat, profile::Profile};
use serde::Deserialize;

/// `[[heartbeat]]`. Its address is a secret, given as `$NAME`, a variable of the environment.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct HeartbeatConfig {
    name: String,
    /// The profiles in which it is called.
    environments: Option<Vec<String>>,
    #[serde(flatten)]
    keys: Keys,
}

impl HeartbeatConfig {
    pub(super) fn resolve(&mut self, env: impl Fn(&str) -> Option<String>) -> Result<(), String> {
        self.keys.resolve(env).map_err(|error| format!("heartbeat {:?}: {error}", self.name))
    }

    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.keys.secrets()
    }

    fn heartbeat(&self, profile: Profile) -> Result<Option<Heartbeat>, String> {
        check_name(&self.name)?;
        self.keys.only("a heartbeat", &["url"], "name and environments")?;
        let url = address(self.keys.required_secret("url", profile)?)?;
        // A laptop that calls production's address would hide that production is dead.
        let is_on = is_used(self.environments.as_deref(), profile, || profile.is_production())?;
        Ok(is_on.then(|| Heartbeat::new(self.name.clone(), url)))
    }
}

impl super::DeclaredChannels {
    /// The heartbeats that are called in this profile.
    ///
    /// # Errors
    /// The first thing that is wrong, in one line.
    pub fn heartbeats(&self, profile: Profile) -> Result<Vec<Heartbeat>, String> {
        let mut heartbeats = Vec::new();
        for (n, declared) in self.heartbeat.iter().enumerate() {
            if self.heartbeat.iter().take(n).any(|earlier| earlier.name == declared.name) {
                return Err(format!("heartbeat {:?} is declared twice", declared.name));
            }
            let heartbeat =
                declared.heartbeat(profile).map_err(|error| format!("heartbeat {:?}: {error}", declared.name))?;
            heartbeats.extend(heartbeat);
        }
        Ok(heartbeats)
    }
}
