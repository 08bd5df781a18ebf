//! What a channel of each kind is made of: the keys of a `[[channel]]` that belong to its kind.

use super::{
    super::{mounted, signing_secret},
    ChannelConfig,
};
use crate::{
    notify::{
        Channel,
        channel::{Address, Influx, Mail, Place, Receiver, Secret},
    },
    profile::Profile,
    web::words::Lang,
};
use serde::Deserialize;
use std::{collections::BTreeMap, fmt, fs};

/// Where PagerDuty takes events.
const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";
/// Characters of a name.
pub(super) const NAME: usize = 40;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Slack,
    PagerDuty,
    Webhook,
    Email,
    InfluxDb,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::PagerDuty => "pagerduty",
            Self::Webhook => "webhook",
            Self::Email => "email",
            Self::InfluxDb => "influxdb",
        }
    }

    /// The keys that belong to it, beside those of every channel.
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Slack => &["url"],
            Self::PagerDuty => &["routing_key", "url"],
            Self::Webhook => &["url", "secret"],
            Self::Email => &["smtp", "login", "from", "to", "ca"],
            Self::InfluxDb => &["url", "database", "login", "organization", "bucket", "token"],
        }
    }
}

/// The keys whose values are secret.
const SECRET: [&str; 5] = ["url", "routing_key", "secret", "login", "token"];

/// The keys of a channel that belong to its kind, as they are written or as the environment has them.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Keys(BTreeMap<String, Value>);

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
    /// Neither a text nor a list of them.
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
            _ => Self::Other,
        }
    }
}

impl Value {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Variable { text, .. } => Some(text),
            Self::Texts(_) | Self::Other => None,
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
    pub(super) fn resolve(&mut self, env: impl Fn(&str) -> Option<String>) -> Result<(), String> {
        for value in self.0.values_mut() {
            let Value::Variable { name, text } = value else { continue };
            let given = mounted(&env, name)?.or_else(|| env(name));
            *text = given.ok_or_else(|| format!("{name} is not set"))?;
        }
        Ok(())
    }

    /// What it holds that is secret; of a login the password by itself too.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        let secret = self
            .0
            .iter()
            .filter(|(key, value)| SECRET.contains(&key.as_str()) || matches!(value, Value::Variable { .. }));
        secret.filter_map(|(_, value)| value.text()).flat_map(|text| {
            let password = text.split_once(':').map(|(_, password)| password).filter(|rest| !rest.starts_with("//"));
            [Some(text), password].into_iter().flatten()
        })
    }

    /// Refuses keys that are not among these, which `of` has beside the `other` ones.
    pub(super) fn only(&self, of: &str, keys: &[&str], other: &str) -> Result<(), String> {
        match self.0.keys().find(|key| !keys.contains(&key.as_str())) {
            None => Ok(()),
            Some(unknown) => Err(format!("{of} has no {unknown}; it has {}, beside {other}", keys.join(", "))),
        }
    }

    fn text(&self, key: &str) -> Result<Option<&str>, String> {
        let Some(value) = self.0.get(key) else { return Ok(None) };
        let text = value.text().ok_or_else(|| format!("its {key} must be a text"))?.trim();
        if text.is_empty() { Err(format!("its {key} is empty")) } else { Ok(Some(text)) }
    }

    fn required(&self, key: &str) -> Result<&str, String> {
        self.text(key)?.ok_or_else(|| format!("{key} is missing"))
    }

    /// A value that production takes from the environment only.
    fn secret(&self, key: &str, profile: Profile) -> Result<Option<&str>, String> {
        if matches!(self.0.get(key), Some(Value::Text(_))) && profile.is_production() {
            return Err(format!(
                "its {key} is written in the file; write \"$NAME\" and set the variable NAME or NAME_FILE"
            ));
        }
        self.text(key)
    }

    pub(super) fn required_secret(&self, key: &str, profile: Profile) -> Result<&str, String> {
        self.secret(key, profile)?.ok_or_else(|| format!("{key} is missing"))
    }

    fn texts(&self, key: &str) -> Result<&[String], String> {
        match self.0.get(key) {
            None => Err(format!("{key} is missing")),
            Some(Value::Texts(texts)) => Ok(texts),
            Some(_) => Err(format!("its {key} must be a list of texts")),
        }
    }
}

