//! Where messages go: `[[channel]]`, `[[route]]` and the `to` of a `[[notice]]`.

use super::{approvals::Declared as Rules, kafka::ConsumeConfig, mounted, signing_secret};
use crate::{
    alerts::kind::AlertKind,
    gate::covers,
    notify::{
        Channel, Channels,
        channel::{Address, Receiver, Secret},
        route::Route,
    },
    profile::Profile,
    web::words::Lang,
};
use serde::Deserialize;

/// Where PagerDuty takes events.
const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";
/// Characters of a name.
const NAME: usize = 40;

/// `[[channel]]` and `[[route]]` of the configuration file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeclaredChannels {
    pub channel: Vec<ChannelConfig>,
    pub route: Vec<RouteConfig>,
    /// `[[consume]]`
    pub consume: Vec<ConsumeConfig>,
}

/// `[[channel]]`. What may be secret is given as `$NAME`, a variable of the environment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelConfig {
    name: String,
    kind: Kind,
    url: Option<Value>,
    routing_key: Option<Value>,
    secret: Option<Value>,
    /// In which its messages are written.
    #[serde(default)]
    lang: Option<String>,
    /// The profiles in which it is used; in others its messages are written to the server's log.
    environments: Option<Vec<String>>,
    /// Of a topic; see [`super::kafka`].
    #[serde(default)]
    pub(super) brokers: Vec<String>,
    pub(super) topic: Option<String>,
    pub(super) tls: Option<bool>,
    pub(super) ca: Option<String>,
    pub(super) mechanism: Option<String>,
    pub(super) login: Option<Value>,
    pub(super) password: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Slack,
    PagerDuty,
    Webhook,
    Kafka,
}

/// `[[route]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteConfig {
    kinds: Vec<String>,
    #[serde(default)]
    jobs: Vec<String>,
    to: Vec<String>,
}

/// A value of the file, or the one that it refers to.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub(super) struct Value {
    text: String,
    /// The variable that it refers to, where it does.
    variable: Option<String>,
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self { variable: text.strip_prefix('$').map(str::to_owned), text }
    }
}

/// It may be a secret.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Value(…)")
    }
}

impl DeclaredChannels {
    /// Fills in what refers to the environment, or to a mounted file that `NAME_FILE` names.
    ///
    /// # Errors
    /// A variable is not set, or is set twice, or its file cannot be read.
    pub fn resolve(&mut self, env: impl Fn(&str) -> Option<String>) -> Result<(), String> {
        for channel in &mut self.channel {
            let name = channel.name.clone();
            for value in channel.values_mut() {
                let Some(variable) = &value.variable else { continue };
                let given = mounted(&env, variable)
                    .and_then(|text| text.or_else(|| env(variable)).ok_or_else(|| format!("{variable} is not set")));
                value.text = given.map_err(|error| format!("channel {name:?}: {error}"))?;
            }
        }
        Ok(())
    }

    /// What it holds that is secret, for hiding it in the logs of runs.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.channel.iter().flat_map(|channel| {
            let values = [&channel.url, &channel.routing_key, &channel.secret, &channel.login, &channel.password];
            values.into_iter().flatten().map(|value| value.text.as_str())
        })
    }

    /// The names of topics that it holds, each after that of its channel.
    pub(super) fn topics(&self) -> impl Iterator<Item = (&str, &str)> {
        let written =
            self.channel.iter().filter_map(|channel| Some((channel.name.as_str(), channel.topic.as_deref()?)));
        written.chain(self.consume.iter().map(ConsumeConfig::topic))
    }

    /// The channels, or what is wrong with them.
    ///
    /// # Errors
    /// The first thing that is wrong, in one line that names the channel or the route.
    pub fn channels(&self, rules: &Rules, profile: Profile, has_origin: bool) -> Result<Channels, String> {
        let mut channels: Vec<Channel> = Vec::new();
        for declared in &self.channel {
            if channels.iter().any(|channel| channel.name == declared.name) {
                return Err(format!("channel {:?} is declared twice", declared.name));
            }
            channels.push(declared.channel(profile).map_err(|error| format!("channel {:?}: {error}", declared.name))?);
        }
        if !channels.is_empty() && !has_origin {
            return Err("channels need INGAM_PUBLIC_ORIGIN: their messages link to pages of the console".to_owned());
        }
        // A topic takes events and no alerts, so nothing else is sent there.
        let known =
            |name: &String| channels.iter().any(|channel| channel.name == *name && !channel.receiver.takes_events());
        let mut routes = Vec::new();
        for route in &self.route {
            routes.push(route.route(known).map_err(|error| format!("route of {}: {error}", route.kinds.join(", ")))?);
        }
        let notices = rules.told();
        for notice in &notices {
            if let Some(name) = notice.to.iter().find(|name| !known(name)) {
                return Err(format!(
                    "notice of {:?}: {name:?} is not the name of a channel that tells people",
                    notice.change
                ));
            }
        }
        let untold = AlertKind::NAMES.iter().find(|kind| {
            **kind != AlertKind::ChannelFailing.as_str() && !routes.iter().any(|route| route.takes_all_of(kind))
        });
        match untold.filter(|_| channels.iter().any(|channel| !channel.receiver.takes_events())) {
            Some(kind) => Err(format!(
                "no route takes every alert of the kind {kind}, so some would be told to no channel; add a [[route]] with \
                 kinds = [\"*\"]"
            )),
            None => Ok(Channels::new(channels, routes, notices)),
        }
    }
}

