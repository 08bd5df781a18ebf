//! The keys of a table of the configuration file that depend on its kind, of which some may be secret.

use super::super::mounted;
use crate::profile::Profile;
use serde::Deserialize;
use std::{collections::BTreeMap, fmt};

/// Characters of a name.
const NAME: usize = 40;

/// Refuses what is no name of a channel, a heartbeat or a receiver.
pub(in crate::config) fn check_name(text: &str) -> Result<(), String> {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || text.len() > NAME || !text.chars().all(is_part) {
        return Err(format!("its name must be of lower-case letters, digits and hyphens, at most {NAME}"));
    }
    Ok(())
}

/// Whether `environments` names this profile; as is usual where it is left out.
pub(super) fn is_used(
    environments: Option<&[String]>,
    profile: Profile,
    usual: impl FnOnce() -> bool,
) -> Result<bool, String> {
    let Some(environments) = environments else { return Ok(usual()) };
    let mut is_used = false;
    for environment in environments {
        is_used |= environment.parse::<Profile>()? == profile;
    }
    Ok(is_used)
}

/// The keys whose values are secret.
const SECRET: [&str; 5] = ["url", "routing_key", "secret", "password", "token"];

/// The keys of a channel that belong to its kind, as they are written or as the environment has them.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Keys(BTreeMap<String, Value>);

/// A value of the file, or the one that it refers to.
#[derive(Clone, Deserialize)]
#[serde(from = "toml::Value")]
enum Value {
    Text(String),
    /// From a variable of the environment.
    Variable {
        name: String,
        text: String,
    },
    Texts(Vec<String>),
    Flag(bool),
    /// None of these.
    Other,
}

impl From<toml::Value> for Value {
    fn from(value: toml::Value) -> Self {
        let text = |value: &toml::Value| value.as_str().map(str::to_owned);
        match &value {
            toml::Value::String(written) => match written.strip_prefix('$') {
                Some(name) => Self::Variable { name: name.to_owned(), text: String::new() },
                None => Self::Text(written.clone()),
            },
            toml::Value::Array(items) => items.iter().map(text).collect::<Option<_>>().map_or(Self::Other, Self::Texts),
            toml::Value::Boolean(flag) => Self::Flag(*flag),
            _ => Self::Other,
        }
    }
}

impl Value {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Variable { text, .. } => Some(text),
            Self::Texts(_) | Self::Flag(_) | Self::Other => None,
        }
    }
}

/// They may be secret.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Keys {
    /// Fills in what refers to the environment, or to a mounted file that `NAME_FILE` names.
    pub(in crate::config) fn resolve(&mut self, env: impl Fn(&str) -> Option<String>) -> Result<(), String> {
        for value in self.0.values_mut() {
            let Value::Variable { name, text } = value else { continue };
            let given = mounted(&env, name)?.or_else(|| env(name));
            *text = given.ok_or_else(|| format!("{name} is not set"))?;
        }
        Ok(())
    }

    /// What it holds that is secret; of `user:password` the password by itself too. A login without a password is a name.
    pub(in crate::config) fn secrets(&self) -> impl Iterator<Item = &str> {
        let is_secret = |(key, value): &(&String, &Value)| match (key.as_str(), value) {
            ("login", value) => value.text().is_some_and(|text| text.contains(':')),
            (key, value) => SECRET.contains(&key) || matches!(value, Value::Variable { .. }),
        };
        self.0.iter().filter(is_secret).filter_map(|(_, value)| value.text()).flat_map(|text| {
            let password = text.split_once(':').map(|(_, password)| password).filter(|rest| !rest.starts_with("//"));
            [Some(text), password].into_iter().flatten()
        })
    }

    /// Refuses keys that are not among these, which `of` has beside the `other` ones.
    pub(in crate::config) fn only(&self, of: &str, keys: &[&str], other: &str) -> Result<(), String> {
        match self.0.keys().find(|key| !keys.contains(&key.as_str())) {
            None => Ok(()),
            Some(unknown) => Err(format!("{of} has no {unknown}; it has {}, beside {other}", keys.join(", "))),
        }
    }

    pub(in crate::config) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// A text as it is, where it is there.
    pub(in crate::config) fn written(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(Value::text)
    }

    pub(in crate::config) fn text(&self, key: &str) -> Result<Option<&str>, String> {
        let Some(value) = self.0.get(key) else { return Ok(None) };
        let text = value.text().ok_or_else(|| format!("its {key} must be a text"))?.trim();
        if text.is_empty() { Err(format!("its {key} is empty")) } else { Ok(Some(text)) }
    }

    pub(in crate::config) fn required(&self, key: &str) -> Result<&str, String> {
        self.text(key)?.ok_or_else(|| format!("{key} is missing"))
    }

    /// A value that production takes from the environment only.
    pub(in crate::config) fn secret(&self, key: &str, profile: Profile) -> Result<Option<&str>, String> {
        if matches!(self.0.get(key), Some(Value::Text(_))) && profile.is_production() {
            return Err(format!(
                "its {key} is written in the file; write \"$NAME\" and set the variable NAME or NAME_FILE"
            ));
        }
        self.text(key)
    }

    pub(in crate::config) fn required_secret(&self, key: &str, profile: Profile) -> Result<&str, String> {
        self.secret(key, profile)?.ok_or_else(|| format!("{key} is missing"))
    }

    pub(in crate::config) fn flag(&self, key: &str) -> Result<Option<bool>, String> {
        match self.0.get(key) {
            None => Ok(None),
            Some(Value::Flag(flag)) => Ok(Some(*flag)),
            Some(_) => Err(format!("its {key} must be true or false")),
        }
    }

    pub(in crate::config) fn texts(&self, key: &str) -> Result<Option<&[String]>, String> {
        match self.0.get(key) {
            None => Ok(None),
            Some(Value::Texts(texts)) => Ok(Some(texts)),
            Some(_) => Err(format!("its {key} must be a list of texts")),
        }
    }

    pub(in crate::config) fn required_texts(&self, key: &str) -> Result<&[String], String> {
        self.texts(key)?.ok_or_else(|| format!("{key} is missing"))
    }
}