impl ChannelConfig {
    pub(super) fn channel(&self, profile: Profile) -> Result<Channel, String> {
        if !is_name(&self.name) {
            return Err(format!("its name must be of lower-case letters, digits and hyphens, at most {NAME}"));
        }
        let lang = match self.lang.as_deref() {
            None => Lang::default(),
            Some(text) => text.parse().map_err(|_| "lang must be \"ko\" or \"en\"".to_owned())?,
        };
        let of_kind = format!("a channel of the kind {}", self.kind.name());
        self.keys.only(&of_kind, self.kind.keys(), "name, kind, lang, environments and weekly_test")?;
        let receiver = self.receiver(profile)?;
        Ok(Channel { name: self.name.clone(), receiver, lang, is_on: self.is_on(profile)?, is_tested: false })
    }

    fn is_on(&self, profile: Profile) -> Result<bool, String> {
        let Some(environments) = &self.environments else {
            // No person is paged from a laptop.
            return Ok(self.kind != Kind::PagerDuty || profile.is_production());
        };
        let mut is_on = false;
        for environment in environments {
            is_on |= environment.parse::<Profile>()? == profile;
        }
        Ok(is_on)
    }

    fn receiver(&self, profile: Profile) -> Result<Receiver, String> {
        let keys = &self.keys;
        match self.kind {
            Kind::Slack => Ok(Receiver::Slack { url: address(keys.required_secret("url", profile)?)? }),
            Kind::PagerDuty => Ok(Receiver::PagerDuty {
                url: address(keys.text("url")?.unwrap_or(PAGERDUTY))?,
                routing_key: Secret::new(keys.required_secret("routing_key", profile)?.to_owned()),
            }),
            Kind::Webhook => {
                let secret = signing_secret(keys.required_secret("secret", profile)?);
                let secret = secret.map_err(|error| format!("its secret {error}"))?;
                Ok(Receiver::Webhook { url: address(keys.required("url")?)?, secret })
            }
            Kind::Email => {
                let ca = keys.text("ca")?;
                let ca =
                    ca.map(|path| fs::read(path).map_err(|error| format!("its ca: {path}: {error}"))).transpose()?;
                let login = keys.secret("login", profile)?;
                Mail::new(keys.required("smtp")?, login, keys.required("from")?, keys.texts("to")?, ca.as_deref())
                    .map(Receiver::Email)
            }
            Kind::InfluxDb => influx(keys, profile).map(Receiver::InfluxDb),
        }
    }
}

pub(super) fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.len() <= NAME && text.chars().all(is_part)
}

fn influx(keys: &Keys, profile: Profile) -> Result<Influx, String> {
    let (database, bucket) = (keys.text("database")?, keys.text("bucket")?);
    let (login, token) = (keys.secret("login", profile)?, keys.secret("token", profile)?);
    let (organization, url) = (keys.text("organization")?, keys.required("url")?);
    let place = match (database, bucket) {
        (Some(database), None) if organization.is_none() && token.is_none() => Place::Database { database, login },
        (None, Some(bucket)) if login.is_none() => Place::Bucket {
            organization: organization.ok_or("organization is missing")?,
            bucket,
            token: token.ok_or("token is missing")?,
        },
        _ => {
            return Err("it needs database, with a login where InfluxDB 1.x asks for one, or organization, bucket and token for \
                        InfluxDB 2.x and 3.x"
                .to_owned());
        }
    };
    let influx = Influx::new(url, &place).map_err(|error| format!("its url {error}"))?;
    encrypted(influx.address())?;
    Ok(influx)
}

pub(super) fn address(text: &str) -> Result<Address, String> {
    let address = Address::parse(text).map_err(|error| format!("its url {error}"))?;
    encrypted(&address)?;
    Ok(address)
}

fn encrypted(address: &Address) -> Result<(), String> {
    if address.is_readable() {
        return Err("its url must begin with https://, for others could read what is sent".to_owned());
    }
    Ok(())
}