impl ChannelConfig {
    fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        [&mut self.url, &mut self.routing_key, &mut self.secret, &mut self.login, &mut self.password]
            .into_iter()
            .flatten()
    }
    fn channel(&self, profile: Profile) -> Result<Channel, String> {
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || self.name.len() > NAME || !self.name.chars().all(is_name) {
            return Err(format!("its name must be of lower-case letters, digits and hyphens, at most {NAME}"));
        }
        let lang = match self.lang.as_deref() {
            None => Lang::default(),
            Some(text) => text.parse().map_err(|_| "lang must be \"ko\" or \"en\"".to_owned())?,
        };
        Ok(Channel { name: self.name.clone(), receiver: self.receiver(profile)?, lang, is_on: self.is_on(profile)? })
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
        let (has_key, has_secret) = (self.routing_key.is_some(), self.secret.is_some());
        if has_key && self.kind != Kind::PagerDuty {
            return Err("a routing_key belongs to the kind pagerduty".to_owned());
        }
        if has_secret && self.kind != Kind::Webhook {
            return Err("a secret belongs to the kind webhook".to_owned());
        }
        let secret = |name: &str, value: &Option<Value>| {
            let value = value.as_ref().ok_or_else(|| format!("{name} is missing"))?;
            value.secret(name, profile)
        };
        if let Some(stray) = self.of_a_topic().filter(|_| self.kind != Kind::Kafka) {
            return Err(format!("{stray} belongs to the kind kafka"));
        }
        if self.url.is_some() && self.kind == Kind::Kafka {
            return Err("a topic has brokers and no url".to_owned());
        }
        match self.kind {
            Kind::Kafka => self.topic(profile),
            Kind::Slack => Ok(Receiver::Slack { url: address(&secret("url", &self.url)?)? }),
            Kind::PagerDuty => Ok(Receiver::PagerDuty {
                url: address(self.url.as_ref().map_or(PAGERDUTY, |url| &url.text))?,
                routing_key: Secret::new(secret("routing_key", &self.routing_key)?),
            }),
            Kind::Webhook => {
                let secret =
                    signing_secret(&secret("secret", &self.secret)?).map_err(|error| format!("its secret {error}"))?;
                let url = self.url.as_ref().ok_or("url is missing")?;
                Ok(Receiver::Webhook { url: address(&url.text)?, secret })
            }
        }
    }
}

impl Value {
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    /// A value that production takes from the environment only.
    pub(super) fn secret(&self, name: &str, profile: Profile) -> Result<String, String> {
        if self.variable.is_none() && profile.is_production() {
            return Err(format!(
                "its {name} is written in the file; write \"$NAME\" and set the variable NAME or NAME_FILE"
            ));
        }
        if self.text.trim().is_empty() { Err(format!("its {name} is empty")) } else { Ok(self.text.trim().to_owned()) }
    }
}

fn address(text: &str) -> Result<Address, String> {
    let address = Address::parse(text).map_err(|error| format!("its url {error}"))?;
    if address.is_readable() {
        return Err("its url must begin with https://, for others could read what is sent".to_owned());
    }
    Ok(address)
}

impl RouteConfig {
    fn route(&self, is_known: impl Fn(&String) -> bool) -> Result<Route, String> {
        if self.kinds.is_empty() || self.to.is_empty() {
            return Err("`kinds` and `to` must name something".to_owned());
        }
        if let Some(pattern) =
            self.kinds.iter().find(|pattern| !AlertKind::NAMES.iter().any(|kind| covers(pattern, kind)))
        {
            return Err(format!("{pattern:?} is no kind of alert; the kinds are {}", AlertKind::NAMES.join(", ")));
        }
        if let Some(name) = self.to.iter().find(|name| !is_known(name)) {
            return Err(format!("{name:?} is not the name of a channel that tells people"));
        }
        Ok(Route { kinds: self.kinds.clone(), jobs: self.jobs.clone(), to: self.to.clone() })
    }
}

#[cfg(test)]
#[path = "channels/tests.rs"]
mod tests;
